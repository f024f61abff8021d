import { throwLoadError } from '../lib/own-file'
import { affineOf, isParallel, pixelSpacing } from './dicom-geometry'
import { identifiersIn } from './dicom-identifiers'
import { frameGroup, headerOf, numberOf, readElements, textOf, tooLarge, type DicomHeader } from './dicom-header'
import { maxVolumeBytes } from './image-size'
import { cutTile } from './dicom-mosaic'
import { paletteOf, readFrames } from './dicom-pixels'
import { isStructureSet, readStructures } from './dicom-rt'
import { readSegmentation } from './dicom-seg'
import { planesOf, stack, type DicomPlane } from './dicom-stack'
import type { GivenFile } from './given-file'
import { InputError } from './input-error'
import { planeName } from './slices'
import { makeVolume, spacingOf, type Samples, type Triple, type Volume } from './volume'

/**
 * Reads DICOM files: series, single pictures, multi-frame files, segmentations, structure sets.
 * @param files in any order, of any number of series and patients
 * @returns a volume for each series and orientation, and a sentence for each unusable file; the others load
 */
export async function readDicom(files: readonly GivenFile[]): Promise<{ volumes: Volume[]; problems: InputError[] }> {
  const problems: InputError[] = []
  const volumes: Named[] = []
  const groups = new Map<string, DicomPlane[][]>()
  /** By SOP instance UID. */
  const versions = new Map<string, Version[]>()
  /** Runs `read`, and records what is wrong with the file. */
  const attempt = async <T>(file: GivenFile, read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read()
    } catch (error) {
      throwLoadError(error)
      problems.push(error instanceof InputError ? error : unreadable(file))
      return null
    }
  }

  const repeated = new Map<DicomPlane[], number>()
  for (const file of files) {
    const elements = await attempt(file, () => readElements(file))
    if (!elements) continue
    if (isStructureSet(elements)) {
      const volume = await attempt(file, () => Promise.resolve(readStructures(elements)))
      if (volume) volumes.push({ volume, description: textOf(elements.data, 'x30060002') })
      continue
    }
    const header = await attempt(file, () => Promise.resolve(headerOf(elements)))
    if (!header) continue
    if (isSegmentation(header)) {
      const volume = await attempt(file, () => readSegmentation(header))
      if (volume) volumes.push({ volume, description: textOf(header.data, 'x0008103e') })
      continue
    }
    const planes = await attempt(file, () => Promise.resolve(planesOf(header)))
    if (!planes) continue
    const instance = textOf(header.data, 'x00080018')
    const others = (instance && versions.get(instance)) || []
    let copy: Version | undefined
    for (const other of others) if (!copy && (await isSameFile(other.file, file))) copy = other
    if (copy) {
      repeated.set(copy.group, (repeated.get(copy.group) ?? 0) + 1)
      continue
    }
    // Without positions, pictures of a series may be unrelated. The same picture encoded differently, for example compressed,
    // counts as another series.
    const alone = !planes[0]!.geometry
    if (header.frames > 1) {
      const parts = byOrientation(planes)
      groups.set('', [...(groups.get('') ?? []), ...parts])
      if (instance) versions.set(instance, [...others, { file, group: parts[0]! }])
      continue
    }
    const { columns, rows } = header
    const { type, channels } = planes[0]!.layout
    const key = [textOf(header.data, 'x0020000e'), columns, rows, type.name, channels, others.length].join('\0')
    const list = groups.get(alone ? '' : key) ?? []
    const group = alone ? undefined : list.find((other) => isParallel(other[0]!.geometry!, planes[0]!.geometry!))
    if (group) group.push(...planes)
    else groups.set(alone ? '' : key, [...list, planes])
    if (instance) versions.set(instance, [...others, { file, group: group ?? planes }])
  }

  for (const group of [...groups.values()].flat()) {
    // Files that cannot be decoded are left out, and the rest are assembled.
    for (let planes = group; planes.length > 0;) {
      const built = await attempt(planes[0]!.header.file, () => assemble(planes))
      if (!built) break
      if (!('failed' in built)) {
        const count = repeated.get(group)
        if (count)
          built.notes.push(
            count === 1 ? 'One file was given twice; the copy was left out.' : `${count} files are copies of others and were left out.`,
          )
        // Several orientations in one file are each named after their own: "scan axial.dcm".
        const plane = built.origin.format === 'dicom' && built.origin.frames ? planeName(built, 2) : null
        if (plane) built.name = built.name.replace(/(\.\w+)?$/, ` ${plane}$&`)
        volumes.push({ volume: built, description: textOf(planes[0]!.header.data, 'x0008103e') })
        break
      }
      const { failed } = built
      problems.push(...failed.values())
      planes = planes.filter(({ header }) => !failed.has(header.file))
    }
  }
  return { volumes: withNames(volumes), problems }
}

/** The frames of a file, split by orientation, as in a localizer; together if some have no position. */
function byOrientation(planes: DicomPlane[]): DicomPlane[][] {
  if (!planes.every(({ geometry }) => geometry)) return [planes]
  const parts: DicomPlane[][] = []
  for (const plane of planes) {
    const part = parts.find(([first]) => isParallel(first!.geometry!, plane.geometry!))
    if (part) part.push(plane)
    else parts.push([plane])
  }
  return parts
}

const unreadable = ({ name }: GivenFile) =>
  new InputError(`"${name}" is a damaged or unusual DICOM file; export it again from the program that made it.`, name)

/** A file with a picture, and its group. */
interface Version {
  file: GivenFile
  group: DicomPlane[]
}

