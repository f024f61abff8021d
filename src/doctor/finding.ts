/** What the doctor finds: types only. */
import type { Config } from '../method/config'

/** One thing to try, as a button. */
export type Action = { label: string } & (
  | { does: 'annotate'; picture: string }
  | { does: 'region' }
  /** Trains so many steps further. */
  | { does: 'train'; steps: number }
  /** Settings of a new run. */
  | { does: 'set'; values: Partial<Config> }
)

export interface Finding {
  name: string
  /** Whether something seems wrong; else it is what to do next. */
  warns: boolean
  /** One sentence. */
  sentence: string
  /** The likely cause, one sentence. */
  cause: string
  action: Action
}
