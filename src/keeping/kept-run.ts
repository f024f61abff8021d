/** What is recorded of a run that is kept: types only. */
import type { Config } from '../method/config'
import type { BackendName, FileRole, SampleName } from '../session/events'

/** A whole state of the run, in a file of its folder: the zip of `Session.archive`. */
export interface KeptState {
  file: string
  step: number
  /** When it was kept, in milliseconds since 1970. */
  at: number
  bytes: number
  /** Of the file, in hexadecimal digits: what was cut off or changed is not taken for the run. */
  sha256: string
  /** The last mean Dice before it; null without references. */
  dice: number | null
  /** How the run had ended, if it had. */
  ended?: 'stopped' | 'finished'
}

/** One of the files that the run was given. */
export interface KeptFile {
  name: string
  role: FileRole | null
  /** Files of one number were given together, lower numbers earlier. */
  batch: number
  bytes: number
  /** Where its copy begins in the folder's file of images; null if it was too large to keep, so that it has to be given again. */
  at: number | null
}

export interface KeptRun {
  /** Also the name of its folder. */
  id: string
  /** When it was first kept, in milliseconds since 1970. */
  begun: number
  /** Null for the user's own files. */
  sample: SampleName | null
  backend: BackendName
  config: Config
  files: KeptFile[]
  /** The newest first; none while only the images are kept, for another run on them. */
  states: KeptState[]
}

/** A kept run as the page lists it. */
export interface ListedRun extends KeptRun {
  /** Whether it goes on in another tab. */
  elsewhere: boolean
}
