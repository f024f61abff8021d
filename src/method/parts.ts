import type { Range } from './batch'
import type { Config } from './config'
import type { Term } from './schedule'

/**
 * Some images of a step's batch, by their numbers among the labelled and among the unlabelled ones, in all their views. A batch that is taken in
 * parts needs memory for one part at a time. GroupNorm is per image and the losses are of all logits, so nothing but rounding changes.
 */
export interface Part {
  labeled: Range
  unlabeled: Range
}

/** The parts that a batch is taken in. BatchNorm's statistics are over the whole batch, so there is one part with it. */
export function partsOf({
  parts,
  norm,
  batchLabeled,
  batchUnlabeled,
}: Pick<Config, 'parts' | 'norm' | 'batchLabeled' | 'batchUnlabeled'>): Part[] {
  const count = norm === 'batch' ? 1 : Math.min(parts, Math.max(batchLabeled, batchUnlabeled))
  const range = (images: number, p: number): Range => [Math.floor((p * images) / count), Math.floor(((p + 1) * images) / count)]
  return Array.from({ length: count }, (_, p) => ({ labeled: range(batchLabeled, p), unlabeled: range(batchUnlabeled, p) }))
}

/** How the images of one network lie in the batches of a step. */
export interface Rows {
  /** Labelled and unlabelled images. */
  labeled: number
  unlabeled: number
  /** Whether the strong views are among them. */
  strong: boolean
  /** How many times the weak views come back with perturbed features. */
  featureViews: number
}

export function rowsOfNetwork(terms: readonly Pick<Term, 'name'>[], { batchLabeled, batchUnlabeled }: Config): Rows {
  const count = (name: Term['name']) => terms.filter((term) => term.name === name).length
  return { labeled: batchLabeled, unlabeled: batchUnlabeled, strong: count('image') > 0, featureViews: count('feature') }
}

const after = (first: number, [from, to]: Range): Range => [first + from, first + to]

/** A part's images in the encoders' batch: labelled, strong, weak. */
export function encodedRows({ labeled, unlabeled, strong }: Rows, part: Part): Range[] {
  const weak = labeled + (strong ? unlabeled : 0)
  return [part.labeled, ...(strong ? [after(labeled, part.unlabeled)] : []), after(weak, part.unlabeled)]
}

/** A part's images in the decoders' batch: labelled, strong, then each feature view of the weak ones. */
export function decodedRows({ labeled, unlabeled, strong, featureViews }: Rows, part: Part): Range[] {
  const first = labeled + (strong ? unlabeled : 0)
  const views = Array.from({ length: featureViews }, (_, v) => after(first + v * unlabeled, part.unlabeled))
  return [part.labeled, ...(strong ? [after(labeled, part.unlabeled)] : []), ...views]
}
