/** What the page holds of the run at hand, for a worker that has died: the next one knows nothing. */
import type { Event, Given, RequestName } from '../worker/protocol'

export interface PresentRun {
  /** By which it is kept in the browser; null if it is not. */
  id: string | null
  /** Its newest state where the browser stores none. */
  archive: Uint8Array<ArrayBuffer> | null
  /** When it had not begun yet, in milliseconds since 1970: what was kept later is of it, though the page may not have heard. */
  since: number
  /** The user's files, as they were given one after another. */
  files: Given<'load-files'>['files'][]
}

const none: PresentRun = { id: null, archive: null, since: Infinity, files: [] }
let held = none

export const presentRun = (): PresentRun => held

export const holdFiles = (files: PresentRun['files']) => void (held = { ...held, files })

/** Follows the events that say what is kept, or that a run is over. */
export function followRun(event: Event): void {
  if (event.type === 'held') held = { ...held, archive: event.archive }
  if (event.type === 'state' && event.step === 0) held = { ...held, archive: null, since: Date.now() }
  if (event.type !== 'runs') return
  // A new worker has none at hand, but does not know what was.
  if (event.present !== null) held = { ...held, id: event.present, archive: null }
  else if (event.runs.every(({ id }) => id !== held.id)) held = { ...held, id: null }
}

/** Follows what the worker has done with files. */
export function followFiles<T extends RequestName>(type: T, given: Given<T>): void {
  if (type === 'load-files') held = { ...held, files: [...held.files, (given as Given<'load-files'>).files] }
  if (type === 'load-sample' || type === 'continue-run') held = { ...held, files: [] }
}
