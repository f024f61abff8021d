/** Which images lie beside one another in a volume. An image's id says where it lies: see `PictureId`. */
import type { PictureId } from '../worker/protocol'

interface Parts {
  /** The volume and the axis along which it is cut. */
  stack: string
  slice: number
  frame: number
}

function partsOf(id: PictureId): Parts {
  const [, stack, slice, frame] = /^(.*)\/(\d+)\/(\d+)$/.exec(id)!
  return { stack: stack!, slice: Number(slice), frame: Number(frame) }
}

/** The id of the volume that an image is of. */
export const sourceOf = (id: PictureId): string => id.replace(/\/\d+\/\d+\/\d+$/, '')

function beside(ids: Iterable<PictureId>, id: PictureId, along: 'slice' | 'frame'): PictureId[] {
  const own = partsOf(id)
  const across = along === 'slice' ? 'frame' : 'slice'
  return [...new Set(ids)]
    .map((other) => ({ other, parts: partsOf(other) }))
    .filter(({ parts }) => parts.stack === own.stack && parts[across] === own[across])
    .sort((a, b) => a.parts[along] - b.parts[along])
    .map(({ other }) => other)
}

/** The slices of an image's volume at its time or in its channel, in order, itself among them. */
export const slicesOf = (ids: Iterable<PictureId>, id: PictureId): PictureId[] => beside(ids, id, 'slice')

/** The frames of an image's slice, in order, itself among them. */
export const framesOf = (ids: Iterable<PictureId>, id: PictureId): PictureId[] => beside(ids, id, 'frame')
