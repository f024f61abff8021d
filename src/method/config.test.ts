import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ConfigError,
  defaults,
  keys,
  makeConfig,
  parameters,
  parseValue,
  precisionNote,
  presets,
  readConfig,
  widthsOf,
  type Key,
  type Parameter,
} from './config'

const rows = Object.entries<Parameter>(parameters) as [Key, Parameter][]

describe('docs/method.md', () => {
  const text = readFileSync(new URL('../../docs/method.md', import.meta.url), 'utf8')
  const [, section = ''] = text.split('\n## Every setting\n')
  // The first table of the section, cut into cells: | `key` | `default` | allowed | mark | reason |
  const table = section
    .slice(0, section.indexOf('\n\nPresets'))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))

  test('lists every setting once, in order, with its default, range and mark', () => {
    const allowed = (p: Parameter) =>
      p.kind === 'number' ? `${p.min} to ${p.max}` : p.kind === 'switch' ? 'true, false' : p.options.join(', ')
    expect(table.map(([, key, value, range, mark]) => [key, value, range, mark])).toEqual(
      rows.map(([key, p]) => [`\`${key}\``, `\`${p.default}\``, allowed(p), p.mark]),
    )
  })

  test('gives a source or reason for each', () => {
    for (const cells of table) expect(cells[5]?.length, cells[1]).toBeGreaterThan(5)
  })

  test('lists what the presets change', () => {
    const said = section.slice(section.indexOf('\n\nPresets'), section.indexOf('\n## '))
    const pairs = (of: string) => {
      const from = said.indexOf(`**${of}**`)
      const to = said.indexOf('**', from + of.length + 4)
      const own = said.slice(from, to < 0 ? undefined : to)
      return Object.fromEntries([...own.matchAll(/`(\w+)`\s+([\w.]*\w)/g)].map(([, key, value]) => [key, value]))
    }
    const asText = (values: object) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
    expect(asText(presets.Quick)).toEqual(asText({ size: defaults.size, baseWidth: defaults.baseWidth, steps: defaults.steps }))
    expect(pairs('Balanced')).toEqual(asText(presets.Balanced))
    expect(pairs('Best')).toEqual(asText(presets.Best))
    expect(pairs('Paper')).toEqual(asText(presets.Paper))
  })
})

describe('the table', () => {
  test('has defaults and presets that pass their own checks', () => {
    expect(makeConfig(defaults)).toEqual(defaults)
    for (const preset of Object.values(presets)) expect(makeConfig(preset)).toEqual({ ...defaults, ...preset })
  })

  test('doubles the width at each level', () => {
    expect(widthsOf({ baseWidth: 8 })).toEqual([8, 16, 32, 64, 128])
  })
})

test('settings of a version that lacked some are as its runs were', () => {
  const { classBalance, tau, ...others } = makeConfig({ seed: 7, steps: 900 })
  expect([tau > 0, classBalance >= 0]).toEqual([true, true])
  const { config, added, unknown } = readConfig({ ...others, momentum3: 1 })
  expect(config).toEqual({ ...makeConfig({ seed: 7, steps: 900 }), classBalance: 0 })
  expect([added, unknown]).toEqual([['tau', 'classBalance'], { momentum3: 1 }])
})

describe('parseValue', () => {
  test('reads back every allowed value from its text', () => {
    for (const [key, p] of rows) {
      const values = p.kind === 'number' ? [p.min, p.default, p.max] : p.kind === 'switch' ? [true, false] : p.options
      for (const value of values) expect(parseValue(key, String(value)), `${key} ${value}`).toBe(value)
    }
  })

  test('takes a number of a continuous setting if and only if it lies in its range', () => {
    const { min, max } = parameters.tau
    fc.assert(
      fc.property(fc.double(), (value) => {
        if (value >= min && value <= max) expect(parseValue('tau', value)).toBe(value)
        else expect(() => parseValue('tau', value)).toThrow(ConfigError)
      }),
    )
  })

  test.each([
    ['on', true],
    ['1', true],
    ['off', false],
    ['0', false],
  ])('takes %s for a switch', (text, value) => {
    expect(parseValue('flip', text)).toBe(value)
  })

  test.each<[Key, unknown, string]>([
    ['steps', 0, 'steps is 0, but must be a number from 1 to 100000.'],
    ['steps', '1.5', 'steps is "1.5", but must be a whole number.'],
    ['steps', '', 'steps is "", but must be a number from 1 to 100000.'],
    ['steps', 'many', 'steps is "many", but must be a number from 1 to 100000.'],
    ['steps', null, 'steps is null, but must be a number from 1 to 100000.'],
    ['tau', 'Infinity', 'tau is "Infinity", but must be a number from 0 to 1.01.'],
    ['size', 72, 'size is 72, but must be a multiple of 16.'],
    ['baseWidth', 6, 'baseWidth is 6, but must be a multiple of 4.'],
    ['flip', 'yes', 'flip is "yes", but must be true or false.'],
    ['norm', 'layer', 'norm is "layer", but must be one of group, batch.'],
    ['inference', 'a', 'inference is "a", but must be one of mean, A, B.'],
  ])('refuses %s = %j in one sentence', (key, value, sentence) => {
    expect(() => parseValue(key, value)).toThrow(new ConfigError(sentence))
  })

  test.each(['lambda', ''])('refuses the unknown setting "%s" and lists the valid ones', (key) => {
    expect(() => parseValue(key as Key, 1)).toThrow(new ConfigError(`There is no setting "${key}"; choose one of ${keys.join(', ')}.`))
  })
})

describe('makeConfig', () => {
  test('lays checked values over the base and changes neither', () => {
    const base = makeConfig({ steps: 10 })
    const values = { tau: '0.95', synthetic: 'false', optimizer: 'sgd' }
    expect(makeConfig(values, base)).toEqual({ ...defaults, steps: 10, tau: 0.95, synthetic: false, optimizer: 'sgd' })
    expect(base).toEqual({ ...defaults, steps: 10 })
    expect(values).toEqual({ tau: '0.95', synthetic: 'false', optimizer: 'sgd' })
  })

  test('refuses the first bad value', () => {
    expect(() => makeConfig({ steps: 5, tau: 2 })).toThrow('tau is 2')
    expect(() => makeConfig({ speed: 5 })).toThrow('There is no setting "speed"')
  })
})

test('f16 is for WebGPU with GroupNorm; elsewhere a sentence says what happens instead', () => {
  const f16 = makeConfig({ precision: 'f16' })
  expect(precisionNote(f16, 'webgpu')).toBeNull()
  expect(precisionNote(defaults, 'wasm')).toBeNull()
  expect(precisionNote(f16, 'wasm')).toMatch(/needs the backend webgpu and the norm group: this run stores everything in f32/)
  expect(precisionNote(makeConfig({ norm: 'batch' }, f16), 'webgpu')).not.toBeNull()
})
