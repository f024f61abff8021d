/** Watches over a thread that tries a target: one that hangs or takes too much memory is ended, and that is a finding too. */
import { Worker } from 'node:worker_threads'
import type { Campaign, Finding, News } from './campaign'

/**
 * No case takes as long, even where others use the processor. Memory is that of the process: a volume may have 1 GiB, and be there twice while it
 * is read.
 */
const usual = { milliseconds: 60_000, bytes: 3.5 * 2 ** 30 }

/** What came of it; `slowest` in milliseconds. */
export interface Outcome {
  runs: number
  slowest: number
  finding: Finding | null
}

/** Tries a target, up to the first fault. */
export function attack(campaign: Campaign, { milliseconds, bytes } = usual): Promise<Outcome> {
  // --import does not reach threads: there tsx is registered by hand.
  const start = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(new URL('./campaign.ts', import.meta.url).href)})))`
  // What the session logs of a fault is in the finding.
  const worker = new Worker(start, { eval: true, workerData: campaign, stderr: true })
  return new Promise((resolve) => {
    let runs = 0
    let last: Extract<News, { type: 'case' }> = { type: 'case', says: 'before the first case', files: [] }
    let since = performance.now()
    const end = (result: Outcome) => {
      clearInterval(watch)
      void worker.terminate().then(() => resolve(result))
    }
    const fault = (message: string) =>
      end({ runs, slowest: performance.now() - since, finding: { message, shrunk: last.says, files: last.files } })
    const watch = setInterval(() => {
      if (performance.now() - since > milliseconds) fault(`No answer within ${milliseconds / 1000} s.`)
      else if (process.memoryUsage.rss() > bytes) fault(`More than ${bytes / 2 ** 30} GiB of memory.`)
    }, 100)
    worker.on('message', (news: News) => {
      since = performance.now()
      if (news.type === 'done') return end(news)
      runs++
      last = news
    })
    worker.on('error', (error) => fault(`The thread died: ${(error as Error).stack ?? String(error)}`))
  })
}
