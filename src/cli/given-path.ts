import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { headerBytes, isDetachedHeader, samplesFileOf } from '../data/detached'
import { InputError } from '../data/input-error'
import type { GivenFile } from '../data/given-file'

const cannot = (name: string, error: unknown): InputError => {
  const code = (error as NodeJS.ErrnoException).code
  return new InputError(code === 'ENOENT' ? `There is no file "${name}".` : `"${name}" cannot be read (${code}).`, name)
}

/**
 * A file on disk, read piece by piece.
 * @throws InputError if there is none; so does reading it, if it has gone since or may not be read
 */
export function fromPath(path: string, name: string = path): GivenFile & { path: string } {
  let size: number
  try {
    size = statSync(path).size
  } catch (error) {
    throw cannot(name, error)
  }
  return {
    path,
    name,
    size,
    read: async (from = 0, to = size) => {
      try {
        const handle = await open(path)
        try {
          const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from))
          let filled = 0
          // One read gives at most 2 GB.
          while (filled < bytes.length) {
            const { bytesRead } = await handle.read(bytes, filled, Math.min(bytes.length - filled, 2 ** 30), from + filled)
            if (bytesRead === 0) break
            filled += bytesRead
          }
          return filled === bytes.length ? bytes : bytes.slice(0, filled)
        } finally {
          await handle.close()
        }
      } catch (error) {
        throw cannot(name, error)
      }
    },
  }
}

/** The file beside a header that holds its samples, as of scan.mhd its scan.raw, if there is one. */
export function samplesAt(path: string): string[] {
  if (!isDetachedHeader(path) || !existsSync(path)) return []
  const handle = openSync(path, 'r')
  try {
    const head = new Uint8Array(headerBytes)
    const other = samplesFileOf(path, head.subarray(0, readSync(handle, head)))
    return other !== null && existsSync(other) ? [other] : []
  } finally {
    closeSync(handle)
  }
}

/**
 * What a path names: a file or folder, or an array in a file, as in "scans/p1.h5/group/image", where "scans/p1.h5" is a file.
 * @returns null where there is nothing
 */
export function placeAt(path: string): Place | null {
  const found = statOrNothing(path)
  if (found) return { path, folder: found.isDirectory() }
  for (let file = dirname(path); file !== dirname(file); file = dirname(file)) {
    const above = statOrNothing(file)
    if (!above) continue
    const array = path.slice(file.length).split(/[/\\]/).filter(Boolean).join('/')
    return above.isFile() ? { path: file, folder: false, array } : null
  }
  return null
}

export interface Place {
  path: string
  folder: boolean
  array?: string
}

/** Whether a path leads to something in a folder or in one of that, without being the folder itself. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..'
}

/** Null where there is nothing, or it may not be seen. */
function statOrNothing(path: string) {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

/**
 * The file at a path, with the file of its samples if that is another; the array in a file; or all files in the folder at it and in the folders of that, by name; named by their paths.
 * @throws InputError if there is nothing
 */
export async function filesAt(path: string): Promise<GivenFile[]> {
  const place = placeAt(path)
  if (place?.array !== undefined) return [{ ...fromPath(place.path), array: place.array }]
  if (!place?.folder) return [path, ...samplesAt(path)].map((file) => fromPath(file))
  return filesBelow(path).files.map((inner) => fromPath(join(path, inner)))
}

/**
 * All files in a folder and in the folders of that, by name, as paths from there; links are followed, what is hidden by a dot is not looked at.
 * @returns `broken`: links that lead nowhere
 * @throws InputError if the folder cannot be read
 */
export function filesBelow(folder: string): { files: string[]; broken: string[] } {
  let paths
  try {
    paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    throw cannot(folder, error)
  }
  const shown = paths.filter((inner) => !inner.split(/[/\\]/).some((part) => part.startsWith('.'))).sort()
  const places = shown.map((inner) => statOrNothing(join(folder, inner)))
  return { files: shown.filter((_, i) => places[i]?.isFile()), broken: shown.filter((_, i) => !places[i]) }
}
