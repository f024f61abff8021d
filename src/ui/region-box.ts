/** A rectangle on an image in whole per cent of its width and height: what a user can draw, read and type. */
import type { Region } from '../worker/protocol'

export interface PercentBox {
  left: number
  top: number
  width: number
  height: number
}

/** Least width and height in per cent, as the settings allow. */
export const least = 2

export const whole: PercentBox = { left: 0, top: 0, width: 100, height: 100 }

export const isWhole = (box: PercentBox): boolean => box.width === 100 && box.height === 100

/** Which edges a drag takes along: n, e, s, w and their corners; all of them for `move`. */
export type Handle = 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w' | 'nw' | 'move'

const clamp = (v: number, low: number, high: number) => Math.min(high, Math.max(low, v))

/** One axis of a box: both edges moved by whole per cents, or one of them, kept inside 0..100 and `least` apart. */
function drag(from: number, length: number, by: number, edges: 'both' | 'first' | 'last' | 'none'): [from: number, length: number] {
  const d = Math.round(by)
  if (edges === 'both') return [clamp(from + d, 0, 100 - length), length]
  if (edges === 'last') return [from, clamp(length + d, least, 100 - from)]
  if (edges === 'none') return [from, length]
  const end = from + length
  const start = clamp(from + d, 0, end - least)
  return [start, end - start]
}

/** The box after a handle has been dragged by this many per cent of the width and the height. */
export function dragged(box: PercentBox, handle: Handle, dx: number, dy: number): PercentBox {
  const edges = (first: string, last: string) =>
    handle === 'move' ? 'both' : handle.includes(first) ? 'first' : handle.includes(last) ? 'last' : 'none'
  const [left, width] = drag(box.left, box.width, dx, edges('w', 'e'))
  const [top, height] = drag(box.top, box.height, dy, edges('n', 's'))
  return { left, top, width, height }
}

/** The box between two points in per cent. */
export function between(x0: number, y0: number, x1: number, y1: number): PercentBox {
  const [left, width] = span(x0, x1)
  const [top, height] = span(y0, y1)
  return { left, top, width, height }
}

function span(a: number, b: number): [from: number, length: number] {
  const from = clamp(Math.round(Math.min(a, b)), 0, 100 - least)
  return [from, clamp(Math.round(Math.max(a, b)) - from, least, 100 - from)]
}

/** The box with one of its numbers replaced: a position moves it, a length moves its far edge. */
export function withNumber(box: PercentBox, key: keyof PercentBox, value: number): PercentBox {
  switch (key) {
    case 'left':
      return dragged(box, 'move', value - box.left, 0)
    case 'top':
      return dragged(box, 'move', 0, value - box.top)
    case 'width':
      return dragged(box, 'e', value - box.width, 0)
    case 'height':
      return dragged(box, 's', 0, value - box.height)
    default:
      return key satisfies never
  }
}

/** The box nearest to these shares, 0..1. */
export function boxOf({ x, y, width, height }: Region): PercentBox {
  const [left, w] = span(x * 100, (x + width) * 100)
  const [top, h] = span(y * 100, (y + height) * 100)
  return { left, top, width: w, height: h }
}

/** As settings: shares 0..1. */
export const settingsOf = ({ left, top, width, height }: PercentBox) => ({
  regionX: left / 100,
  regionY: top / 100,
  regionWidth: width / 100,
  regionHeight: height / 100,
})
