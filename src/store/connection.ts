/** What the page asks the worker and hears from it. This file owns the worker. */
import { Client, RequestError } from '../worker/client'
import type { Answer, Event, EventName, Given, RequestName } from '../worker/protocol'
import { appendMetrics, forgetCurves } from './curves'
import { forgetPictures, latest } from './latest'
import { pageStore } from './page-store'
import { followFiles, followRun } from './present-run'
import { addProblem, initial, isStale, reduce, type Pending, type Reduced } from './state'
import { forgetThumbnails, takeThumbnails } from './thumbnails'

let client: Client | null = null

/** Starts the worker. */
export function connect(): void {
  client = new Client(receive)
}

/** Replaces a failed worker. Of the page's state, only the requested settings stay. */
export function reconnect(): void {
  client?.restart()
  pageStore.setState(({ asked, heard }) => ({ ...initial, asked, heard }))
  forgetCurves()
  forgetPictures()
  forgetThumbnails()
}

/** Asks the worker; until the answer, the request is pending. A failure is shown, and gives undefined. */
export async function ask<T extends RequestName>(type: T, given: Given<T>): Promise<Answer<T> | undefined> {
  const request = { type, given } as Pending
  pageStore.setState(({ pending }) => ({ pending: [...pending, request] }))
  try {
    const answer = await client?.ask(type, given)
    followFiles(type, given)
    return answer
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { problem } = error
    if (problem?.discards) pageStore.setState({ question: request })
    else if (problem) pageStore.setState((state) => addProblem(state, problem))
  } finally {
    pageStore.setState(({ pending }) => ({ pending: pending.filter((other) => other !== request) }))
  }
}

/** Events that bypass React's state. */
const elsewhere: { [T in Exclude<EventName, Reduced>]: (event: Event<T>) => void } = {
  thumbnails: takeThumbnails,
  metrics: ({ rows, scores }) => appendMetrics(rows, scores),
  views: ({ views }) => latest.setState({ views }),
  predictions: ({ predictions }) => latest.setState({ predictions }),
  // Heard by the pages of ?bench and ?selftest, which have a worker of their own.
  began: () => undefined,
  // Kept apart, by followRun.
  held: () => undefined,
}

function receive(event: Event): void {
  const before = pageStore.getState()
  if (isStale(before, event)) return
  if (event.run > before.run) {
    forgetCurves()
    forgetPictures()
  }
  pageStore.setState(reduce(before, event), true)
  followRun(event)
  const take = (elsewhere as Partial<Record<EventName, (event: never) => void>>)[event.type]
  take?.(event as never)
}
