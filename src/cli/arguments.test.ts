import { expect, test } from 'vitest'
import { InputError } from '../data/input-error'
import { readArguments, required, runCommand, UsageError } from './arguments'
import type { Command } from './command'

const score = {
  name: 'score',
  does: 'Scores things.',
  options: {
    pred: { value: 'DIR', meaning: 'What is scored' },
    set: { value: 'KEY=VALUE', meaning: 'Any setting', multiple: true },
    unit: { value: 'NAME', meaning: 'Unit', oneOf: ['Pixel', 'mm'], default: 'Pixel' },
    json: { meaning: 'As JSON' },
  },
  examples: ['--pred a --set x=1 --unit mm --json'],
  topics: { units: { meaning: 'List the units', text: () => 'Pixel and mm.\n' } },
} as const satisfies Command

const needy = { ...score, options: { out: { value: 'DIR', meaning: 'Where to', needed: 'give the folder' } } } as const satisfies Command

test('values, switches and defaults', () => {
  const { values } = readArguments(score, ['--pred', 'a b', '--json', '--set', 'x=1', '--set=y=2', '--unit', 'MM'])
  expect(values).toEqual({ pred: 'a b', json: true, set: ['x=1', 'y=2'], unit: 'mm' })
  const pred: string | undefined = values.pred
  const set: string[] | undefined = values.set
  const unit: 'Pixel' | 'mm' = values.unit
  expect([pred, set?.length, unit]).toEqual(['a b', 2, 'mm'])
  expect(readArguments(score, [])).toEqual({ values: { unit: 'Pixel' }, rest: [] })
})

test('what stands alone, where the command takes it', () => {
  const paths = { ...score, rest: { value: 'PATH...', meaning: 'Files' } }
  expect(readArguments(paths, ['a', '--json', 'b'])).toEqual({ values: { json: true, unit: 'Pixel' }, rest: ['a', 'b'] })
})

test.each([
  [['--perd', 'x'], 'There is no option --perd; known are --pred, --set, --unit, --json.'],
  [['-p', 'x'], 'There is no option -p; known are --pred, --set, --unit, --json.'],
  [['--pred'], '--pred needs a value after it.'],
  [['--pred', '--json'], '--pred needs a value after it.'],
  [['--json=yes'], '--json is a switch and takes no value.'],
  [['--unit', 'inch'], '--unit is "inch", but must be one of Pixel, mm.'],
  [['folder'], '"folder" stands alone: a value comes after the option it belongs to, as in --pred VALUE.'],
])('%j: one sentence', (args, message) => {
  expect(() => readArguments(score, args)).toThrow(new UsageError(message))
})

test('a missing option', () => {
  expect(() => readArguments(needy, [])).toThrow(new UsageError('--out is missing: give the folder.'))
  const out: string = readArguments(needy, ['--out', 'a']).values.out
  expect(out).toBe('a')
  expect(required('x', '--pred', 'the folder')).toBe('x')
  expect(() => required(undefined, '--pred', 'give the folder')).toThrow(new UsageError('--pred is missing: give the folder.'))
})

/** What `runCommand` says on stdout and on stderr, and the exit code it leaves. */
async function outcomeOf(main: () => Promise<void>, command: Command = score, args: string[] = []) {
  const before = process.exitCode
  const said: unknown[] = []
  let printed = ''
  const { error } = console
  const { write } = process.stdout
  console.error = (...words) => said.push(...words)
  process.stdout.write = (text: string | Uint8Array) => {
    printed += String(text)
    return true
  }
  try {
    await runCommand(command, main, args)
    return { printed, said, code: process.exitCode }
  } finally {
    console.error = error
    process.stdout.write = write
    process.exitCode = before
  }
}

test('a bug is shown with its stack, not dressed up as a mistake of the user', async () => {
  const bug = new TypeError('ours')
  expect(await outcomeOf(() => Promise.reject(bug))).toEqual({ printed: '', said: [bug], code: 1 })
})

test('a mistake of the user is one line and exit code 1', async () => {
  const mistake = new InputError('"x.png" is empty.', 'x.png')
  expect(await outcomeOf(() => Promise.reject(mistake))).toEqual({ printed: '', said: ['"x.png" is empty.'], code: 1 })
})

test('help is printed instead of running, whatever else is there or missing', async () => {
  const run = () => Promise.reject(new Error('It ran.'))
  const help = `npm run score -- [options]

Scores things.

  --pred DIR          What is scored
  --set KEY=VALUE     Any setting (may be repeated)
  --unit NAME         Unit [Pixel, mm] (default: Pixel)
  --json              As JSON
  --help units        List the units
  -h, --help          Print this text

Examples:
  npm run score -- --pred a --set x=1 --unit mm --json
`
  for (const args of [['--help'], ['-h'], ['--perd', '-h'], ['--help', 'inches']])
    expect(await outcomeOf(run, score, args)).toEqual({ printed: help, said: [], code: undefined })
  expect(await outcomeOf(run, score, ['--help', 'units'])).toEqual({ printed: 'Pixel and mm.\n', said: [], code: undefined })
  const { printed } = await outcomeOf(run, needy, ['--help'])
  expect(printed).toMatch(/^npm run score -- --out DIR \[options\]\n/)
  expect(printed).toContain('  --out DIR           Where to (required)\n')
})
