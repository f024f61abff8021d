/** Seconds of steps to queue at once, hence the longest wait of a command. */
const longestWait = 0.05

/** Calls that are averaged. */
const remembered = 100

/** The mean, in which no value counts for more than two usual ones: the first step compiles, and an export is not part of a step. */
function usual(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const most = 2 * [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  return values.reduce((sum, v) => sum + Math.min(v, most), 0) / values.length
}

/** How fast a run goes: its steps with all that comes with them, for display, and the last steps alone; and how long it will take. */
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
