/** Runs that the browser keeps: what the page asks of them. The worker writes and reads them, see src/keeping. */
import { inTime } from '../lib/in-time'
import { storageReason } from '../lib/storage-reason'
import type { Given } from '../worker/protocol'
import { countDrawings, forgetDrawings } from './stored-drawings'
import { ask } from './connection'
import { forgetLooks } from './looks'
import { pageStore } from './page-store'
import { holdFiles, type PresentRun } from './present-run'
import { isKept, wouldForget } from './state'

/** Where runs are kept, or why nowhere; asked of the browser once. */
let place: Promise<Given<'keep-in'>> | null = null
/** The worker's answer to being told. */
let told: Promise<unknown> = Promise.resolve()

/** Milliseconds for the browser to say; a worker that was replaced waits for it. */
const patience = 10_000

const refused = (error: unknown): Given<'keep-in'> => ({ root: null, refused: storageReason(error) })

/** Tells a new worker where to keep runs. */
export function openKeeping(): void {
  const { storage } = navigator
  if (!storage?.getDirectory) {
    told = ask('keep-in', { root: null, refused: 'it has no file system for pages' })
    return
  }
  place ??= inTime(storage.getDirectory(), patience).then((root) => ({ root, refused: null }), refused)
  told = place.then((given) => ask('keep-in', given))
  void storage.persisted?.().then(
    (persisted) => pageStore.setState({ persisted }),
    () => undefined,
  )
}

/** Asks the browser not to clear what is kept when space is short: some decide by themselves, some ask the user. */
export function askToPersist(): void {
  if (pageStore.getState().persisted) return
  void navigator.storage?.persist?.().then(
    (persisted) => pageStore.setState({ persisted }),
    () => undefined,
  )
}

/** A page that is hidden may never be shown again. */
export function keepNow(): void {
  if (pageStore.getState().status.step > 0) void ask('keep', {})
}

/** Loads a kept run, in the place of what is loaded; asks first if that would lose something. */
export async function continueRun(id: string, best = false): Promise<void> {
  const request = { type: 'continue-run', given: { id, best } } as const
  const state = pageStore.getState()
  if (wouldForget(state) && !isKept(state)) return pageStore.setState({ question: request })
  await ask(request.type, request.given)
}

export const forgetRun = (id: string): Promise<void> => ask('forget-run', { id })

/** What this browser stores for the page, beside small notes such as the theme. */
export interface Stored {
  /** Number of drawings that are kept. */
  drawings: number
  /** Bytes in use and bytes that the browser allows; null where it does not say. */
  used: number | null
  allowed: number | null
}

export async function whatIsStored(): Promise<Stored> {
  const drawings = await countDrawings().catch(() => 0)
  const { usage = null, quota = null } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {}
  return { drawings, used: usage, allowed: quota }
}

/** Removes all runs but those of other tabs, the run log, and all drawings. */
export async function forgetAll(): Promise<void> {
  await ask('remove-logged', { ids: pageStore.getState().log.runs.map(({ id }) => id) })
  for (const { id, elsewhere } of pageStore.getState().runs) if (!elsewhere) await forgetRun(id)
  await forgetDrawings().catch(() => undefined)
  forgetLooks()
}

/**
 * Brings a run back in a new worker, which has been asked for `init` and loaded nothing: from what was kept last in this browser, or from what
 * the page holds where storage is refused. It is then paused.
 * @param run what the page held of it
 * @param askIt asks that worker, and none that has replaced it since
 * @returns whether there was something to bring back
 */
export async function bringBack({ id: heard, archive, since, files }: PresentRun, askIt: typeof ask): Promise<boolean> {
  await told
  // A worker may die between the first record of its run and the page's hearing of it.
  const unheard = archive ? undefined : pageStore.getState().runs.find(({ begun, elsewhere }) => begun >= since && !elsewhere)
  const id = heard ?? unheard?.id ?? null
  if (id !== null) await askIt('continue-run', { id, best: false })
  else if (archive) for (const batch of files) await askIt('load-files', { files: batch })
  if (archive) {
    // What came back is older, and so is a run that was among the files.
    await askIt('reset', {})
    await askIt('load-files', { files: [{ role: null, name: 'the run', blob: new Blob([archive]) }] })
  }
  // They are its files still, should what is kept become unreadable.
  holdFiles(files)
  return pageStore.getState().status.step > 0
}
