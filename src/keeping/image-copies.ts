/** Copies of the files that a run was given, one after another in a single file of its folder: thousands of files would take seconds to make. */
import type { GivenFile } from '../data/given-file'
import { concat } from '../lib/concat'
import type { RoleFile } from '../session/given-files'
import type { KeptFile, KeptRun } from './kept-run'
import type { Disk } from './storage'

const images = 'images'

/** At most so much of a run's images is copied; docs/files.md and the page say it. */
export const mostImageBytes = 1e9

/** Read and written at once; the run waits meanwhile. */
const pieceBytes = 8e6

/** A file of the run, and its copy once there is one. */
export interface Given extends RoleFile {
  batch: number
  kept: KeptFile | null
}

/** Where the copies end. */
const endOf = (files: readonly KeptFile[]): number => Math.max(0, ...files.map(({ at, bytes }) => (at === null ? 0 : at + bytes)))

/** What has been copied, or is too large, of each file; what is still to come is not among them. */
export const recordOf = (given: readonly Given[]): KeptFile[] => given.flatMap(({ kept }) => kept ?? [])

/**
 * Copies what has no copy yet, the smallest first, so that as few files as possible have to be given again. A file that can no longer be read
 * gets none.
 * @param room bytes that may be written
 * @param aside runs a piece of work while no step is taken
 * @throws what the disk throws; what was copied before stays
 */
export async function copyImages(
  given: readonly Given[],
  folder: string,
  disk: Disk,
  room: number,
  aside: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const left = given.filter(({ kept }) => kept === null).sort((a, b) => a.file.size - b.file.size)
  let end = endOf(recordOf(given))
  let budget = Math.min(mostImageBytes - end, room)
  const record = (one: Given, copied: boolean) => {
    const { role, file, batch } = one
    one.kept = { name: file.name, role, batch, bytes: file.size, at: copied ? end : null }
    if (copied) end += file.size
  }
  while (left.length > 0 && left[0]!.file.size <= budget) {
    // As many small files as make a piece, or one large file.
    const some = [left.shift()!]
    let bytes = some[0]!.file.size
    while (left.length > 0 && bytes + left[0]!.file.size <= Math.min(pieceBytes, budget)) {
      bytes += left[0]!.file.size
      some.push(left.shift()!)
    }
    budget -= bytes
    const read = new Set<Given>()
    if (bytes <= pieceBytes)
      await aside(async () => {
        const parts: Uint8Array<ArrayBuffer>[] = []
        for (const one of some) {
          const part = await one.file.read().catch(() => null)
          if (!part) continue
          parts.push(part)
          read.add(one)
        }
        await disk.write(folder, images, concat(parts), end)
      })
    else if (await copyLarge(some[0]!.file, folder, disk, end, aside)) read.add(some[0]!)
    for (const one of some) record(one, read.has(one))
  }
  for (const one of left) record(one, false)
}

/** @returns whether it could be read to its end */
async function copyLarge(
  { size, read }: GivenFile,
  folder: string,
  disk: Disk,
  end: number,
  aside: (work: () => Promise<void>) => Promise<void>,
): Promise<boolean> {
  let whole = true
  for (let from = 0; from < size && whole; from += pieceBytes)
    await aside(async () => {
      const part = await read(from, Math.min(size, from + pieceBytes)).catch(() => null)
      if (part) await disk.write(folder, images, part, end + from)
      else whole = false
    })
  return whole
}

/** The files of a run that were copied, as they were given. */
export async function imagesOf(run: KeptRun, disk: Disk): Promise<Given[]> {
  const copied = run.files.filter((file): file is KeptFile & { at: number } => file.at !== null)
  if (copied.length === 0) return []
  const all = await disk.read(run.id, images)
  return copied.map((kept) => ({ role: kept.role, batch: kept.batch, kept, file: partOf(all, kept.name, kept.at, kept.bytes) }))
}

const partOf = (whole: GivenFile, name: string, at: number, size: number): GivenFile => ({
  name,
  size,
  read: (from = 0, to = size) => whole.read(at + Math.min(from, size), at + Math.min(to, size)),
})
