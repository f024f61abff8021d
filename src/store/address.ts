/** Settings in the address bar: `?preset=Balanced&seed=3&backend=wasm&sample=Abdominal%20phantom`. Never the names of data. */
import {
  applyPreset,
  ConfigError,
  defaults,
  differing,
  formerPresets,
  keys,
  makeConfig,
  parseValue,
  presets,
  type Config,
  type Key,
  type Preset,
} from '../method/config'
import type { BackendName, SampleName } from '../worker/protocol'

const backends: readonly BackendName[] = ['webgpu', 'wasm', 'cpu']

export const samples: readonly SampleName[] = ['Cardiac phantom', 'Abdominal phantom']

export interface Address {
  /** Null for the best available. */
  backend: BackendName | null
  sample: SampleName
  config: Config
  /** The settings that it names. */
  given: Key[]
  /** Of a link to a run: the hash of its data, and the version that it was trained by. */
  data: string | null
  version: string | null
  /** One sentence for each part that cannot be used and was left out. */
  problems: string[]
}

function oneOf<T extends string>(name: string, value: string | null, known: readonly T[], problems: string[]): T | null {
  if (value === null) return null
  const found = known.find((k) => k.toLowerCase() === value.toLowerCase())
  if (!found) problems.push(`The address says ${name}=${value}, but it must be one of ${known.join(', ')}.`)
  return found ?? null
}

/** Reads the part of the address after `?`. */
export function readAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const problems: string[] = []
  const former = Object.entries(formerPresets).find(([name]) => name.toLowerCase() === query.get('preset')?.toLowerCase())
  const preset = former ? null : oneOf('preset', query.get('preset'), Object.keys(presets) as Preset[], problems)
  if (former) problems.push(`The preset ${former[0]} is no more; the address still gives its settings, and Paper is nearest to it now.`)
  const values: Partial<Record<Key, unknown>> = {}
  for (const key of keys) {
    const text = query.get(key)
    if (text === null) continue
    try {
      values[key] = parseValue(key, text)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(`In the address, ${error.message}`)
    }
  }
  return {
    backend: oneOf('backend', query.get('backend'), backends, problems),
    sample: oneOf('sample', query.get('sample'), samples, problems) ?? samples[0]!,
    given: Object.keys(values) as Key[],
    data: /^[\da-f]{16}$/.exec(query.get('data') ?? '')?.[0] ?? null,
    version: /^[\w.+-]{1,40}$/.exec(query.get('version') ?? '')?.[0] ?? null,
    config: makeConfig(values, preset ? applyPreset(preset, defaults) : makeConfig(former?.[1])),
    problems,
  }
}

/**
 * Threads of the wasm backend, `threads=2`; by default all cores but one, left to the page, and at most four, which share
 * the images of a batch. Not written back.
 */
export function threadsIn(search: string, cores = navigator.hardwareConcurrency): number {
  const asked = Math.floor(Number(new URLSearchParams(search).get('threads')))
  return asked >= 1 ? asked : Math.max(1, Math.min(4, cores - 1))
}

/** What is measured instead of training: how fast this browser is, or whether it computes rightly. */
export type Measurement = 'bench' | 'selftest'

/** `?bench` or `?selftest`, if either is there. */
export function measurementIn(search: string): Measurement | null {
  const query = new URLSearchParams(search)
  return query.has('bench') ? 'bench' : query.has('selftest') ? 'selftest' : null
}

/**
 * The shortest query for these settings, with its `?`, or nothing.
 * @param sample null for the user's own files, which are not named
 * @param named settings that are named although they may be as in the preset
 */
export function writeAddress(config: Config, backend: BackendName | null, sample: SampleName | null, named: readonly Key[] = []): string {
  const candidates = (Object.keys(presets) as Preset[]).map((preset) => ({
    preset,
    values: differing(config, applyPreset(preset, defaults)),
  }))
  const size = ({ values }: { values: Partial<Config> }) => Object.keys(values).length
  const { preset, values } = candidates.reduce((best, other) => (size(other) < size(best) ? other : best))
  const query = new URLSearchParams()
  if (preset !== 'Quick') query.set('preset', preset)
  for (const key of keys) if (key in values || named.includes(key)) query.set(key, String(config[key]))
  if (sample !== null && sample !== samples[0]) query.set('sample', sample)
  if (backend !== null) query.set('backend', backend)
  const text = query.toString()
  return text && `?${text}`
}
