/** The page's end of the protocol: owns the worker, sends requests, delivers answers and events. */
import { buffersOf } from '../lib/buffers'
import { LoadError } from '../lib/own-file'
import type { Answer, Command, Event, Given, Outcome, Ping, Problem, RequestName, Sign } from './protocol'
import { Pulse, pulsePace } from './pulse'
import { startedWorker, type WorkerLike } from './started-worker'

export type { WorkerLike } from './started-worker'

const startWorker = () => startedWorker(() => new Worker(new URL('./entry.ts', import.meta.url), { type: 'module' }))

/** A request that failed; `problem` is null if it was already reported, or if the page itself ended the worker. */
export class RequestError extends Error {
  override name = 'RequestError'
  constructor(readonly problem: Problem | null) {
    super(problem?.message ?? 'The problem has already been reported.')
  }
}

interface Pending {
  resolve: (answer: Answer<RequestName>) => void
  reject: (error: RequestError) => void
}

export class Client {
  private worker: WorkerLike | null = null
  /** Requests that wait for their outcome, by id. */
  private pending = new Map<number, Pending>()
  private asked = 0
  private pulse: Pulse | null = null
  private patience = pulsePace.looks
  private silent = false
  /** What went wrong in the worker without ending it, as far as is known: told when it is heard of again. */
  private erred: string | null = null
  /** Number of the newest run heard of, for the events that the client makes itself. */
  private run = 0

  /**
   * Starts the worker.
   * @param deliver called with every event, in the order sent
   * @param gone called when the worker has died, or has long given no sign of life though it should; it is then for whoever hears it to `restart`
   */
  constructor(
    private readonly deliver: (event: Event) => void,
    private readonly gone: (how: 'dead' | 'silent') => void = () => undefined,
    private readonly start = startWorker,
  ) {
    this.restart()
  }

  /**
   * Posts a request; typed arrays in it are transferred. Resolves with its answer, in order with the events.
   * @throws RequestError, also when the worker dies or is ended before it has answered
   */
  ask<T extends RequestName>(type: T, given: Given<T>): Promise<Answer<T>> {
    return new Promise((resolve, reject) => {
      if (!this.worker) return reject(new RequestError(null))
      const command = { type, id: ++this.asked, given } as Command
      this.worker.postMessage(command, buffersOf(command))
      this.pending.set(command.id, { resolve: resolve as Pending['resolve'], reject })
    })
  }

  /** Ends the worker and all it holds; its remaining messages are dropped, and pending requests fail. */
  dispose(): void {
    this.pulse?.end()
    this.pulse = null
    this.worker?.terminate()
    this.worker = null
    this.failAll()
  }

  /** Replaces the worker. The new one has no state: ask for `init` again. */
  restart(): void {
    this.dispose()
    this.run = 0
    this.erred = null
    // If the one before was only slow, this one is given longer.
    if (this.silent) this.patience *= 2
    this.silent = false
    const worker = this.start()
    this.worker = worker
    const ping: Ping = { type: 'ping' }
    const pulse = (this.pulse = new Pulse(
      () => worker.postMessage(ping),
      (how) => {
        if (worker !== this.worker) return
        this.silent = how === 'silent'
        this.gone(how)
      },
      this.patience,
    ))
    let begun = false
    worker.addEventListener('message', ({ data }: MessageEvent<Event | Outcome | Sign>) => {
      if (worker !== this.worker) return
      begun = true
      pulse.heard(data.type === 'alive' ? data : undefined)
      if (this.erred !== null) this.tell('run', `Something failed in the worker, which goes on (${this.erred}); please report it.`)
      this.erred = null
      if (data.type === 'alive' || data.type === 'beat') return
      if (data.type === 'done') this.take(data.id)?.resolve(data.answer)
      else if (data.type === 'failed') this.take(data.id)?.reject(new RequestError(data.problem))
      else {
        this.run = Math.max(this.run, data.run)
        this.deliver(data)
      }
    })
    worker.addEventListener('error', (event: ErrorEvent) => {
      if (worker !== this.worker) return
      // An error that nobody caught ends nothing by itself. Whether the worker still lives its next sign tells.
      if (begun && event.message) {
        this.erred = event.message
        worker.postMessage(ping)
      } else if (event.error instanceof LoadError) this.fail(worker, event.error.message, 'load')
      // A script that cannot be parsed gives an event without a message.
      else this.fail(worker, event.message ? `The worker stopped: ${event.message}` : 'The worker could not be started; reload the page.')
    })
    worker.addEventListener('messageerror', () => {
      this.fail(worker, 'A message from the worker could not be read; reload the page.')
    })
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id)
    this.pending.delete(id)
    return pending
  }

  private failAll(): void {
    for (const id of [...this.pending.keys()]) this.take(id)!.reject(new RequestError(null))
  }

  private fail(worker: WorkerLike, message: string, kind: Problem['kind'] = 'bug'): void {
    if (worker !== this.worker) return
    this.tell(kind, message)
    this.failAll()
  }

  private tell(kind: Problem['kind'], message: string): void {
    this.deliver({ type: 'problem', kind, message, file: null, run: this.run })
  }
}
