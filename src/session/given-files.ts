import { arraysFor, type FileRole } from '../data/file-roles'
import type { PlacedLabels } from '../data/dicom-seg'
import type { GivenFile } from '../data/given-file'
import { maxVolumeBytes } from '../data/image-size'
import { InputError } from '../data/input-error'
import type { ChosenNames } from '../data/pairs'
import { readFiles } from '../data/read-files'
import { isOfStructureSet, type Volume } from '../data/volume'
import { liesOn } from './annotations'
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
  const asRead = new Set(given.map(({ volume }) => volume))
  const placed: GivenVolume[] = []
  for (const one of await onSeries(given, known)) {
    if (isOfStructureSet(one.volume) && asRead.has(one.volume)) problems.push(withoutSeries(one.volume))
    else placed.push(one)
  }
  return { given: placed, problems }
}

/** What is wrong with a structure set that `placeSegmentations` leaves as it is. */
export const withoutSeries = ({ name }: Volume): InputError =>
  new InputError(`"${name}" holds contours for a DICOM series that is missing; give that series with it.`, name)

/**
 * Places each DICOM SEG and RTSTRUCT on its series, in that series' own grid, phases of a cine included. A SEG of several series is a volume on each; one
 * that belongs to none of them stays as it is, as does everything else. SEGs of the same segments on different frames of a series, as one export
 * writes them, are one volume, and so are its seg.nrrd files.
 * @param volumes as read @param known other volumes already loaded
 */
export async function placeSegmentations(volumes: readonly Volume[], known: readonly Volume[]): Promise<Volume[]> {
  const given = volumes.map((volume) => ({ role: null, volume }))
  return (await onSeries(given, known)).map(({ volume }) => volume)
}

/** DICOM SEGs of the same segments on different frames of one series, as read, and the name of the mask that they are. */
interface Laid {
  role: FileRole | null
  image: Volume
  name: string
  masks: Volume[]
  labels: PlacedLabels[]
}

const reader = 'The reader of DICOM segmentations'

/** The same as `placeSegmentations`, for each role by itself. */
async function onSeries(read: readonly GivenVolume[], known: readonly Volume[]): Promise<GivenVolume[]> {
  const given = framesTogether(read, known)
  if (!given.some(({ volume: { kind } }) => kind === 'dicom-seg')) return given
  const { segmentationOn } = await loadOwn(reader, () => import('../data/dicom-seg'))
  const { structuresOn } = await loadOwn(reader, () => import('../data/dicom-rt'))
  const series = [...given.map(({ volume }) => volume), ...known].filter(({ kind }) => kind === 'dicom')
  const all: (GivenVolume | Laid)[] = []
  for (const { role, volume } of given) {
    if (volume.kind !== 'dicom-seg' || isOfStructureSet(volume)) {
      const own = isOfStructureSet(volume) ? await structuresOn(volume, series) : null
      all.push({ role, volume: own ?? volume })
      continue
    }
    let found = 0
    for (const image of series) {
      const labels = await segmentationOn(volume, image)
      if (labels.length === 0) continue
      found++
      const segments = JSON.stringify(volume.segments)
      const first = all.find(
        (other): other is Laid =>
          'image' in other &&
          other.role === role &&
          other.image === image &&
          JSON.stringify(other.masks[0]!.segments) === segments &&
          !labels.some(({ frame }) => other.labels.some((own) => own.frame === frame)),
      )
      if (first) {
        first.labels.push(...labels)
        first.masks.push(volume)
      } else {
        const name = found === 1 ? volume.name : volume.name.replace(/(\.\w+)?$/, ` (${found})$&`)
        all.push({ role, image, name, masks: [volume], labels })
      }
    }
    if (found === 0) all.push({ role, volume })
  }
  return all.map((one) => {
    if (!('image' in one)) return one
    const { role, image, name, masks, labels } = one
    return { role, volume: { ...asOne(masks, labels, image.size), name, affine: image.affine, spacing: image.spacing } }
  })
}

/** The same with seg.nrrd files of different frames of an image that is there, as one export writes them, as one mask where the first of them was. */
function framesTogether(given: readonly GivenVolume[], known: readonly Volume[]): GivenVolume[] {
  const images = [...given.map(({ volume }) => volume), ...known].filter(({ size }) => size[3] > 1)
  const groups = new Map<string, Volume[]>()
  const groupOf = ({ role, volume: { name, size, affine, segments, samples, firstFrame } }: GivenVolume): string | null => {
    const ending = `-frame-${firstFrame + 1}.seg.nrrd`
    const written = name.endsWith(ending) && size[3] === 1 && samples instanceof Uint8Array
    return written ? JSON.stringify([role, name.slice(0, -ending.length), size, affine, segments]) : null
  }
  for (const one of given) {
    const key = groupOf(one)
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), one.volume])
  }
  return given.flatMap((one) => {
    const own = groups.get(groupOf(one) ?? '') ?? [one.volume]
    const frames = own.map(({ firstFrame }) => firstFrame)
    const [columns, rows, slices] = one.volume.size
    const [first, last] = [Math.min(...frames), Math.max(...frames)]
    const isTooLarge = columns * rows * slices * (last - first + 1) > maxVolumeBytes
    // Frames that were cut out of it are images of their own, with a mask each.
    const hasImage = images.some((image) => image.size[3] > last && liesOn(own[0]!, image))
    if (own.length === 1 || new Set(frames).size < own.length || isTooLarge || !hasImage) return [one]
    if (own[0] !== one.volume) return []
    const labels = own.map(({ firstFrame, samples }) => ({ frame: firstFrame - first, labels: samples as Uint8Array<ArrayBuffer> }))
    return [{ role: one.role, volume: { ...asOne(own, labels, [columns, rows, slices, last - first + 1]), firstFrame: first } }]
  })
}

/** Masks of different frames as one, in the name of the first. */
function asOne(masks: readonly Volume[], labels: readonly PlacedLabels[], size: Volume['size']): Volume {
  const [columns, rows, slices, frames] = size
  const each = columns * rows * slices
  const Samples = labels.some(({ labels: own }) => own instanceof Uint16Array) ? Uint16Array : Uint8Array
  const samples = new Samples(each * frames)
  for (const { frame, labels: own } of labels) samples.set(own, frame * each)
  const [first, second] = masks
  const others = masks.length > 2 ? `${masks.length - 1} other files, which are` : `"${second?.name}", which is`
  const notes = [...new Set(masks.flatMap((mask) => mask.notes))]
  if (second) notes.push(`Read as one mask with ${others} of other frames.`)
  return { ...first!, size, samples, notes }
}
