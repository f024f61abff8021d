import type { DatasetSummary, PictureId } from '../worker/protocol'

/** One image among those that are cut from a volume along one axis, in one frame. */
export interface Slice {
  id: PictureId
  name: string
  /** Where it lies in the volume, from 0. */
  slice: number
  /** Whether it is an exemplar. */
  annotated: boolean
  /** Whether it counts for the volume: not an exemplar between slices in use, whose place these stand for. */
  inUse: boolean
}

/** What a picture's id consists of; see `image/picture-id.ts`. */
function partsOf(id: PictureId): { stack: string; slice: number } {
  const [slice, frame] = id.split('/').slice(-2)
  return { stack: `${id.slice(0, -`${slice}/${frame}`.length)}${frame}`, slice: Number(slice) }
}

/** Names the stack of a picture. */
export const stackName = (id: PictureId): string => partsOf(id).stack

/** The images of a picture's stack in order, itself among them; it alone if it is of no volume. */
export function stackOf(dataset: Pick<DatasetSummary, 'unlabeled' | 'exemplars'> | null, id: PictureId): Slice[] {
  const { stack } = partsOf(id)
  const found = new Map<PictureId, Slice>()
  const add = ({ id, name }: { id: PictureId; name: string }, annotated: boolean, inUse: boolean) => {
    const parts = partsOf(id)
    if (parts.stack === stack) found.set(id, { id, name, slice: parts.slice, annotated, inUse })
  }
  for (const image of dataset?.unlabeled ?? []) add(image, image.annotated, true)
  // Where all are exemplars all of them count.
  const piled = new Set(found.keys())
  for (const image of dataset?.exemplars ?? []) add(image, image.from !== null, piled.size === 0 || piled.has(image.id))
  return [...found.values()].sort((a, b) => a.slice - b.slice)
}

/** The id of the volume that an image is cut from. */
export const sourceOf = (id: PictureId): string => id.split('/').slice(0, -3).join('/')

/** The frames of a picture's slice in order, itself among them. */
export function framesOf(dataset: Pick<DatasetSummary, 'unlabeled' | 'exemplars'>, id: PictureId): PictureId[] {
  const place = (other: PictureId) => other.slice(0, other.lastIndexOf('/'))
  const frame = (other: PictureId) => Number(other.slice(other.lastIndexOf('/') + 1))
  const found = new Set([...dataset.unlabeled, ...dataset.exemplars].map((image) => image.id).filter((other) => place(other) === place(id)))
  return [...found].sort((a, b) => frame(a) - frame(b))
}
