/** What the page asks the worker and hears from it. This file owns the worker. */
import { buffersOf } from '../lib/buffers'
import { Client, RequestError } from '../worker/client'
import type { Answer, Event, EventName, Given, Problem, RequestName } from '../worker/protocol'
import { appendMetrics, forgetCurves } from './curves'
import { forgetPictures, latest, takeViews } from './latest'
import { pageStore } from './page-store'
import { followFiles, followRun } from './present-run'
import { countAddress } from './requests'
import { addProblem, initial, isStale, reduce, type Pending, type Reduced, withoutRefusals } from './state'
import { forgetThumbnails, takeThumbnails } from './thumbnails'
import { forgetTimeline, keepSnapshot, takeRecording } from './timeline'

let client: Client | null = null

/** Starts the worker. @param gone called when it has died, or has long given no sign of life though it should */
export function connect(gone?: (how: 'dead' | 'silent') => void): void {
  client = new Client(receive, gone)
}

/** Replaces the worker. Of the page's state, only the requested settings, what exports are to be like and what was said stay. */
export function reconnect(): void {
  client?.restart()
  for (const message of waiting.keys()) settleFailed(message, false)
  pageStore.setState(({ asked, picked, given, exportOptions, problems, unlisted, heard }) => ({
    ...initial,
    asked,
    picked,
    given,
    exportOptions,
    problems,
    unlisted,
    heard,
  }))
  forgetCurves()
  forgetPictures()
  forgetTimeline()
  forgetThumbnails()
}

/** Requests that wait until the user asks again for a file of ours that did not come, by the sentence that says so. */
const waiting = new Map<string, ((again: boolean) => void)[]>()

/**
 * Asks the worker; until the answer, the request is pending. A failure is shown, and gives undefined; if one of our own files could not be
 * loaded, not before the user has dismissed that or asked again in vain.
 */
export async function ask<T extends RequestName>(type: T, given: Given<T>): Promise<Answer<T> | undefined> {
  for (;;) {
    const request = { type, given } as Pending
    pageStore.setState(({ pending }) => ({ pending: [...pending, request] }))
    let problem: Problem | null
    try {
      // Typed arrays are transferred, and needed again for another try.
      const answer = await client?.ask(type, buffersOf(given).length > 0 ? structuredClone(given) : given)
      followFiles(type, given)
      pageStore.setState(({ problems }) => ({ problems: withoutRefusals(problems, type) }))
      return answer
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      problem = error.problem
    } finally {
      pageStore.setState(({ pending }) => ({ pending: pending.filter((other) => other !== request) }))
    }
    if (!problem) return undefined
    const { kind, message, discards } = problem
    if (discards) {
      pageStore.setState({ question: request })
      return undefined
    }
    const told = problem
    // Files are another matter: others that can be read do not mend these.
    const mendable = type !== 'load-files' && (kind === 'input' || kind === 'run')
    pageStore.setState((state) => addProblem(state, told, mendable ? type : null))
    if (kind !== 'load') return undefined
    const again = await new Promise<boolean>((resolve) => waiting.set(message, [...(waiting.get(message) ?? []), resolve]))
    if (!again) return undefined
  }
}

/** Asks again, or no more, for what failed with this sentence. @returns whether anything did */
export function settleFailed(message: string, again: boolean): boolean {
  const requests = waiting.get(message) ?? []
  waiting.delete(message)
  for (const answer of requests) answer(again)
  return requests.length > 0
}

/** Events that bypass React's state. */
const elsewhere: { [T in Exclude<EventName, Reduced>]: (event: Event<T>) => void } = {
  thumbnails: takeThumbnails,
  metrics: ({ rows, scores }) => appendMetrics(rows, scores),
  views: ({ views, snapshot }) => {
    keepSnapshot(views, snapshot)
    takeViews(views)
  },
  timeline: ({ recording }) => takeRecording(recording),
  predictions: ({ predictions }) => latest.setState({ predictions }),
  // Heard by the pages of ?bench and ?selftest, which have a worker of their own.
  began: () => undefined,
  // Kept apart, by followRun.
  held: () => undefined,
  request: ({ url }) => countAddress(url),
}

function receive(event: Event): void {
  const before = pageStore.getState()
  if (event.type !== 'request' && isStale(before, event)) return
  if (event.run > before.run) {
    forgetCurves()
    forgetPictures()
    forgetTimeline()
  }
  pageStore.setState(reduce(before, event), true)
  followRun(event)
  const take = (elsewhere as Partial<Record<EventName, (event: never) => void>>)[event.type]
  take?.(event as never)
}
