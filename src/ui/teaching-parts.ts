/** The pictures of the teaching diagram by name. */
import { disagreementColour, rgbOf } from '../image/palette'
import type { LiveViews, Network } from '../worker/protocol'
import type { LivePictureProps, Painter } from './live-picture'
import { paintBox, paintChannels, paintConfidence, paintDisagreement, paintGrey, paintKnown, paintMask } from './painters'

/** What may be lit: a picture by its name, or a network with all of its pictures. */
export type Part = string

export const networks = ['A', 'B'] as const

export const otherOf = (model: Network): Network => (model === 'A' ? 'B' : 'A')

export const modelPart = (model: Network): Part => `Model ${model}`

type Picture = Omit<LivePictureProps, 'lit'>

const paintWeak: Painter = (to, { weak }) => paintGrey(to, weak)
const paintStrong: Painter = (to, { strong, mix, size }) => {
  paintGrey(to, strong)
  if (mix) paintBox(to, mix.box, size)
}
const paintPartner: Painter = (to, { mix, size }) => {
  if (!mix) return
  paintGrey(to, mix.pixels)
  paintBox(to, mix.box, size)
}
const paintSynthetic: Painter = (to, { synthetic, size }) => {
  if (synthetic) paintKnown(to, synthetic.image, synthetic.known, size)
}
const syntheticLabels = ({ synthetic }: LiveViews) =>
  synthetic ? synthetic.labels.map((label, i) => (synthetic.known[i] === 0 ? 0 : label)) : new Uint8Array()

/** What both networks see. */
export const inputs: readonly Picture[] = [
  {
    name: 'Weak view',
    soon: 'the image, slightly moved',
    hint: 'The image, slightly moved: pseudo-labels are made on it.',
    paint: paintWeak,
  },
  {
    name: 'Strong view',
    soon: 'the same, altered more',
    hint: 'The same with altered contrast, blur and noise, and now and then a box of another image: predictions are made on it.',
    paint: paintStrong,
  },
  {
    name: 'CutMix partner',
    soon: 'where a box comes from',
    hint: 'The strong view of another image, which the framed box comes from.',
    absent: 'No box this time.',
    paint: paintPartner,
    present: ({ mix }) => mix !== null,
  },
  {
    name: 'Exemplar',
    soon: 'annotated, warped anew',
    hint: 'The annotated image, turned and warped for this step.',
    paint: (to, { exemplar }) => paintGrey(to, exemplar.image),
    labels: ({ exemplar }) => exemplar.labels,
  },
  {
    name: 'Synthetic sample',
    soon: 'its parts on another image',
    hint: 'The exemplar’s structures pasted onto another image; hatched where the label is unknown.',
    absent: 'There are no synthetic images in this run.',
    paint: paintSynthetic,
    labels: syntheticLabels,
    present: ({ synthetic }) => synthetic !== null,
  },
]

const featureOff = 'The feature term is off.'
const nothing = new Uint8Array()

/** Pixels of the side of the picture of channels. */
const channelSide = 128

const picturesOf = (model: Network): readonly Picture[] => [
  {
    name: `Prediction ${model}`,
    soon: 'made on the strong view',
    hint: `What ${model} makes of the strong view; it learns from the difference to the lesson.`,
    paint: paintStrong,
    labels: (views) => views[model].prediction,
  },
  {
    name: `Perturbed features ${model}`,
    soon: 'made with fewer features',
    hint: `What ${model} makes of the weak view with some feature channels switched off; it learns from the difference to the lesson.`,
    absent: featureOff,
    paint: paintWeak,
    labels: (views) => views[model].feature?.prediction ?? nothing,
    present: (views) => views[model].feature !== null,
  },
  {
    name: `Dropped channels ${model}`,
    soon: 'the features left out',
    hint: `The feature channels of ${model}, from the finest level above to the coarsest; those that are switched off are dark.`,
    absent: featureOff,
    paint: (to, views) => paintChannels(to, views[model].feature?.dropped ?? [], channelSide),
    present: (views) => views[model].feature !== null,
    side: channelSide,
  },
  {
    name: `Confidence ${model}`,
    soon: 'how sure it is',
    hint: `How sure ${model} is of each pixel of the weak view.`,
    paint: (to, views) => paintConfidence(to, views[model].confidence),
  },
  {
    name: `Confidence mask ${model}`,
    soon: 'where it is sure',
    hint: `White where ${model} is sure enough to teach; elsewhere nothing is learnt.`,
    paint: (to, views) => paintMask(to, views.weak, views[model].mask, views.size),
  },
  {
    name: `Pseudo-label ${model}`,
    soon: 'made on the weak view',
    hint: `What ${model} sees in the weak view: the lesson.`,
    paint: paintWeak,
    labels: (views) => views[model].pseudoLabel,
  },
]

export const modelPictures: Record<Network, readonly Picture[]> = { A: picturesOf('A'), B: picturesOf('B') }

const crimson = rgbOf(disagreementColour)

export const disagreement: Picture = {
  name: 'Disagreement',
  soon: 'where they differ',
  hint: 'Where the two pseudo-labels differ.',
  paint: (to, views) => paintDisagreement(to, views.weak, views.disagreement, crimson),
}

/** How many channels of a network are dropped now, level by level, the finest first; empty where none can be. */
export const droppedWords = (views: LiveViews | null, model: Network): string =>
  (views?.[model].feature?.dropped ?? [])
    .map((level) => `${level.reduce((sum, dropped) => sum + dropped, 0)} of ${level.length}`)
    .join(', ')
