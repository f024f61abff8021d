/** Smoothing of one label's outline. No label appears, and none goes. */
import { distanceTransform } from '../image/distance-transform'
import type { LabelMap } from '../image/raster'
import { background } from './drawable'
import { boxOf, Changes, type Patch, type Pen } from './patch'

/** Radius in pixels. */
export const smoothingRadii = { min: 1, max: 10 } as const

/**
 * A median of the label against the others: a pixel becomes the label where most of the disc around it is, and where it no longer is, the
 * label that most of the rest is. So spikes and notches narrower than the disc go, and labels that touch still touch. Locked labels, and the
 * last pixels of a label, stay.
 * @param radius of the disc in pixels
 */
export function median(mask: LabelMap, pen: Pen, radius: number): Patch | null {
  const { width, height, labels } = mask
  const left = new Uint32Array(256)
  for (const label of labels) left[label]!++
  const present = [...left.keys()].filter((label) => left[label]! > 0)
  const place = new Uint8Array(256)
  present.forEach((label, k) => (place[label] = k))
  const half = Array.from({ length: 2 * radius + 1 }, (_, k) => Math.floor(Math.sqrt((radius + 0.5) ** 2 - (k - radius) ** 2)))
  const counts = new Int32Array(present.length)
  const own = place[pen.label]!
  const changes = new Changes(mask)
  for (let y = 0; y < height; y++) {
    counts.fill(0)
    /** Adds or takes a column of the disc at each of its rows; beyond the image its edge goes on. */
    const add = (x: number, side: 1 | -1, by: 1 | -1) => {
      for (let k = 0; k < half.length; k++) {
        const row = Math.min(height - 1, Math.max(0, y + k - radius))
        const column = Math.min(width - 1, Math.max(0, x + side * half[k]!))
        counts[place[labels[row * width + column]!]!]! += by
      }
    }
    // The disc around the first pixel of the row; then it moves on by its two rims.
    for (let k = 0; k < half.length; k++) {
      const row = Math.min(height - 1, Math.max(0, y + k - radius))
      for (let dx = -half[k]!; dx <= half[k]!; dx++) counts[place[labels[row * width + Math.min(width - 1, Math.max(0, dx))]!]!]!++
    }
    for (let x = 0; x < width; x++) {
      if (x > 0) {
        add(x - 1, -1, -1)
        add(x, 1, 1)
      }
      const before = labels[y * width + x]!
      if (pen.locked.has(before)) continue
      let most = 0
      for (let k = 1; k < counts.length; k++) if (counts[k]! > counts[most]!) most = k
      const isLabel = before === pen.label
      if (isLabel === (present[most] === pen.label) || counts[most]! === counts[place[before]!]!) continue
      let after = present[most]!
      if (isLabel && pen.locked.has(after)) {
        // The most frequent of those that may have it.
        let other = -1
        for (let k = 0; k < counts.length; k++)
          if (k !== own && !pen.locked.has(present[k]!) && counts[k]! > (other < 0 ? 0 : counts[other]!)) other = k
        if (other < 0) continue
        after = present[other]!
      }
      if (left[before]! <= 1) continue
      left[before]!--
      changes.set(x, y, after)
    }
  }
  return changes.patch()
}

/**
 * Closing with a disc: gaps, notches and holes of the label narrower than the disc become the label, where they are background.
 * @param radius of the disc in pixels
 */
export function close(mask: LabelMap, pen: Pen, radius: number): Patch | null {
  const { width, labels } = mask
  const box = boxOf(mask, (label) => label === pen.label)
  if (!box) return null
  // Room for the label to grow, also beyond the image: so that its edge does not count as a gap.
  const around = radius + 1
  const [w, h] = [box.width + 2 * around, box.height + 2 * around]
  const each = (visit: (pixel: number, at: number, x: number, y: number) => void) => {
    for (let y = box.y; y < box.y + box.height; y++)
      for (let x = box.x; x < box.x + box.width; x++) visit(y * width + x, (y - box.y + around) * w + x - box.x + around, x, y)
  }
  const own = new Uint8Array(w * h)
  each((pixel, at) => (own[at] = Number(labels[pixel] === pen.label)))
  const far = Uint8Array.from(distanceTransform(own, [w, h]), (distance) => Number(distance > radius))
  const closed = distanceTransform(far, [w, h])
  const changes = new Changes(mask)
  each((pixel, at, x, y) => {
    if (labels[pixel] === background && closed[at]! > radius) changes.paint(x, y, pen)
  })
  return changes.patch()
}
