import { InputError } from './input-error'

/** How the axes of a plain array are understood. */
export interface Axes {
  size: [columns: number, rows: number, slices: number, frames: number]
  channels: 1 | 3 | 4
  notes: string[]
}

/** Whether an array may be a picture: two to four axes, or five with colour. */
export const isPicture = (shape: readonly number[], bytes: boolean): boolean =>
  shape.length >= 2 && shape.length <= (isColour(shape, bytes) ? 5 : 4)

const isColour = (shape: readonly number[], bytes: boolean) => bytes && shape.length >= 3 && [3, 4].includes(shape.at(-1)!)

/**
 * The axes of an array without further description: the last is columns, the one before it rows, then slices, then frames; a last axis of 3
 * or 4 bytes is colour.
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
  const colour = isColour(shape, bytes)
  const [columns, rows, slices = 1, frames = 1] = (colour ? shape.slice(0, -1) : [...shape]).reverse() as [number, number, number?, number?]
  const words = ['frames', 'slices', 'rows', 'columns', 'colours'].slice(colour ? 5 - shape.length : 4 - shape.length, colour ? 5 : 4)
  return {
    size: [columns, rows, slices, frames],
    channels: colour ? (shape.at(-1) as 3 | 4) : 1,
    notes: shape.length > 2 ? [`The axes ${shape.join(' x ')} were read as ${words.join(' x ')}.`] : [],
  }
}
