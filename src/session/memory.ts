import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { InputError } from '../data/input-error'
import { mostWasmBytes } from '../kernels/wasm/memory'
import { amount } from '../lib/amount'
import { makeConfig, type Config } from '../method/config'
import { memoryOf, type MemoryNeed } from '../method/memory'
import { partsOf } from '../method/parts'
import { hasChannels, picturesIn, type Dataset } from './dataset'
import type { BackendName, ExportKind, MemoryReport, Offer } from './events'

/** What a backend can hold, in bytes; null where it does not say. */
export interface Room {
  total: number | null
  /** One tensor. */
  largest: number | null
  /** Whose limits these are, in a sentence. */
  owner: string
}

/** Share of WebAssembly's memory that can be filled: what is freed leaves gaps. */
const usable = 0.9

/** The limits of the active backend. How much memory a GPU has WebGPU does not say: that shows when a run makes its buffers. */
export function roomOf(backend: BackendName): Room {
  if (backend === 'wasm') return { total: usable * mostWasmBytes, largest: mostWasmBytes / 2, owner: 'WebAssembly' }
  if (backend === 'cpu') return { total: null, largest: null, owner: 'this browser' }
  // WebGPU, unless a test only calls it so.
  const { device } = tf.backend() as Partial<WebGPUBackend>
  if (!device) return { total: null, largest: null, owner: 'this GPU' }
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits
  return { total: null, largest: Math.min(maxBufferSize, maxStorageBufferBindingSize), owner: 'this GPU' }
}

const fits = ({ bytes, largest }: MemoryNeed, room: Room) => bytes <= (room.total ?? Infinity) && largest <= (room.largest ?? Infinity)

/** What a run on this data set takes, and whether there is room for it. */
export function reportOf(dataset: Dataset, config: Config, room: Room, backend: BackendName): MemoryReport {
  const need = needOf(dataset, config, backend)
  return { bytes: need.bytes, fits: fits(need, room) }
}

function needOf({ classes, exemplars, unlabeled }: Dataset, config: Config, backend: BackendName): MemoryNeed {
  const images = 2 * exemplars.length + unlabeled.length
  return memoryOf(config, { classes: Math.max(2, classes.length), images, on: backend })
}

/**
 * What takes less memory, the least change first: the batch in more parts, and a smaller size.
 * @param fit whether settings have room
 */
export function offersFor(config: Config, fit: (other: Config) => boolean): Offer[] {
  const offer = (values: Partial<Config>, label: string): Offer[] => [{ values, label }]
  const found = (candidates: Partial<Config>[], labelOf: (values: Partial<Config>) => string): Offer[] => {
    const values = candidates.find((one) => fit(makeConfig(one, config)))
    return values ? offer(values, labelOf(values)) : []
  }
  const most = partsOf({ ...config, parts: 32 }).length
  const now = partsOf(config).length
  const inParts = Array.from({ length: Math.max(0, most - now) }, (_, i) => ({ parts: now + 1 + i }))
  const smaller = Array.from({ length: config.size / 16 - 1 }, (_, i) => ({ size: config.size - 16 * (i + 1) }))
  const batch = Math.max(config.batchLabeled, config.batchUnlabeled)
  const offers = [...found(inParts, ({ parts }) => `batch ${batch} in ${parts} parts`), ...found(smaller, ({ size }) => `size ${size}`)]
  if (offers.length > 0) return offers
  const both = smaller.map((one) => ({ ...one, parts: most }))
  return found(both, ({ parts, size }) => `batch ${batch} in ${parts} parts and size ${size}`)
}

/** There is no room for a run; with what would have room. */
export class NoRoomError extends Error {
  override name = 'NoRoomError'
  constructor(
    message: string,
    readonly offers: Offer[],
  ) {
    super(message)
  }
}

const inWords = (offers: readonly Offer[]) =>
  offers.length > 0 ? `take ${offers.map(({ label }) => label).join(', or ')}.` : 'take a smaller size and batch.'

/** @throws NoRoomError if the limits of the backend are too low for these settings */
export function refuseTooLarge(dataset: Dataset, config: Config, room: Room, backend: BackendName): void {
  const need = needOf(dataset, config, backend)
  if (fits(need, room)) return
  const offers = offersFor(config, (other) => fits(needOf(dataset, other, backend), room))
  const whole = need.bytes > (room.total ?? Infinity)
  const what = whole ? `about ${amount(need.bytes)} of memory` : `a tensor of ${amount(need.largest)}`
  throw new NoRoomError(
    `This run needs ${what}, and ${room.owner} has ${whole ? '' : 'at most '}${amount((whole ? room.total : room.largest)!)}: ${inWords(offers)}`,
    offers,
  )
}

/** Bytes that files of an export may take in all while they are made: more than a page gets, and what was learnt would go with it. */
const mostExportBytes = 2 ** 31

/**
 * What an export of this kind takes at its peak: numbers of all voxels, the same as files, and again in the zip.
 * @returns bytes
 */
export function exportBytes(dataset: Dataset, what: ExportKind): number {
  if (what === 'weights') return 0
  const { classes } = dataset
  const sources = [...new Map(picturesIn(dataset).map(({ source }) => [source.id, source])).values()]
  const voxels = sources.reduce(
    (sum, { volume }) => sum + volume.size[0] * volume.size[1] * volume.size[2] * (hasChannels(volume) ? 1 : volume.size[3]),
    0,
  )
  // Maps are floats: the probability of each class but background, and the disagreement.
  return 3 * voxels * (what === 'maps' ? 4 * classes.length : 1)
}

/** @throws InputError if an export would take more memory than a page gets, before anything of it is made */
export function refuseTooLargeExport(dataset: Dataset, what: ExportKind): void {
  const bytes = exportBytes(dataset, what)
  if (bytes <= mostExportBytes) return
  const others = (['masks', 'weights'] as const).filter((other) => other !== what && exportBytes(dataset, other) <= mostExportBytes)
  const small = others.map(
    (other) => `the ${other}, which take ${other === 'weights' ? 'little' : `about ${amount(exportBytes(dataset, other))}`}`,
  )
  const images = picturesIn(dataset).length
  const part = Math.floor((images * mostExportBytes) / bytes)
  throw new InputError(
    `The ${what} of these images would take about ${amount(bytes)} of memory, and a page gets ${amount(mostExportBytes)} at most: ` +
      `export ${small.join(', or ')}; or segment fewer images at once, about ${part} of ${images}. Nothing is lost.`,
    '',
  )
}

/** What to say when a backend turned out to have no memory for a run, with what takes at most two thirds of it. */
export function afterMemoryError(dataset: Dataset, config: Config, room: Room, backend: BackendName): NoRoomError {
  const { bytes } = needOf(dataset, config, backend)
  const least = { ...room, total: Math.min(room.total ?? Infinity, (2 / 3) * bytes) }
  const offers = offersFor(config, (other) => fits(needOf(dataset, other, backend), least))
  return new NoRoomError(`There is not enough memory for this run, which needs about ${amount(bytes)}: ${inWords(offers)}`, offers)
}
