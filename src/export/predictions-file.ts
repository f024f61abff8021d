/** What both networks of a run see in each image, as they see it, in a file: so that two runs can be compared without their networks. */
import { packTensors, unpackTensors } from './packed-tensors'

/** Masks of images as the networks see them. */
export interface SeenMasks {
  /** Side of each, in pixels. */
  size: number
  /** Class per pixel, row-major, by the id of the image. */
  labels: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

const format = 'exemplar-lab-predictions-1'

/** More than this, unpacked, is not written: two thousand images of 128 x 128. */
export const mostMaskBytes = 32_000_000

/** A gzip of a safetensors file: U8 [size, size] by id; null for none, and for more than `mostMaskBytes`. */
export function writeSeenMasks({
  size,
  labels,
}: {
  size: number
  labels: ReadonlyMap<string, Uint8Array>
}): Uint8Array<ArrayBuffer> | null {
  if (labels.size === 0 || labels.size * size ** 2 > mostMaskBytes) return null
  return packTensors(Object.fromEntries([...labels].map(([id, data]) => [id, { shape: [size, size], data }])), { format })
}

/** Reads what `writeSeenMasks` wrote. @throws Error for anything else */
export async function readSeenMasks(bytes: Uint8Array<ArrayBuffer>): Promise<SeenMasks> {
  const { tensors, metadata } = await unpackTensors(bytes, 2 * mostMaskBytes)
  const all = Object.entries(tensors)
  const size = all[0]?.[1].shape[0] ?? 0
  const labels = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [id, { shape, data }] of all) {
    if (shape.join() !== `${size},${size}` || !(data instanceof Uint8Array)) throw new Error(`"${id}" is no mask of ${size} pixels.`)
    labels.set(id, data as Uint8Array<ArrayBuffer>)
  }
  if (metadata['format'] !== format || labels.size === 0) throw new Error('These are no masks of a run.')
  return { size, labels }
}
