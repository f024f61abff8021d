import * as tf from '@tensorflow/tfjs-core'

/**
 * A batch of both networks, which run in one pass: the images of N_1, then of N_2, [2 B, ...]. With GroupNorm nothing couples the
 * images of a batch, so labelled, strong and weak views also pass together, in order, for each network.
 */

/** Images `from` to `to` of each network. */
export type Range = readonly [from: number, to: number]

/** Number of images in some ranges. */
export const countIn = (ranges: readonly Range[]): number => ranges.reduce((sum, [from, to]) => sum + to - from, 0)

/** The batch of the images that `of` returns for each network. */
export const batchOf = <T extends tf.Tensor3D | tf.Tensor4D>(of: (k: 0 | 1) => T[]): T => tf.concat([...of(0), ...of(1)])

/** Ranges that go on where another ends, as one; none that are empty. */
const merged = (ranges: readonly Range[]): Range[] =>
  ranges.reduce<Range[]>((list, [from, to]) => {
    const last = list.at(-1)
    if (to === from) return list
    return last?.[1] === from ? [...list.slice(0, -1), [last[0], to]] : [...list, [from, to]]
  }, [])

/** Some images of each network, [2 B, ...], those of one range after those of another; x itself if they are all. */
export function some<T extends tf.Tensor>(x: T, ranges: readonly Range[]): T {
  const B = x.shape[0]! / 2
  const perImage = x.size / x.shape[0]!
  const wanted = merged(ranges)
  if (wanted.length === 1 && countIn(wanted) === B) return x
  const flat = tf.reshape(x, [2, B, perImage]) as tf.Tensor3D
  const pieces = wanted.map(([from, to]) => tf.slice(flat, [0, from, 0], [2, to - from, -1]))
  const all = pieces.length === 1 ? pieces[0]! : tf.concat(pieces, 1)
  return tf.reshape(all, [2 * countIn(ranges), ...x.shape.slice(1)]) as T
}

/** Features of several levels, [2 B, H, W, C] each, for images `from` to `to` of each network. */
export const portion = (features: tf.Tensor4D[], from: number, to: number): tf.Tensor4D[] => features.map((f) => some(f, [[from, to]]))

/** Batches of several parts as one: for each network the images of one batch after those of another. */
export function joined<T extends tf.Tensor>(parts: T[]): T {
  const [first] = parts as [T]
  if (parts.length === 1) return first
  const perImage = first.size / first.shape[0]!
  const each = parts.map((part) => tf.reshape(part, [2, -1, perImage]))
  return tf.reshape(tf.concat(each, 1), [-1, ...first.shape.slice(1)]) as T
}

/** A batch put together from parts, each with the ranges that its images have in it. */
export function assembled<T extends tf.Tensor>(parts: readonly { x: T; ranges: readonly Range[] }[]): T {
  const pieces = parts.flatMap(({ x, ranges }) => {
    let at = 0
    return ranges.filter(([from, to]) => to > from).map(([from, to]) => ({ from, x: some(x, [[at, (at += to - from)]]) }))
  })
  return joined(pieces.sort((a, b) => a.from - b.from).map(({ x }) => x))
}

/** Features of several levels, followed by those of more images for each network. */
export const appended = (features: tf.Tensor4D[], more: tf.Tensor4D[][]): tf.Tensor4D[] =>
  features.map((f, l) => joined([f, ...more.map((other) => other[l]!)]))
