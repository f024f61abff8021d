/** How long the tasks of the page's main thread take. */
import type { Browser, Page } from '@playwright/test'

interface TraceEvent {
  name: string
  ph: string
  pid: number
  tid: number
  /** Microseconds: as the clock has them, and those in which the thread had a core. */
  dur?: number
  tdur?: number
  args: { name?: string; data?: { frames?: { processId: number; url: string }[] } }
}

/**
 * Milliseconds of core time of each task of the page's main thread while something is done, the longest first. Not by the clock: a machine
 * that others share would be measured then.
 */
export async function pageTasks(browser: Browser, page: Page, act: () => Promise<unknown>): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] })
  await act()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const origin = new URL(page.url()).origin
  const frames = traceEvents.flatMap(({ name, args }) => (name === 'TracingStartedInBrowser' ? (args.data?.frames ?? []) : []))
  const pid = frames.find(({ url }) => url.startsWith(origin))?.processId
  const main = traceEvents.find((event) => event.pid === pid && event.name === 'thread_name' && event.args.name === 'CrRendererMain')
  const tasks = traceEvents.filter(
    ({ name, pid: own, tid, tdur }) => own === pid && tid === main?.tid && name.endsWith('RunTask') && tdur !== undefined,
  )
  if (tasks.length === 0) throw new Error('The trace has no task of the page’s main thread.')
  return tasks.map(({ tdur }) => tdur! / 1000).sort((a, b) => b - a)
}
