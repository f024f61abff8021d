/** Reference masks: which image each is of, and what it says there. They are used for the score and for nothing else. */
import { alignment } from '../data/alignment'
import { caseNameOf, fullPairName, pairName } from '../data/file-roles'
import { matchValues, type Mask } from '../data/mask-file'
import { InputError } from '../data/input-error'
import { labelsOf } from '../data/slices'
import { unknown, type LabelMap } from '../image/raster'
import { framesOf, labelsOn, liesOn, tableOf } from './annotations'
import type { Dataset, Source } from './dataset'

/** Names of a data set's sources and references, each worked out once: there may be thousands. */
const named = new WeakMap<Dataset['sources'], WeakMap<Dataset['references'], ReturnType<typeof namesOf>>>()

function namesOf({ sources, references }: Dataset) {
  const group = <T>(items: readonly T[], key: (item: T) => string) => {
    const groups = new Map<string, T[]>()
    for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
    return groups
  }
  return {
    exact: group(references, ({ volume }) => fullPairName(caseNameOf(volume))),
    alike: group(references, ({ volume }) => pairName(caseNameOf(volume))),
    rivals: group(sources, ({ volume }) => pairName(caseNameOf(volume))),
  }
}

/**
 * The reference mask of a source: named like it with its folders, else by what the names have in common if that is true of one only, else,
 * of a stack, the one mask that lies on it.
 */
export function partnerOf(dataset: Dataset, { volume }: Source): Mask | null {
  const { sources, references } = dataset
  if (references.length === 0) return null
  let byReferences = named.get(sources)
  if (!byReferences) named.set(sources, (byReferences = new WeakMap()))
  let names = byReferences.get(references)
  if (!names) byReferences.set(references, (names = namesOf(dataset)))
  const exact = names.exact.get(fullPairName(caseNameOf(volume)))
  if (exact) return exact[0]!
  const pair = pairName(caseNameOf(volume))
  const alike = names.alike.get(pair)
  if (alike?.length === 1 && names.rivals.get(pair)?.length === 1) return alike[0]!
  if (volume.size[2] === 1 || !volume.affine) return null
  const placed = references.filter((mask) => mask.volume.affine && alignment(mask.volume, volume))
  return placed.length === 1 ? placed[0]! : null
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
