import { arraysFor, type FileRole } from '../data/file-roles'
import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import type { ChosenNames } from '../data/pairs'
import { readFiles } from '../data/read-files'
import { isOfStructureSet, type Volume } from '../data/volume'
import type { Dataset } from './dataset'
import { loadOwn } from '../lib/own-file'
import { withVolumes } from './given-volumes'

/** A volume with the role of its file; null if the role is still to be found. */
export interface GivenVolume {
  role: FileRole | null
  volume: Volume
}

/** A file with the role of the input it came through; null if the role is still to be found. */
export interface RoleFile {
  role: FileRole | null
  file: GivenFile
}

/**
 * Adds the user's files to a data set. What cannot be used becomes a problem; earlier files stay.
 * @param tell how many files are read @param chosen which reference is of which image, by names @param modality as for `withVolumes`
 * @throws InputError when nothing could be used
 */
export async function withFiles(
  before: Dataset,
  files: readonly RoleFile[],
  tell: (done: number, of: number) => void,
  chosen?: ChosenNames,
  modality?: string | null,
): Promise<{ dataset: Dataset; problems: InputError[] }> {
  return withRead(before, await readFor(before, files, tell), chosen, modality)
}

/** Files since those that hold several images of one case, so that another modality can be chosen; and what was there before them. */
export interface Several {
  before: Dataset
  given: { files: RoleFile[]; chosen: ChosenNames | undefined }[]
}

/** The data set with another image of each case, for which all those files are read again; and what could not be used. */
export async function withModality(
  { before, given }: Several,
  modality: string,
  tell: (done: number, of: number) => void,
): Promise<{ dataset: Dataset; problems: InputError[] }> {
  let dataset = before
  const problems: InputError[] = []
  for (const { files, chosen } of given) {
    const next = await withFiles(dataset, files, tell, chosen, modality)
    dataset = next.dataset
    problems.push(...next.problems)
  }
  return { dataset, problems }
}

/** Reads the user's files beside a data set. @param tell how many files are read @throws InputError when nothing could be read */
export async function readFor(before: Dataset, files: readonly RoleFile[], tell: (done: number, of: number) => void): Promise<ReadFiles> {
  const known = [...before.sources, ...(before.exemplarSource ? [before.exemplarSource] : [])].map(({ volume }) => volume)
  const read = await readGiven(files, known, tell)
  if (read.given.length === 0 && read.problems.length === 0)
    throw new InputError('None of these files can be used; give images and masks.', '')
  return read
}

/** Adds what was read to a data set; see `withFiles`. */
export function withRead(
  before: Dataset,
  { given, problems }: ReadFiles,
  chosen?: ChosenNames,
  modality?: string | null,
): { dataset: Dataset; problems: InputError[] } {
  const { dataset, problems: unused } = withVolumes(before, given, chosen, modality ?? undefined)
  return { dataset, problems: [...problems, ...unused] }
}

/** What could be read of files, and a sentence for each that could not. */
export interface ReadFiles {
  given: GivenVolume[]
  problems: InputError[]
}

/**
 * Reads the user's files. DICOM SEG and RTSTRUCT are placed on the series they belong to.
 * @param known volumes already loaded @param tell how many files are done
 */
export async function readGiven(
  files: readonly RoleFile[],
  known: readonly Volume[],
  tell: (done: number, of: number) => void,
): Promise<ReadFiles> {
  const given: GivenVolume[] = []
  const problems: InputError[] = []
  for (const role of new Set(files.map((file) => file.role))) {
    const own = files.filter((file) => file.role === role).map(({ file }) => file)
    const read = await readFiles(own, tell)
    const fitting = role === null ? { volumes: read.volumes, problems: [] } : arraysFor(role, read.volumes)
    problems.push(...read.problems, ...fitting.problems)
    given.push(...fitting.volumes.map((volume) => ({ role, volume })))
  }
  const place = await placing(
    given.map(({ volume }) => volume),
    known,
  )
  const placed: GivenVolume[] = []
  for (const { role, volume } of given)
    for (const own of await place(volume)) {
      if (own === volume && isOfStructureSet(volume)) problems.push(withoutSeries(volume))
      else placed.push({ role, volume: own })
    }
  return { given: placed, problems }
}

/** What is wrong with a structure set that `placeSegmentations` leaves as it is. */
export const withoutSeries = ({ name }: Volume): InputError =>
  new InputError(`"${name}" holds contours for a DICOM series that is missing; give that series with it.`, name)

/**
 * Places each DICOM SEG and RTSTRUCT on its series, in that series' own grid, phases of a cine included. A SEG of several series is a volume on each; one
 * that belongs to none of them stays as it is, as does everything else.
 * @param volumes as read @param known other volumes already loaded
 */
export async function placeSegmentations(volumes: readonly Volume[], known: readonly Volume[]): Promise<Volume[]> {
  const place = await placing(volumes, known)
  const placed: Volume[] = []
  for (const volume of volumes) placed.push(...(await place(volume)))
  return placed
}

const reader = 'The reader of DICOM segmentations'

async function placing(volumes: readonly Volume[], known: readonly Volume[]): Promise<(volume: Volume) => Promise<Volume[]>> {
  if (!volumes.some(({ kind }) => kind === 'dicom-seg')) return (volume) => Promise.resolve([volume])
  const { segmentationOn } = await loadOwn(reader, () => import('../data/dicom-seg'))
  const { structuresOn } = await loadOwn(reader, () => import('../data/dicom-rt'))
  const series = [...volumes, ...known].filter(({ kind }) => kind === 'dicom')
  return async (volume) => {
    if (volume.kind !== 'dicom-seg') return [volume]
    if (isOfStructureSet(volume)) return [(await structuresOn(volume, series)) ?? volume]
    const found: Volume[] = []
    for (const image of series) {
      const placed = await segmentationOn(volume, image)
      if (placed.length === 0) continue
      const [columns, rows, slices, frames] = image.size
      const each = columns * rows * slices
      const samples = placed[0]!.labels instanceof Uint16Array ? new Uint16Array(each * frames) : new Uint8Array(each * frames)
      for (const { frame, labels } of placed) samples.set(labels, frame * each)
      const name = found.length === 0 ? volume.name : volume.name.replace(/(\.\w+)?$/, ` (${found.length + 1})$&`)
      found.push({ ...volume, name, size: image.size, samples, affine: image.affine, spacing: image.spacing })
    }
    return found.length > 0 ? found : [volume]
  }
}
