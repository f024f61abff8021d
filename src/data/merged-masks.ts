/**
 * Several masks of one image, such as one for each lung or one file for each organ, as one label map. Classes are called after what differs between
 * the names of the masks. Where masks overlap the smaller one counts, as with the structures of an RTSTRUCT: so none is lost within another.
 */
import { hexOf } from '../lib/hex'
import { naturalOrder } from '../lib/natural-order'
import { alignment, gridOfBoth } from './alignment'
import { tryMask } from './file-roles'
import { InputError } from './input-error'
import { maxClasses, readMask, type Mask } from './mask-file'
import { chosenByNames, pairUp, wordsOf, type ChosenNames, type Pairing } from './pairs'
import { makeVolume, type Segment, type Volume } from './volume'

/** Masks of one image, in the natural order of their names. */
export interface Together {
  image: Volume | null
  masks: Volume[]
}

/** What masks that are put together are called after. */
export interface Family {
  /** The value of each class by its name; null where masks keep the numbers that they hold. */
  values: ReadonlyMap<string, number> | null
  /** Whether each mask shows one of many objects, as in DSB 2018, all of one class. */
  objects: boolean
  /** Whether there are no other classes, since an exemplar says which there are. */
  closed: boolean
}

/** Masks that a pairing leaves over because there are several of one image. */
export function masksTogether({ unpaired }: Pairing): Together[] {
  const byImage = new Map<Volume, Volume[]>()
  for (const { mask, why, candidates } of unpaired)
    if (why === 'several masks of one image') byImage.set(candidates[0]!, [...(byImage.get(candidates[0]!) ?? []), mask])
  return [...byImage].map(([image, masks]) => ({ image, masks: masks.sort((a, b) => naturalOrder(a.name, b.name)) }))
}

/** What the name of a mask says besides the case. */
function ownWords(mask: Volume, image: Volume | null): string[] {
  const shared = new Set(image ? wordsOf(image) : [])
  return [...new Set(wordsOf(mask).filter((word) => !shared.has(word)))]
}

/** What programs name files with that mean nothing. */
const isHash = (word: string): boolean => /^(?=.*\d)(?=.*[a-f])[0-9a-f]{6,}$/.test(word)

/** Numbers and observers say no structure. */
const saysNothing = (words: readonly string[]): boolean =>
  words.every((word) => /^(\d+|([1-3](st|nd|rd)|observer|obs|rater|reader|annotator|expert|grader|frame)\d*)$/.test(word))

/** Names without the words that all of them have, if something is left of each. */
function withoutCommon(names: readonly string[][]): readonly string[][] {
  const different = new Set(names.map((words) => words.join(' '))).size > 1
  const common = new Set(different ? names[0]!.filter((word) => names.every((words) => words.includes(word))) : [])
  const short = names.map((words) => words.filter((word) => !common.has(word)))
  return short.every((words) => words.length > 0) ? short : names
}

/** The values with which programs mark one structure. */
const isYes = (value: string): boolean => ['1', '255', '65535'].includes(value) || value.startsWith('#')

const foreground = ({ values }: Mask) => values.flatMap((own, label) => (label > 0 && own.count > 0 ? [{ ...own, label }] : []))

/** Whether a mask marks one structure without a name or a number of its own. */
function isPlain({ segments, merged }: Volume, mask: Mask | null): boolean {
  if (merged || segments.length > 0) return false
  if (!mask || mask.objects !== null) return true
  const found = foreground(mask)
  return found.length === 0 || (found.length === 1 && isYes(found[0]!.value))
}

/**
 * What the masks of a data set are called after, for all its images together: a class has one value in all of them.
 * @param read a mask as decoded, or null where it cannot be
 */
export function familyOf(groups: readonly Together[], read: (mask: Volume) => Mask | null = tryMask): Family {
  const told = groups.flatMap(({ image, masks }) => masks.map((mask) => ({ mask, words: ownWords(mask, image) })))
  if (told.length > 0 && told.every(({ words }) => words.length > 0 && words.every(isHash)))
    return { values: new Map([['object', 1]]), objects: true, closed: false }
  if (!told.every(({ mask }) => isPlain(mask, read(mask)))) return { values: null, objects: false, closed: false }
  const said = (masks: typeof told) => masks.map(({ words }) => words).filter((words) => !saysNothing(words))
  // Names of masks may say the case in words that the image does not have.
  const [ofAll, ofEach] = [
    withoutCommon(said(told)),
    groups.flatMap(({ masks }) => withoutCommon(said(told.filter(({ mask }) => masks.includes(mask))))),
  ]
  const [all, each] = [ofAll, ofEach].map((names) => new Set(names.map((words) => words.join(' '))))
  const names = [...(each!.size < all!.size ? each! : all!)].sort(naturalOrder)
  return { values: new Map(names.map((name, i) => [name, i + 1])), objects: false, closed: false }
}

