import type { BackendInfo } from '../session/events'
import type { Session } from '../session/session'

/** What `init` opens and all other requests go to. */
export interface Opened {
  session: Session
  backend: BackendInfo
  /** Makes wasm the active backend, or cpu where that does not start. */
  openHost: () => Promise<BackendInfo>
}
