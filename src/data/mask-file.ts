import { unknown } from '../image/raster'
import { InputError } from './input-error'
import { fromOneHot } from './one-hot'
import { valueOf, type Volume } from './volume'

/** Classes that a mask may have, background included. */
export const maxClasses = 32

/** One value found in a mask: a whole number, or "#rrggbb" in a colour picture. */
export interface MaskValue {
  value: string
  /** Voxels that have it. */
  count: number
  /** 0..255 each; null if the file gives no colour, as in a grey PNG. */
  color: [number, number, number] | null
  /** Its name in the file, as in DICOM SEG and seg.nrrd; null if it has none. */
  name: string | null
}

/** A mask as read: `labels`, in the layout of the volume, index into `values`; the first is background, present or not, and the others are sorted. */
export interface Mask {
  /** As it came. */
  given: Volume
  /** With one label for each voxel. */
  volume: Volume
  labels: Uint8Array<ArrayBuffer>
  values: MaskValue[]
  /** The number of objects if the file numbers each object, all being one class; else null. */
  objects: number | null
  /** Notes on how it was understood. */
  notes: string[]
}

/** What is known of a mask besides its file. */
export interface MaskContext {
  /** The image it belongs to. */
  image?: Volume | null
  /** Whether the masks that belong to it number each object. */
  objects?: boolean
}

/**
 * Reads a volume as a mask. Grey: the number is the value, as stored and rescaled (0/1, 0/255, 16 bits). Palette: the index. Colour: each
 * colour is a value, 16 bits cut to 8; mostly transparent voxels count as black. Background is 0 or black; a colour mask
 * without black uses its most frequent colour. Maps of 0 and 1 become classes, and numbered objects one class.
 * @throws InputError for a JPEG, for more than `maxClasses` values that are not objects, for values that are not whole numbers, and for maps that
 * overlap
 */
export function readMask(given: Volume, { image = null, objects = false }: MaskContext = {}): Mask {
  const { name, kind, palette, segments } = given
  if (kind === 'jpeg') throw new InputError(`"${name}" is a JPEG, which changes the label values of a mask; save the mask as PNG.`, name)
  const { volume, notes } = fromOneHot(given, image) ?? { volume: given, notes: [] }
  const colour = isColour(volume)
  const { keys, counts } = countKeys(volume)
  const found = [...counts.keys()].filter((key) => key > 0).length
  if (
    !colour &&
    segments.length === 0 &&
    found > 1 &&
    (objects || saysObjects.test(name) || (found >= maxClasses && areObjects(volume, keys)))
  )
    return asOneClass(given, volume, keys, found)

  const background = colour && !counts.has(0) ? [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0] : 0
  const order = [background, ...[...counts.keys()].filter((key) => key !== background).sort((a, b) => a - b)]
  if (order.length > maxClasses) throw tooMany(name, order.length.toLocaleString('en-US'))

  const index = new Map(order.map((key, i) => [key, i]))
  const labels = new Uint8Array(keys.length)
  for (let i = 0; i < keys.length; i++) labels[i] = i > 0 && keys[i] === keys[i - 1] ? labels[i - 1]! : index.get(keys[i]!)!
  const values = order.map((key): MaskValue => {
    const count = counts.get(key) ?? 0
    if (colour)
      return { value: '#' + key.toString(16).padStart(6, '0'), count, color: [key >> 16, (key >> 8) & 255, key & 255], name: null }
    const segment = segments.find(({ value }) => value === key)
    const own = segment?.color && /^#[0-9a-f]{6}$/i.test(segment.color) ? parseInt(segment.color.slice(1), 16) : null
    const color: MaskValue['color'] = own !== null ? [own >> 16, (own >> 8) & 255, own & 255] : palette[key] ? [...palette[key]] : null
    return { value: String(key), count, color, name: segment?.name ?? null }
  })
  return { given, volume, labels, values, objects: null, notes }
}

/** Whether its image may change what a mask means: with extra axes it may hold a map for each class. */
export const needsImage = ({ size }: Volume, image: Volume | null): boolean =>
  size[3] > 1 || (image !== null && [0, 1, 2].some((axis) => size[axis] !== image.size[axis]))

/** What programs that number objects, such as Cellpose, put into names. */
const saysObjects = /cp_masks|(^|[^a-z])instances?([^a-z]|$)/i

/**
 * Whether many values number objects, such as cells, rather than being shades of a smoothed edge or a photo: at least half of the values
 * mostly have equal neighbours to the left and above. Smooth shades do not, and a ramp has them on one side only.
 */
function areObjects({ size: [columns] }: Volume, keys: Int32Array): boolean {
  const counts = new Map<number, { all: number; left: number; above: number }>()
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    if (key === 0) continue
    let own = counts.get(key)
    if (!own) counts.set(key, (own = { all: 0, left: 0, above: 0 }))
    own.all++
    if (i % columns > 0 && keys[i - 1] === key) own.left++
    if (i >= columns && keys[i - columns] === key) own.above++
  }
  const compact = [...counts.values()].filter(({ all, left, above }) => Math.min(left, above) * 2 >= all).length
  return keys.includes(0) && compact * 2 >= counts.size
}

