import { statSync } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
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
export function fromPath(path: string, name: string = path): GivenFile {
  let size: number
  try {
    size = statSync(path).size
  } catch (error) {
    throw cannot(name, error)
  }
  return {
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

/**
 * The file at a path, or all files in the folder at it and in the folders of that, by name; named by their paths.
 * @throws InputError if there is nothing
 */
export async function filesAt(path: string): Promise<GivenFile[]> {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (error) {
    throw cannot(path, error)
  }
  if (!isFolder) return [fromPath(path)]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => fromPath(file))
}
