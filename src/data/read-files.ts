import { loadOwn, throwLoadError } from '../lib/own-file'
import { yieldTask } from '../lib/yield-task'
import { headerBytes, isDetachedHeader, samplesFileOf } from './detached'
import { isDicom } from './dicom-mark'
import type { GivenFile } from './given-file'
import { isHdf5, readHdf5 } from './hdf5-file'
import { byteText, maxArchiveSamples, maxVolumeBytes } from './image-size'
import { isJpeg, readJpegVolume } from './jpeg-file'
import { InputError } from './input-error'
import { isMgh, readMgh } from './mgh-file'
import { niftiKind, readNifti } from './nifti-file'
import { isNpy, isPictureArray, readNpy } from './npy-file'
import { openFile } from './opened-file'
import { isPng, readPngVolume } from './png-file'
import { isTiff, readTiff } from './tiff-file'
import type { Volume } from './volume'
import { isJunk, isZip, makeBudget, readZip, type Budget } from './zip-file'

/** The result of reading files. */
export interface ReadFiles {
  volumes: Volume[]
  problems: InputError[]
}

/**
 * Reads files of any known kind, recognised by their first bytes; zips are opened, DICOM files are assembled into series, and files that
 * operating systems leave in folders are skipped. A file that cannot be read becomes a problem, and the others are read.
 *
 * Files of a zip are called "archive.zip/path", so that masks.zip/p1.png is recognised as a mask; but just "path" if the zip was given alone.
 * @param progress called after each file, counting the files inside zips
 * @throws LoadError if a reader could not be loaded, which is no file's fault
 */
export async function readFiles(files: readonly GivenFile[], progress: (done: number, of: number) => void = () => {}): Promise<ReadFiles> {
  const result: ReadFiles = { volumes: [], problems: [] }
  const given = files.filter(({ name }) => !isJunk(name))
  const budget = makeBudget()
  const flat = await openZips(given, { budget, depth: 0, alone: given.length === 1 }, result.problems)
  const asGiven = new Set(given)
  const samplesOf = await samplesFiles(flat)
  const taken = new Set(samplesOf.values())
  const dicom: GivenFile[] = []
  let done = 0
  for (const file of flat) {
    try {
      const unpacked = asGiven.has(file) ? null : budget
      const read = taken.has(file) ? nothing : await readOne(file, samplesOf.get(file) ?? null, unpacked ?? makeBudget())
      if (read === 'dicom') {
        dicom.push(file)
        continue
      }
      if (unpacked) spend(unpacked, read.volumes, file.name)
      result.volumes.push(...read.volumes)
      result.problems.push(...read.problems)
    } catch (error) {
      result.problems.push(asProblem(error, file.name))
    }
    progress(++done, flat.length)
    await yieldTask()
  }
  if (dicom.length > 0) {
    try {
      const { readDicom } = await loadOwn('The reader of DICOM files', () => import('./dicom'))
      const { volumes, problems } = await readDicom(dicom)
      result.volumes.push(...volumes)
      result.problems.push(...problems)
    } catch (error) {
      result.problems.push(...dicom.map(({ name }) => asProblem(error, name)))
    }
    progress(flat.length, flat.length)
  }
  for (const volume of result.volumes) noteNonFinite(volume)
  return result
}

/** Counts what was read out of a zip. @throws InputError where there is no room for it */
function spend(budget: Budget, volumes: readonly Volume[], name: string): void {
  const bytes = volumes.reduce((sum, { samples }) => sum + samples.byteLength, 0)
  if (bytes > budget.samples)
    throw new InputError(
      `"${name}" is left out: with it the images out of zips would take more than ${byteText(maxArchiveSamples)}; unpack them and give fewer.`,
      name,
    )
  budget.samples -= bytes
}

/**
 * Reading a file may fail for outside reasons (it was moved, memory is short), and then this is the sentence.
 * @throws LoadError if it is not about the file
 */
function asProblem(error: unknown, name: string): InputError {
  throwLoadError(error)
  if (error instanceof InputError) return error
  return new InputError(`"${name}" cannot be read (${String((error as Error)?.message ?? error)}); give it again.`, name)
}