/** Makes objects one class, with value 1. */
function asOneClass(given: Volume, volume: Volume, keys: Int32Array, objects: number): Mask {
  const labels = Uint8Array.from(keys, (key) => (key > 0 ? 1 : 0))
  const foreground = labels.reduce((sum, label) => sum + label, 0)
  const value = (value: string, count: number): MaskValue => ({ value, count, color: null, name: null })
  const note = `The mask's ${objects.toLocaleString('en-US')} values were read as that many objects of one class.`
  return {
    given,
    volume,
    labels,
    values: [value('0', labels.length - foreground), { ...value('1', foreground), name: 'object' }],
    objects,
    notes: [note],
  }
}

/**
 * The value of a mask that most likely means "unknown" and must not become a class: 255 beside small numbers, as in semantic segmentation. In a
 * mask of one structure it is the structure.
 */
export function unknownValueOf({ values }: Mask): string | null {
  const found = values.filter(({ count, name }) => count > 0 && name === null).map(({ value }) => value)
  const others = found.filter((value) => value !== '0' && value !== '255')
  return found.includes('255') && others.length > 0 && others.every((value) => Number(value) > 0 && Number(value) < maxClasses)
    ? '255'
    : null
}

/** Whether voxels are colours, rather than grey values or indices. */
const isColour = ({ channels, alpha }: Volume): boolean => channels - Number(alpha) === 3

const tooMany = (name: string, found: string) =>
  new InputError(
    `"${name}" has ${found} different values, more than the ${maxClasses} classes a mask may have: ` +
      'it may have antialiased edges or be a photo; save the mask without smoothing, with one value for each class.',
    name,
  )

/** More values than any mask has: counting stops here. */
const countless = 4096

/** One number for each voxel, grey value, index or 0xrrggbb, and how often each occurs. */
function countKeys(volume: Volume) {
  const { name, size, samples, channels, alpha } = volume
  const valued = valueOf(volume)
  const half = samples instanceof Uint16Array ? 0x8000 : 128
  const shift = samples instanceof Uint16Array ? 8 : 0
  const colour = isColour(volume)
  const keys = new Int32Array(size[0] * size[1] * size[2] * size[3])
  const counts = new Map<number, number>()
  let start = 0
  // Masks have long runs of one value, so the map is queried once per run.
  const endRun = (end: number) => {
    counts.set(keys[start]!, (counts.get(keys[start]!) ?? 0) + end - start)
    if (counts.size > countless) throw tooMany(name, `over ${countless.toLocaleString('en-US')}`)
    start = end
  }
  for (let i = 0, s = 0; i < keys.length; i++, s += channels) {
    if (alpha && samples[s + channels - 1]! < half) keys[i] = 0
    else if (colour) keys[i] = ((samples[s]! >> shift) << 16) | ((samples[s + 1]! >> shift) << 8) | (samples[s + 2]! >> shift)
    else {
      const value = valued(samples[s]!)
      keys[i] = value
      if (keys[i] !== value)
        throw new InputError(
          `"${name}" holds ${Number.isFinite(value) ? value : 'values that are not numbers'}, but a mask has a whole number for each class; give the mask, not the image.`,
          name,
        )
    }
    if (keys[i] !== keys[start]) endRun(i)
  }
  endRun(keys.length)
  return { keys, counts }
}

/** Columns, rows and, of a stack, slices, in words. */
export const sizeText = ({ size: [columns, rows, slices, frames] }: Pick<Volume, 'size'>): string =>
  `${columns} x ${rows}${slices * frames > 1 ? ` x ${slices}` : ''}${frames > 1 ? ` x ${frames} frames` : ''}`

/**
 * Checks that a mask can teach: some foreground, and more than one label.
 * @throws InputError naming the mask
 */
export function checkExemplar({ volume: { name }, values }: Mask): void {
  const found = values.filter(({ count }) => count > 0)
  if (found.length > 1) return
  if (found[0] === values[0] && isBlack(found[0]!.value))
    throw new InputError(
      `The mask "${name}" is empty: every pixel is background (${found[0]!.value}); mark at least one structure in it.`,
      name,
    )
  throw new InputError(
    `The mask "${name}" has only one class: every pixel has the label ${found[0]!.value}; leave everything outside the structure as background (0).`,
    name,
  )
}

/** Whether a value always means background. */
export const isBlack = (value: string): boolean => value === '0' || value === '#000000'

/** What programs write for "yes" in a mask of one structure. */
const yes = new Set(['1', '255', '65535', '#ffffff'])

/**
 * The class of each value of a mask, matched by value; unknown for a value meaning "unknown".
 * @param table the exemplar's values and their classes. Masks of one structure match however they write it: 1, 255 or white.
 * @throws InputError naming a value that the exemplar lacks
 */
export function matchValues(mask: Mask, table: ReadonlyMap<string, number>): number[] {
  const { values, volume } = mask
  const { name } = volume
  const classes = new Set([...table.values()].filter((index) => index > 0 && index !== unknown)).size
  if (mask.objects !== null && classes > 1)
    throw new InputError(
      `"${name}" numbers ${mask.objects.toLocaleString('en-US')} objects of one class, but the exemplar mask has ${classes} classes; merge those into one first.`,
      name,
    )
  return values.map(({ value, count }) => {
    const same = table.get(value)
    if (same !== undefined) return same
    if (value === unknownValueOf(mask)) return unknown
    if (count === 0 || isBlack(value)) return 0
    const single = [...table].filter(([, index]) => index > 0)
    if (single.length === 1 && values.length === 2 && yes.has(value) && yes.has(single[0]![0])) return single[0]![1]
    throw new InputError(
      `"${name}" holds the value ${value}, which the exemplar mask lacks (it has ${[...table.keys()].join(', ')}); use the same values in both.`,
      name,
    )
  })
}
