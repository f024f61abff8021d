/** MINC 2: volumes of brain imaging in HDF5, whose numbers are scaled slice by slice and whose axes are named. */
import { checkVolume } from './image-size'
import { InputError } from './input-error'
import { arrays } from './number-type'
import { makeVolume, spacingOf, type Affine, type Samples, type Volume } from './volume'

/** The part in use of jsfive's HDF5 objects, which have no types: a group, or an array with its attributes. */
export interface MincItem {
  keys?: string[]
  get?(name: string): MincItem | null
  attrs: Record<string, unknown>
  shape?: number[]
  dtype?: unknown
  value?: unknown
}

/** Whether an HDF5 file is MINC 2, by its first group. */
export const isMinc = (root: MincItem): boolean => root.keys?.includes('minc-2.0') ?? false

/** Numbers are read as JavaScript values: more would fill the memory. */
const maxValues = 2 ** 25

const spaces = ['xspace', 'yspace', 'zspace']

const at = (root: MincItem, path: string): MincItem | null =>
  path.split('/').reduce<MincItem | null>((item, name) => (item?.keys?.includes(name) ? (item.get?.(name) ?? null) : null), root)

const numbersOf = (value: unknown): number[] =>
  value === undefined || value === null ? [] : typeof value === 'object' ? Array.from(value as ArrayLike<number>, Number) : [Number(value)]

/**
 * Reads the image of a MINC 2 file: whole numbers become values by the valid range and each slice's least and greatest value, floats are values.
 * MINC's world coordinates are a `Volume`'s: x to the right, y to the front, z up.
 * @throws InputError
 */
export function readMinc(name: string, root: MincItem): Volume {
  const refuse = (what: string) => new InputError(`"${name}" ${what}; convert it with mnc2nii.`, name)
  const image = at(root, 'minc-2.0/image/0/image')
  if (!image?.shape) throw refuse('is a MINC file without an image')
  const order = String(image.attrs['dimorder'] ?? '').split(',')
  const { shape } = image
  const named = order.length === shape.length && new Set(order).size === order.length
  const places = order.filter((axis) => spaces.includes(axis))
  // Space runs fastest, preceded only by time.
  if (!named || places.length < 2 || !order.every((axis, i) => spaces.includes(axis) || (i === 0 && axis === 'time')))
    throw refuse(`is a MINC file with unsupported axes (${order.join(', ')})`)
  const type = /^[<>|=]?([uif][124]|f8)$/.exec(String(image.dtype))?.[1] as keyof typeof arrays | undefined
  if (!type || !(type in arrays)) throw refuse('is a MINC file with unsupported numbers')
  const timed = order[0] === 'time'
  const sides = timed ? shape.slice(1) : shape
  const [columns, rows, slices] = [...sides].reverse().concat(1) as [number, number, number]
  const size = [columns, rows, slices, timed ? shape[0]! : 1] as const
  checkVolume(name, size, arrays[type].BYTES_PER_ELEMENT)
  const length = shape.reduce((a, b) => a * b)
  if (length > maxValues) throw refuse(`has ${length.toLocaleString('en-US')} numbers, over the limit for MINC`)
  const stored = image.value as ArrayLike<number>
  if (stored.length !== length) throw refuse('is a damaged MINC file')

  const dimensions = places.map((axis) => at(root, `minc-2.0/dimensions/${axis}`)?.attrs ?? {})
  const irregular = places.filter((_, i) => String(dimensions[i]!['spacing'] ?? '').startsWith('irregular'))
  const affine = affineOf(places, dimensions)
  return makeVolume({
    name,
    kind: 'minc',
    size,
    ...scaled(image, type, stored, at(root, 'minc-2.0/image/0/image-min'), at(root, 'minc-2.0/image/0/image-max')),
    affine,
    spacing: affine && spacingOf(affine),
    notes: irregular.length > 0 ? [`Its steps along ${irregular.join(' and ')} are uneven; the mean one is used.`] : [],
  })
}

/** Values, or the stored numbers with one slope and intercept if all slices share them. */
function scaled(
  image: MincItem,
  type: keyof typeof arrays,
  stored: ArrayLike<number>,
  imageMin: MincItem | null,
  imageMax: MincItem | null,
): Pick<Volume, 'samples' | 'slope' | 'intercept'> {
  const samples = new arrays[type](stored.length) as Samples
  for (let i = 0; i < stored.length; i++) samples[i] = Number(stored[i])
  const [mins, maxs] = [numbersOf(imageMin?.value), numbersOf(imageMax?.value)]
  if (type.startsWith('f') || mins.length === 0 || mins.length !== maxs.length || stored.length % mins.length !== 0)
    return { samples, slope: 1, intercept: 0 }

  const bits = 8 * arrays[type].BYTES_PER_ELEMENT
  const whole = type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
  const said = numbersOf(image.attrs['valid_range'])
  const [low, high] = (said.length === 2 && said[0] !== said[1] ? said.sort((a, b) => a - b) : whole) as [number, number]
  // Numbers outside the valid range were never measured; as in nibabel, they count as the nearest end.
  for (let i = 0; i < samples.length; i++) samples[i] = Math.min(high, Math.max(low, samples[i]!))
  const slopes = mins.map((min, k) => (maxs[k]! - min) / (high - low))
  const intercepts = mins.map((min, k) => min - slopes[k]! * low)
  const [slope, intercept] = [slopes[0]!, intercepts[0]!]
  // A slope of 0 is a slice of one value, which sets no scale.
  if (slope !== 0 && slopes.every((other) => other === slope) && intercepts.every((other) => other === intercept))
    return { samples, slope, intercept }
  const each = samples.length / mins.length
  const values = new Float32Array(samples.length)
  for (let i = 0; i < values.length; i++) {
    const k = Math.floor(i / each)
    values[i] = slopes[k]! * samples[i]! + intercepts[k]!
  }
  return { samples: values, slope: 1, intercept: 0 }
}

/** Columns, rows and slices are the last, second last and first spatial axes. */
function affineOf(places: readonly string[], dimensions: readonly Record<string, unknown>[]): Affine | null {
  if (places.length < 3) return null
  const axes = places.map((axis, i) => {
    const { direction_cosines, step, start } = dimensions[i]!
    const said = numbersOf(direction_cosines)
    const direction = said.length === 3 ? said : spaces.map((other) => Number(other === axis))
    return { direction, step: numbersOf(step)[0] ?? 1, start: numbersOf(start)[0] ?? 0 }
  })
  const row = (r: number) => {
    const columns = [...axes].reverse().map(({ direction, step }) => direction[r]! * step)
    return [...columns, axes.reduce((sum, { direction, start }) => sum + direction[r]! * start, 0)]
  }
  const affine = [row(0), row(1), row(2)] as unknown as Affine
  return affine.flat().every(Number.isFinite) && spacingOf(affine).every((mm) => mm > 0) ? affine : null
}
