import fc from 'fast-check'
import { expect, it } from 'vitest'
import { defaults, formerPresets, keys, makeConfig, parameters, type Config } from '../method/config'
import { readAddress, threadsIn, writeAddress } from './address'

it('reads nothing as the defaults', () => {
  expect(readAddress('')).toEqual({
    ...{ backend: null, sample: 'Cardiac phantom', config: defaults, given: [], problems: [] },
    ...{ data: null, version: null },
  })
})

it('reads a preset, settings over it, the backend and the sample', () => {
  const address = readAddress('?preset=balanced&steps=50&tau=0.95&cutmix=0&synthetic=false&backend=wasm&sample=Abdominal%20phantom')
  expect(address.problems).toEqual([])
  expect(address).toMatchObject({ backend: 'wasm', sample: 'Abdominal phantom' })
  expect(address.config).toEqual(makeConfig({ size: 128, baseWidth: 16, steps: 50, tau: 0.95, cutmix: 0, synthetic: false }))
})

it('reads a preset that is no more as what it was, and says so', () => {
  const { config, problems } = readAddress('?preset=full&tau=0.5')
  expect(config).toEqual(makeConfig({ ...formerPresets.Full, tau: 0.5 }))
  expect(problems).toEqual(['The preset Full is no more; the address still gives its settings, and Paper is nearest to it now.'])
  // Written back as settings.
  expect(readAddress(writeAddress(config, null, 'Cardiac phantom'))).toMatchObject({ config, problems: [] })
})

it('leaves out what cannot be used and reports each once', () => {
  const { config, backend, problems } = readAddress('?size=65&backend=gpu&preset=Huge&seed=1.5&steps=7')
  expect(config).toEqual(makeConfig({ steps: 7 }))
  expect(backend).toBeNull()
  expect(problems).toHaveLength(4)
  for (const named of ['size', 'gpu', 'Huge', 'seed']) expect(problems.join(' ')).toContain(named)
})

it('writes what it reads, for any settings', () => {
  const valueOf = (key: keyof Config): fc.Arbitrary<unknown> => {
    const p = parameters[key]
    if (p.kind === 'switch') return fc.boolean()
    if (p.kind === 'choice') return fc.constantFrom(...p.options)
    return fc.constantFrom(p.min, p.max, p.default)
  }
  const configs = fc.record(Object.fromEntries(keys.map((key) => [key, valueOf(key)])), { requiredKeys: [] })
  fc.assert(
    fc.property(configs, fc.constantFrom(null, 'wasm', 'cpu' as const), (values, backend) => {
      const config = makeConfig(values)
      const address = readAddress(writeAddress(config, backend as null | 'wasm', 'Abdominal phantom'))
      expect(address).toMatchObject({ backend, sample: 'Abdominal phantom', config, problems: [] })
    }),
  )
})

it('is empty for the defaults and for files of one’s own', () => {
  expect(writeAddress(defaults, null, 'Cardiac phantom')).toBe('')
  expect(writeAddress(defaults, null, null)).toBe('')
})

it('names settings that are as in the preset where that is asked for', () => {
  const config = makeConfig({ tau: 0.5 })
  const search = writeAddress(config, null, null, ['windowWidth', 'tau'])
  expect(search).toBe('?windowWidth=0&tau=0.5')
  expect(readAddress(search)).toMatchObject({ config, given: ['windowWidth', 'tau'] })
  expect(readAddress('?preset=Balanced&size=65').given).toEqual([])
})

it('takes threads from the address, else all cores but one, four at most', () => {
  expect(threadsIn('?threads=3', 8)).toBe(3)
  expect(['', '?threads=', '?threads=none', '?threads=0'].map((search) => threadsIn(search, 2))).toEqual([1, 1, 1, 1])
  expect([1, 4, 16].map((cores) => threadsIn('', cores))).toEqual([1, 3, 4])
})
