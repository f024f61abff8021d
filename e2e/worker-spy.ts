/** Listens to what the worker tells the page, and asks it as the page does: pictures and numbers exactly, where the screen shows them rounded. */
import type { Page } from '@playwright/test'
import type { Command, DatasetSummary, Event, SourceEvent } from '../src/worker/protocol'

interface Spy {
  worker: Worker
  /** Data sets heard of. */
  datasets: number
  dataset: DatasetSummary | null
}

/** Runs in the page: the next worker is listened to. */
function listen(): void {
  const Plain = Worker
  window.Worker = class extends Plain {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      const spy: Spy = { worker: this, datasets: 0, dataset: null }
      Object.assign(window, { spy })
      this.addEventListener('message', ({ data }: MessageEvent<Event>) => {
        if (data.type === 'dataset') Object.assign(spy, { datasets: spy.datasets + 1, dataset: data.dataset })
      })
    }
  }
}

/** To be called before the page is opened. */
export async function spyOnWorker(page: Page): Promise<void> {
  await page.addInitScript(listen)
}

const datasets = (page: Page): Promise<number> => page.evaluate(() => (window as unknown as { spy: Spy }).spy.datasets)

/** Gives files to the page, and waits until the session has taken or refused them all. */
export async function untilTaken(page: Page, act: () => Promise<void>): Promise<void> {
  const before = await datasets(page)
  await act()
  await page.waitForFunction((n) => (window as unknown as { spy: Spy }).spy.datasets > n, before, { timeout: 60_000 })
}

/** Of the newest data set what can be compared as text. */
export const datasetOf = (page: Page): Promise<Pick<DatasetSummary, 'classes' | 'sources'>> =>
  page.evaluate(() => {
    const { classes, sources } = (window as unknown as { spy: Spy }).spy.dataset!
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
    const { worker, dataset } = (window as unknown as { spy: Spy }).spy
    const found: ExactPicture[] = []
    for (const index of dataset!.unlabeled.keys()) {
      const { source, name, width, height, pixels } = await new Promise<Extract<Event, { type: 'picture' }>>((done) => {
        const hear = ({ data }: MessageEvent<Event>) => {
          if (data.type !== 'picture') return
          worker.removeEventListener('message', hear)
          done(data)
        }
        worker.addEventListener('message', hear)
        worker.postMessage({ type: 'open-picture', of: 'pile', index, toDraw: false } satisfies Command)
      })
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels))
      found.push({ source, name, width, height, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') })
    }
    return found
  })

/** The numbers of volumes, by id. */
export const exactNumbers = (page: Page, ids: readonly string[]): Promise<SourceEvent[]> =>
  page.evaluate(async (ids) => {
    const { worker } = (window as unknown as { spy: Spy }).spy
    const found: SourceEvent[] = []
    for (const id of ids)
      found.push(
        await new Promise<SourceEvent>((done) => {
          const hear = ({ data }: MessageEvent<Event>) => {
            if (data.type !== 'source' || data.id !== id) return
            worker.removeEventListener('message', hear)
            done(data)
          }
          worker.addEventListener('message', hear)
          worker.postMessage({ type: 'inspect-source', source: id } satisfies Command)
        }),
      )
    return found
  }, ids)
