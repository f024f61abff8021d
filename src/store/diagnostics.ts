/** What to send with a report of a fault: all about the program and the machine, nothing about anybody's files. */
import { naturalOrder } from '../lib/natural-order'
import { version } from '../lib/version'
import { defaults, differing } from '../method/config'
import type { State } from './state'

/** What only the browser knows. */
export interface Machine {
  browser: string
  language: string
  processors: number
  /** Of the machine, in GiB, as far as the browser says. */
  memoryGiB: number | null
  secure: boolean
  isolated: boolean
  online: boolean
  serviceWorker: boolean
  hidden: boolean
  threads: number
  storage: { usage: number | null; quota: number | null; persisted: boolean | null }
  adapter: { info: Record<string, string>; limits: Record<string, number>; features: string[] } | string
}

type Known = Pick<State, 'status' | 'backend' | 'dataset' | 'asked' | 'memory' | 'problems' | 'heard' | 'pending' | 'exportOptions'>

/** As JSON: version, browser, backend, adapter and its limits, threads, storage, memory, settings, the shape of the data, and the last errors. */
export function diagnosticsOf(state: Known, machine: Machine): string {
  const { status, backend, dataset, asked, memory, heard, pending, exportOptions } = state
  const scrub = scrubber(state)
  const about = {
    program: 'Exemplar Lab',
    version,
    machine,
    backend: backend ?? 'none: the engine has not started',
    run: status,
    memory,
    settings: differing(asked, defaults),
    exports: exportOptions,
    pending: pending.map(({ type }) => type),
    data: dataset && {
      sample: dataset.sample,
      images: dataset.unlabeled.length,
      exemplars: dataset.exemplars.length,
      references: dataset.references,
      classes: dataset.classes.length,
      // Which kinds and sizes there are, not which file has which.
      volumes: [...new Set(dataset.sources.map(({ kind, size }) => `${kind} ${size.join(' x ')}`))].sort(naturalOrder).slice(0, 50),
    },
    errors: heard.map(({ kind, message }) => ({ kind, message: scrub(message) })),
  }
  return JSON.stringify(about, null, 2) + '\n'
}

const endings = 'nii(?:\\.gz)?|png|jpe?g|tiff?|dcm|dicom|ima|nrrd|nhdr|mh[ad]|np[yz]|h5|hdf5|mnc|mg[hz]|zip|csv|raw|img|hdr|gz|mat'

/** Takes all names out of a sentence: known ones become file-1, file-2, ..., and whatever else is quoted or looks like a file is left out. */
function scrubber({ dataset, heard, problems }: Known): (message: string) => string {
  const names = new Set<string>()
  const add = (name: string | null | undefined) => {
    if (name) for (const part of [name, ...name.split(/[/\\]/)]) if (part.length > 2) names.add(part)
  }
  for (const { file } of [...heard, ...problems]) add(file)
  if (dataset) {
    const { unlabeled, exemplars, sources, pairs, identifiers, personal, classes } = dataset
    for (const { name, patient } of [...unlabeled, ...sources]) [name, patient].forEach(add)
    for (const { name } of [...exemplars, ...(pairs?.images ?? []), ...(pairs?.masks ?? []), ...personal.examples, ...classes]) add(name)
    for (const { values } of identifiers) values.forEach(add)
  }
  // A name may hold another: the longest first.
  const sorted = [...names].sort((a, b) => b.length - a.length)
  return (message) => {
    let text = message
    sorted.forEach((name, i) => (text = text.replaceAll(name, `file-${i + 1}`)))
    return text
      .replace(/"(?!file-\d+")[^"]*"/g, '"…"')
      .replace(new RegExp(`: [^:;]*\\.(?:${endings})\\b[^;]*`, 'gi'), ': …')
      .replace(new RegExp(`\\S*\\.(?:${endings})\\b`, 'gi'), '…')
  }
}

/** The part of WebGPU that is asked about. */
interface Gpu {
  requestAdapter(): Promise<{ info?: object; limits: object; features: Iterable<string> } | null>
}

/** Asks the browser, not the engine, which may not have started. */
export async function machineOf(threads: number): Promise<Machine> {
  const { gpu, deviceMemory = null } = navigator as unknown as { gpu?: Gpu; deviceMemory?: number }
  const estimate = await navigator.storage?.estimate?.().catch(() => null)
  const persisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null
  return {
    browser: navigator.userAgent,
    language: navigator.language,
    processors: navigator.hardwareConcurrency,
    memoryGiB: deviceMemory,
    secure: isSecureContext,
    isolated: crossOriginIsolated,
    online: navigator.onLine,
    serviceWorker: !!navigator.serviceWorker?.controller,
    hidden: document.hidden,
    threads,
    storage: { usage: estimate?.usage ?? null, quota: estimate?.quota ?? null, persisted },
    adapter: gpu ? await adapterOf(gpu) : 'no WebGPU',
  }
}

async function adapterOf(gpu: Gpu): Promise<Machine['adapter']> {
  try {
    const adapter = await gpu.requestAdapter()
    if (!adapter) return 'WebGPU without an adapter'
    const { info = {}, limits, features } = adapter
    const texts: Record<string, string> = {}
    for (const key in info) texts[key] = String((info as Record<string, unknown>)[key])
    const numbers: Record<string, number> = {}
    for (const key in limits) numbers[key] = Number((limits as Record<string, unknown>)[key])
    return { info: texts, limits: numbers, features: [...features].sort(naturalOrder) }
  } catch (error) {
    return `WebGPU failed: ${error instanceof Error ? error.name : 'unknown'}`
  }
}
