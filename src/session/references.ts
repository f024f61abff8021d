/** Reference masks: which image each is of, and what it says there. They are used for the score and for nothing else. */
import { matchValues, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { pairUp } from '../data/pairs'
import { labelsOf } from '../data/slices'
import type { Volume } from '../data/volume'
import { unknown, type LabelMap } from '../image/raster'
import { framesOf, labelsOn, liesOn, tableOf } from './annotations'
import type { Dataset, Source } from './dataset'

/** The references of a data set by image, worked out once: there may be thousands. */
const partners = new WeakMap<Dataset['sources'], WeakMap<Dataset['references'], { chosen: Dataset['chosen']; masks: Map<Volume, Mask> }>>()

/** The reference mask of a source; null where none is told to be of it and of nothing else. */
export function partnerOf({ sources, references, chosen }: Dataset, { volume }: Source): Mask | null {
  if (references.length === 0) return null
  let byReferences = partners.get(sources)
  if (!byReferences) partners.set(sources, (byReferences = new WeakMap()))
  let found = byReferences.get(references)
  if (found?.chosen !== chosen) {
    const read = new Map(references.map((mask) => [mask.volume, mask]))
    const { pairs } = pairUp(
      sources.map((source) => source.volume),
      [...read.keys()],
      { chosen },
    )
    found = { chosen, masks: new Map(pairs.map(({ image, mask }) => [image, read.get(mask)!])) }
    byReferences.set(references, found)
  }
  return found.masks.get(volume) ?? null
}

/** References by source, on its voxels and in classes of the exemplar, and which frames they are of; found once for each data set. */
const matched = new WeakMap<Dataset, Map<Source, Matched | null>>()

interface Matched {
  labels: Uint8Array
  frames: ReadonlySet<number>
}

function referencesOn(dataset: Dataset, source: Source): Matched | null {
  let maps = matched.get(dataset)
  if (!maps) matched.set(dataset, (maps = new Map()))
  if (!maps.has(source)) {
    const mask = partnerOf(dataset, source)
    const fits = mask && liesOn(mask.volume, source.volume)
    const classOf = fits && classesOf(mask, dataset)
    maps.set(
      source,
      classOf ? { labels: labelsOn(mask, source.volume).map((l) => classOf[l] ?? unknown), frames: framesOf(mask, source.volume) } : null,
    )
  }
  return maps.get(source)!
}

/** The class of each value of a reference; null where it has one that is no class any more: labels may have changed since it was loaded. */
function classesOf(reference: Mask, dataset: Dataset): number[] | null {
  try {
    return dataset.classes.length > 0 ? matchValues(reference, tableOf(dataset)) : null
  } catch (error) {
    if (error instanceof InputError) return null
    throw error
  }
}

/** The reference mask of unlabelled image `i`, unknown pixels included; null without one. */
export function referenceOf(dataset: Dataset, i: number): LabelMap | null {
  const { source, plane, slice, frame } = dataset.unlabeled[i]!
  const reference = referencesOn(dataset, source)
  return reference?.frames.has(frame) ? labelsOf(source.volume, reference.labels, plane, slice, frame) : null
}

/** Whether unlabelled image `i` has a reference mask. */
export function hasReference(dataset: Dataset, i: number): boolean {
  const { source, frame } = dataset.unlabeled[i]!
  return referencesOn(dataset, source)?.frames.has(frame) ?? false
}
