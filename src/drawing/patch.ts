/** The unit of undo: which pixels of a label map changed, from what to what. */
import type { LabelMap, Rect } from '../image/raster'

/**
 * Changed pixels as runs along rows, three numbers each: index of the first pixel, length, and the label before plus 256 times the label
 * after. Runs and not a box of bytes, because 200 strokes across a 1024 x 1024 image would be 400 MB of boxes.
 */
export interface Patch {
  /** Encloses all runs, tightly. */
  readonly box: Rect
  readonly runs: Uint32Array
}

/** Pixels that may be given only labels from a range of values. */
export interface Limit {
  values: Float32Array
  low: number
  high: number
}

/** What a tool writes, and where it must not. */
export interface Pen {
  label: number
  /** Pixels of these labels stay as they are. */
  locked: ReadonlySet<number>
  limit: Limit | null
}

/** Smallest rectangle around both. */
export function enclosing(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return { x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y }
}

/** The smallest rectangle around the pixels of some labels; null without any. */
export function boxOf({ width, labels }: LabelMap, marked: (label: number) => boolean): Rect | null {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1]
  for (let i = 0; i < labels.length; i++) {
    if (!marked(labels[i]!)) continue
    const [x, y] = [i % width, Math.floor(i / width)]
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** Collects a patch pixel by pixel without touching the mask. Give each pixel at most once, preferably row by row. */
export class Changes {
  readonly #mask: LabelMap
  readonly #runs: number[] = []
  #left = Infinity
  #right = -Infinity
  #top = Infinity
  #bottom = -Infinity

  constructor(mask: LabelMap) {
    this.#mask = mask
  }

  set(x: number, y: number, after: number): void {
    const index = y * this.#mask.width + x
    const before = this.#mask.labels[index]!
    if (before === after) return
    const change = before + 256 * after
    const runs = this.#runs
    const last = runs.length - 3
    if (last >= 0 && x > 0 && runs[last]! + runs[last + 1]! === index && runs[last + 2] === change) runs[last + 1]!++
    else runs.push(index, 1, change)
    if (x < this.#left) this.#left = x
    if (x > this.#right) this.#right = x
    if (y < this.#top) this.#top = y
    if (y > this.#bottom) this.#bottom = y
  }

  /** Writes as the pen does: nothing where a locked label is, nothing outside the range. */
  paint(x: number, y: number, { label, locked, limit }: Pen): void {
    const index = y * this.#mask.width + x
    if (locked.has(this.#mask.labels[index]!)) return
    // Written this way so that NaN lies outside.
    if (limit && !(limit.values[index]! >= limit.low && limit.values[index]! <= limit.high)) return
    this.set(x, y, label)
  }

  /** Null if nothing would change. */
  patch(): Patch | null {
    if (this.#runs.length === 0) return null
    const box = { x: this.#left, y: this.#top, width: this.#right - this.#left + 1, height: this.#bottom - this.#top + 1 }
    return { box, runs: Uint32Array.from(this.#runs) }
  }
}

/**
 * Writes a patch into the mask, or takes it back, and keeps count.
 * @param counts pixels of each label, 256 numbers, changed in place
 */
export function apply({ labels }: LabelMap, counts: Uint32Array, { runs }: Patch, direction: 'forwards' | 'backwards'): void {
  const write = (at: number, from: number, to: number) => {
    labels.fill(to, runs[at]!, runs[at]! + runs[at + 1]!)
    counts[from]! -= runs[at + 1]!
    counts[to]! += runs[at + 1]!
  }
  if (direction === 'forwards') for (let at = 0; at < runs.length; at += 3) write(at, runs[at + 2]! & 255, runs[at + 2]! >> 8)
  else for (let at = runs.length - 3; at >= 0; at -= 3) write(at, runs[at + 2]! >> 8, runs[at + 2]! & 255)
}

/** One patch with the effect of these in turn; null if there are none. */
export function join(patches: readonly Patch[]): Patch | null {
  if (patches.length === 0) return null
  const runs = new Uint32Array(patches.reduce((sum, patch) => sum + patch.runs.length, 0))
  let at = 0
  for (const patch of patches) {
    runs.set(patch.runs, at)
    at += patch.runs.length
  }
  return { box: patches.map(({ box }) => box).reduce(enclosing), runs }
}

/** The patch that turns the mask into `after`, which has the same size; null if they are equal. */
export function difference(mask: LabelMap, after: Uint8Array): Patch | null {
  const changes = new Changes(mask)
  for (let y = 0, i = 0; y < mask.height; y++) for (let x = 0; x < mask.width; x++, i++) changes.set(x, y, after[i]!)
  return changes.patch()
}
