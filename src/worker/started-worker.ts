/** The worker's script is a file of the page's own, too: one that does not come is asked for again. */
import { loadOwn, LoadError, type Wait } from '../lib/own-file'

/** The part of a Worker that the client uses, so that a test can stand in for it. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'addEventListener'>

/**
 * A worker that is started again if its script could not be loaded, which is an error without a message before it has said anything; what was
 * posted to it meanwhile is posted to the next. If that does not help its `error` event carries the sentence of a LoadError.
 */
export function startedWorker(make: () => WorkerLike, wait?: Wait): WorkerLike {
  const events = new EventTarget()
  /** What was posted before it said anything; copied, not transferred, so that it can be posted again. */
  let posted: unknown[] | null = []
  let ended = false
  let worker: WorkerLike

  /** Resolves when the worker says something, or stops for another reason than its script. */
  const begin = () =>
    new Promise<void>((spoken, failed) => {
      const own = (worker = make())
      for (const message of posted ?? []) own.postMessage(message)
      const pass = (event: Event) => {
        if (ended || own !== worker) return
        const { data, message } = event as MessageEvent & ErrorEvent
        if (posted && event.type === 'error' && !message) return failed(new Error('The script did not come.'))
        posted = null
        spoken()
        events.dispatchEvent(Object.assign(new globalThis.Event(event.type), { data: data as unknown, message }))
      }
      for (const type of ['message', 'messageerror', 'error']) own.addEventListener(type, pass)
    })

  // The first is started at once: it is what the page waits for.
  const first = begin()
  loadOwn('The engine', (failures) => (failures.length === 0 ? first : ended ? Promise.resolve() : begin()), wait).catch(
    (error: unknown) => {
      if (ended || !(error instanceof LoadError)) return
      events.dispatchEvent(Object.assign(new globalThis.Event('error'), { error, message: error.message }))
    },
  )

  return {
    postMessage(message: unknown, transfer?: Transferable[] | StructuredSerializeOptions) {
      posted?.push(message)
      if (posted) worker.postMessage(message)
      else worker.postMessage(message, transfer as Transferable[])
    },
    terminate() {
      ended = true
      worker.terminate()
    },
    addEventListener: events.addEventListener.bind(events) as WorkerLike['addEventListener'],
  }
}