/** The class that a mask is named after: the longest whose words its name has; null if there is none, or more than one. */
function classOf(mask: Volume, image: Volume | null, { values, objects }: Family): string | null {
  if (objects) return 'object'
  const words = new Set(ownWords(mask, image))
  const fitting = [...values!.keys()].map((name) => name.split(' ')).filter((own) => own.every((word) => words.has(word)))
  const most = Math.max(...fitting.map((own) => own.length))
  const longest = fitting.filter((own) => own.length === most)
  return longest.length === 1 ? longest[0]!.join(' ') : null
}

/** One class of one mask. */
interface Part {
  value: number
  name: string | null
  color: string | null
  mask: Mask
  label: number
  count: number
}

/** Masks are of two observers where more than this share of the larger is in both, but some of the smaller is outside. */
const nearlySame = 0.5
const nested = 0.98

/**
 * Masks of one image as one label map on its grid, or on that of the first mask, extended to hold all of them. It keeps the name of the first.
 * @throws InputError if they cannot be one; the message is the end of a sentence: "their names do not say which structure each shows"
 */
export function mergeMasks({ image, masks }: Together, family: Family): Volume {
  const first = masks[0]!
  const refuse = (why: string) => new InputError(why, first.name)
  const read = masks.map((mask) => {
    try {
      return readMask(mask, { image })
    } catch (error) {
      throw error instanceof InputError ? refuse(error.message.replace(/\.$/, '')) : error
    }
  })
  const grid = [...(image ? [image] : []), read[0]!.volume]
    .map((to) => read.reduce<Volume | null>((all, { volume }) => all && gridOfBoth(all, volume), to))
    .find((all) => all !== null)
  const { firstFrame } = read[0]!.volume
  const frames = read[0]!.volume.size[3]
  if (!grid || read.some(({ volume }) => volume.size[3] !== frames)) throw refuse('they differ in size or place')
  if (read.some(({ volume }) => volume.firstFrame !== firstFrame)) throw refuse('they are of different frames')

  const byName = family.values !== null
  const parts = read.flatMap((mask, i): Part[] => {
    const volume = masks[i]!
    const found = foreground(mask)
    const plain = isPlain(volume, mask)
    if (byName && plain) {
      const name = classOf(volume, image, family)
      if (name === null)
        throw refuse(
          family.closed
            ? `the exemplar mask has no class that "${volume.name}" is named after (it has ${[...family.values!.keys()].join(', ') || 'none with a name'})`
            : 'their names do not say which structure each shows',
        )
      return [{ value: family.values!.get(name)!, name, color: null, mask, label: found[0]?.label ?? 1, count: found[0]?.count ?? 0 }]
    }
    return found.map(({ value, name, color, label, count }) => {
      const own = name !== null && byName ? (family.values!.get(name) ?? Number(value)) : Number(value)
      return {
        value: own,
        name,
        color: color && `#${hexOf(color)}`,
        mask,
        label,
        count,
      }
    })
  })
  const values = parts.map(({ value }) => value)
  const clash = values.find((value, i) => values.indexOf(value) !== i)
  if (clash !== undefined && !family.objects)
    throw refuse(byName ? 'their names do not tell them apart' : `the value ${clash} is in more than one of them`)
  if (!values.every((value) => Number.isInteger(value) && value > 0 && (byName || value !== 255)))
    throw refuse('they hold colours, or 255 beside other numbers')
  if (new Set(values).size >= maxClasses) throw refuse(`they show more than ${maxClasses - 1} structures`)

  const [columns, rows, slices] = grid.size
  const each = columns * rows * slices
  const samples = values.some((value) => value > 255) ? new Uint16Array(each * frames) : new Uint8Array(each * frames)
  const touched = new Uint8Array(samples.length)
  const left = new Map(parts.map((part) => [part, 0]))
  const byValue = new Map<number, Part>()
  // The smaller one last, so that it counts.
  const order = [...parts].sort((a, b) => b.count - a.count)
  for (const part of order) {
    const { mask, label, value } = part
    const { volume, labels } = mask
    const place = alignment(volume, grid)!
    const last = [volume.size[0] - 1, volume.size[1] - 1, volume.size[2] - 1] as const
    const asItIs =
      String(volume.size) === String([columns, rows, slices, frames]) &&
      [[0, 0, 0] as const, last].every((at) => String(place(...at)) === String(at))
    const shared = new Map<Part, number>()
    byValue.set(value, part)
    let painted = 0
    const paint = (voxel: number) => {
      const before = samples[voxel] === 0 ? undefined : byValue.get(samples[voxel]!)
      if (before && before !== part) {
        touched[voxel] = 1
        shared.set(before, (shared.get(before) ?? 0) + 1)
      }
      samples[voxel] = value
      painted++
    }
    if (asItIs) for (let voxel = labels.indexOf(label); voxel >= 0; voxel = labels.indexOf(label, voxel + 1)) paint(voxel)
    else
      for (let t = 0, at = 0; t < frames; t++)
        for (let k = 0; k < volume.size[2]; k++)
          for (let j = 0; j < volume.size[1]; j++)
            for (let i = 0; i < volume.size[0]; i++, at++) {
              if (labels[at] !== label) continue
              const [x, y, z] = place(i, j, k)
              paint(x + columns * (y + rows * z) + each * t)
            }
    left.set(part, painted)
    for (const [other, count] of shared) left.set(other, left.get(other)! - count)
    if (family.objects) continue
    for (const [other, count] of shared)
      if (count > nearlySame * other.count && count < nested * part.count)
        throw refuse('they mark mostly the same places, as do masks of one structure by two observers')
  }
  const hidden = family.objects ? undefined : parts.find((part) => part.count > 0 && left.get(part) === 0)
  if (hidden) throw refuse(`nothing of "${hidden.mask.volume.name}" is outside the others`)

  const overlap = family.objects ? 0 : touched.reduce((sum, one) => sum + one, 0)
  const segments = [...new Map(parts.map(({ value, name, color }) => [value, { value, name, color }])).values()]
  const from = masks.flatMap(({ name, merged }) => merged?.from ?? [name])
  const { name, array, kind, patient, turned, modality, origin } = first
  return makeVolume({
    ...{ name, array, kind, patient, turned, modality, origin, samples },
    size: [columns, rows, slices, frames],
    firstFrame,
    affine: grid.affine,
    spacing: grid.spacing,
    segments: segments.filter((own): own is Segment => own.name !== null).sort((a, b) => a.value - b.value),
    merged: { from, overlap: overlap + masks.reduce((sum, { merged }) => sum + (merged?.overlap ?? 0), 0) },
    notes: [],
  })
}

