/** What is annotated, in a file: every exemplar as it teaches, and the exemplar's mask as it came. */
import { maxVolumeBytes } from '../data/image-size'
import { InputError } from '../data/input-error'
import { makeVolume, type Volume, type VolumeKind } from '../data/volume'
import { packTensors, unpackTensors } from '../export/packed-tensors'
import type { StoredTensor } from '../lib/safetensors'
import type { LabelMap } from '../image/raster'
import { either, finite, listLike, listOf, oneOf, orNull, record, text, whole, type Shaped } from '../lib/shape'
import { annotationOf } from './annotations'
import type { Dataset } from './dataset'

/** What `readExemplars` gives. */
export interface KeptExemplars {
  /** By exemplar: class per pixel, 255 unknown; null for one that waits for its mask. */
  labels: (LabelMap | null)[]
  /** As `keptMasks` lists them. */
  masks: Volume[]
}

const format = 'exemplar-lab-exemplars-1'

/** The masks that an exemplar came from: as it is, and as files say. The references can be many and large: they are given again. */
export const keptMasks = ({ exemplarMask, given }: Dataset): Volume[] => [
  ...new Set([exemplarMask?.given ?? null, given.mask].flatMap((mask) => mask ?? [])),
]

/** Of each data set: a run is saved often, and its exemplars stay. */
const written = new WeakMap<Dataset, Uint8Array<ArrayBuffer>>()

/** A gzip of a safetensors file: `exemplar/0`, ... U8 [height, width], and `mask/0`, ... [frames, slices, rows, columns, channels] with the rest of it as JSON. */
export function writeExemplars(dataset: Dataset): Uint8Array<ArrayBuffer> {
  let bytes = written.get(dataset)
  if (!bytes) written.set(dataset, (bytes = exemplarBytes(dataset)))
  return bytes
}

function exemplarBytes(dataset: Dataset): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, StoredTensor> = {}
  for (const [n, exemplar] of dataset.exemplars.entries()) {
    const map = annotationOf(dataset, exemplar)
    if (map) tensors[`exemplar/${n}`] = { shape: [map.height, map.width], data: map.labels }
  }
  const masks = keptMasks(dataset)
  for (const [n, { size, channels, samples }] of masks.entries())
    tensors[`mask/${n}`] = { shape: [size[3], size[2], size[1], size[0], channels], data: samples }
  // Whose patient a mask is of says nothing about its labels.
  const about = masks.map((mask) => ({
    ...mask,
    samples: undefined,
    origin: undefined,
    patient: undefined,
    identifiers: undefined,
    window: undefined,
    // Asked of images only.
    stepKnown: undefined,
  }))
  const metadata = { format, exemplars: String(dataset.exemplars.length), masks: JSON.stringify(about) }
  return packTensors(tensors, metadata)
}

const kinds: Record<VolumeKind, true> = {
  ...{ png: true, jpeg: true, tiff: true, nifti: true, dicom: true, 'dicom-seg': true, nrrd: true },
  ...{ mha: true, npy: true, npz: true, hdf5: true, minc: true, mgh: true },
}
const flag = oneOf(true, false)
const triple = listLike<[number, number, number]>(finite, finite, finite)
const row = listLike<[number, number, number, number]>(finite, finite, finite, finite)
type About = Omit<Volume, 'samples' | 'origin' | 'patient' | 'identifiers' | 'window' | 'stepKnown' | 'firstFrame'>
const isMask = record<About & { firstFrame: number | undefined }>({
  name: text,
  array: orNull(text),
  kind: oneOf(...(Object.keys(kinds) as VolumeKind[])),
  size: listLike<[number, number, number, number]>(whole(1), whole(1), whole(1), whole(1)),
  frameMeans: oneOf('time', 'channel'),
  // Earlier versions did not know it.
  firstFrame: either(whole(0), (value) => value === undefined),
  channels: oneOf(1, 2, 3, 4),
  alpha: flag,
  palette: listOf(triple),
  slope: finite,
  intercept: finite,
  inverted: flag,
  turned: oneOf(1, 2, 3, 4, 5, 6, 7, 8),
  spacing: orNull(triple),
  affine: orNull(listLike<[Row, Row, Row]>(row, row, row)),
  modality: orNull(text),
  segments: listOf(record({ value: finite, name: text, color: orNull(text) })),
  merged: orNull(record({ from: listOf(text), overlap: whole(0) })),
  notes: listOf(text),
})
type Row = [number, number, number, number]

/** Reads what `writeExemplars` wrote. @throws InputError, one sentence, for anything else */
export async function readExemplars(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<KeptExemplars> {
  const damaged = new InputError(`The exemplars in "${name}" are damaged; export the run again.`, name)
  try {
    const { tensors, metadata } = await unpackTensors(bytes, mostBytes)
    const [count, masks] = [Number(metadata['exemplars']), JSON.parse(metadata['masks'] ?? 'null') as unknown]
    if (metadata['format'] !== format || !whole(0, mostExemplars)(count) || !listOf(isMask)(masks)) throw damaged
    const labels = Array.from({ length: count }, (_, n) => labelsOf(tensors[`exemplar/${n}`]))
    return { labels, masks: masks.map((about, n) => maskOf(about, tensors[`mask/${n}`])) }
  } catch {
    throw damaged
  }
}

/** Two masks of the largest size, and as many drawings. */
const mostBytes = 3 * maxVolumeBytes

/** Many more than anybody draws, or than a mask file has slices. */
const mostExemplars = 100_000

function labelsOf(tensor: StoredTensor | undefined): LabelMap | null {
  if (!tensor) return null
  const { shape, data } = tensor
  if (shape.length !== 2 || !(data instanceof Uint8Array)) throw new Error('no label map')
  return { width: shape[1]!, height: shape[0]!, labels: data as LabelMap['labels'] }
}

function maskOf(about: Shaped<typeof isMask>, tensor: StoredTensor | undefined): Volume {
  const { size, channels } = about
  const voxels = size.reduce((product, side) => product * side, channels)
  if (tensor?.data.length !== voxels) throw new Error('no such mask')
  return makeVolume({
    ...about,
    firstFrame: about.firstFrame ?? 0,
    samples: tensor.data as Volume['samples'],
    patient: null,
    identifiers: [],
    window: null,
    origin: { format: 'plain' },
  })
}
