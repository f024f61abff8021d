/** What networks were trained on, in numbers: enough to take other images as they took theirs, and to say which are unlike them. */
import { extentOf, planeName, planeOf, usualAxis } from '../data/slices'
import type { Volume } from '../data/volume'
import { frameOf, type Extent, type Frame } from '../image/frame'
import { tidy } from '../lib/round-numbers'
import type { Config } from '../method/config'
import type { TrainingData } from '../method/synthesis'
import { hasChannels, makeSources, type Dataset, type Source } from './dataset'
import type { ClassInfo } from './events'
import type { Domain, Looks, Range } from './looks'
import { shapesOf } from './shapes'
import { fieldOfAll } from './training-data'

/** Grey values as the networks see them, 0..1, at which pixels are counted. */
const levels = Array.from({ length: 15 }, (_, k) => (k + 1) / 16)

/** The share of an image's pixels that is at most as bright as each level; what is beside the image is not counted. @param input size x size */
export function sharesOf(input: Float32Array, { inner }: Frame, size: number): number[] {
  const counts = new Array<number>(levels.length + 1).fill(0)
  for (let y = inner.y; y < inner.y + inner.height; y++)
    for (let x = inner.x; x < inner.x + inner.width; x++) {
      const k = Math.ceil(input[y * size + x]! * (levels.length + 1)) - 1
      counts[Math.min(levels.length, Math.max(0, k))]!++
    }
  let sum = 0
  return levels.map((_, k) => (sum += counts[k]!) / (inner.width * inner.height))
}

/**
 * How far two distributions of grey values are apart: by how much a pixel would have to become brighter or darker in the mean, in shares of the range
 * from black to white (the earth mover's distance in one dimension).
 */
export const apartFrom = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, share, k) => sum + Math.abs(share - b[k]!), 0) / (levels.length + 1)

/** The longest side of what the networks see, in millimetres; null without a spacing. */
function seenSide({ spacing, ...extent }: Extent, config: Config): number | null {
  if (!spacing) return null
  const { rect } = frameOf({ ...extent, spacing }, config, null)
  return Math.max(rect.width * spacing[0], rect.height * spacing[1])
}

const rangeOf = (values: readonly number[]): Range =>
  values.reduce<Range>(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity])

/** Of each run's data, made once: a checkpoint is written every minute. */
const known = new WeakMap<TrainingData, Looks>()

export function looksOf(dataset: Dataset, config: Config, prepared: TrainingData): Looks | null {
  const { unlabeled, sources } = dataset
  if (unlabeled.length === 0) return null
  const before = known.get(prepared)
  if (before) return before
  const field = fieldOfAll(dataset, config)
  const all = unlabeled.map((picture, i) => sharesOf(prepared.unlabeled[i]!, frameOf(picture, config, field), config.size))
  const shares = levels.map((_, k) => all.reduce((sum, own) => sum + own[k]!, 0) / all.length)
  const spacings = unlabeled.flatMap(({ spacing }) => spacing ?? [])
  const sides = unlabeled.flatMap((picture) => seenSide(picture, config) ?? [])
  const stacks = sources.filter(({ volume }) => isStack(volume))
  const planes = new Set(stacks.map(({ volume, axis }) => planeName(volume, axis)))
  // Others have a usual axis of their own: only a choice holds for them as well.
  const axes = new Set(stacks.some(({ volume, axis }) => axis !== usualAxis(volume)) ? stacks.map(({ axis }) => axis) : [])
  const frames = new Set(sources.filter(({ volume }) => isSeries(volume)).map(({ frame }) => frame))
  const channels = new Map(sources.filter(({ volume }) => hasChannels(volume)).map(({ volume, frame }) => [volume.size[3], frame]))
  const looks: Looks = {
    width: rangeOf(unlabeled.map(({ width }) => width)),
    height: rangeOf(unlabeled.map(({ height }) => height)),
    spacing: spacings.length > 0 ? rangeOf(spacings) : null,
    seen: sides.length > 0 ? rangeOf(sides) : null,
    shares,
    spread: Math.max(...all.map((own) => apartFrom(own, shares))),
    plane: planes.size === 1 ? [...planes][0]! : null,
    ...(axes.size === 1 && { axis: [...axes][0]! }),
    ...(frames.size === 1 && { frame: [...frames][0]! }),
    channels: [...channels],
  }
  known.set(prepared, looks)
  return looks
}

const isStack = ({ size }: Volume) => size[0] > 1 && size[1] > 1 && size[2] > 1

const isSeries = (volume: Volume) => volume.size[3] > 1 && !hasChannels(volume)

/** What a run is trained on. @param prepared null before it can be */
export function domainOf(dataset: Dataset, config: Config, prepared: TrainingData | null): Domain {
  return (
    dataset.domain ?? {
      classes: dataset.classes.map(({ name, color, value }) => ({ name, color, value })),
      millimetresAcross: fieldOfAll(dataset, config),
      looks: prepared && looksOf(dataset, config, prepared),
      ...shapesOf(dataset),
    }
  )
}

