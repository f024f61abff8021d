/** Listens to the worker's messages, ends it, and sends requests like the page: for exact pictures and numbers, which the screen shows rounded. */
import type { Page } from '@playwright/test'
import type { Answer, Command, DatasetSummary, Event, Given, Outcome, RequestName, VolumeNumbers } from '../src/worker/protocol'

interface Spy {
  worker: Worker
  /** Answered requests to load files, successful or not. */
  loaded: number
  dataset: DatasetSummary | null
  /** What was said of files, unasked or as an answer. */
  said: string[]
  /** Answers to exports held back from the page; null while none are held back. */
  held: Outcome[] | null
  /** Sends a request like the page. */
  ask: <T extends RequestName>(type: T, given: Given<T>) => Promise<Answer<T>>
}

type Spied = typeof window & { spy: Spy }

/** Runs in the page: listens to the next worker. */
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
      const spy: Spy = { worker: this, loaded: 0, dataset: null, said: [], held: null, ask }
      Object.assign(window, { spy })
      // Before the page listens.
      this.addEventListener('message', (event: MessageEvent<Event | Outcome>) => {
        const { data } = event
        if (spy.held && data.type === 'done' && exports.has(data.id)) {
          event.stopImmediatePropagation()
          spy.held.push(data)
        } else if (data.type === 'dataset') spy.dataset = data.dataset
        else if (data.type === 'problem') spy.said.push(data.message)
        else if ((data.type === 'done' || data.type === 'failed') && loads.has(data.id)) spy.loaded++
      })
    }
  }
}

/** Call before opening the page. */
export async function spyOnWorker(page: Page): Promise<void> {
  await page.addInitScript(listen)
}

const loaded = (page: Page): Promise<number> => page.evaluate(() => (window as Spied).spy.loaded)

/** Gives files to the page, and waits until the session has accepted or refused them all. */
export async function untilTaken(page: Page, act: () => Promise<void>): Promise<void> {
  const before = await loaded(page)
  await act()
  await page.waitForFunction((n) => (window as Spied).spy.loaded > n, before, { timeout: 60_000 })
}

/** Until `act` ends, the page does not hear that an export is done. */
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

/** Waits until the session has done everything asked of it: after this it does nothing by itself. A running run is paused. */
export const untilDone = (page: Page): Promise<void> => page.evaluate(() => (window as Spied).spy.ask('pause', {}))

/** What a data set is, in short, and what was said since this was asked last. A class is its value, name and pixels. */
export const foundBy = (page: Page) =>
  page.evaluate(async () => {
    const { spy } = window as Spied
    const { exemplars, sources, classes, unlabeled, maskNotes } = spy.dataset!
    const numbers = sources[0] && (await spy.ask('inspect-source', { source: sources[0].id }))
    return {
      exemplars: exemplars.map(({ name }) => name),
      sources: sources.map(({ name, size }) => ({ name, size: size.join('x') })),
      classes: classes.map(({ name, value, pixels }) => `${value} ${name} ${pixels}`),
      referenced: unlabeled.flatMap(({ name, hasReference }) => (hasReference ? [name] : [])),
      notes: maskNotes,
      values: numbers && [numbers.min, numbers.max],
      said: spy.said.splice(0),
    }
  })

/** Empties the page by loading a sample. */
export const startAnew = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const { spy } = window as Spied
    await spy.ask('load-sample', { sample: 'Cardiac phantom' })
    spy.said = []
  })

/** The latest data set's parts that can be compared as text. */
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

/** Every unlabelled image at full size. */
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

/** The statistics of volumes. */
export const exactNumbers = (page: Page, ids: readonly string[]): Promise<VolumeNumbers[]> =>
  page.evaluate(async (ids) => {
    const { ask } = (window as Spied).spy
    const found: VolumeNumbers[] = []
    for (const source of ids) found.push(await ask('inspect-source', { source }))
    return found
  }, ids)

type Held = typeof window & { workers: Worker[] }

/** Runs in the page: keeps its workers. */
function hold(): void {
  const Plain = Worker
  const workers: Worker[] = ((window as Held).workers = [])
  window.Worker = class extends Plain {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      workers.push(this)
    }
  }
}

/**
 * Keeps a page's workers from when it is opened.
 * @returns ends the first one without the page's knowledge
 */
export async function holdWorker(page: Page): Promise<() => Promise<void>> {
  await page.addInitScript(hold)
  return () => page.evaluate(() => (window as Held).workers[0]!.terminate())
}
