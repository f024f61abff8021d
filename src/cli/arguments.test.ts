import { expect, test } from 'vitest'
import { InputError } from '../data/named-file'
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

test('a bug is not dressed up as a mistake of the user', async () => {
  await expect(
    runCommand(() => {
      throw new TypeError('ours')
    }),
  ).rejects.toThrow('ours')
})

test('a mistake of the user is one line and exit code 1', async () => {
  const before = process.exitCode
  const said: unknown[] = []
  const { error } = console
  console.error = (...words) => said.push(...words)
  try {
    await runCommand(() => Promise.reject(new InputError('"x.png" is empty.', 'x.png')))
    expect(said).toEqual(['"x.png" is empty.'])
    expect(process.exitCode).toBe(1)
  } finally {
    console.error = error
    process.exitCode = before
  }
})
