/** What can be found before the first step. */
import { tidy } from '../lib/round-numbers'
import { shareOf, type ExemplarFacts, type Facts } from './facts'
import type { Action, Finding } from './finding'
import { likenessOf } from './likeness'

const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')

const wholeImage = ({ config: { regionWidth, regionHeight, crop } }: Facts): boolean =>
  regionWidth === 1 && regionHeight === 1 && crop === 1

/** More pixels for small structures: a region of interest where there is none, else a larger image. */
export function enlarge(facts: Facts): Action {
  const { size } = facts.config
  if (wholeImage(facts)) return { label: 'Region of interest', does: 'region' }
  return { label: `Raise image size to ${2 * size}`, does: 'set', values: { size: Math.min(512, 2 * size) } }
}

function lacking({ classes, exemplars }: Facts): Finding[] {
  const shown = (c: number) => exemplars.some(({ pixels }) => pixels[c]! > 0)
  const lacks = classes.filter((_, c) => c > 0 && !shown(c))
  if (lacks.length === 0 || exemplars.length === 0) return []
  return [
    {
      name: 'lacking',
      warns: true,
      sentence: `No exemplar shows ${list(lacks)}, so ${lacks.length > 1 ? 'they are' : 'it is'} never found.`,
      cause: 'The networks learn only what an exemplar shows.',
      action: { label: 'Annotate the exemplar', does: 'annotate', picture: exemplars[0]!.id },
    },
  ]
}

/** The smallest structure of healthy runs has 14 pixels, in the abdominal phantom at 64; with fewer than 3 by 3, resampling decides. */
const fewestPixels = 9

function small(facts: Facts): Finding[] {
  const { classes, exemplars, config } = facts
  const most = (c: number) => Math.max(0, ...exemplars.map(({ pixels }) => pixels[c]!))
  const few = classes.map((name, c) => ({ name, pixels: most(c) })).filter(({ pixels }, c) => c > 0 && pixels > 0 && pixels < fewestPixels)
  if (few.length === 0) return []
  return [
    {
      name: 'small',
      warns: true,
      sentence: `At ${config.size} pixels the exemplar's ${list(few.map(({ name }) => name))} ${few.length > 1 ? 'have' : 'has'} ${few.map(({ pixels }) => pixels).join(', ')} pixels only.`,
      cause: 'Structures that are so small for the networks are easily lost.',
      action: enlarge(facts),
    },
  ]
}

/** Healthy runs shrink their images, to between 0.25 and 0.5 of their side. */
const mostEnlarged = 2

function enlarged({ config, exemplars }: Facts): Finding[] {
  const [first] = exemplars
  if (!first) return []
  const side = Math.max(first.width, first.height)
  const fitting = Math.max(16, Math.ceil(side / 16) * 16)
  if (config.size < mostEnlarged * side || fitting >= config.size) return []
  return [
    {
      name: 'enlarged',
      warns: true,
      sentence: `Only ${first.width} × ${first.height} pixels of each image are used, enlarged to ${config.size}.`,
      cause: 'The region is too small for the image size, which costs time and shows the networks nothing of what is around.',
      action: { label: `Lower image size to ${fitting}`, does: 'set', values: { size: fitting } },
    },
  ]
}

/**
 * With each image of both phantoms and Sunnybrook taken as the exemplar of the others: 0.07 of them fit best upright at the least, where
 * patients lie in all directions; the correlation is 0.04 at the least, and of inverted images -0.05 to -0.98; the brightness is 2.7 standard
 * deviations off at the most. Spacing and size were one.
 */
const limits = { fits: 0.02, turned: 0.2, upright: -0.3, brightness: 5, pixel: 2, side: 1.6 }

/** In which ways an exemplar is unlike the pile, in words. */
function differences(exemplar: ExemplarFacts, { pile }: Facts): string[] {
  const planes = new Set(pile.map(({ plane }) => plane))
  const like = likenessOf(exemplar, pile)
  const beyond = (ratio: number, limit: number) => ratio > limit || ratio < 1 / limit
  const times = (ratio: number) => `${tidy(ratio > 1 ? ratio : 1 / ratio, 2)} times as ${ratio > 1 ? 'large' : 'small'}`
  const elsewhere = exemplar.plane !== null && !planes.has(null) && !planes.has(exemplar.plane)
  return [
    ...(elsewhere ? [`it is ${exemplar.plane}, they are ${[...planes].join(' or ')}`] : []),
    ...(!elsewhere && like.fits < limits.fits && like.turned > limits.turned ? ['it seems turned or mirrored'] : []),
    ...(like.upright < limits.upright ? ['its contrast seems inverted'] : []),
    ...(like.brightness > limits.brightness ? ['it is far brighter or darker'] : []),
    ...(beyond(like.pixel, limits.pixel) ? [`its pixels are ${times(like.pixel)}`] : []),
    ...(beyond(like.side, limits.side) ? [`its field of view is ${times(like.side)}`] : []),
    ...(beyond(like.columns, limits.pixel) ? [`it is ${times(like.columns)} in pixels`] : []),
  ]
}

function stranger(facts: Facts): Finding[] {
  const { exemplars, pile } = facts
  if (pile.length === 0) return []
  const odd = exemplars.map((exemplar) => ({ exemplar, how: differences(exemplar, facts) })).filter(({ how }) => how.length > 0)
  // With one like them among several, the others do no harm.
  if (odd.length === 0 || odd.length < exemplars.length) return []
  const { exemplar, how } = odd[0]!
  const typical = pile[Math.floor(pile.length / 2)]!
  return [
    {
      name: 'stranger',
      warns: true,
      sentence: `The exemplar "${exemplar.name}" is unlike the other images: ${how.join('; ')}.`,
      cause: 'What is learnt from it may not hold for them; an exemplar from among them is safer.',
      action: { label: 'Annotate one of them', does: 'annotate', picture: typical.id },
    },
  ]
}

export const dataFindings = (facts: Facts): Finding[] => [lacking, small, enlarged, stranger].flatMap((find) => find(facts))

/** Whether every class of the exemplars is large enough for the networks. */
export const isLarge = ({ exemplars }: Facts, c: number): boolean => exemplars.some(({ pixels }) => shareOf(pixels, c) > 0.01)
