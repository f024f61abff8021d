/** What is kept of a step: its pictures and label maps, packed. */
import { gunzipSync, gzipSync } from 'fflate'
import { differing } from '../image/masks'
import type { PictureId } from '../image/picture-id'
import { digestOf } from '../lib/digest'
import { readSafetensors, writeSafetensors, type StoredTensor } from '../lib/safetensors'
import { record, text, whole } from '../lib/shape'
import { changeBetween } from './flips'
import type { LiveViews, ModelView, SeenLabels } from './live-views'

type Bytes = Uint8Array<ArrayBuffer>

export interface Snapshot {
  /** Steps taken. */
  step: number
  /** Of its label maps, see `labelHash`. */
  hash: string
  /**
   * How far the labels of the images as they are have moved since the snapshot before: shares of relabelled pixels, summed over all that were
   * taken between the two. 0 for the first.
   */
  change: number
  /** The images in it: those that `labels` has, then others that the views show. */
  images: readonly PictureId[]
  /** A gzip of a safetensors file with all pictures of the live view, U8. */
  views: Bytes
  /** The same of the label maps of images as they are: `IMAGE/A` and `IMAGE/B`. */
  labels: Bytes
}

const models = ['A', 'B'] as const

/** A 64-bit hash of the label maps that a live view shows, as 16 hexadecimal digits. */
export function labelHash({ A, B }: Pick<LiveViews, 'A' | 'B'>): string {
  const maps = [A, B].flatMap(({ prediction, pseudoLabel, feature }) => [prediction, pseudoLabel, ...(feature ? [feature.prediction] : [])])
  const all = new Uint8Array(maps.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const map of maps) {
    all.set(map, at)
    at += map.length
  }
  return digestOf(all)
}

/**
 * Packs a step.
 * @param seen how the networks label a few images as they are @param before the newest snapshot of the run, to tell the change from
 */
export function snapshotOf(views: LiveViews, seen: readonly SeenLabels[], before: Snapshot | null): Snapshot {
  const { step, size } = views
  const shape = [size, size]
  const labels = Object.fromEntries(
    seen.flatMap(({ image, A, B }) => [
      [`${image}/A`, { shape, data: A }],
      [`${image}/B`, { shape, data: B }],
    ]),
  )
  return {
    step,
    hash: labelHash(views),
    change: before ? changeBetween(labelsIn(before, size), seen) : 0,
    images: [...new Set([...seen.map(({ image }) => image), views.image, ...(views.mix ? [views.mix.image] : [])])],
    views: packViews(views),
    labels: packed(labels, {}),
  }
}

/** `views` of a snapshot. */
export const packViews = (views: LiveViews): Bytes =>
  packed(tensorsOf(views), {
    image: views.image,
    ...(views.mix && { mix: JSON.stringify({ image: views.mix.image, box: views.mix.box }) }),
  })

function tensorsOf({ size, weak, strong, mix, A, B, exemplar, synthetic }: LiveViews): Record<string, StoredTensor> {
  const picture = (data: Bytes): StoredTensor => ({ shape: [size, size], data })
  const ofModel = (k: 'A' | 'B', { prediction, confidence, pseudoLabel, mask, feature }: ModelView) => ({
    [`${k}/prediction`]: picture(prediction),
    [`${k}/confidence`]: picture(confidence),
    [`${k}/pseudo-label`]: picture(pseudoLabel),
    [`${k}/mask`]: picture(mask),
    ...(feature && { [`${k}/features`]: picture(feature.prediction) }),
    ...Object.fromEntries((feature?.dropped ?? []).map((data, l) => [`${k}/dropped/${l}`, { shape: [data.length], data }])),
  })
  return {
    weak: picture(weak),
    strong: picture(strong),
    ...(mix && { mix: picture(mix.pixels) }),
    ...ofModel('A', A),
    ...ofModel('B', B),
    'exemplar/image': picture(exemplar.image),
    'exemplar/labels': picture(exemplar.labels),
    ...(synthetic && {
      'synthetic/image': picture(synthetic.image),
      'synthetic/labels': picture(synthetic.labels),
      'synthetic/known': picture(synthetic.known),
    }),
  }
}

const packed = (tensors: Record<string, StoredTensor>, metadata: Record<string, string>): Bytes =>
  new Uint8Array(gzipSync(writeSafetensors(tensors, metadata), { mtime: 0 }))

/** More than the pictures of a step take, unpacked, header included. */
const mostUnpacked = (size: number) => 40 * size * size + 100_000