/** The sample file of each detached header, if given. */
export async function samplesFiles(files: readonly GivenFile[]): Promise<Map<GivenFile, GivenFile>> {
  const headers = files.filter(({ name }) => isDetachedHeader(name))
  const found = new Map<GivenFile, GivenFile>()
  if (headers.length === 0) return found
  const byName = new Map(files.map((file) => [file.name.toLowerCase(), file]))
  for (const header of headers) {
    // A file that cannot be read is reported when its turn comes.
    const head = await header.read(0, headerBytes).catch(() => new Uint8Array(0))
    const file = byName.get(samplesFileOf(header.name, head)?.toLowerCase() ?? '')
    if (file && file !== header) found.set(header, file)
  }
  return found
}

const nothing: ReadFiles = { volumes: [], problems: [] }

/** The files, with zips replaced by their contents; zips inside zips are opened too, but no deeper. */
async function openZips(
  files: readonly GivenFile[],
  { budget, depth, alone }: { budget: Budget; depth: number; alone: boolean },
  problems: InputError[],
): Promise<GivenFile[]> {
  const flat: GivenFile[] = []
  for (const file of files) {
    try {
      if (!isZip(await file.read(0, 4)) || /\.npz$/i.test(file.name)) {
        flat.push(file)
        continue
      }
      if (depth > 1) throw new InputError(`"${file.name}" is a zip in a zip in a zip; unpack it first.`, file.name)
      const inside = await readZip(file, budget)
      problems.push(...inside.problems)
      const named = alone ? inside.files : inside.files.map((inner) => ({ ...inner, name: `${file.name}/${inner.name}` }))
      flat.push(...(await openZips(named, { budget, depth: depth + 1, alone: false }, problems)))
      if (inside.files.length + inside.problems.length === 0)
        throw new InputError(`"${file.name}" is an empty zip; put the images in it.`, file.name)
    } catch (error) {
      problems.push(asProblem(error, file.name))
    }
  }
  return flat
}

/** @param samples the file with its samples, if separate @param budget for a file that is a zip itself @returns 'dicom' for a file to be read with its series */
async function readOne(file: GivenFile, samples: GivenFile | null, budget: Budget): Promise<ReadFiles | 'dicom'> {
  const { name } = file
  const opened = await openFile(file)
  const { head } = opened
  const one = (volume: Volume): ReadFiles => ({ volumes: [volume], problems: [] })
  if (head.length === 0) throw new InputError(`"${name}" is empty; copy or save it again.`, name)
  const nifti = niftiKind(head)
  if (nifti) return one(await readNifti(opened, samples))
  if (isNpy(head)) return one(await readNpy(opened))
  if (isMgh(head)) return one(await readMgh(opened))
  if (opened.gzipped) throw new InputError(`"${name}" is a gzip archive of something other than a NIfTI volume; unpack it first.`, name)

  // A DICOM file may also start like a TIFF, so that programs for either can open it.
  if (ascii(head, 128, 4) === 'DICM') return 'dicom'
  if (isTiff(head)) return one(await readTiff(file))
  if (isHdf5(head)) return chosenArray(file, await readHdf5(file))
  if (isZip(head)) return chosenArray(file, await readNpz(file, budget))
  if (isNrrdOrMha(head)) return one(await readNrrdOrMha(file, samples))
  const start = { name, bytes: head }
  if (isPng(start) || isJpeg(start)) {
    if (file.size > maxVolumeBytes)
      throw new InputError(
        `"${name}" has ${byteText(file.size)}, over the limit of ${byteText(maxVolumeBytes)}; scale it down first.`,
        name,
      )
    const whole = { name, bytes: await file.read() }
    return one(isPng(start) ? readPngVolume(whole) : readJpegVolume(whole))
  }
  if (isDicom(head, name)) return 'dicom'
  throw unknown(name, head)
}

async function readNrrdOrMha(file: GivenFile, samples: GivenFile | null): Promise<Volume> {
  const { readItkImage } = await loadOwn('The reader of NRRD and MHA files', () => import('./itk-image'))
  return readItkImage(file, samples)
}

const isNrrdOrMha = (head: Uint8Array) =>
  ascii(head, 0, 4) === 'NRRD' || /^\s*(ObjectType|ObjectSubType|NDims|Comment)\s*=/.test(ascii(head, 0, 64))