/** Volumes as sources that are cut as those that were learnt from. @param others the sources at hand */
export function sourcesLike(volumes: readonly Volume[], looks: Looks | null, others: readonly Source[]): Source[] {
  return makeSources(volumes, others).map((source) => {
    const { volume } = source
    const inPlane = looks?.plane ? ([0, 1, 2] as const).find((a) => planeName(volume, a) === looks.plane) : undefined
    const axis = isStack(volume) ? (inPlane ?? looks?.axis) : undefined
    const channel = hasChannels(volume) ? looks?.channels.find(([of]) => of === volume.size[3])?.[1] : undefined
    // A shorter series may lack it.
    const frame = isSeries(volume) && (looks?.frame ?? 0) < volume.size[3] ? looks?.frame : channel
    return { ...source, ...(axis !== undefined && { axis }), ...(frame !== undefined && { frame }) }
  })
}

/** How large images may be beside those that were learnt from, and how fine. */
const [sizes, spacings] = [1.25, 1.5]
/** How far their grey values may be from theirs, in multiples of the farthest of those; and at least. */
const greys = { times: 1.5, least: 0.04 }

const outside = (value: number, [least, most]: Range, times: number) => value < least / times || value > most * times
const number = (value: number) => String(tidy(value, 3))
const rangeText = ([least, most]: Range) => (number(least) === number(most) ? number(least) : `${number(least)} to ${number(most)}`)

type Way = 'size' | 'spacing' | 'grey values'

/**
 * How images are unlike those that were learnt from: one sentence for each way.
 * @param sources with the grey values of their pictures, as `sharesOf` gives them
 */
export function unlikeText(sources: readonly { source: Source; shares: number[][] }[], looks: Looks | null, config: Config): string[] {
  if (!looks) return []
  const found = new Map<Way, { first: string; others: number }>()
  for (const { source, shares } of sources)
    for (const [way, how] of waysUnlike(source, shares, looks, config)) {
      const before = found.get(way)
      if (before) before.others++
      else found.set(way, { first: `"${source.volume.name}" ${how}`, others: 0 })
    }
  return [...found].map(([way, { first, others }]) => {
    const more = others === 0 ? '' : others === 1 ? '; one more is unlike them' : `; ${others} more are unlike them`
    return `In ${way} unlike the images learnt from: ${first}${more}. Look at ${others > 0 ? 'their masks' : 'its mask'} first.`
  })
}

function* waysUnlike({ volume, axis }: Source, shares: readonly number[][], looks: Looks, config: Config): Generator<[Way, string]> {
  const extent = extentOf(volume, planeOf(volume, axis))
  const { width, height, spacing } = extent
  const side = seenSide(extent, config)
  if (side !== null && looks.seen) {
    if (outside(side, looks.seen, sizes)) yield ['size', `shows ${number(side)} mm, they show ${rangeText(looks.seen)} mm`]
  } else if (outside(width, looks.width, sizes) || outside(height, looks.height, sizes))
    yield ['size', `is ${width} x ${height} pixels, they are ${rangeText(looks.width)} x ${rangeText(looks.height)}`]
  if (!spacing !== !looks.spacing)
    yield ['spacing', spacing ? 'says how large a pixel is, they do not' : 'does not say how large a pixel is, they do']
  else if (spacing && looks.spacing && spacing.some((one) => outside(one, looks.spacing!, spacings)))
    yield [
      'spacing',
      `has pixels of ${rangeText([Math.min(...spacing), Math.max(...spacing)])} mm, they have pixels of ${rangeText(looks.spacing)} mm`,
    ]
  // Of a volume its middle: the first and last slices show little.
  const distances = shares.map((own) => apartFrom(own, looks.shares)).sort((a, b) => a - b)
  const distance = distances[Math.floor(distances.length / 2)] ?? 0
  const percent = (share: number) => `${Math.round(100 * share)} %`
  if (distance > Math.max(greys.least, greys.times * looks.spread))
    yield [
      'grey values',
      `is ${percent(distance)} of the range from black to white away from their mean, they are ${percent(looks.spread)} at most`,
    ]
}

/** Whether all that is annotated are corrections of what loaded networks have segmented. */
export const onlyCorrects = ({ domain, exemplars, further }: Dataset): boolean =>
  domain !== null && exemplars.every(({ picture }) => further.includes(picture.source))

/** The classes of loaded networks. */
export const classesIn = ({ classes }: Domain): ClassInfo[] => classes.map((info, index) => ({ ...info, index, pixels: 0 }))

/** The data set of other images than those of loaded networks: their classes are not its own. */
export const withoutDomain = (dataset: Dataset): Dataset =>
  dataset.domain ? { ...dataset, domain: null, classes: dataset.exemplars.length > 0 ? dataset.classes : [] } : dataset
