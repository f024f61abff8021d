import { openBackend, reopenBackend } from '../session/backend'
import type { BackendName, SessionEvent } from '../session/events'
import { Session } from '../session/session'
import { countOf } from './arguments'
import { nodePlatform } from './platform'

/** A session on a backend of this machine, as options ask for it; says which backend that is. @throws UsageError, BackendError */
export async function openSession(
  options: { backend?: BackendName | undefined; threads: string },
  receive: (event: SessionEvent) => void,
): Promise<Session> {
  const threads = countOf(options.threads, '--threads')
  const onFault = (fault: Error) => void session.lose(fault)
  const info = await openBackend(options.backend ?? null, nodePlatform, onFault, threads)
  console.log(`Backend ${info.backend} · ${info.adapter}`)
  const session: Session = new Session(info, receive, (on, host) => reopenBackend(on, host, nodePlatform, onFault, threads))
  return session
}