/** Whether two files are copies of each other. */
async function isSameFile(a: GivenFile, b: GivenFile): Promise<boolean> {
  if (a.size !== b.size) return false
  const [bytes, others] = [await a.read(), await b.read()]
  return bytes.every((byte, i) => byte === others[i])
}

const segmentationStorage = ['1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.66.7']
const isSegmentation = ({ data }: DicomHeader) =>
  segmentationStorage.includes((data.string('x00080016') ?? '').trim()) ||
  (data.string('x00080060') === 'SEG' && !!data.elements['x00620002'])

/** Decodes the pictures of a group into one volume, or reports which files cannot be decoded. */
async function assemble(group: readonly DicomPlane[]): Promise<Volume | { failed: Map<GivenFile, InputError> }> {
  const { planes, slices, frames, step, notes } = stack(group)
  const first = planes[0]!
  const { header, layout } = first
  const { file, data } = header
  const { rows, columns } = first.tile ?? header
  const each = rows * columns * layout.channels
  const files = [...new Set(planes.map((plane) => plane.header.file))]
  const name = files.length === 1 ? file.name : folderOf(files) || textOf(data, 'x0008103e') || file.name

  const rescaled = planes.some(({ slope, intercept }) => slope !== first.slope || intercept !== first.intercept)
  const type = rescaled ? Float32Array : layout.type
  if (each * planes.length * type.BYTES_PER_ELEMENT > maxVolumeBytes) throw tooLarge(name)
  const samples: Samples = new type(each * planes.length)
  const put = (index: number, frame: Samples) => {
    const { slope, intercept, tile } = planes[index]!
    const own = tile ? cutTile(frame, header.columns, layout.channels, tile) : frame
    if (rescaled) for (let i = 0; i < each; i++) samples[index * each + i] = slope * own[i]! + intercept
    else samples.set(own, index * each)
  }
  // A frame is decoded once, however many slices it holds.
  const sharing = new Map<string, number[]>()
  for (const [index, plane] of planes.entries()) {
    const key = `${files.indexOf(plane.header.file)} ${plane.frame}`
    sharing.set(key, [...(sharing.get(key) ?? []), index])
  }
  const shares = [...sharing.values()]
  const errors = await readFrames(
    shares.map(([index]) => planes[index!]!),
    (share, frame) => shares[share]!.forEach((index) => put(index, frame)),
  )
  if (errors.size > 0) return { failed: new Map([...errors].map(([share, error]) => [planes[shares[share]![0]!]!.header.file, error])) }

  const affine = first.geometry && step ? affineOf(first.geometry, step) : null
  const flat = pixelSpacing(header, first.frame)
  const thickness = numberOf(data, 'x00180088') ?? numberOf(data, 'x00180050') ?? 0
  const spacing: Triple | null = affine ? spacingOf(affine) : flat ? [flat[0], flat[1], thickness > 0 ? thickness : 1] : null
  const voi = frameGroup(header, first.frame, 'x00289132')
  const [center, width] = [numberOf(voi, 'x00281050'), numberOf(voi, 'x00281051')]
  if (rescaled) notes.push('Slices have different rescale slopes, so their values were computed slice by slice.')
  if (data.elements['x00283000'] && layout.channels === 1)
    notes.push('The file has a table of values (Modality LUT), which is not applied.')
  const own = planes.map(({ frame }) => frame)
  const parted = files.length === 1 && own.length < header.frames
  if (parted) notes.push(`The file has frames of several orientations; this volume has ${own.length} of ${header.frames}.`)
  if (first.tile) notes.push(`Each file is a mosaic of ${planes.length / files.length} slices, which were separated.`)
  const grey = layout.channels === 1 && layout.photometric !== 'PALETTE COLOR'
  return makeVolume({
    name,
    kind: 'dicom',
    patient: textOf(data, 'x00100020') || null,
    identifiers: identifiersIn(data),
    size: [columns, rows, slices, frames],
    samples,
    channels: layout.channels,
    palette: paletteOf(header, layout),
    slope: rescaled || !grey ? 1 : first.slope,
    intercept: rescaled || !grey ? 0 : first.intercept,
    inverted: layout.photometric === 'MONOCHROME1',
    spacing,
    stepKnown: affine !== null || thickness > 0,
    affine,
    window: grey && center !== null && width !== null && width >= 1 ? { center, width } : null,
    modality: textOf(data, 'x00080060') || null,
    notes,
    origin: { format: 'dicom', files, ...(parted && { frames: own }), ...(first.tile && { mosaic: true }) },
  })
}

/** The last name of the folder that holds all files, or nothing. */
function folderOf(files: readonly GivenFile[]): string {
  const folders = files.map(({ name }) => name.split('/').slice(0, -1))
  const shared = folders.reduce((a, b) => a.slice(0, a.findIndex((part, i) => part !== b[i]) >>> 0))
  return shared.at(-1) ?? ''
}

interface Named {
  volume: Volume
  description: string
}

/** Several series of one folder are told apart by their descriptions, else by a number. */
function withNames(volumes: readonly Named[]): Volume[] {
  const counts = new Map<string, number>()
  for (const { volume } of volumes) counts.set(volume.name, (counts.get(volume.name) ?? 0) + 1)
  const used = new Set<string>()
  return volumes.map(({ volume, description }) => {
    const base = counts.get(volume.name)! > 1 && description ? `${volume.name} ${description}` : volume.name
    let name = base
    for (let n = 2; used.has(name); n++) name = `${base} (${n})`
    used.add(name)
    return { ...volume, name }
  })
}
