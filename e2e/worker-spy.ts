/** Listens to what the worker tells the page, and asks it as the page does: pictures and numbers exactly, where the screen shows them rounded. */
import type { Page } from '@playwright/test'
import type { Answer, Command, DatasetSummary, Event, Given, Outcome, RequestName, VolumeNumbers } from '../src/worker/protocol'

interface Spy {
  worker: Worker
  /** Requests to load files that were answered, well or badly. */
  loaded: number
  dataset: DatasetSummary | null
  /** Answers to exports that the page is not to hear yet; null while it hears them at once. */
  held: Outcome[] | null
  /** Asks as the page does. */
  ask: <T extends RequestName>(type: T, given: Given<T>) => Promise<Answer<T>>
}

type Spied = typeof window & { spy: Spy }

/** Runs in the page: the next worker is listened to. */
function listen(): void {
  const Plain = Worker
  window.Worker = class extends Plain {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      const post = this.postMessage.bind(this)
      const [loads, exports] = [new Set<number>(), new Set<number>()]
      this.postMessage = ((command: Command, transfer: Transferable[]) => {
        if (command.type === 'load-files') loads.add(command.id)
        if (command.type === 'export') exports.add(command.id)
        post(command, transfer)
      }) as Worker['postMessage']
      // The page counts upwards from 1.
      let last = 0
      const ask: Spy['ask'] = (type, given) =>
        new Promise((done, failed) => {
          const id = --last
          const hear = ({ data }: MessageEvent<Event | Outcome>) => {
            if ((data.type !== 'done' && data.type !== 'failed') || data.id !== id) return
            this.removeEventListener('message', hear)
            if (data.type === 'done') done(data.answer as never)
            else failed(new Error(data.problem?.message))
          }
          this.addEventListener('message', hear)
          post({ type, id, given })
        })
      const spy: Spy = { worker: this, loaded: 0, dataset: null, held: null, ask }
      Object.assign(window, { spy })
      // Before the page listens.
      this.addEventListener('message', (event: MessageEvent<Event | Outcome>) => {
        const { data } = event
        if (spy.held && data.type === 'done' && exports.has(data.id)) {
          event.stopImmediatePropagation()
          spy.held.push(data)
        } else if (data.type === 'dataset') spy.dataset = data.dataset
        else if ((data.type === 'done' || data.type === 'failed') && loads.has(data.id)) spy.loaded++
      })
    }
  }
}

/** To be called before the page is opened. */
export async function spyOnWorker(page: Page): Promise<void> {
  await page.addInitScript(listen)
}

const loaded = (page: Page): Promise<number> => page.evaluate(() => (window as Spied).spy.loaded)

/** Gives files to the page, and waits until the session has taken or refused them all. */
export async function untilTaken(page: Page, act: () => Promise<void>): Promise<void> {
  const before = await loaded(page)
  await act()
  await page.waitForFunction((n) => (window as Spied).spy.loaded > n, before, { timeout: 60_000 })
}

/** While `act` goes on, the page does not hear that an export is done. */
export async function whileExporting(page: Page, act: () => Promise<void>): Promise<void> {
  await page.evaluate(() => void ((window as Spied).spy.held = []))
  await act()
  await page.waitForFunction(() => (window as Spied).spy.held!.length > 0)
  await page.evaluate(() => {
    const { spy } = window as Spied
    const held = spy.held!
    spy.held = null
    for (const data of held) spy.worker.dispatchEvent(new MessageEvent('message', { data }))
  })
}

/** Waits until the session has done all that it was asked for: after this it does nothing by itself. A run that goes on is paused. */
export const untilDone = (page: Page): Promise<void> => page.evaluate(() => (window as Spied).spy.ask('pause', {}))

/** Of the newest data set what can be compared as text. */
export const datasetOf = (page: Page): Promise<Pick<DatasetSummary, 'classes' | 'sources'>> =>
  page.evaluate(() => {
    const { classes, sources } = (window as Spied).spy.dataset!
    return { classes, sources }
  })

export interface ExactPicture {
  source: string
  name: string
  width: number
  height: number
  /** SHA-256 of the numbers as little-endian floats. */
  sha256: string
}

/** Every image of the pile in full. */
export const exactPictures = (page: Page): Promise<ExactPicture[]> =>
  page.evaluate(async () => {
    const { ask, dataset } = (window as Spied).spy
    const found: ExactPicture[] = []
    for (const { id, source } of dataset!.unlabeled) {
      const { name, width, height, pixels } = await ask('open-picture', { picture: id, toDraw: false })
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels))
      found.push({ source, name, width, height, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') })
    }
    return found
  })

/** The numbers of volumes. */
export const exactNumbers = (page: Page, ids: readonly string[]): Promise<VolumeNumbers[]> =>
  page.evaluate(async (ids) => {
    const { ask } = (window as Spied).spy
    const found: VolumeNumbers[] = []
    for (const source of ids) found.push(await ask('inspect-source', { source }))
    return found
  }, ids)
