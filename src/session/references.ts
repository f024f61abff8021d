/** Reference masks: what they say on their images. They are used for the score and for nothing else. */
import { matchValues, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { labelsOf } from '../data/slices'
import { unknown, type LabelMap } from '../image/raster'
import { framesOf, labelsOn, liesOn, tableOf } from './annotations'
import type { Dataset, Source } from './dataset'

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
    const mask = dataset.partners.get(source.volume)?.mask
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

/** The reference mask of image `i`, unknown pixels included; null without one, as for all that are not learnt from. */
export function referenceOf(dataset: Dataset, i: number): LabelMap | null {
  const picture = dataset.unlabeled[i]
  if (!picture) return null
  const { source, plane, slice, frame } = picture
  const reference = referencesOn(dataset, source)
  return reference?.frames.has(frame) ? labelsOf(source.volume, reference.labels, plane, slice, frame) : null
}

/** Whether unlabelled image `i` has a reference mask. */
export function hasReference(dataset: Dataset, i: number): boolean {
  const { source, frame } = dataset.unlabeled[i]!
  return referencesOn(dataset, source)?.frames.has(frame) ?? false
}
