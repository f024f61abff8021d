import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parameters, type Parameter } from '../method/config'
import { readArguments } from './arguments'
import { commands } from './commands'
import { helpOf, settingsHelp } from './help'

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('every command of package.json that runs a file of src/cli is declared', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  const own = Object.entries(scripts).flatMap(([name, script]) => (script.includes('src/cli/') ? [[name, script]] : []))
  expect(own).toEqual(commands.map(({ name }) => [name, `node scripts/run.mjs src/cli/${name}.ts`]))
})

test.each(commands)('$name: the examples are understood, and show every option', (command) => {
  const used = command.examples.flatMap((example) => {
    const args = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
    readArguments(command, args)
    return args.filter((arg) => arg.startsWith('--')).map((arg) => arg.slice(2))
  })
  expect([...new Set(used)].sort()).toEqual(Object.keys(command.options).sort())
})

test.each(commands)('$name: docs/terminal.md shows its help as it is', (command) => {
  const [, section = ''] = textOf('docs/terminal.md').split(`\n## npm run ${command.name}\n`)
  const [, shown] = /```text\n([^]*?)```/.exec(section) ?? []
  expect(shown).toBe(helpOf(command))
})

test.each(commands)('$name: --help ends with 0', (command) => {
  const args = ['--import', 'tsx', `src/cli/${command.name}.ts`, '--help']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: helpOf(command), stderr: '' })
})

test('no line of any help is wider than a terminal', () => {
  for (const text of [...commands.map(helpOf), settingsHelp()])
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})

test('the help on settings has every one, with default, range and hint', () => {
  const help = settingsHelp()
  const said = help.replace(/\s+/g, ' ')
  for (const [key, p] of Object.entries<Parameter>(parameters)) {
    const range = p.kind === 'number' ? `${p.min} to ${p.max}` : p.kind === 'switch' ? 'true, false' : p.options.join(', ')
    expect(help.split('\n').filter((line) => line.startsWith(`  ${key}=${p.default}`))).toHaveLength(1)
    expect(said).toContain(`${key}=${p.default} [${range}`)
    expect(said).toContain(p.hint)
  }
  expect(said).toContain('Balanced size=128 baseWidth=16 steps=1600')
})
