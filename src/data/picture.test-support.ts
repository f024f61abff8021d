/** Reads pictures for tests, PNG or JPEG. */
import { expect } from 'vitest'
import { InputError } from './input-error'
import { isJpeg, readJpegVolume } from './jpeg-file'
import type { NamedFile } from './named-file'
import { isPng, readPngVolume } from './png-file'
import { planeOf, sliceOf } from './slices'

/** The picture as seen in training. */
export function readImage(file: NamedFile) {
  expect(isPng(file)).toBe(!isJpeg(file))
  const volume = isPng(file) ? readPngVolume(file) : readJpegVolume(file)
  return sliceOf(volume, planeOf(volume, 2), 0, 0)
}

/** The complaint on reading the file; fails if there is none, or if it is not one sentence that names the file. */
export function complaint(file: NamedFile): string {
  try {
    readImage(file)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    expect(error.file).toBe(file.name)
    expect(error.message).toContain(`"${file.name}"`)
    expect(error.message).toMatch(/^[^\n]*[^.]\.$/)
    return error.message
  }
  throw new Error(`${file.name} was read`)
}
