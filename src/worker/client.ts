/** The page's end of the border: owns the worker, posts commands, delivers events. */
import type { Command, Event } from './protocol'

/** The part of a Worker that the client uses, so that a test can stand in for it. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>

const startWorker = (): WorkerLike => new Worker(new URL('./entry.ts', import.meta.url), { type: 'module' })

/** Buffers that a command gives away; the sender does not touch them again. */
function transferOf(command: Command): Transferable[] {
  return command.type === 'annotate' ? [command.labels.buffer] : []
}

export class Client {
  private worker: WorkerLike | null = null
  /** Number of the newest run heard of, for the events that the client makes itself. */
  private run = 0

  /** Starts the worker. @param deliver called with every event, in the order in which the worker sent them */
  constructor(
    private readonly deliver: (event: Event) => void,
    private readonly start = startWorker,
  ) {
    this.restart()
  }

  /** Posts a command; drawn labels are transferred. Does nothing after dispose. */
  send(command: Command): void {
    this.worker?.postMessage(command, transferOf(command))
  }

  /** Ends the worker and all it holds; nothing that it still had to say is delivered. */
  dispose(): void {
    this.worker?.terminate()
    this.worker = null
  }

  /** A new worker in place of the old one. It knows nothing: send `init` again. */
  restart(): void {
    this.dispose()
    this.run = 0
    const worker = this.start()
    this.worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<Event>) => {
      if (worker !== this.worker) return
      this.run = data.run
      this.deliver(data)
    })
    worker.addEventListener('error', (event: ErrorEvent) => {
      // A script that cannot be fetched or parsed gives an event without a message.
      this.fail(worker, event.message ? `The worker stopped: ${event.message}` : 'The worker could not be started; reload the page.')
    })
    worker.addEventListener('messageerror', () => {
      this.fail(worker, 'A message from the worker could not be read; reload the page.')
    })
  }

  private fail(worker: WorkerLike, message: string): void {
    if (worker === this.worker) this.deliver({ type: 'problem', kind: 'bug', message, file: null, run: this.run })
  }
}
