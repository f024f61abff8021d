/** What the page holds of the run at hand, for a worker that has died: the next one knows nothing. */
import type { Given, RequestName } from '../worker/protocol'

/** The user's files, as they were given one after another. */
let files: Given<'load-files'>['files'][] = []

export const heldFiles = (): typeof files => files

/** Follows what the worker has done with files. */
export function followFiles<T extends RequestName>(type: T, given: Given<T>): void {
  if (type === 'load-files') files = [...files, (given as Given<'load-files'>).files]
  if (type === 'load-sample') files = []
}
