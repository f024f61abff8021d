/** Copies of the files that a run was given, one after another in a single file of its folder: thousands of files would take seconds to make. */
import type { GivenFile } from '../data/given-file'
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
 * Copies what has no copy yet, the smallest first, so that as few files as possible have to be given again.
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
  const record = ({ role, file, batch }: Given, at: number | null): KeptFile => ({ name: file.name, role, batch, bytes: file.size, at })
  const whole: Given[] = []
  for (const one of left) {
    if (one.file.size > budget) one.kept = record(one, null)
    else {
      budget -= one.file.size
      whole.push(one)
    }
  }
  for (let i = 0; i < whole.length;) {
    // Several small files at once, or a part of a large one.
    const some: Given[] = [whole[i]!]
    for (let bytes = some[0]!.file.size; i + some.length < whole.length; some.push(whole[i + some.length]!)) {
      bytes += whole[i + some.length]!.file.size
      if (bytes > pieceBytes) break
    }
    const begin = end
    const total = some.reduce((sum, { file }) => sum + file.size, 0)
    for (let from = 0; from < Math.max(1, total); from += pieceBytes)
      await aside(async () => {
        const bytes = some.length > 1 ? await joined(some) : await some[0]!.file.read(from, Math.min(total, from + pieceBytes))
        await disk.write(folder, images, bytes, begin + from)
      })
    for (const one of some) {
      one.kept = record(one, end)
      end += one.file.size
    }
    i += some.length
  }
}

async function joined(some: readonly Given[]): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(some.reduce((sum, { file }) => sum + file.size, 0))
  let at = 0
  for (const { file } of some) {
    bytes.set(await file.read(), at)
    at += file.size
  }
  return bytes
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
