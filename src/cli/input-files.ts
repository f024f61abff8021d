/** The files that an option names. */
import { basename, dirname, join, relative } from 'node:path'
import type { GivenFile } from '../data/given-file'
import { UsageError } from './arguments'
import { filesBelow, fromPath, isInside, placeAt, samplesAt } from './given-path'

/** A file of the user's, and where it lies. */
export type InputFile = ReturnType<typeof fromPath>

/** The file at a path, the array in a file, or all files in the folder there and its subfolders, by name. @throws UsageError */
export function filesIn(path: string, option: string): InputFile[] {
  const place = placeAt(path)
  if (!place) throw new UsageError(`There is no file or folder "${path}" (${option}).`)
  if (place.array !== undefined) return [{ ...fromPath(place.path, basename(place.path)), array: place.array }]
  if (!place.folder) return [place.path, ...samplesAt(place.path)].map((file) => fromPath(file, basename(file)))
  const { files, broken } = filesBelow(path)
  for (const inner of broken) console.log(`Left out: "${inner}" is a link that leads nowhere.`)
  if (files.length === 0) throw new UsageError(`There are no files in "${path}" (${option}).`)
  return files.map((inner) => fromPath(join(path, inner), inner))
}

/**
 * A file given by its path, or by its name in the folder where it would be; a folder is a series. One that lies in that folder is named as it is
 * among the others there, with the folders between.
 * @throws UsageError
 */
export function given(path: string, folder: string | undefined, option: string): InputFile[] {
  const found = [path, ...(folder ? [join(folder, path)] : [])].find((p) => placeAt(p))
  if (found === undefined) throw new UsageError(`There is no file "${path}" (${option})${folder ? `, nor in "${folder}"` : ''}.`)
  const files = filesIn(found, option)
  const place = placeAt(found)!
  const around = place.folder ? place.path : dirname(place.path)
  if (!folder || !isInside(around, folder)) return files
  return files.map((file) => ({ ...file, name: join(relative(folder, around), file.name) }))
}

/** What is said of files that a session leaves, because they are for a run log: a command has none. */
export const sayLeft = (records: readonly GivenFile[]): string[] =>
  records.map(({ name }) => `"${name}" holds records of runs, not images: drop it onto the page, whose run log shows them.`)
