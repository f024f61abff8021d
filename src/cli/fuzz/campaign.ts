/** Tries one target, in a thread of its own: the runner ends it where it hangs or takes too much memory. */
import { parentPort, workerData } from 'node:worker_threads'
import fc from 'fast-check'
import '../pipelines'
import { targets } from './targets'

/** What is to be tried, and for how long. */
export interface Campaign {
  target: string
  seed: number
  /** Cases, at most. */
  runs: number
  /** Milliseconds, at most. */
  time: number
}

/** A fault, and what causes it. */
export interface Finding {
  message: string
  /** The case in words, as small as it could be made. */
  shrunk: string
  files: { name: string; bytes: Uint8Array<ArrayBuffer> }[]
}

/** What the thread tells: that it begins a case; that it is done, and how many milliseconds the slowest case took. */
export type News =
  { type: 'case'; says: string; files: Finding['files'] } | { type: 'done'; runs: number; slowest: number; finding: Finding | null }

const tell = (news: News) => parentPort!.postMessage(news)

async function run({ target, seed, runs, time }: Campaign): Promise<void> {
  const found = (await targets(target)).find(({ name }) => name === target)
  if (!found) throw new Error(`There is no target "${target}".`)
  let tried = 0
  let slowest = 0
  const say = (one: unknown) => fc.stringify(one).slice(0, 2000)
  const result = await fc.check(
    fc.asyncProperty(found.cases, async (one) => {
      tried++
      tell({ type: 'case', says: say(one), files: found.filesOf?.(one) ?? [] })
      const begun = performance.now()
      await found.run(one).finally(() => (slowest = Math.max(slowest, performance.now() - begun)))
    }),
    { seed, numRuns: runs, interruptAfterTimeLimit: time, markInterruptAsFailure: false },
  )
  await found.end?.()
  const [one] = result.counterexample ?? []
  const error = result.errorInstance
  const message = error instanceof Error ? (error.name === 'Fault' ? error.message : (error.stack ?? error.message)) : String(error)
  tell({
    type: 'done',
    runs: tried,
    slowest,
    finding: result.failed ? { message, shrunk: say(one), files: found.filesOf?.(one) ?? [] } : null,
  })
}

await run(workerData as Campaign)
