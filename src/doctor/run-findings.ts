/**
 * What can be found in a run whose networks teach each other. "Healthy" below are runs of both phantoms and Sunnybrook of 600 steps at 64 pixels, looked
 * at every 50 to 100 steps from step 250, the first after the ramp, to 600; `healthy.test.ts` has their numbers.
 */
import { enlarge, isLarge } from './data-findings'
import { foreground, meanOf, shareOf, type Facts, type SeenFacts } from './facts'
import type { Action, Finding } from './finding'
import { isLate } from './maturity'

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

const train = (steps: number): Action => ({ label: `Train ${steps} more steps`, does: 'train', steps })

/** As many steps as a run has by default, or as this one. */
const further = ({ config }: Facts): Action => train(Math.max(600, Math.min(config.steps, 2000)))

/** The image that the networks are least sure of, among those without an annotation. */
const doubtful = ({ seen }: Facts): SeenFacts | undefined =>
  [...(seen ?? [])].sort((a, b) => b.disagreement - a.disagreement).find(({ annotated }) => !annotated)

const annotateNext = (facts: Facts): Action => {
  const next = doubtful(facts)
  return next ? { label: 'Annotate the most doubtful', does: 'annotate', picture: next.id } : further(facts)
}

/** The last rows of a run, whose steps are noisy. */
const lately = ({ rows }: Facts) => rows.slice(-20)

/** Share of foreground in the exemplars. */
const expected = ({ exemplars }: Facts) => meanOf(exemplars.map(({ pixels }) => foreground(pixels)))

/** Healthy: each network sees 0.6 to 1.5 times the exemplar's foreground, and no structure on more than 0.06 of the pixels. */
const collapsedTo = { background: 0.05, one: 0.9 }

function collapse(facts: Facts): Finding[] {
  const { classes, seen, config } = facts
  if (!seen) return []
  const networks = (['A', 'B'] as const).flatMap((letter) => {
    const share = (c: number) => meanOf(seen.map((one) => shareOf(one[letter], c)))
    const one = classes.findIndex((_, c) => c > 0 && share(c) > collapsedTo.one)
    if (one > 0) return [{ letter, to: `"${classes[one]}"` }]
    return 1 - share(0) < collapsedTo.background * expected(facts) ? [{ letter, to: 'background' }] : []
  })
  if (networks.length === 0) return []
  const both = networks.length === 2 && networks[0]!.to === networks[1]!.to
  const warm = config.warmup >= 0.25
  const gentle = config.learningRate <= 0.003
  return [
    {
      name: 'collapse',
      warns: true,
      sentence: both
        ? `Both networks call nearly everything ${networks[0]!.to}.`
        : `${networks
            .map(({ letter, to }) => `Network ${letter} calls nearly everything ${to}`)
            .join('; n')
            .replace('; nNetwork', ', network')}.`,
      cause: !warm
        ? 'Without a warm-up on labelled images, a network can be sure of an easy lie before it knows better, and the other learns it.'
        : !gentle
          ? 'The learning rate is high, and a network that was thrown off its way stays in the easiest answer.'
          : 'What is sought may be too small a part of each image, or the exemplar too unlike the others.',
      action: !warm
        ? { label: 'Warm up for a quarter of the run', does: 'set', values: { warmup: 0.25 } }
        : !gentle
          ? { label: 'Lower the learning rate to 0.001', does: 'set', values: { learningRate: 0.001 } }
          : expected(facts) < 0.05
            ? enlarge(facts)
            : further(facts),
    },
  ]
}

/** Healthy, from 0.65 of a run on: each structure, at a tenth of its size at least, in 0.91 of the images at least. */
const foundIn = 0.05

function missing(facts: Facts): Finding[] {
  const { classes, seen, exemplars } = facts
  if (!seen || seen.length < 2 || !isLate(facts)) return []
  const others = seen.filter(({ annotated }) => !annotated)
  const rare = classes.flatMap((name, c) => {
    if (c === 0 || !exemplars.some(({ pixels }) => pixels[c]! > 0)) return []
    const least = 0.1 * Math.max(...exemplars.map(({ pixels }) => pixels[c]!))
    const images = others.filter(({ mask }) => mask[c]! >= least).length
    return images < foundIn * others.length ? [{ name, c, images }] : []
  })
  if (rare.length === 0 || rare.length === classes.length - 1) return []
  const [{ name, c, images }] = rare as [(typeof rare)[number]]
  const large = isLarge(facts, c)
  return [
    {
      name: 'missing',
      warns: true,
      sentence: `"${name}" is found in ${images === 0 ? 'none' : images} of ${others.length} images.`,
      cause: large
        ? 'It may look different there, or not be there; an annotation of an image that has it shows the networks what to look for.'
        : 'It is small for the networks, which see images at a reduced size.',
      action: large ? annotateNext(facts) : enlarge(facts),
    },
  ]
}

/** Healthy: the networks differ on 0.12 of what either calls foreground at the least. */
const alike = 0.01

