import { yieldTask } from '../lib/yield-task'
import { ConfigError, makeConfig } from '../method/config'
import type { Network } from '../method/history'
import type { Display } from './display'
import type { BackendInfo, RunState } from './events'
import type { Faults } from './faults'
import { Interrupted } from './queue'
import type { Reports } from './reports'
import type { Run } from './run'
import type { Trainer } from './trainer'
import type { Turns } from './turns'

/** Takes the steps of a run until it is to end, which it does between two of them: there it also does what need not wait for its end. */
export class Loop {
  /** How it is to end, once asked to. */
  private ending: 'paused' | 'stopped' | 'finished' | null = null
  /** It pauses by itself after this step. */
  pauseAfter = Infinity

  constructor(
    private readonly run: Run,
    private readonly faults: Faults,
    private readonly turns: Turns,
    private readonly display: Display,
    private readonly reports: Reports,
  ) {}

  /** Begins, or goes on, from one of these states; nothing in any other. @throws InputError, NoRoomError where a run cannot begin */
  go(...from: RunState[]): void {
    const { run, reports } = this
    if (!this.isReady(from)) return
    this.ending = null
    run.trainer?.markResumed()
    run.enter('running')
    const { run: number } = reports
    // A reset may be queued before the loop, which then belongs to an older run. The run reports its own errors.
    this.turns.add(() => (number === reports.run ? this.takeAll() : undefined)).catch(() => undefined)
  }

  /** Asks it to end, if it is running and has not been asked yet. @returns whether it was */
  end(as: 'paused' | 'stopped'): boolean {
    if (this.run.state !== 'running' || this.ending) return false
    this.ending = as
    return true
  }

  /** Takes exactly one step from rest. @param only updates this network alone: `Trainer.steps` */
  async step(only: Network | null): Promise<void> {
    const { run } = this
    if (!this.isReady(['ready', 'paused', 'stopped'])) return
    const trainer = run.open()
    await this.advance(trainer, 1, only)
    run.enter(trainer.restsAs)
    await this.display.rest()
  }

  /** Ends a run at rest. @param asked whether the loop was asked to, and so has done it */
  async stop(asked: boolean): Promise<void> {
    if (asked || this.end('stopped') || this.run.state !== 'paused') return
    this.run.enter('stopped')
    await this.display.rest()
  }

  /** Takes so many steps further than a run at rest has come. @throws ConfigError where there is no such run */
  async trainOn(more: number): Promise<void> {
    const { run } = this
    if (!run.trainer || !['paused', 'stopped', 'finished'].includes(run.state))
      throw new ConfigError('Only a run at rest can be given more steps.')
    if (!(more >= 1)) throw new ConfigError('Give the number of further steps, at least 1.')
    await run.continueAs(makeConfig({ steps: run.trainer.t + more }, run.config))
    run.enter('paused')
    this.go('paused')
  }

  /**
   * Starts a run over on another backend, or from the checkpoint that it was continued from.
   * @param open makes the backend active @param goesOn whether it then trains on @param why as for `Session.moveTo`
   */
  async moveTo(open: () => Promise<BackendInfo>, goesOn: boolean, why: (discarded: number, goesOn: boolean) => string): Promise<void> {
    const { run } = this
    const { origin, trainer } = run
    if (trainer) run.restart()
    run.computeOn(await open())
    if (origin) await run.continueFrom(origin)
    const message = why(trainer ? trainer.t - (run.trainer?.t ?? 0) : 0, goesOn)
    this.reports.send('problem', { kind: 'run', message, file: null })
    if (goesOn) this.go(origin ? 'paused' : 'ready')
  }

  private isReady(from: readonly RunState[]): boolean {
    const { run } = this
    run.refuseWithoutData('start')
    if (!from.includes(run.state)) return false
    run.refuseTooLarge()
    run.leaveWaiting()
    return true
  }

  private async takeAll(): Promise<void> {
    const { run, turns } = this
    if (run.state !== 'running') return
    try {
      const trainer = run.open()
      while (run.state === 'running' && !this.ending) {
        const begun = performance.now()
        const before = trainer.t
        await this.advance(trainer, this.stepsAtOnce(trainer))
        await turns.drain()
        await yieldTask()
        run.speed.passed((performance.now() - begun) / 1000, trainer.t - before, trainer.isTaught)
        if (trainer.t >= run.config.steps) this.ending = 'finished'
        else if (trainer.t >= this.pauseAfter) this.end('paused')
      }
    } catch (error) {
      turns.tell(error)
    }
    // Before the final pictures, which queued commands would otherwise wait for.
    await turns.drain()
    if (run.state !== 'running') return
    run.enter(this.ending ?? 'paused')
    await this.display.rest()
  }

  /** Stops at the next score or rest. */
  private stepsAtOnce({ t }: Trainer): number {
    const { config, speed } = this.run
    const { scoreEvery, steps } = config
    return Math.max(1, Math.min(speed.stepsAtOnce, scoreEvery - (t % scoreEvery), steps - t, this.pauseAfter - t))
  }

  /** Takes steps; if something goes wrong that can be made good, the run is then further back. */
  private async advance(trainer: Trainer, most: number, only: Network | null = null): Promise<void> {
    const { speed } = this.run
    try {
      await this.take(trainer, most, only)
      if (!speed.keepDue) return
      const begun = performance.now()
      await trainer.keep()
      speed.stands(performance.now() - begun)
    } catch (error) {
      await this.faults.mend(error)
    }
  }

  private async take(trainer: Trainer, most: number, only: Network | null): Promise<void> {
    this.faults.throwUnmended()
    if (trainer.lacksBank && !(await this.makeBank(trainer))) return
    const begun = performance.now()
    const rows = await trainer.steps(most, only)
    this.run.speed.stepped((performance.now() - begun) / 1000, rows.length)
    // What was computed since the fault means nothing.
    this.faults.throwUnmended()
    this.reports.collect({ rows })
    await this.display.afterStep(trainer)
  }

  /** @returns false if a command came first: the next step begins anew */
  private async makeBank(trainer: Trainer): Promise<boolean> {
    const { run, turns } = this
    const { state } = run
    try {
      await trainer.makeBank(async (done, of) => {
        this.reports.progress('bank', done, of)
        await turns.drain()
        await yieldTask()
        if (state === 'running' ? this.ending : turns.impatient > 0) throw new Interrupted()
      })
    } catch (error) {
      if (error instanceof Interrupted) return false
      throw error
    }
    run.reportBank()
    return true
  }
}