/**
 * The masks of one image as one label map of a family; one alone as it is, where it holds numbers or names of its own.
 * @throws InputError as `mergeMasks`
 */
export function inFamily(masks: readonly Volume[], image: Volume | null, family: Family): Volume {
  const [only] = masks
  const asItIs = masks.length === 1 && (!family.values || family.objects || (!only!.merged && !isPlain(only!, tryMask(only!, image))))
  return asItIs ? only! : mergeMasks({ image, masks: [...masks] }, family)
}

export interface Merging {
  /** The label map that stands for a mask. */
  by: Map<Volume, Volume>
  /** Why masks are not put together, as the end of a sentence. */
  refused: Map<Volume, string>
}

/** @param groups masks of one image each @param lone masks that are the only one of their image, or of which no image is known yet */
export function mergeAll(groups: readonly Together[], lone: readonly Together[], family: Family): Merging {
  const found: Merging = { by: new Map(), refused: new Map() }
  const attempt = ({ masks }: Together, work: () => Volume) => {
    try {
      const merged = work()
      for (const mask of masks) if (mask !== merged) found.by.set(mask, merged)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      for (const mask of masks) found.refused.set(mask, error.message)
    }
  }
  for (const group of groups) attempt(group, () => mergeMasks(group, family))
  for (const one of lone) attempt(one, () => inFamily(one.masks, one.image, family))
  return found
}

/** Masks with those that are put together as one, each where its first was. */
export const asMerged = (masks: readonly Volume[], { by }: Merging): Volume[] => [...new Set(masks.map((mask) => by.get(mask) ?? mask))]

/** The same as `pairUp`, with several masks of one image as one label map where they can be. */
export function pairMerged(
  images: readonly Volume[],
  masks: readonly Volume[],
  { alone = false, chosen = new Map() }: { alone?: boolean; chosen?: ChosenNames } = {},
  read: (mask: Volume) => Mask | null = tryMask,
): Pairing & { merging: Merging } {
  const pair = (own: readonly Volume[]) => pairUp(images, own, { alone, chosen: chosenByNames(chosen, images, own) })
  const pairing = pair(masks)
  const groups = masksTogether(pairing)
  if (groups.length === 0) return { ...pairing, merging: { by: new Map(), refused: new Map() } }
  const lone = pairing.pairs.map(({ image, mask }) => ({ image, masks: [mask] }))
  const merging = mergeAll(groups, lone, familyOf(groups, read))
  const { pairs, unpaired } = pair(asMerged(masks, merging))
  // One that does not say which class it shows would teach another.
  const strange = pairs.filter(({ mask }) => merging.refused.has(mask))
  return {
    pairs: pairs.filter(({ mask }) => !merging.refused.has(mask)),
    unpaired: [
      ...unpaired,
      ...strange.map(({ image, mask }) => ({ mask, why: 'its class is not told' as const, candidates: [image] })),
    ].map((own) => ({ ...own, ...(merging.refused.has(own.mask) && { because: merging.refused.get(own.mask)! }) })),
    merging,
  }
}

/** What is said of a label map that was put together. */
export function mergedText({ merged, segments }: Volume): string {
  const { from, overlap } = merged!
  const named = segments.map(({ name }) => name).join(', ')
  const places = overlap === 1 ? 'one place' : `${overlap.toLocaleString('en-US')} places`
  if (from.length === 1) return `The mask "${from[0]}" was read as ${named}, after its name.`
  return (
    `${from.length} masks were read as one label map${named ? ` of ${named}` : ''}: ${from.map((name) => `"${name}"`).join(', ')}.` +
    (overlap > 0 ? ` They overlap in ${places}, where the smaller one counts.` : '')
  )
}
