/** What one cell trains on, and what it is scored on. */
import { InputError } from '../data/input-error'
import { makePhantoms } from '../data/phantom'
import { annotated, counted } from '../session/annotations'
import type { ScoredPicture } from '../session/border-distances'
import type { Dataset } from '../session/dataset'
import { hasReference, referenceOf } from '../session/references'
import { phantomDataset } from '../session/samples'
import { scoredImages } from '../session/training-data'
import type { Arm, PhantomData } from './study'

export interface StudyImages {
  dataset: Dataset
  scored: ScoredPicture[]
}

/** Same seed as the samples of the page, so the first patients are the same. */
const phantomSeed = 1

/** Images of a phantom. @param patient whose middle slice is the exemplar, from 1 */
export function phantomImages(
  { phantom, patients, slices, unseen, size }: PhantomData,
  patient: number,
  labels: Arm['labels'],
): StudyImages {
  const made = makePhantoms(phantom, { seed: phantomSeed, patients: patients + unseen, slicesPerPatient: slices, size })
  const middle = (patient - 1) * slices + Math.floor(slices / 2)
  const exemplar = made.slices[middle]!
  const training = made.slices.slice(0, patients * slices).filter((slice) => slice !== exemplar)
  const others = made.slices.slice(patients * slices)
  return imagesOf(phantomDataset(made.classes, exemplar, training), phantomDataset(made.classes, exemplar, others), labels)
}

const withReference = (dataset: Dataset, which: readonly number[]): ScoredPicture[] =>
  which.map((i) => ({ picture: dataset.unlabeled[i]!, reference: referenceOf(dataset, i)! }))

/** The numbers of the unlabelled images that have a reference. */
const referred = (dataset: Dataset): number[] => [...dataset.unlabeled.keys()].filter((i) => hasReference(dataset, i))

/**
 * Trains on one data set, and scores on another with the same exemplar, or else on what the first is scored on in every run: other patients than the
 * exemplar's. With the labels of all images and nobody unseen, the exemplar's patient is the one that is scored, and the true masks of all others are
 * learnt from.
 * @throws InputError if nothing can be scored
 */
export function imagesOf(dataset: Dataset, unseen: Dataset | null, labels: Arm['labels']): StudyImages {
  if (labels === 'exemplar') {
    const scored = unseen ? withReference(unseen, referred(unseen)) : withReference(dataset, scoredImages(dataset))
    if (scored.length === 0) throw new InputError('No image to be scored has a mask: give masks of other images than the exemplar.', '')
    return { dataset, scored }
  }
  const own = new Set(annotated(dataset).map(({ picture }) => picture.patient))
  const all = referred(dataset)
  const held = unseen ? [] : all.filter((i) => own.has(dataset.unlabeled[i]!.patient))
  const learnt = all.filter((i) => !held.includes(i))
  const scored = unseen ? withReference(unseen, referred(unseen)) : withReference(dataset, held)
  if (learnt.length === 0 || scored.length === 0)
    throw new InputError(
      'Full supervision needs masks of other patients than the one that is scored: leave this arm out for these images.',
      '',
    )
  const exemplars = withReference(dataset, learnt).map(({ picture, reference }) => ({ picture, drawn: reference, given: null }))
  return { dataset: counted({ ...dataset, exemplars: unseen ? [...dataset.exemplars, ...exemplars] : exemplars }), scored }
}

/** The data set with the exemplar of one slice alone, from 1. @throws InputError if its mask marks nothing there */
export function onSlice(dataset: Dataset, slice: number): Dataset {
  const exemplars = dataset.exemplars.filter(({ picture }) => picture.slice === slice - 1)
  if (exemplars.length === 0) throw new InputError(`The mask of the exemplar marks nothing on slice ${slice}: choose another.`, '')
  return counted({ ...dataset, exemplars })
}
