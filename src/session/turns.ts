import { LostError } from '../kernels/lost-error'
import { MemoryError } from '../kernels/memory-error'
import type { Faults } from './faults'
import { afterMemoryError, roomOf } from './memory'
import { isMendable, ProblemError, problemOf } from './problem'
import { Queue, type Work } from './queue'
import type { Reports } from './reports'
import type { Run } from './run'
import { DivergedError } from './trainer'

/**
 * Who is next, and who hears of an error: pieces of work on a run, one after another. What one fails of reaches whoever asked for it as a
 * `ProblemError`, and ends the run only if nobody can do anything about it.
 */
export class Turns {
  private readonly queue = new Queue()

  /** @param mended called when a turn was given up because the backend was lost, and the run has gone back */
  constructor(
    private readonly run: Run,
    private readonly faults: Faults,
    private readonly reports: Reports,
    private readonly mended: () => void,
  ) {}

  /** As `Queue.settled`. */
  settled(): Promise<void> {
    return this.queue.settled()
  }

  /** As `Queue.drain`. */
  drain(): Promise<void> {
    return this.queue.drain()
  }

  /** As `Queue.impatient`. */
  get impatient(): number {
    return this.queue.impatient
  }

  /** Runs a piece of work in its turn. @param patient as in `Queue.add` */
  add<T>(work: Work<T>, patient = false): Promise<T> {
    return this.queue.add(() => this.now(work), patient)
  }

  /** The same for work that must not wait for the end of a run: the loop does it between two steps. */
  between<T>(work: Work<T>): Promise<T> {
    return this.queue.addBetween(() => this.beside(work))
  }

  /** Work on the run, at once. */
  async now<T>(work: Work<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const cause = await this.faults.causeOf(error)
      if (!(cause instanceof LostError)) throw this.failure(cause)
      try {
        await this.faults.mend(cause)
      } catch (end) {
        throw this.failure(end)
      }
      // Whatever was asked for, pictures at rest among it, has to be made anew.
      this.mended()
      throw new ProblemError(null)
    }
  }

  /** Work that the run does not depend on, at once: whatever it fails of, the run goes on, and whoever asked is told. */
  async beside<T>(work: Work<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const cause = await this.faults.causeOf(error)
      const problem = problemOf(cause)
      if (!problem || isMendable(problem)) throw new ProblemError(problem)
      if (cause instanceof LostError) void this.lose(cause)
      else console.error(error)
      const run = cause instanceof LostError ? 'The run goes on from its last good state' : 'The run is not affected'
      const message = `This failed: ${cause instanceof Error ? cause.message : String(cause)}. ${run}; try again.`
      throw new ProblemError({ ...problem, kind: 'input', message })
    }
  }

  /** Has the run go back after what befell its backend. May be called at any time; done when the run stands there. */
  async lose(fault: LostError | MemoryError): Promise<void> {
    this.faults.befall(fault)
    try {
      await this.add(() => this.faults.mendBackend())
    } catch (error) {
      this.tell(error)
    }
  }

  /** Reports an error that nobody waits for, unless that has been done. */
  tell(error: unknown): void {
    const { problem } = this.failure(error)
    if (problem) this.reports.send('problem', problem)
  }

  /** An error as a problem for whoever asked. One that nobody can act on ends the run and is reported as its event. */
  private failure(error: unknown): ProblemError {
    const { run } = this
    if (error instanceof MemoryError) {
      const { backend } = run.backend
      error = afterMemoryError(run.dataset, run.config, roomOf(backend), backend)
      // Before the first step nothing is lost, and other settings can be chosen.
      if (run.trainer?.t === 0) run.restart()
    }
    const problem = problemOf(error)
    if (problem && isMendable(problem)) return new ProblemError(problem)
    // Further errors may be consequences of what ended the run.
    if (problem && run.state !== 'failed') {
      if (error instanceof DivergedError) {
        run.flush()
        run.fail('run', error.message)
      } else {
        if (problem.kind === 'bug') console.error(error)
        run.fail(problem.kind, problem.message)
      }
    }
    return new ProblemError(null)
  }
}
