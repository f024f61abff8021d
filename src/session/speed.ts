import type { Config } from '../method/config'
import { teachingFrom, workOf } from '../method/work'

/** Seconds of steps to queue at once, hence the longest wait of a command. */
const longestWait = 0.05

/** Milliseconds between the states that a run keeps to go back to, and at least so many times what keeping one takes: 1 % of the run. */
const keeping = { every: 10_000, times: 100 }

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
  /** Seconds for all steps and scores together. */
  spent = 0
  /** Seconds for a step and all that comes with it, smoothed over about ten; null before the first. */
  perStep: number | null = null
  /** Whether any step was taken here. */
  get stepping(): boolean {
    return this.lastStep !== null
  }

  private lastStep: number | null = null
  /** Seconds for a step alone: before the networks teach each other, and since. */
  private readonly steps: { warm: number[]; taught: number[] } = { warm: [], taught: [] }
  /** Seconds that come with a step, but for scores: what is shown, kept or asked for. */
  private readonly beside: number[] = []
  /** Seconds for a score and the predictions with it. */
  private readonly scores: number[] = []
  /** Since `passed`. */
  private alone = 0
  private scoring = 0
  /** When the run last stood at a state that is kept, and how long keeping one took, in milliseconds. */
  private kept = { at: performance.now(), cost: 0 }

  /** @param from steps that the run had taken before */
  constructor(readonly from = 0) {}

  /** Notes the seconds that `steps` took alone. */
  stepped(seconds: number, steps: number): void {
    this.spent += seconds
    this.lastStep = seconds / steps
    this.alone += seconds
  }

  /** Notes the seconds that a score took. */
  scored(seconds: number): void {
    this.spent += seconds
    this.scores.push(seconds)
    this.scoring += seconds
  }

  /** Notes the seconds that `steps` took with everything done between them. @param taught whether the last of them learnt from unlabelled images */
  passed(seconds: number, steps: number, taught: boolean): void {
    const each = seconds / Math.max(1, steps)
    this.perStep = this.perStep === null ? each : 0.9 * this.perStep + 0.1 * each
    const stage = this.steps[taught ? 'taught' : 'warm']
    if (steps > 0 && this.alone > 0) {
      stage.push(this.alone / steps)
      this.beside.push(Math.max(0, seconds - this.scoring - this.alone) / steps)
    }
    for (const values of [stage, this.beside]) if (values.length > remembered) values.shift()
    this.alone = this.scoring = 0
  }

  /** Whether it is time to keep a state to go back to. */
  get keepDue(): boolean {
    const { at, cost } = this.kept
    return performance.now() - at >= Math.max(keeping.every, keeping.times * cost)
  }

  /** Notes that the run stands at a state that is kept. @param cost milliseconds that keeping it took, if it was kept just now */
  stands(cost = this.kept.cost): void {
    this.kept = { at: performance.now(), cost }
  }

  /** Both as a run reports them. */
  status(t: number, config: Config, images: number): { stepsPerSecond: number | null; secondsLeft: number | null } {
    return { stepsPerSecond: this.perStep === null ? null : 1 / this.perStep, secondsLeft: this.left(t, config, images) }
  }

  /**
   * Seconds to the end of a run that has taken t steps; null before the first. A stage that has not begun is taken to cost what its work is.
   * @param config as steps are taken by it @param images how many are predicted for a score
   */
  left(t: number, config: Config, images: number): number | null {
    const { steps, scoreEvery } = config
    const work = { warm: workOf(0, { ...config, warmup: 1 }), taught: workOf(0, { ...config, warmup: 0, ramp: 0 }) }
    const known = { warm: usual(this.steps.warm), taught: usual(this.steps.taught) }
    const unit = known.taught !== null ? known.taught / work.taught : known.warm !== null ? known.warm / work.warm : null
    if (unit === null) return null
    const from = teachingFrom(config)
    const [warm, taught] = [Math.max(0, from - t), steps - Math.max(t, from)]
    const scores = Math.ceil((steps - t) / scoreEvery)
    return (
      warm * (known.warm ?? unit * work.warm) +
      taught * (known.taught ?? unit * work.taught) +
      (steps - t) * (usual(this.beside) ?? 0) +
      scores * (usual(this.scores) ?? unit * images)
    )
  }

  /** Steps to queue before their metrics are read: reading waits for the GPU, so a fast one is kept busy in between. */
  get stepsAtOnce(): number {
    return Math.max(1, Math.floor(longestWait / (this.lastStep ?? longestWait)))
  }
}
