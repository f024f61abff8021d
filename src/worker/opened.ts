import type { Keeper } from '../keeping/keeper'
import type { RunLog } from '../keeping/run-log'
import type { BackendInfo } from '../session/events'
import type { Session } from '../session/session'

/** What `init` opens and all other requests go to. */
export interface Opened {
  session: Session
  keeper: Keeper
  log: RunLog
  /** Says where runs are kept, or why nowhere. */
  keepIn: (root: FileSystemDirectoryHandle | null, refused: string | null) => Promise<void>
  backend: BackendInfo
  /** Makes wasm the active backend, or cpu where that does not start. */
  openHost: () => Promise<BackendInfo>
}