/** Bytes that a gzip says it holds; 0 where it cannot be one. */
export const unpackedSize = (bytes: Bytes): number =>
  bytes.length < 18 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true)

/** @throws Error for what is no gzip of a safetensors file, or larger than a step's pictures can be */
function unpacked(bytes: Bytes, size: number): ReturnType<typeof readSafetensors> {
  const length = unpackedSize(bytes)
  if (length > mostUnpacked(size)) throw new Error(`${length} bytes are too many for pictures of ${size} x ${size}`)
  // Into an array of that length it writes nothing beyond.
  return readSafetensors(gunzipSync(bytes, { out: new Uint8Array(length) }))
}

/** A picture of a file that anybody may have written. */
function pictureIn(tensors: Record<string, StoredTensor>, name: string, size: number): Bytes {
  const { shape, data } = tensors[name] ?? { shape: [] }
  if (shape.join() !== `${size},${size}` || !(data instanceof Uint8Array)) throw new Error(`there is no picture "${name}"`)
  return data as Bytes
}

export const isPictureId = (value: unknown): value is PictureId => typeof value === 'string' && /^[^/]+\/[012]\/\d+\/\d+$/.test(value)

const isMix = record({ image: text, box: record({ x: whole(0), y: whole(0), width: whole(1), height: whole(1) }) })

/**
 * The pictures of a step as they were shown.
 * @param size of their side @param nameOf what an image is called here
 * @throws Error if they are damaged, or are not those of its hash
 */
export function viewsIn({ step, hash, views: bytes }: Snapshot, size: number, nameOf: (image: PictureId) => string): LiveViews {
  const { tensors, metadata } = unpacked(bytes, size)
  const picture = (name: string) => pictureIn(tensors, name, size)
  const { image } = metadata
  const mix: unknown = metadata['mix'] === undefined ? null : JSON.parse(metadata['mix'])
  if (!isPictureId(image) || (mix !== null && !(isMix(mix) && isPictureId(mix.image) && fits(mix.box, size))))
    throw new Error('it does not say which images it shows')
  const [A, B] = models.map((k): ModelView => {
    const dropped = Object.keys(tensors).filter((name) => name.startsWith(`${k}/dropped/`))
    return {
      prediction: picture(`${k}/prediction`),
      confidence: picture(`${k}/confidence`),
      pseudoLabel: picture(`${k}/pseudo-label`),
      mask: picture(`${k}/mask`),
      feature: tensors[`${k}/features`] ? { prediction: picture(`${k}/features`), dropped: dropped.map(channels) } : null,
    }
  }) as [ModelView, ModelView]
  function channels(name: string): Bytes {
    const { data } = tensors[name]!
    if (!(data instanceof Uint8Array)) throw new Error(`there are no channels "${name}"`)
    return data as Bytes
  }
  if (labelHash({ A, B }) !== hash) throw new Error('its label maps are others than those that were kept')
  return {
    step,
    size,
    image,
    name: nameOf(image),
    weak: picture('weak'),
    strong: picture('strong'),
    mix: mix && { image: mix.image as PictureId, name: nameOf(mix.image as PictureId), pixels: picture('mix'), box: mix.box },
    A,
    B,
    disagreement: differing(A.pseudoLabel, B.pseudoLabel),
    exemplar: { image: picture('exemplar/image'), labels: picture('exemplar/labels') },
    synthetic: tensors['synthetic/image']
      ? { image: picture('synthetic/image'), labels: picture('synthetic/labels'), known: picture('synthetic/known') }
      : null,
  }
}

const fits = ({ x, y, width, height }: { x: number; y: number; width: number; height: number }, size: number) =>
  x + width <= size && y + height <= size

/** The same with arrays of its own, so that one of the two can be given away. */
export const copyOf = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  views: snapshot.views.slice(),
  labels: snapshot.labels.slice(),
})

/** The label maps of images as they are. @param size of their side @throws Error if they are damaged */
export function labelsIn({ labels }: Snapshot, size: number): SeenLabels[] {
  const { tensors } = unpacked(labels, size)
  const images = Object.keys(tensors).flatMap((name) => (name.endsWith('/A') ? [name.slice(0, -2)] : []))
  return images.map((image) => {
    if (!isPictureId(image)) throw new Error(`"${image}" is no image`)
    return { image, A: pictureIn(tensors, `${image}/A`, size), B: pictureIn(tensors, `${image}/B`, size) }
  })
}
