import { InputError } from './input-error'
import type { Samples, Volume } from './volume'

/** How the axes of a plain array are understood. */
export interface Axes {
  size: [columns: number, rows: number, slices: number, frames: number]
  channels: 1 | 3 | 4
  /** Channels that are not colours become frames; `inOrder` moves them from the last axis to the first. */
  frameMeans: 'time' | 'channel'
  notes: string[]
}

/** What the last axis is if not columns. */
type LastAxis = 'colours' | 'channels' | 'one channel'

/** Rows and columns of the smallest picture whose last axis may be channels: 3 x 3 x 4 numbers may be anything. */
const leastSide = 8

/**
 * Pictures have no 1, 3 or 4 columns, but often as many channels: (rows, columns, 1), (rows, columns, 3).
 * @param bytes whether the numbers are unsigned bytes, 3 or 4 of which make a colour
 */
function lastAxisOf(shape: readonly number[], bytes: boolean): LastAxis | null {
  if (shape.length < 3) return null
  const last = shape.at(-1)!
  if (bytes && (last === 3 || last === 4)) return 'colours'
  if (!shape.slice(-3, -1).every((side) => side >= leastSide)) return null
  return last === 1 ? 'one channel' : last === 3 || last === 4 ? 'channels' : null
}

/** Whether an array may be a picture: two to four axes, or one more with colours or channels. */
export function isPicture(shape: readonly number[], bytes: boolean): boolean {
  const last = lastAxisOf(shape, bytes)
  return shape.length >= 2 && shape.length <= (last === null ? 4 : last === 'channels' ? 4 : 5)
}

/**
 * The axes of an array without description: the last is columns, the one before it rows, then slices, then frames; a last axis of 3
 * or 4 bytes is colour, and one of 1, 3 or 4 other numbers channels.
 * @param shape lengths of the axes, the slowest first
 * @param bytes whether the numbers are unsigned bytes
 * @throws InputError for other numbers of axes
 */
export function axesOf(name: string, shape: readonly number[], bytes: boolean): Axes {
  if (!isPicture(shape, bytes))
    throw new InputError(
      `"${name}" is an array of ${shape.length === 1 ? '1 axis' : `${shape.length} axes`}; save an array of rows x columns or slices x rows x columns.`,
      name,
    )
  const last = lastAxisOf(shape, bytes)
  const places = last === null ? shape : shape.slice(0, -1)
  const [columns, rows, slices = 1, frames = 1] = [...places].reverse() as [number, number, number?, number?]
  const words = ['frames', 'slices', 'rows', 'columns'].slice(4 - places.length)
  const named = [...words, ...(last === null ? [] : [last === 'colours' ? last : 'channels'])]
  const notes = shape.length > 2 ? [`The axes ${shape.join(' x ')} were read as ${named.join(' x ')}.`] : []
  if (last === 'channels') notes.push(channelsNote(shape.at(-1)!))
  return {
    size: [columns, rows, slices, last === 'channels' ? shape.at(-1)! : frames],
    channels: last === 'colours' ? (shape.at(-1) as 3 | 4) : 1,
    frameMeans: last === 'channels' ? 'channel' : 'time',
    notes,
  }
}

/** What a user should know of channels that are no colours. */
export const channelsNote = (channels: number): string =>
  `One of the ${channels} channels is used, the first unless you choose another; they are listed as frames.`

/** Stored samples in the order of a volume: channel by channel if the last axis is channels. */
export function inOrder<T extends Samples>(samples: T, { size: [, , , frames], frameMeans }: Pick<Volume, 'size' | 'frameMeans'>): T {
  if (frameMeans === 'time') return samples
  const out = samples.slice() as T
  const each = samples.length / frames
  for (let i = 0, at = 0; i < each; i++) for (let c = 0; c < frames; c++) out[c * each + i] = samples[at++]!
  return out
}
