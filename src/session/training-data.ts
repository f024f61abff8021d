import { baseName, caseNameOf } from '../data/file-roles'
import { InputError } from '../data/input-error'
import { beat } from '../lib/beat'
import { fieldOf, frameOf, prepareImage, type Frame } from '../image/frame'
import type { Config } from '../method/config'
import { emptyOut, type TrainingData } from '../method/synthesis'
import { annotated, annotationOf } from './annotations'
import { hasChannels, rasterOf, type Dataset, type Picture } from './dataset'
import { prepareLabels } from './preparation'
import { hasReference } from './references'

/** What is still missing before a run can start, in words. */
export function missingOf(dataset: Dataset): string[] {
  const { exemplarSource, exemplars, unlabeled } = dataset
  return [
    ...(exemplarSource || exemplars.length > 0 ? [] : ['an exemplar image']),
    ...(annotated(dataset).length > 0 ? [] : ['an exemplar mask']),
    ...(unlabeled.length > 0 ? [] : ['unlabelled images']),
  ]
}

/** The common scale of all pictures of a data set; see `fieldOf`. What is only segmented does not change it. */
export const fieldOfAll = ({ exemplars, unlabeled, domain }: Dataset, config: Config): number | null =>
  domain ? domain.millimetresAcross : fieldOf([...exemplars.map(({ picture }) => picture), ...unlabeled], config)

/** Prepares a complete data set. @throws InputError when a class of the exemplars vanishes at this size and crop. */
export function prepare(dataset: Dataset, config: Config): TrainingData {
  const field = fieldOfAll(dataset, config)
  const frame = (picture: Picture): Frame => frameOf(picture, config, field)
  const exemplars = annotated(dataset).map((exemplar) => ({
    image: prepareImage(rasterOf(exemplar.picture), frame(exemplar.picture), config),
    labels: prepareLabels(annotationOf(dataset, exemplar)!, frame(exemplar.picture), config),
  }))
  const seen = new Set(exemplars.flatMap(({ labels }) => [...new Set(labels)]))
  const lost = dataset.classes.filter(({ index, pixels }) => index > 0 && pixels > 0 && !seen.has(index))
  if (lost.length > 0) {
    const names = lost.map(({ name }) => `"${name}"`).join(', ')
    const { name } = annotated(dataset)[0]!.picture
    throw new InputError(
      `In "${dataset.exemplarMask?.volume.name ?? name}" nothing is left of ${names} at ${config.size} pixels and central crop ${config.crop}; choose a larger size, crop or region.`,
      name,
    )
  }
  const own = new Set(annotated(dataset).map(({ picture }) => picture.id))
  const pile = dataset.unlabeled.flatMap(({ id }, i) => (own.has(id) ? [] : [i]))
  return {
    size: config.size,
    classes: dataset.classes.length,
    exemplars,
    bank: [],
    emptied: exemplars.map(({ image, labels }) => emptyOut(image, labels, config.size)),
    unlabeled: dataset.unlabeled.map((picture) => {
      beat()
      return prepareImage(rasterOf(picture), frame(picture), config)
    }),
    // Where every image is annotated there is nothing else to learn from.
    ...(pile.length > 0 && pile.length < dataset.unlabeled.length ? { pile } : {}),
  }
}

/**
 * For each exemplar the numbers of the unlabelled images before and after it, the nearest first: slices of its volume at the same time, or the
 * frames of a single slice. They end before another exemplar.
 */
export function stacksOf(dataset: Dataset): [before: number[], after: number[]][] {
  const own = annotated(dataset).map(({ picture }) => picture)
  return own.map((exemplar) => {
    const { volume } = exemplar.source
    const cine = volume.size[exemplar.plane.axis] === 1
    if (cine && hasChannels(volume)) return [[], []]
    const place = (picture: Picture) => (cine ? picture.frame : picture.slice)
    const beside = ({ source, frame }: Picture) => source.id === exemplar.source.id && (cine || frame === exemplar.frame)
    const way = (sign: 1 | -1) => {
      const away = (picture: Picture) => sign * (place(picture) - place(exemplar))
      const end = Math.min(...own.filter((other) => beside(other) && away(other) > 0).map(away))
      return dataset.unlabeled
        .map((picture, i) => ({ picture, i }))
        .filter(({ picture }) => beside(picture) && away(picture) > 0 && away(picture) < end)
        .sort((a, b) => away(a.picture) - away(b.picture))
        .map(({ i }) => i)
    }
    return [way(-1), way(1)]
  })
}

/** An exemplar given without folders may be any image of its base name; given with folders, only one in the same folder. */
function mayBeSame(exemplar: string, image: string): boolean {
  const [a, b] = [exemplar, image].map((name) => name.split(/[/\\]/).length) as [number, number]
  return exemplar === image || ((a === 1 || b === 1) && baseName(exemplar) === baseName(image))
}

/**
 * What an image is scored together with: the slices of a volume with that volume, frame by frame, whoever the patient is; separate images with those
 * of the same patient.
 */
export function scoredWith({ patient, frame, source: { volume } }: Picture): string {
  if (volume.size[2] === 1) return patient
  return caseNameOf(volume) + (volume.size[3] > 1 && !hasChannels(volume) ? `, frame ${frame + 1}` : '')
}

/**
 * Whose image each unlabelled one is, and whose the exemplars are, for the bank. Where all volumes seem to be of the exemplar's patient, as case_0001
 * and case_0002 of a patient "case", each is a patient of its own.
 */
export function patientsOf(dataset: Dataset): { patients: string[]; own: Set<string> } {
  const teaching = annotated(dataset).map(({ picture }) => picture)
  const by = (key: (picture: Picture) => string) => ({ patients: dataset.unlabeled.map(key), own: new Set(teaching.map(key)) })
  const byName = by(({ patient }) => patient)
  if (byName.patients.some((patient) => !byName.own.has(patient))) return byName
  return by(({ patient, source: { volume } }) => (volume.size[2] > 1 ? volume.name : patient))
}

/**
 * Images that are scored: those with a reference mask, except the exemplars and, if others remain, their patients and volumes, since
 * slices of one patient are nearly copies of each other.
 */
export function scoredImages(dataset: Dataset): number[] {
  const own = annotated(dataset).map(({ picture }) => picture)
  const all = dataset.unlabeled
    .map((_, i) => i)
    .filter((i) => {
      const picture = dataset.unlabeled[i]!
      const same = (p: Picture) => p.id === picture.id || mayBeSame(p.name, picture.name)
      return hasReference(dataset, i) && !own.some(same)
    })
  // Many volumes' names do not tell patients apart: case_0001 and case_0002 both seem to be of a patient "case".
  const without = (key: (picture: Picture) => string) => all.filter((i) => !own.some((p) => key(p) === key(dataset.unlabeled[i]!)))
  const choices = [without(({ patient }) => patient), without(({ source }) => source.volume.name), all]
  return choices.find((some) => some.length > 0) ?? []
}