function same(facts: Facts): Finding[] {
  const seen = facts.seen?.filter(({ A, B }) => foreground(A) + foreground(B) > 0) ?? []
  if (seen.length < 2 || meanOf(seen.map(({ disagreement }) => disagreement)) >= alike) return []
  return [
    {
      name: 'same',
      warns: true,
      sentence: 'Both networks are nearly identical: they see the same in every image.',
      cause: 'Networks that do not differ cannot correct each other, and their agreement says nothing.',
      action: { label: 'Train each on draws of its own', does: 'set', values: { draws: 'own' } },
    },
  ]
}

/** Healthy: 0.7 to 1.5 times the exemplar's share; they agree on 0.96 to 0.99 of the pixels. */
const agreed = { share: 0.97, less: 0.25, more: 4 }

function unlikely(facts: Facts): Finding[] {
  const found = facts.seen?.filter(({ mask }) => foreground(mask) > 0) ?? []
  if (found.length === 0) return []
  const [share, like] = [meanOf(found.map(({ mask }) => foreground(mask))), expected(facts)]
  const agreement = meanOf(lately(facts).map((row) => row.agreement))
  if (agreement < agreed.share || (share >= agreed.less * like && share <= agreed.more * like)) return []
  return [
    {
      name: 'unlikely',
      warns: true,
      sentence: `The networks agree on ${percent(agreement)} of the pixels, but see ${percent(share)} foreground where there is some, and the exemplar has ${percent(like)}.`,
      cause: 'They may agree on something wrong: agreement is not accuracy.',
      action: annotateNext(facts),
    },
  ]
}

/** Healthy: 0.08 to 0.25 of what it was at step 250, and less later. */
const fallen = 0.8

function flat({ rows, config }: Facts): Finding[] {
  // Without weight it is not learnt from.
  if (rows.length < 60 || config.lambdaE === 0) return []
  const loss = (some: typeof rows) => meanOf(some.map(({ exemplarA, exemplarB }) => exemplarA + exemplarB))
  const [first, last] = [loss(rows.slice(0, 20)), loss(rows.slice(-20))]
  if (!(last > fallen * first)) return []
  const { learningRate, optimizer } = config
  const usual = optimizer === 'adam' ? 0.001 : 0.01
  const action: Action =
    learningRate === usual
      ? train(600)
      : { label: `${learningRate < usual ? 'Raise' : 'Lower'} the learning rate to ${usual}`, does: 'set', values: { learningRate: usual } }
  return [
    {
      name: 'flat',
      warns: true,
      sentence: `The loss on the exemplar does not fall: ${(first / 2).toFixed(2)} in the first steps, ${(last / 2).toFixed(2)} now.`,
      cause:
        learningRate < usual
          ? 'The learning rate is too small.'
          : learningRate > usual
            ? 'The learning rate is too large.'
            : 'The run is too short.',
      action,
    },
  ]
}

/** Healthy: at 0.89 to 0.98 confident they differ on 0.33 at the most, at step 250, and on less later. */
const sureAt = { confident: 0.9, disagreement: 0.6 }

function sure(facts: Facts): Finding[] {
  const found = facts.seen?.filter(({ A, B }) => foreground(A) + foreground(B) > 0) ?? []
  if (found.length === 0) return []
  const disagreement = meanOf(found.map((one) => one.disagreement))
  const confident = meanOf(lately(facts).map(({ confidentA, confidentB }) => Math.min(confidentA, confidentB)))
  if (confident < sureAt.confident || disagreement < sureAt.disagreement) return []
  return [
    {
      name: 'sure',
      warns: true,
      sentence: `Both networks are sure of ${percent(confident)} of the pixels, but differ on ${percent(disagreement)} of what either calls foreground.`,
      cause: 'At least one of them is sure of something wrong; what decides it is not in the exemplar.',
      action: annotateNext(facts),
    },
  ]
}

/** Healthy, from 0.65 of a run on: 0.89 at the least. */
const leastFit = 0.5

function unfit(facts: Facts): Finding[] {
  const fit = facts.scores.at(-1)?.fit
  if (fit === undefined || !(fit < leastFit) || !isLate(facts)) return []
  return [
    {
      name: 'unfit',
      warns: true,
      sentence: `Even on the exemplar itself the networks reach a Dice of ${fit.toFixed(2)} only.`,
      cause: 'The run is too short for what is to be learnt, or its structures are too small at this image size.',
      action: further(facts),
    },
  ]
}

/** Which image a mask is likely to help most on; null where the networks differ on none. */
export function nextToAnnotate(facts: Facts): Finding | null {
  const next = doubtful(facts)
  if (!next || next.disagreement === 0) return null
  return {
    name: 'next',
    warns: false,
    sentence: `The models are least sure of "${next.name}": they differ on ${percent(next.disagreement)} of what either calls foreground there.`,
    cause: 'A mask of yours is likely to help most there.',
    action: { label: 'Annotate this one next', does: 'annotate', picture: next.id },
  }
}

/** What explains whatever else is found comes alone: a loss that does not fall, or else a collapse; a bad fit, which may explain it, comes first. */
export function runFindings(facts: Facts): Finding[] {
  for (const find of [flat, collapse]) {
    const found = find(facts)
    if (found.length > 0) return found
  }
  return [unfit, missing, same, unlikely, sure].flatMap((find) => find(facts))
}
