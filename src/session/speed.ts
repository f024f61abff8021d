/** Seconds of steps to queue at once, hence the longest wait of a command. */
const longestWait = 0.05

/** How fast a run goes: its steps with all that comes with them, for display, and the last steps alone. */
export class Speed {
  /** Seconds for a step and all that comes with it, smoothed over about ten; null before the first. */
  perStep: number | null = null
  private lastStep: number | null = null

  /** Notes the seconds that `steps` took alone. */
  stepped(seconds: number, steps: number): void {
    this.lastStep = seconds / steps
  }

  /** Notes the seconds that `steps` took with everything done between them. */
  passed(seconds: number, steps: number): void {
    const each = seconds / Math.max(1, steps)
    this.perStep = this.perStep === null ? each : 0.9 * this.perStep + 0.1 * each
  }

  /** Steps to queue before their metrics are read: reading waits for the GPU, so a fast one is kept busy in between. */
  get stepsAtOnce(): number {
    return Math.max(1, Math.floor(longestWait / (this.lastStep ?? longestWait)))
  }
}