/** A .npz file is a zip of .npy files; those with two to four axes of numbers are read, as "a.npz/name". */
async function readNpz(file: GivenFile, budget: Budget): Promise<ReadFiles> {
  const { files, problems } = await readZip(file, budget)
  const result: ReadFiles = { volumes: [], problems }
  for (const inner of files)
    try {
      const array = inner.name.replace(/\.npy$/i, '')
      const opened = await openFile({ ...inner, name: `${file.name}/${array}` })
      if (isNpy(opened.head) && (await isPictureArray(opened))) result.volumes.push(await readNpy(opened, array))
    } catch (error) {
      problems.push(asProblem(error, `${file.name}/${inner.name}`))
    }
  if (result.volumes.length + problems.length === 0)
    throw new InputError(`"${file.name}" holds no array of two to four axes of numbers; save the image as such an array.`, file.name)
  return result
}

/** The requested array of a file, or all if none was requested. @throws InputError if it is missing */
function chosenArray({ name, array }: GivenFile, { volumes, problems }: ReadFiles): ReadFiles {
  if (array === undefined) return { volumes, problems }
  const chosen = {
    volumes: volumes.filter((one) => one.array === array),
    problems: problems.filter(({ file }) => file === `${name}/${array}`),
  }
  if (chosen.volumes.length + chosen.problems.length > 0) return chosen
  const known = volumes.map((one) => one.array).join(', ')
  throw new InputError(`"${name}" holds no readable array "${array}"; it has ${known || 'none'}.`, name)
}

const asPicture = 'save it as PNG, TIFF, NIfTI or DICOM'
const asArray = 'save the array as .npy, or the volume as NIfTI (niftiwrite)'

/** Unsupported formats that people try, by the bytes at an offset, and what to do about them. */
const others: [name: string, offset: number, start: string, advice?: string][] = [
  ['a GIF', 0, 'GIF8'],
  ['a BMP', 0, 'BM'],
  ['a WebP image', 8, 'WEBP'],
  ['a HEIC or AVIF image', 4, 'ftyp'],
  ['a JPEG 2000 image', 4, 'jP  '],
  ['a PDF', 0, '%PDF'],
  ['a RAR archive', 0, 'Rar!', 'unpack it first'],
  ['a 7-Zip archive', 0, '7z\xbc\xaf', 'unpack it first'],
  ['an Analyze header', 0, '\x5c\x01\0\0'],
  ['an Analyze header', 0, '\0\0\x01\x5c'],
  ['MINC 1 or another netCDF file', 0, 'CDF', 'convert it with mincconvert -2 or mnc2nii'],
  ['a MATLAB file', 0, 'MATLAB 5.0 MAT-file', asArray],
  ['a MATLAB file', 0, 'MATLAB 7.3 MAT-file', asArray],
]

/** Extensions of files that hold only numbers. */
const bare = /\.(raw|zraw|img)$/i

function unknown(name: string, head: Uint8Array): InputError {
  const isText = head.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
  const known = others.find(([, offset, start]) => ascii(head, offset, start.length) === start)
  if (!known && bare.test(name))
    return new InputError(
      `"${name}" is not an image format that can be read here: it holds bare numbers; give its header too (.mhd, .nhdr, .hdr).`,
      name,
    )
  const looks = known?.[0] ?? (isText ? 'text' : null)
  return new InputError(
    `"${name}" is not an image format that can be read here${looks ? ` but looks like ${looks}` : ''}; ${known?.[3] ?? asPicture}.`,
    name,
  )
}

/** Voxels that are not finite are kept, but left out of statistics. */
function noteNonFinite({ samples, notes }: Volume): void {
  if (!(samples instanceof Float32Array || samples instanceof Float64Array)) return
  let count = 0
  for (let i = 0; i < samples.length; i++) if (!Number.isFinite(samples[i]!)) count++
  if (count > 0) notes.push(`${count.toLocaleString('en-US')} ${count === 1 ? 'value is' : 'values are'} not finite (NaN or infinite).`)
}

const ascii = (bytes: Uint8Array, from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length))
