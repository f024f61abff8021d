/**
 * Connected parts of label maps: all but the largest part of a class taken away, and holes filled. In a picture a class is connected across corners too
 * (8 neighbours, in a volume 26) and background is not (4, in a volume 6), so that a closed line of a class parts what is inside from what is outside.
 */

/** Columns, rows, slices; one slice is a picture. */
export type Extents = readonly [width: number, height: number, depth: number]

interface Box {
  from: readonly [x: number, y: number, z: number]
  to: readonly [x: number, y: number, z: number]
}

/** What holds all voxels for which `is` is true; nothing where there are none. Most of a volume is background: all that follows keeps to such a box. */
function boxOf(labels: Uint8Array, [width, height, depth]: Extents, is: (label: number) => boolean): Box | null {
  const [from, to] = [[width, height, depth] as [number, number, number], [-1, -1, -1] as [number, number, number]]
  for (let z = 0, at = 0; z < depth; z++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++, at++) {
        if (!is(labels[at]!)) continue
        from[0] = Math.min(from[0], x)
        to[0] = Math.max(to[0], x)
        from[1] = Math.min(from[1], y)
        to[1] = Math.max(to[1], y)
        from[2] = Math.min(from[2], z)
        to[2] = z
      }
  return to[2] < 0 ? null : { from, to }
}

/** The parts of the voxels in a box that are `label`: the voxels of each in the order in which they are found. @param corners whether corners connect */
function* partsOf(
  labels: Uint8Array,
  [width, height]: Extents,
  label: number,
  corners: boolean,
  box: Box | null,
): Generator<Int32Array<ArrayBuffer>> {
  if (!box) return
  const { from, to } = box
  const waits = new Uint8Array(labels.length)
  let count = 0
  for (let z = from[2]; z <= to[2]; z++)
    for (let y = from[1]; y <= to[1]; y++)
      for (let x = from[0], at = x + width * (y + height * z); x <= to[0]; x++, at++) if (labels[at] === label) count += waits[at] = 1
  const found = new Int32Array(count)
  for (let start = waits.indexOf(1); start >= 0; start = waits.indexOf(1, start)) {
    waits[start] = 0
    found[0] = start
    let end = 1
    for (let next = 0; next < end; next++) {
      const at = found[next]!
      const [x, y, z] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))]
      for (let k = Math.max(from[2], z - 1); k <= Math.min(to[2], z + 1); k++)
        for (let j = Math.max(from[1], y - 1); j <= Math.min(to[1], y + 1); j++)
          for (let i = Math.max(from[0], x - 1); i <= Math.min(to[0], x + 1); i++) {
            const other = i + width * (j + height * k)
            if (!waits[other] || (!corners && Math.abs(i - x) + Math.abs(j - y) + Math.abs(k - z) > 1)) continue
            waits[other] = 0
            found[end++] = other
          }
    }
    yield found.slice(0, end)
  }
}

/** The parts of a class. */
const partsOfClass = (labels: Uint8Array, extents: Extents, label: number) =>
  partsOf(
    labels,
    extents,
    label,
    true,
    boxOf(labels, extents, (other) => other === label),
  )

/** How many parts a class has. */
export const countParts = (labels: Uint8Array, extents: Extents, label: number): number => [...partsOfClass(labels, extents, label)].length

/** A copy in which only the largest part of each of these classes is left, the first of equal ones; the others are background. */
export function largestParts(labels: Uint8Array<ArrayBuffer>, extents: Extents, classes: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = labels.slice()
  for (const label of classes) {
    let largest = new Int32Array(0)
    for (const part of partsOfClass(labels, extents, label)) {
      const less = part.length > largest.length ? largest : part
      for (const at of less) out[at] = 0
      if (less === largest) largest = part
    }
  }
  return out
}

/** The holes of a label map: parts of background that do not reach its border, each with the class that touches it most, the lowest of equal ones. */
export function* holesOf(labels: Uint8Array, extents: Extents): Generator<{ part: Int32Array; around: number }> {
  const [width, height, depth] = extents
  const steps = [1, width, ...(depth > 1 ? [width * height] : [])]
  // A hole has something on either side of it: it does not reach the border of what there is.
  const box = boxOf(labels, extents, (label) => label > 0)
  for (const part of partsOf(labels, extents, 0, false, box)) {
    const { from, to } = box!
    const touched = new Array<number>(256).fill(0)
    let open = false
    for (const at of part) {
      const [x, y, z] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))]
      open = x === from[0] || y === from[1] || x === to[0] || y === to[1] || (depth > 1 && (z === from[2] || z === to[2]))
      if (open) break
      for (const step of steps) for (const other of [at - step, at + step]) touched[labels[other]!]!++
    }
    touched[0] = 0
    if (!open) yield { part, around: touched.indexOf(Math.max(...touched)) }
  }
}

/** A copy in which each hole that one of these classes touches most belongs to that class. */
export function filledHoles(labels: Uint8Array<ArrayBuffer>, extents: Extents, classes: readonly number[]): Uint8Array<ArrayBuffer> {
  const out = labels.slice()
  for (const { part, around } of holesOf(labels, extents)) if (classes.includes(around)) for (const at of part) out[at] = around
  return out
}
