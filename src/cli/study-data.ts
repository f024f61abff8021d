/** The images of a study's cells, from phantoms and files. */
import { dirname, join } from 'node:path'
import { InputError } from '../data/input-error'
import { emptyDataset, type Dataset } from '../session/dataset'
import type { FileRole } from '../session/events'
import { readGiven } from '../session/given-files'
import { withVolumes } from '../session/given-volumes'
import { missingOf } from '../session/training-data'
import type { Cell, ExemplarSpec, FileData, Study } from '../study/study'
import { imagesOf, onSlice, phantomImages, type StudyImages } from '../study/study-images'
import { placeAt } from './given-path'
import { filesIn, given, type InputFile } from './input-files'

/**
 * What a cell trains on and is scored on.
 * @param folder where the paths of the study start @param tell a sentence about a file that is left out
 * @throws InputError, UsageError
 */
export async function imagesFor(study: Study, cell: Cell, folder: string, tell: (sentence: string) => void): Promise<StudyImages> {
  const { source, exemplars } = study.data.get(cell.data)!
  const { spec } = exemplars.find(({ name }) => name === cell.exemplar)!
  if ('phantom' in source) return phantomImages(source, 'patient' in spec ? spec.patient : 1, cell.labels)
  if (!('image' in spec)) throw new InputError(`The exemplar of "${cell.data}" has no image.`, '')
  const read = async (images: string[], masks: string[]) => {
    const dataset = await datasetOf(cell.data, source, spec, images, masks, folder, tell)
    return spec.slice === null ? dataset : onSlice(dataset, spec.slice)
  }
  const training = await read(source.images, source.masks)
  const unseen = source.unseen ? await read(source.unseen.images, source.unseen.masks) : null
  return imagesOf(training, unseen, cell.labels)
}

type FileExemplar = Extract<ExemplarSpec, { image: string }>

async function datasetOf(
  name: string,
  { images: training, masks: trainingMasks, patient }: FileData,
  exemplar: FileExemplar,
  images: readonly string[],
  masks: readonly string[],
  folder: string,
  tell: (sentence: string) => void,
): Promise<Dataset> {
  const all = (paths: readonly string[], what: string) => paths.flatMap((path) => filesIn(join(folder, path), `${what} of "${name}"`))
  /** A file by its path, or by its name in one of these folders. */
  const one = (path: string, folders: readonly string[]): InputFile[] => {
    const around = folders.map((inner) => join(folder, inner)).map((place) => (placeAt(place)?.folder ? place : dirname(place)))
    const home = around.find((place) => placeAt(join(place, path)))
    return given(home ? join(home, path) : join(folder, path), home ?? around[0], `the exemplar of "${name}"`)
  }
  const files = [
    ...inRole('exemplar-image', one(exemplar.image, training)),
    ...inRole('exemplar-mask', one(exemplar.mask ?? exemplar.image, trainingMasks)),
    ...inRole('unlabeled', all(images, '"images"')),
    ...inRole('reference', all(masks, '"masks"')),
  ]
  const read = await readGiven(files, [], () => undefined)
  const rule = patient === null ? null : new RegExp(patient)
  const volumes = read.given.map(({ role, volume }) => {
    const own = rule?.exec(volume.name)?.[1]
    return { role, volume: own === undefined ? volume : { ...volume, patient: own } }
  })
  const { dataset, problems } = withVolumes(emptyDataset, volumes)
  const sentences = [...read.problems, ...problems].map(({ message }) => message)
  const missing = missingOf(dataset)
  if (missing.length > 0) throw new InputError([...sentences, `"${name}" lacks ${missing.join(' and ')}.`].join(' '), '')
  for (const sentence of sentences) tell(`Left out of "${name}": ${sentence}`)
  return dataset
}

const inRole = (role: FileRole, files: readonly InputFile[]) => files.map((file) => ({ role, file }))
