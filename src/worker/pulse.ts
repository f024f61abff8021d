/** Whether a worker still lives, as the page sees it. */
import type { Sign } from './protocol'

/** Milliseconds between looks, and how many in a row may hear nothing: a worker that hangs is told within ten seconds. */
export const pulsePace = { every: 1000, looks: 8 }

/**
 * Watches one worker. That it died it learns from the lock that the worker held; that it hangs, from pings that are not answered while nothing
 * else is heard either. A look that comes late says nothing: the page was asleep, hidden, or busy itself, and the worker's answers may still lie
 * in its queue. Then the counting begins anew.
 */
export class Pulse {
  private missed = 0
  private looked = performance.now()
  private timer: ReturnType<typeof setInterval> | null = null
  private readonly waiting = new AbortController()

  /**
   * @param ping asks the worker for a beat
   * @param gone called when it is dead, or each time it has not been heard for so long
   * @param looks how many looks in a row may hear nothing
   */
  constructor(
    private readonly ping: () => void,
    private readonly gone: (how: 'dead' | 'silent') => void,
    private readonly looks = pulsePace.looks,
  ) {}

  /** Something came from the worker. Before it first says that it is alive nothing is expected: its script may take long to arrive. */
  heard(sign?: Sign): void {
    this.missed = 0
    if (sign?.type !== 'alive' || this.timer !== null) return
    this.looked = performance.now()
    this.timer = setInterval(() => this.look(), pulsePace.every)
    if (sign.lock === null) return
    const { signal } = this.waiting
    navigator.locks
      .request(sign.lock, { signal }, () => this.gone('dead'))
      // Ended, and so the waiting.
      .catch(() => undefined)
  }

  /** Ends the watch. */
  end(): void {
    this.waiting.abort()
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  private look(): void {
    const now = performance.now()
    const late = now - this.looked > 2 * pulsePace.every
    this.looked = now
    this.missed = late ? 0 : this.missed + 1
    this.ping()
    if (this.missed <= this.looks) return
    this.missed = 0
    this.gone('silent')
  }
}
