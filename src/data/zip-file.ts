import { inflateSync, strFromU8 } from 'fflate'
import { crc32 } from '../lib/crc32'
import { fromBytes, type GivenFile } from './given-file'
import { byteText, maxArchiveBytes, maxArchiveFiles, maxArchiveSamples, maxListBytes } from './image-size'
import { InputError } from './input-error'

export const isZip = (head: Uint8Array): boolean =>
  head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6))

/** What may still come out of all zips together, so that nested zips do not add up. */
export interface Budget {
  /** Bytes of unpacked files. */
  left: number
  /** Bytes of the samples of the images in them. */
  samples: number
}
export const makeBudget = (): Budget => ({ left: maxArchiveBytes, samples: maxArchiveSamples })

/** A file in a zip, as listed in the central directory. */
export interface ZipEntry {
  /** Path inside the zip. */
  name: string
  /** Bytes, unpacked. */
  size: number
  /** Unpacks this file alone. @throws InputError if it is damaged, encrypted, packed in an unusual way, or larger than all that a zip may hold */
  read(): Promise<Uint8Array<ArrayBuffer>>
}

/** Deflate's best ratio is a little over a thousand to one; a larger claim is false. */
const maxRatio = 1040

/** Files added by operating systems and discs. */
const junk = /(^|\/)(__MACOSX\/.*|\.DS_Store|Thumbs\.db|desktop\.ini|DICOMDIR|\._[^/]*|\.Spotlight-V100\/.*|\.Trashes\/.*)$/i

export const isJunk = (name: string): boolean => junk.test(name.replaceAll('\\', '/'))

/**
 * The files in a zip, unpacked, without folders and junk; names are the paths inside. Files that cannot be unpacked become problems.
 * @throws InputError if the archive as a whole cannot be read, or would exceed the remaining budget
 */
export async function readZip(file: GivenFile, budget: Budget): Promise<{ files: GivenFile[]; problems: InputError[] }> {
  const { name } = file
  if (file.size > maxArchiveBytes) throw tooLarge(name, file.size)
  const entries = (await listZip(file)).filter((entry) => !entry.name.endsWith('/') && !isJunk(entry.name))
  const total = entries.reduce((sum, { size }) => sum + size, 0)
  if (total > budget.left) throw tooLarge(name, total)
  budget.left -= total

  const files: GivenFile[] = []
  const problems: InputError[] = []
  for (const entry of entries) {
    try {
      files.push(fromBytes(entry.name.replaceAll('\\', '/'), await entry.read()))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
    }
  }
  return { files, problems }
}

const tooLarge = (name: string, size: number) =>
  new InputError(
    `"${name}" holds ${byteText(size)}, over the limit of ${byteText(maxArchiveBytes)}; unpack it and give only the files that are needed.`,
    name,
  )

/** The end of a zip: 22 bytes, and a comment of up to 65,535. */
const [endBytes, mostComment] = [22, 65_535]

/** The position of the central directory from the 64-bit record, for larger numbers (APPNOTE 4.3.14, 4.3.15). */
async function longEnd(file: GivenFile, end: number): Promise<{ count: number; length: number; start: number } | null> {
  const locator = viewOf(await file.read(end - 20, end))
  if (locator.byteLength < 20 || locator.getUint32(0, true) !== 0x07064b50) return null
  const at = Number(locator.getBigUint64(8, true))
  const record = viewOf(await file.read(at, at + 56))
  if (record.byteLength < 56 || record.getUint32(0, true) !== 0x06064b50) return null
  const number = (offset: number) => Number(record.getBigUint64(offset, true))
  return { count: number(32), length: number(40), start: number(48) }
}

/** What a zip lists; null for any other file, and for a zip whose list cannot be read. */
export async function entriesIn(file: GivenFile): Promise<ZipEntry[] | null> {
  try {
    return isZip(await file.read(0, 4)) ? await listZip(file) : null
  } catch {
    // Whatever is wrong with it, whoever reads it says.
    return null
  }
}

/**
 * The contents of a zip, from the central directory at its end (APPNOTE 4.3.12, 4.3.16); nothing else is read.
 * @throws InputError for a zip that is damaged, cut short, or one part of several
 */
export async function listZip(file: GivenFile): Promise<ZipEntry[]> {
  const { name } = file
  const broken = () => new InputError(`"${name}" is a zip that is damaged or cut short; copy or save it again.`, name)
  const tailStart = Math.max(0, file.size - endBytes - mostComment)
  const tail = viewOf(await file.read(tailStart))
  let end = tail.byteLength - endBytes
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0 || tail.getUint16(end + 8, true) !== tail.getUint16(end + 10, true)) throw broken()
  const short = { count: tail.getUint16(end + 10, true), length: tail.getUint32(end + 12, true), start: tail.getUint32(end + 16, true) }
  const long = short.count === 0xffff || short.start === 0xffff_ffff
  const { count, length, start } = (long && (await longEnd(file, tailStart + end))) || short
  if (!(start + length <= file.size)) throw broken()
  if (length > maxListBytes || count > maxArchiveFiles)
    throw new InputError(
      `"${name}" lists more than ${maxArchiveFiles.toLocaleString('en-US')} files; unpack it and give only those that are needed.`,
      name,
    )

  const directory = await file.read(start, start + length)
  const view = viewOf(directory)
  const entries: ZipEntry[] = []
  for (let at = 0; entries.length < count;) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50) throw broken()
    const nameEnd = at + 46 + view.getUint16(at + 28, true)
    if (nameEnd > directory.length) throw broken()
    const flags = view.getUint16(at + 8, true)
    entries.push(
      entryOf(file, {
        // Without the flag the encoding is unknown; the first 256 characters of Unicode lose nothing.
        name: strFromU8(directory.subarray(at + 46, nameEnd), (flags & 0x800) === 0),
        encrypted: (flags & 1) !== 0,
        method: view.getUint16(at + 10, true),
        checksum: view.getUint32(at + 16, true),
        packed: view.getUint32(at + 20, true),
        size: view.getUint32(at + 24, true),
        offset: view.getUint32(at + 42, true),
      }),
    )
    at = nameEnd + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return entries
}

/** A file's entry in the central directory. */
interface Listed {
  name: string
  encrypted: boolean
  /** 0 stored, 8 deflated. */
  method: number
  checksum: number
  /** Compressed and unpacked bytes. */
  packed: number
  size: number
  /** Offset of its local header. */
  offset: number
}

function entryOf(file: GivenFile, { name, encrypted, method, checksum, packed, size, offset }: Listed): ZipEntry {
  const unpack = async (): Promise<Uint8Array<ArrayBuffer> | null> => {
    if (encrypted || (method !== 0 && method !== 8) || size > (packed + 100) * maxRatio) return null
    const header = await file.read(offset, offset + 30)
    if (header.length < 30) return null
    const view = viewOf(header)
    const from = offset + 30 + view.getUint16(26, true) + view.getUint16(28, true)
    const data = await file.read(from, from + packed)
    try {
      return method === 0 ? data : inflateSync(data, { out: new Uint8Array(size) })
    } catch {
      return null
    }
  }
  const read = async () => {
    if (size > maxArchiveBytes) throw tooLarge(file.name, size)
    const bytes = await unpack()
    if (bytes?.length === size && crc32(bytes) === checksum) return bytes
    const inner = name.replaceAll('\\', '/')
    throw new InputError(
      `"${inner}" in "${file.name}" is damaged, encrypted or packed in an unusual way; unpack the zip and give its files.`,
      inner,
    )
  }
  return { name, size, read }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
