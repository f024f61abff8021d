import { expect, test } from 'vitest'
import { InputError } from '../data/input-error'
import { readArguments, required, runCommand, UsageError } from './arguments'

const options = { pred: { type: 'string' }, set: { type: 'string', multiple: true }, json: { type: 'boolean' } } as const

test('values and switches', () => {
  const values = readArguments(['--pred', 'a b', '--json', '--set', 'x=1', '--set=y=2'], options)
  expect(values).toEqual({ pred: 'a b', json: true, set: ['x=1', 'y=2'] })
  const pred: string | undefined = values.pred
  const set: string[] | undefined = values.set
  expect([pred, set?.length]).toEqual(['a b', 2])
  expect(readArguments([], options)).toEqual({})
})

test.each([
  [['--perd', 'x'], 'There is no option --perd; known are --pred, --set, --json.'],
  [['-p', 'x'], 'There is no option -p; known are --pred, --set, --json.'],
  [['--pred'], '--pred needs a value after it.'],
  [['--pred', '--json'], '--pred needs a value after it.'],
  [['--json=yes'], '--json is a switch and takes no value.'],
  [['folder'], '"folder" stands alone: a value comes after the option it belongs to, as in --pred VALUE.'],
])('%j: one sentence', (args, message) => {
  expect(() => readArguments(args, options)).toThrow(new UsageError(message))
})

test('a missing option', () => {
  expect(required('x', '--pred', 'the folder')).toBe('x')
  expect(() => required(undefined, '--pred', 'give the folder')).toThrow(new UsageError('--pred is missing: give the folder.'))
})

/** What `runCommand` says on stderr, and the exit code it leaves. */
async function outcomeOf(main: () => Promise<void>): Promise<{ said: unknown[]; code: unknown }> {
  const before = process.exitCode
  const said: unknown[] = []
  const { error } = console
  console.error = (...words) => said.push(...words)
  try {
    await runCommand(main)
    return { said, code: process.exitCode }
  } finally {
    console.error = error
    process.exitCode = before
  }
}

test('a bug is shown with its stack, not dressed up as a mistake of the user', async () => {
  const bug = new TypeError('ours')
  expect(await outcomeOf(() => Promise.reject(bug))).toEqual({ said: [bug], code: 1 })
})

test('a mistake of the user is one line and exit code 1', async () => {
  const mistake = new InputError('"x.png" is empty.', 'x.png')
  expect(await outcomeOf(() => Promise.reject(mistake))).toEqual({ said: ['"x.png" is empty.'], code: 1 })
})
