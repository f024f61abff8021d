/** Shape-based interpolation between annotated slices: Raya and Udupa, IEEE Transactions on Medical Imaging 9 (1990), for several labels. */
import { distanceTransform } from '../image/distance-transform'
import type { LabelMap, Rect } from '../image/raster'
import { background } from './drawable'
import { boxOf, enclosing } from './patch'

/** How deep each pixel of a part lies in what is marked: its signed distance, negative outside, in pixels; -Infinity where nothing is marked. */
function depthsIn({ width, height, labels }: LabelMap, marked: (label: number) => boolean, part: Rect): Float64Array {
  const size = [part.width, part.height]
  const inside = new Uint8Array(part.width * part.height)
  for (let y = 0, at = 0; y < part.height; y++)
    for (let x = 0; x < part.width; x++, at++) {
      const [column, row] = [part.x + x, part.y + y]
      const within = column >= 0 && row >= 0 && column < width && row < height
      inside[at] = Number(within && marked(labels[row * width + column]!))
    }
  const toMarked = distanceTransform(inside, size)
  const depths = distanceTransform(
    inside.map((set) => 1 - set),
    size,
  )
  // Half a pixel, because the outline lies between pixels.
  for (let i = 0; i < depths.length; i++) depths[i] = inside[i] ? depths[i]! - 0.5 : 0.5 - toMarked[i]!
  return depths
}

/** What is marked in one slice only counts in the other as if it had just gone everywhere: so it ends half-way. */
function endHalfWay(depths: Float64Array, other: Float64Array): void {
  if (depths[0] === -Infinity) depths.fill(-other.reduce((most, depth) => Math.max(most, depth), 0))
}

/**
 * What lies between two slices. Where they agree, so does what lies between. Elsewhere it is drawn where a pixel's depth in all that is drawn
 * is positive, the depth being that of both slices, weighted by how near they are; and there it has the label in which it lies deepest,
 * weighted likewise. So labels that touch still touch, and at the slices themselves it is theirs.
 * @param rest called between two pieces of work, each of which takes some tens of milliseconds at most at 512 x 512
 * @returns the labels at a share of the way, 0 at the first to 1 at the second
 * @throws RangeError for maps of different sizes
 */
export async function between(
  first: LabelMap,
  second: LabelMap,
  rest: () => Promise<void> = async () => {},
): Promise<(share: number) => Uint8Array<ArrayBuffer>> {
  const { width, height } = first
  if (second.width !== width || second.height !== height) throw new RangeError('Slices of different sizes.')
  const slices = [first, second] as const
  const present = [...new Set([...first.labels, ...second.labels])].filter((label) => label !== background).sort((a, b) => a - b)
  const drawn = (label: number) => label !== background
  const boxes = slices.flatMap((slice) => boxOf(slice, drawn) ?? [])
  if (boxes.length === 0) return () => new Uint8Array(first.labels)
  const box = boxes.reduce(enclosing)
  // One pixel more, where nothing is drawn.
  const part = { x: box.x - 1, y: box.y - 1, width: box.width + 2, height: box.height + 2 }
  const depthsOf = async (marked: (label: number) => boolean) => {
    await rest()
    const a = depthsIn(first, marked, part)
    await rest()
    const b = depthsIn(second, marked, part)
    endHalfWay(a, b)
    endHalfWay(b, a)
    return (at: number, share: number) => (1 - share) * a[at]! + share * b[at]!
  }
  const all = await depthsOf(drawn)
  const each: (typeof all)[] = []
  for (const label of present.length > 1 ? present : []) each.push(await depthsOf((other) => other === label))
  return (share) => {
    const labels = new Uint8Array(first.labels)
    for (let y = box.y; y < box.y + box.height; y++)
      for (let x = box.x; x < box.x + box.width; x++) {
        const i = y * width + x
        if (first.labels[i] === second.labels[i]) continue
        const at = (y - part.y) * part.width + x - part.x
        let [deepest, most] = [present[0]!, -Infinity]
        each.forEach((depth, k) => {
          const deep = depth(at, share)
          if (deep > most) [deepest, most] = [present[k]!, deep]
        })
        labels[i] = all(at, share) > 0 ? deepest : background
      }
    return labels
  }
}
