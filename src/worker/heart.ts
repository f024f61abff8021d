/** The worker's signs of life, as src/worker/pulse.ts reads them in the page. */
import { onBeat } from '../lib/beat'
import type { Sign } from './protocol'

/** Milliseconds between beats of a busy worker. */
const pace = 1000

/**
 * Says that the worker lives: a lock that it holds is free as soon as it is dead, however it died; and while it is busy it says so once a
 * second from within its work.
 * @returns what answers a ping
 */
export function startHeart(post: (sign: Sign) => void): () => void {
  let last = performance.now()
  onBeat(() => {
    const now = performance.now()
    if (now - last < pace) return
    last = now
    post({ type: 'beat' })
  })
  const lock = `exemplar-lab-worker-${crypto.randomUUID()}`
  // Never let go.
  const hold = () => {
    post({ type: 'alive', lock })
    return new Promise(() => undefined)
  }
  // Where there are no locks, the page has to go by its pings.
  const { locks } = navigator as Partial<WorkerNavigator>
  if (locks) locks.request(lock, hold).catch(() => post({ type: 'alive', lock: null }))
  else post({ type: 'alive', lock: null })
  return () => post({ type: 'beat' })
}
