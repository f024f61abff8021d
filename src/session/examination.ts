import { examine } from '../doctor/doctor'
import { coarsely, type ExemplarFacts, type PictureFacts } from '../doctor/facts'
import type { Finding } from '../doctor/finding'
import { planeName } from '../data/slices'
import { frameOf } from '../image/frame'
import { countClasses } from '../image/masks'
import type { Config } from '../method/config'
import type { TrainingData } from '../method/synthesis'
import { annotated } from './annotations'
import type { Dataset, Picture } from './dataset'
import type { Prediction } from './events'
import { fieldOfAll } from './training-data'
import type { Trainer } from './trainer'

/** Coarse pictures of the images at hand, made once. */
const known = new WeakMap<Float32Array, Float32Array>()

function coarse(image: Float32Array, size: number): Float32Array {
  const made = known.get(image) ?? coarsely(image, size)
  known.set(image, made)
  return made
}

/**
 * What the doctor finds in a data set and, once it has begun, in its run.
 * @param dataset as its images are to be called @param prepared null while something is missing
 * @param run its trainer, and its latest predictions of the whole pile
 */
export function examination(
  dataset: Dataset,
  config: Config,
  prepared: TrainingData | null,
  run: { trainer: Trainer; predictions: readonly Prediction[] } | null = null,
): Finding[] {
  if (!prepared) return []
  const field = fieldOfAll(dataset, config)
  const own = annotated(dataset).map(({ picture }) => picture)
  const teaching = new Set(own.map(({ id }) => id))
  const about = (picture: Picture, image: Float32Array): PictureFacts => {
    const { id, name, spacing, source, plane } = picture
    const { width, height } = frameOf(picture, config, field).rect
    return { ...{ id, name, spacing, width, height }, coarse: coarse(image, config.size), plane: planeName(source.volume, plane.axis) }
  }
  const exemplars = prepared.exemplars.map(({ image, labels }, n): ExemplarFacts => ({
    ...about(own[n]!, image),
    pixels: countClasses(Uint8Array.from(labels), prepared.classes),
  }))
  const names = new Map(dataset.unlabeled.map(({ id, name }) => [id, name]))
  return examine({
    config: run?.trainer.schedule ?? config,
    classes: dataset.classes.map(({ name }) => name),
    exemplars,
    pile: dataset.unlabeled.flatMap((picture, i) => (teaching.has(picture.id) ? [] : [about(picture, prepared.unlabeled[i]!)])),
    rows: run?.trainer.rows ?? [],
    scores: run?.trainer.scores ?? [],
    // Images that are only segmented are not the run's.
    seen:
      run?.predictions.flatMap(({ image, labels, each, disagreement }) => {
        const name = names.get(image)
        if (name === undefined) return []
        return [{ id: image, name, annotated: teaching.has(image), disagreement, ...each, mask: countClasses(labels, prepared.classes) }]
      }) ?? null,
  })
}

/** The same of a run with its predictions. */
export const examinationOf = (trainer: Trainer, predictions: readonly Prediction[], dataset = trainer.dataset): Finding[] =>
  examination(dataset, trainer.config, trainer.prepared, { trainer, predictions })
