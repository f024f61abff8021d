import type { LabelMap, Raster } from '../lib/raster'
import { notAnImage } from './image-file'
import { isJpeg } from './jpeg-file'
import { InputError, type NamedFile } from './named-file'
import { isPng, readPng, type Png } from './png-file'

/** Classes that a mask may have, background included. */
export const maxClasses = 32

/** One value found in a mask: a whole number, or "#rrggbb" in a colour PNG. */
export interface MaskValue {
  value: string
  /** Pixels that have it. */
  count: number
  /** 0..255 each; null where the file gives no colour, as in a grey PNG. */
  color: [number, number, number] | null
}

/** A mask as read: `labels` index into `values`, of which the first is background, present or not, and the others are sorted. */
export interface MaskFile extends LabelMap {
  values: MaskValue[]
}

/**
 * Reads a PNG as a mask. Grey: the number is the value, as stored (0/1, 0/255, 16 bits). Palette: the index is. Colour: each colour is one,
 * 16 bits cut to 8; pixels that are more transparent than not count as black. Background is 0 or black; a colour mask without any
 * black takes its most frequent colour.
 * @throws InputError for a JPEG, for what is not a readable PNG, and for more than `maxClasses` values.
 */
export function readMask(file: NamedFile): MaskFile {
  const { name } = file
  if (isJpeg(file)) throw new InputError(`"${name}" is a JPEG, which changes the label values of a mask; save the mask as PNG.`, name)
  if (!isPng(file)) throw notAnImage(file)
  const png = readPng(file)
  const { keys, counts } = countKeys(png, name)

  const background = png.kind === 'colour' && !counts.has(0) ? [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0] : 0
  const order = [background, ...[...counts.keys()].filter((key) => key !== background).sort((a, b) => a - b)]
  if (order.length > maxClasses) throw tooMany(name, order.length.toLocaleString('en-US'))

  const index = new Map(order.map((key, i) => [key, i]))
  const labels = new Uint8Array(keys.length)
  for (let i = 0; i < keys.length; i++) labels[i] = i > 0 && keys[i] === keys[i - 1] ? labels[i - 1]! : index.get(keys[i]!)!
  const values = order.map((key): MaskValue => {
    const count = counts.get(key) ?? 0
    if (png.kind === 'colour')
      return { value: '#' + key.toString(16).padStart(6, '0'), count, color: [key >> 16, (key >> 8) & 255, key & 255] }
    return { value: String(key), count, color: png.palette[key] ?? null }
  })
  return { width: png.width, height: png.height, labels, values }
}

const tooMany = (name: string, found: string) =>
  new InputError(
    `"${name}" has ${found} different values, more than the ${maxClasses} classes a mask may have: ` +
      'antialiased edges or a photo taken for a mask look like this; save the mask without smoothing, one plain value for each class.',
    name,
  )

/** More values than any mask has: there is no use in counting them all. */
const countless = 4096

/** One number for each pixel, grey value, index or 0xrrggbb, and how often each occurs. */
function countKeys({ width, height, depth, kind, alpha, channels, samples }: Png, name: string) {
  const half = depth === 16 ? 0x8000 : 128
  const shift = depth === 16 ? 8 : 0
  const keys = new Int32Array(width * height)
  const counts = new Map<number, number>()
  let start = 0
  // A mask has long runs of one value, so the map is asked once for each run.
  const endRun = (end: number) => {
    counts.set(keys[start]!, (counts.get(keys[start]!) ?? 0) + end - start)
    if (counts.size > countless) throw tooMany(name, `over ${countless.toLocaleString('en-US')}`)
    start = end
  }
  for (let i = 0, s = 0; i < keys.length; i++, s += channels) {
    if (alpha && samples[s + channels - 1]! < half) keys[i] = 0
    else if (kind === 'colour') keys[i] = ((samples[s]! >> shift) << 16) | ((samples[s + 1]! >> shift) << 8) | (samples[s + 2]! >> shift)
    else keys[i] = samples[s]!
    if (keys[i] !== keys[start]) endRun(i)
  }
  endRun(keys.length)
  return { keys, counts }
}

/**
 * Checks that a mask can teach: as large as its image, some foreground, and more than one label.
 * @throws InputError naming the mask
 */
export function checkExemplar(image: Raster, imageName: string, mask: MaskFile, maskName: string): void {
  const fail = (sentence: string) => new InputError(sentence, maskName)
  if (image.width !== mask.width || image.height !== mask.height)
    throw fail(
      `The mask "${maskName}" is ${mask.width} x ${mask.height} pixels, but its image "${imageName}" is ${image.width} x ${image.height}; ` +
        'give a mask of the same size.',
    )
  const found = mask.values.filter(({ count }) => count > 0)
  if (found.length > 1) return
  if (found[0] === mask.values[0] && isBlack(found[0]!.value))
    throw fail(`The mask "${maskName}" is empty: every pixel is background (${found[0]!.value}); mark at least one structure in it.`)
  throw fail(
    `The mask "${maskName}" has one class only: every pixel has the label ${found[0]!.value}; leave what is not the structure as background (0).`,
  )
}

/** Whether a value means background wherever it occurs. */
export const isBlack = (value: string): boolean => value === '0' || value === '#000000'

/** What programs write for "yes" in a mask of one structure. */
const yes = new Set(['1', '255', '65535', '#ffffff'])

/**
 * A reference mask's labels as class indices of the exemplar, matched by value.
 * @param table values of the exemplar's classes, background first. Masks of one structure match whichever way they write it: 1, 255 or white.
 * @throws InputError naming a value that the exemplar lacks
 */
export function matchLabels(mask: MaskFile, table: readonly string[], name: string): LabelMap {
  const classOf = mask.values.map(({ value, count }) => {
    const same = table.indexOf(value)
    if (same >= 0) return same
    if (count === 0 || isBlack(value)) return 0
    if (table.length === 2 && mask.values.length === 2 && yes.has(value) && yes.has(table[1]!)) return 1
    throw new InputError(
      `"${name}" holds the value ${value}, which the exemplar mask lacks (it has ${table.join(', ')}); use the same values in both.`,
      name,
    )
  })
  const labels = mask.labels.map((index) => classOf[index]!)
  return { width: mask.width, height: mask.height, labels }
}
