import { Gunzip } from 'fflate'
import { crc32 } from '../lib/crc32'
import type { GivenFile } from './given-file'
import { byteText } from './image-size'
import { InputError } from './input-error'

/** A file whose beginning has been read; if gzipped, its content. */
export interface OpenedFile {
  name: string
  gzipped: boolean
  /** The first 1,024 bytes, or all if fewer. */
  head: Uint8Array<ArrayBuffer>
  /**
   * Exactly these bytes, in their own memory; no more is allocated, however large the file.
   * @throws InputError if the file is damaged or ends before them
   */
  body(from: number, length: number): Promise<Uint8Array<ArrayBuffer>>
}

const headBytes = 1024

/** If a gzip has no more than this after the requested bytes, it is read to the end and its checksum verified. */
const slack = 2 ** 20

/** Compressed bytes inflated at once: 16 MB at deflate's best ratio, a thousand to one. */
const pieceBytes = 2 ** 14

/**
 * Reads the beginning of a file.
 * @throws InputError for a gzip that is damaged from the start
 */
export async function openFile(file: GivenFile): Promise<OpenedFile> {
  const { name } = file
  const start = await file.read(0, headBytes)
  if (!(start[0] === 0x1f && start[1] === 0x8b))
    return {
      name,
      gzipped: false,
      head: start,
      body: async (from, length) => {
        const bytes = from + length <= file.size ? await file.read(from, from + length) : null
        if (bytes?.length !== length) throw endsEarly(name, from + length, file.size)
        return bytes
      },
    }
  return { name, gzipped: true, head: await inflate(file, 0, headBytes, true), body: (from, length) => inflate(file, from, length, false) }
}

const endsEarly = (name: string, promised: number, size: number) =>
  new InputError(
    `"${name}" is cut short: it should hold ${byteText(promised)} but ends after ${byteText(size)}; copy or save it again.`,
    name,
  )

/**
 * Part of a gzip's content, by inflating piece by piece from its start and stopping soon after the part.
 * @param orLess returns what there is if the gzip ends earlier
 * @throws InputError
 */
async function inflate(file: GivenFile, from: number, length: number, orLess: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { name } = file
  const out = new Uint8Array(length)
  let total = 0
  let crc = 0
  let members = 1
  const gunzip = new Gunzip((chunk) => {
    const start = Math.max(from, total)
    const end = Math.min(from + length, total + chunk.length)
    if (start < end) out.set(chunk.subarray(start - total, end - total), start - from)
    total += chunk.length
    if (!orLess) crc = crc32(chunk, crc)
  })
  gunzip.onmember = () => members++
  const enough = from + length + (orLess ? 0 : slack)
  let at = 0
  let block: Uint8Array = new Uint8Array(0)
  // Blocks grow, so that reading the start is cheap and a large file takes few turns.
  for (let used = 0, size = pieceBytes; at < file.size && total < enough;) {
    if (used === block.length) {
      block = await file.read(at, at + size)
      used = 0
      size = Math.min(2 * size, 2 ** 20)
      if (block.length === 0) break
    }
    const piece = block.subarray(used, used + pieceBytes)
    used += piece.length
    at += piece.length
    try {
      gunzip.push(piece, at >= file.size)
    } catch {
      if (at >= file.size && total < from + length && !orLess) throw endsEarly(name, from + length, total)
      if (total >= from + length) break
      throw new InputError(`"${name}" is a damaged gzip archive; copy or save it again.`, name)
    }
  }
  if (total < from + length) {
    if (!orLess) throw endsEarly(name, from + length, total)
    return out.slice(0, Math.max(0, total - from))
  }
  // The last 8 bytes of a gzip are the checksum and length of its last member.
  if (!orLess && members === 1 && at >= file.size && total < enough) {
    const end = new DataView((await file.read(file.size - 8)).buffer)
    if (end.byteLength === 8 && end.getUint32(4, true) === total % 2 ** 32 && end.getUint32(0, true) !== crc)
      throw new InputError(`"${name}" is a damaged gzip archive: its checksum is wrong; copy or save it again.`, name)
  }
  return out
}
