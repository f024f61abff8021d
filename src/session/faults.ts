import { LostError } from '../kernels/lost-error'
import { MemoryError } from '../kernels/memory-error'
import type { BackendInfo, BackendName } from './events'
import { ProblemError, problemOf } from './problem'
import { Interrupted } from './queue'
import type { Reports } from './reports'
import type { Run } from './run'
import { DivergedError } from './trainer'

/** Times that a run goes on by itself with half the learning rate. */
const mostLapses = 3

/** Milliseconds after an error on a GPU in which the GPU is heard to be lost, if that was the cause. */
const newsOfLoss = 1000

/** Opens the backend anew after it was lost, or for `host` one that needs no GPU. */
export type Reopen = (on: BackendName, host: boolean) => Promise<BackendInfo>

/** What befalls a run: that a loss explodes, or that the backend is lost; and how the run goes back to its last good state. */
export class Faults {
  /** What befell the backend, until the run has gone back. */
  private unmended: LostError | MemoryError | null = null
  private heard: (() => void) | null = null
  /** Whether there is no backend for the moment. */
  opening = false
  /** Losses of a backend at one state of one run. */
  private losses = { run: -1, step: -1, count: 0 }

  /** @param reopen null where a lost backend ends the run */
  constructor(
    private readonly run: Run,
    private readonly reports: Reports,
    private readonly reopen: Reopen | null,
  ) {}

  /** Notes what befell the backend: whatever is computed until the run has gone back means nothing. May be called at any time. */
  befall(fault: LostError | MemoryError): void {
    this.unmended ??= fault
    this.heard?.()
  }

  /** @throws what befell the backend and is not mended yet */
  throwUnmended(): void {
    if (this.unmended) throw this.unmended
  }

  /** The error that made another one: of a lost GPU all sorts of things are heard before the loss itself. */
  async causeOf(error: unknown): Promise<unknown> {
    if (error instanceof WebAssembly.RuntimeError) return new LostError(`WebAssembly stopped (${error.message})`)
    const known =
      error instanceof DivergedError || error instanceof MemoryError || error instanceof LostError || error instanceof Interrupted
    if (!known && this.run.backend.backend === 'webgpu' && problemOf(error)?.kind === 'bug' && !this.unmended) {
      await new Promise<void>((resolve) => {
        this.heard = resolve
        setTimeout(resolve, newsOfLoss)
      })
      this.heard = null
    }
    return this.unmended ?? error
  }

  /** Makes good what befell the backend, unless that has been done. @throws as `mend` */
  async mendBackend(): Promise<void> {
    if (this.unmended) await this.mend(this.unmended)
  }

  /** Makes good what went wrong, by going back to the last good state. @throws what cannot be made good, and what is not wrong */
  async mend(error: unknown): Promise<void> {
    const cause = await this.causeOf(error)
    this.unmended = null
    if (cause instanceof DivergedError) return this.slowDown(cause)
    if (cause instanceof LostError) return this.openAnew(cause)
    // There is room again for a step of other settings.
    if (cause instanceof MemoryError) this.run.trainer?.goBack(null)
    throw cause
  }

  private slowDown({ message }: DivergedError): void {
    const trainer = this.run.trainer!
    if (trainer.recoveries.filter(({ why }) => why === 'loss').length >= mostLapses) {
      const { t } = trainer.goBack(null)
      throw new DivergedError(
        `${message}, though the learning rate was halved ${mostLapses} times. The weights of step ${t} are kept: export them, or press Reset and take a smaller learning rate.`,
      )
    }
    const { step, learningRate } = trainer.goBack('loss').recoveries.at(-1)!
    this.run.wentBack(`${message}. The run went back to step ${step} and goes on with half the learning rate, ${learningRate}.`)
  }

  private async openAnew(cause: LostError): Promise<void> {
    const { run, reopen, losses } = this
    const { trainer, waiting } = run
    const { backend: before } = run.backend
    const at = { run: this.reports.run, step: trainer?.safe ?? -1 }
    const count = losses.run === at.run && losses.step === at.step ? losses.count + 1 : 1
    this.losses = { ...at, count }
    if (!reopen || count > 3 || (count > 2 && before !== 'webgpu')) {
      throw new ProblemError({
        kind: 'backend',
        message: `${cause.message}${count > 1 ? ', again and again' : ''}. Reload the page.`,
        file: null,
      })
    }
    trainer?.release()
    waiting?.release()
    this.opening = true
    // A step that the GPU cannot take would cost it each time.
    run.computeOn(await reopen(before, count > 1).finally(() => (this.opening = false)))
    const { backend } = run.backend
    const now = backend === before ? 'It was opened anew' : `${backend} computes from now on`
    const back = trainer?.goBack('backend').recoveries.at(-1)
    const lost = back && back.reached - back.step
    const next = back ? `; the run goes on from step ${back.step}, ${lost ? `${lost} before ` : ''}where it was` : ''
    run.wentBack(`${cause.message}. ${now}${next}.`)
  }
}
