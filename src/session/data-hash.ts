import { digestOf } from '../lib/digest'
import { annotated, annotationOf } from './annotations'
import type { Dataset } from './dataset'

const known = new WeakMap<Dataset, string>()

/**
 * What a run learns from in 16 hexadecimal digits: its unlabelled images, by their content and in any order, and what is annotated on which. Names of
 * files, reference masks, names of classes and settings do not count.
 */
export function dataHash(dataset: Dataset): string {
  let hash = known.get(dataset)
  if (hash === undefined) {
    const exemplars = annotated(dataset).map((exemplar) => `${exemplar.picture.id} ${digestOf(annotationOf(dataset, exemplar)!.labels)}`)
    const all = [dataset.unlabeled.map(({ id }) => id).sort(), exemplars.sort()]
    known.set(dataset, (hash = digestOf(new TextEncoder().encode(JSON.stringify(all)))))
  }
  return hash
}
