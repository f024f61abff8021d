/** What is known of a run that has ended, apart from its curves and masks: types only. */
import type { Config } from '../method/config'
import type { ScoreRow } from '../method/history'
import type { RunRecord } from '../session/run-record'

export interface LoggedRun extends Pick<
  RunRecord,
  'name' | 'version' | 'backend' | 'adapter' | 'step' | 'state' | 'sample' | 'data' | 'seconds'
> {
  id: string
  config: Config
  /** It stays, and its curves lie over those of the run at hand. */
  pinned: boolean
  /** When it ended or was imported, in milliseconds since 1970. */
  ended: number
  /** The last score; null without any. */
  score: ScoreRow | null
  /** How many images it has a mask of. */
  masks: number
  /** What is kept of it, packed. */
  bytes: number
}

export interface RunCurves {
  /** A column for each value of a step, `step` among them, NaN where there is none. */
  steps: Record<string, Float64Array<ArrayBuffer>>
  scores: ScoreRow[]
}
