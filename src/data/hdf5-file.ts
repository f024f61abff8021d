import { unzlibSync } from 'fflate'
import { loadOwn } from '../lib/own-file'
import { axesOf, inOrder, isPicture } from './array-axes'
import type { GivenFile } from './given-file'
import { byteText, checkVolume } from './image-size'
import { InputError } from './input-error'
import { isMinc, readMinc, type MincItem } from './minc-file'
import { arrays } from './number-type'
import { makeVolume, type Volume } from './volume'

export const isHdf5 = (head: Uint8Array): boolean => [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => head[i] === byte)

/** jsfive holds each number as a JavaScript value, and larger arrays become hash tables, a hundred times slower. */
const maxValues = 2 ** 25

/** Bytes of a whole file, which jsfive holds in memory. */
const maxBytes = 2 ** 29

/** Largest unpacked chunk; h5py makes chunks of about 1 MB. */
const maxChunkBytes = 2 ** 28

/** jsfive returns JavaScript numbers: 64-bit integers and half floats have to fit another type. */
const held = { ...arrays, u8: Float64Array, i8: Float64Array, f2: Float32Array }

/** The part of jsfive in use, which has no types. */
interface Dataset {
  shape: number[]
  dtype: unknown
  value: ArrayLike<number | bigint>
  fillvalue: number
  _dataobjects: { chunks: number[] | null }
}
interface Group {
  keys: string[]
  get(name: string): Group | Dataset | null
}
interface Jsfive {
  File: new (bytes: ArrayBuffer, name: string) => Group & MincItem
  Filters: Map<number, (bytes: ArrayBuffer) => ArrayBufferLike>
}

/**
 * Reads every array of two to four axes of numbers in an HDF5 file, in all its groups, as "a.h5/group/name"; the axes are those of numpy.
 * @returns the arrays that could be read, and problems with the others
 * @throws InputError if there is nothing to read
 */
export async function readHdf5(file: GivenFile): Promise<{ volumes: Volume[]; problems: InputError[] }> {
  const { name } = file
  if (file.size > maxBytes)
    throw new InputError(
      `"${name}" has ${byteText(file.size)}, over the limit of ${byteText(maxBytes)} for HDF5; save it as .npy or NIfTI.`,
      name,
    )
  // @ts-expect-error jsfive has no types.
  const jsfive = await loadOwn('The reader of HDF5 files', () => import('jsfive') as Promise<Jsfive>)
  // The library's own does not limit the size of an unpacked chunk. GZIP is filter number 1.
  jsfive.Filters.set(1, (bytes) => inflate(new Uint8Array(bytes)))
  const damaged = () =>
    new InputError(`"${name}" is an HDF5 file that is damaged or of an unsupported kind; save it as .npy or NIfTI.`, name)
  const volumes: Volume[] = []
  const problems: InputError[] = []
  const found: { path: string; dataset: Dataset }[] = []
  try {
    const root = new jsfive.File((await file.read()).buffer, name)
    if (isMinc(root)) return { volumes: [readMinc(name, root)], problems: [] }
    collect(root, '', found)
  } catch (error) {
    if (error instanceof InputError) throw error
    // The library throws strings, and any error caused by a wrong offset.
    throw damaged()
  }
  for (const { path, dataset } of found)
    try {
      const volume = readDataset(name, path, dataset)
      if (volume) volumes.push(volume)
    } catch (error) {
      problems.push(
        error instanceof InputError
          ? error
          : new InputError(`"${name}/${path}" is damaged or of an unsupported kind; save it as .npy or NIfTI.`, `${name}/${path}`),
      )
    }
  if (volumes.length + problems.length === 0)
    throw new InputError(`"${name}" holds no array of two to four axes of numbers; save the image as such an array.`, name)
  return { volumes, problems }
}

/** The unpacked size is not known beforehand, so the buffer grows until it is large enough. */
function inflate(packed: Uint8Array): ArrayBufferLike {
  for (let room = Math.max(2 ** 16, packed.length * 8); room <= maxChunkBytes * 2; room *= 8) {
    const out = unzlibSync(packed, { out: new Uint8Array(Math.min(room, maxChunkBytes)) })
    if (out.length < Math.min(room, maxChunkBytes)) return out.slice().buffer
  }
  throw new Error('A chunk is too large.')
}

function collect(group: Group, path: string, found: { path: string; dataset: Dataset }[], depth = 0): void {
  for (const key of group.keys) {
    // Links may form a cycle.
    if (found.length > 1000 || depth > 16) throw new Error('too many groups')
    const item = group.get(key)
    if (!item) continue
    if ('keys' in item && !Array.isArray(item)) collect(item, `${path}${key}/`, found, depth + 1)
    else found.push({ path: path + key, dataset: item as Dataset })
  }
}

/** Null for anything that is not a picture, such as text or a list of numbers. */
function readDataset(file: string, array: string, dataset: Dataset): Volume | null {
  const name = `${file}/${array}`
  const { shape, dtype } = dataset
  const type = typeof dtype === 'string' ? /^[<>|=]?([uif][1248])$/.exec(dtype)?.[1] : undefined
  if (!type || !(type in held) || !isPicture(shape, type === 'u1')) return null
  const axes = axesOf(name, shape, type === 'u1')
  const { size, channels, frameMeans, notes } = axes
  const Numbers = held[type as keyof typeof held]
  checkVolume(name, size, channels * Numbers.BYTES_PER_ELEMENT)
  const length = shape.reduce((a, b) => a * b)
  const inChunk = dataset._dataobjects.chunks?.reduce((a, b) => a * b) ?? 0
  if (length > maxValues || inChunk > maxValues)
    throw new InputError(
      `"${name}" has ${length.toLocaleString('en-US')} numbers, over the limit for HDF5; save it as .npy or NIfTI.`,
      name,
    )

  const values = dataset.value
  if (values.length !== length && values.length !== 0) throw new Error('Some of the array is missing.')
  const stored = new Numbers(length)
  // Data never written have no chunk and read as the fill value.
  const fill = values.length === 0 || inChunk > 0 ? Number(dataset.fillvalue) : 0
  for (let i = 0; i < length; i++) {
    const value = values[i] === undefined ? fill : Number(values[i])
    if (type[1] === '8' && type[0] !== 'f' && !Number.isSafeInteger(value))
      throw new InputError(`"${name}" holds whole numbers of 64 bits beyond 9,007,199,254,740,991; save it with 32 bits or fewer.`, name)
    stored[i] = value
  }
  const samples = inOrder(stored, axes)
  return makeVolume({ name, array, kind: 'hdf5', size, frameMeans, channels, alpha: channels === 4, samples, notes })
}
