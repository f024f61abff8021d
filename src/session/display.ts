import { yieldTask } from '../lib/yield-task'
import type { Faults } from './faults'
import type { Networks } from './networks'
import { Interrupted } from './queue'
import type { Reports } from './reports'
import type { Run } from './run'
import { smallPile, type Trainer } from './trainer'
import type { Turns } from './turns'

/** What there is to be seen of a run: pictures of its steps, scores, and masks; now and then while it trains, and all of them when it rests. */
export class Display {
  /** Whether pictures are reported during a run. */
  live = true
  /** That the run is to rest in its turn, once that has been asked for. */
  private soon: { scored: boolean } | null = null

  constructor(
    private readonly run: Run,
    private readonly faults: Faults,
    private readonly turns: Turns,
    private readonly reports: Reports,
  ) {}

  /** What is due after the newest step. */
  async afterStep(trainer: Trainer): Promise<void> {
    const { run, reports } = this
    if (trainer.t % run.config.scoreEvery === 0 && trainer.t < run.config.steps) {
      const begun = performance.now()
      await this.score(trainer)
      if (run.dataset.unlabeled.length <= smallPile) await this.predict(trainer, yieldTask)
      run.speed.scored((performance.now() - begun) / 1000)
    }
    if (reports.metricsDue) run.flush()
    if (this.live && reports.viewsDue) await this.look()
  }

  /** Looks at the watched image, or at the first one if that is no longer in use. */
  async look(): Promise<void> {
    const { trainer, dataset, watched } = this.run
    if (!trainer || this.faults.opening) return
    const begun = performance.now()
    const looked = await trainer.look(
      Math.max(
        0,
        dataset.unlabeled.findIndex(({ id }) => id === watched),
      ),
    )
    // After a reset they belong to an older run.
    if (trainer === this.run.trainer) this.reports.send('views', looked)
    this.reports.looked(performance.now() - begun)
  }

  /** Reports everything up to the last step, and all masks, of a run at rest. @param scored whether a score of this step is still right */
  async rest(scored = false): Promise<void> {
    const { run, turns, reports } = this
    const { networks } = run
    this.soon = null
    if (!networks || run.state === 'running' || run.state === 'failed') return
    // What was asked for because the run came to rest, or is while it does, must not wait for hundreds of images.
    await turns.drain()
    run.flush()
    const trainer = networks === run.trainer ? run.trainer : null
    try {
      await trainer?.keep()
    } catch (error) {
      await this.faults.mend(error)
    }
    await this.look()
    const { state } = run
    const { run: number } = reports
    // A command that arrives meanwhile must not wait for hundreds of images.
    const left = () => run.state !== state || reports.run !== number || turns.impatient > 0
    const breath = async () => {
      await yieldTask()
      await turns.drain()
    }
    const pause = async () => {
      await breath()
      if (left()) throw new Interrupted()
    }
    try {
      const due = trainer && (state === 'finished' || state === 'stopped' || trainer.t % run.config.scoreEvery === 0)
      if (due && !(scored && trainer.scores.at(-1)?.step === trainer.t)) await this.score(trainer, breath)
      run.flush()
      await this.predict(networks, pause)
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error
      // The command may have changed nothing: then the masks are still to be made.
      this.restSoon(true)
    }
  }

  /** The same in its turn: files are taken before hundreds of images are predicted. The run reports its own errors. */
  restSoon(scored = false): void {
    if (this.soon) {
      this.soon.scored &&= scored
      return
    }
    const soon = (this.soon = { scored })
    // A command before it may have had the run rest already.
    this.turns.add(() => (this.soon === soon ? this.rest(soon.scored) : undefined), true).catch(() => undefined)
  }

  private async score(trainer: Trainer, pause: () => Promise<void> = yieldTask): Promise<void> {
    this.reports.collect({ scores: [(await trainer.score(pause)).row] })
  }

  private async predict(networks: Networks, pause: () => Promise<void>): Promise<void> {
    this.reports.predicted(networks, await networks.predictAll(pause))
  }
}
