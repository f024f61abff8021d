/** Shared by the specs: a test that fails if anything leaves the page's origin or fails silently, and a user's actions. */
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { unzipSync } from 'fflate'
import { readFileSync } from 'node:fs'

export { expect } from '@playwright/test'

/** Runs in the page and in its worker. */
function reportRefusals(): void {
  addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.effectiveDirective} refused ${event.blockedURI}`))
}

/**
 * Collects what must never happen in a context: requests to other origins, which are refused, console errors, refusals by the policy,
 * uncaught errors.
 */
export async function watchFor(context: BrowserContext, origin: string): Promise<string[]> {
  const wrongs: string[] = []
  const elsewhere = (url: URL) => url.origin !== origin && !['blob:', 'data:'].includes(url.protocol)
  await context.route(elsewhere, (route) => {
    wrongs.push(`request to ${route.request().url()}`)
    return route.abort()
  })
  context.on('console', (message) => {
    if (message.type() === 'error') wrongs.push(`console error: ${message.text()} (${message.location().url})`)
  })
  context.on('weberror', (error) => wrongs.push(`uncaught: ${error.error().stack}`))
  // A refusal swallowed by the code is still an attempt; the worker has its own event for it.
  await context.addInitScript(reportRefusals)
  context.on('page', (page) => page.on('worker', (worker) => void worker.evaluate(reportRefusals).catch(() => undefined)))
  return wrongs
}

/** Every spec's test; eslint.config.js refuses Playwright's own. */
export const test = base.extend<{ caused: RegExp | null; nothingWrong: void }>({
  /** What a spec causes itself, and so is not wrong: `test.use({ caused: /.../ })`. */
  caused: [null, { option: true }],
  nothingWrong: [
    async ({ context, baseURL, caused }, use) => {
      // Told when a file is asked for, the browser may not know in time that it must not show its own dialog.
      context.on('page', (page) => page.on('filechooser', () => undefined))
      const wrongs = await watchFor(context, new URL(baseURL!).origin)
      await use()
      expect(wrongs.filter((wrong) => !caused?.test(wrong))).toEqual([])
    },
    { auto: true },
  ],
})

/** A network so small that a step takes a fraction of a second on two cores. */
export const tiny = 'backend=wasm&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2'

export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true })

/** The status line, which carries the bare values in data-state and data-step. */
export const status = (page: Page): Locator => page.getByRole('status').and(page.locator('[data-state]'))

export async function expectState(page: Page, state: string, timeout = 60_000): Promise<void> {
  await expect(status(page)).toHaveAttribute('data-state', state, { timeout })
}

export const alerts = (page: Page): Locator => page.getByRole('alert')

export const step = async (page: Page): Promise<number> => Number(await status(page).getAttribute('data-step'))

export async function expectStepAbove(page: Page, above: number, timeout = 60_000): Promise<void> {
  await expect.poll(() => step(page), { timeout, message: `a step above ${above}` }).toBeGreaterThan(above)
}

/** The run stands at this step; its first one can take long. */
export async function expectStep(page: Page, at: number, timeout = 60_000): Promise<void> {
  await expect(status(page)).toHaveAttribute('data-step', String(at), { timeout })
}

/** Opens the page with these settings and waits until Start is enabled. */
export async function open(page: Page, query = tiny): Promise<void> {
  await page.goto(`/?${query}`)
  await expectState(page, 'ready')
}

/** Presses Tab until the control has the focus; `check` looks at each place where it rests on the way. */
export async function tabTo(page: Page, control: Locator, check: () => Promise<void> = async () => {}): Promise<void> {
  for (let i = 0; i < 150; i++) {
    if (await control.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
    await check()
  }
  throw new Error(`Tab never reached ${String(control)}.`)
}

/** Presses a button that saves a file. */
export async function saved(page: Page, name: string): Promise<{ name: string; buffer: Buffer }> {
  const coming = page.waitForEvent('download')
  await button(page, name).click()
  const download = await coming
  return { name: download.suggestedFilename(), buffer: readFileSync(await download.path()) }
}

export type Zip = Record<string, Uint8Array<ArrayBuffer>>

/** Presses a button that saves a zip. @returns what is in it */
export async function savedZip(page: Page, button: string): Promise<Zip> {
  const { name, buffer } = await saved(page, button)
  expect(name).toMatch(/\.zip$/)
  return unzipSync(buffer) as Zip
}

/** The data table of a chart, opened: its header, and each row as text, the newest first. */
export async function dataTable(page: Page, name: string): Promise<{ columns: string[]; rows: string[][] }> {
  const figure = page.getByRole('figure', { name, exact: true })
  const table = figure.getByRole('table')
  // Curves are hidden until the run has some, so what is not seen may be open.
  const summary = figure.getByText('Data table')
  await expect(summary).toBeVisible()
  if (!(await summary.evaluate(({ parentElement }) => (parentElement as HTMLDetailsElement).open))) await summary.click()
  return await table.evaluate((element: HTMLTableElement) => {
    const texts = (row: HTMLTableRowElement) => [...row.cells].map((cell) => cell.textContent.trim())
    const [head, ...body] = [...element.rows]
    return { columns: head ? texts(head) : [], rows: body.map(texts) }
  })
}

/** The numbers of one column of a chart's table, the newest first, NaN where there is none. */
export async function column(page: Page, figure: string, name: RegExp): Promise<number[]> {
  const { columns, rows } = await dataTable(page, figure)
  const index = columns.findIndex((text) => name.test(text))
  if (index < 0) throw new Error(`The table of "${figure}" has no column like ${name}: ${columns.join(', ')}.`)
  return rows.map((row) => Number(row[index]!.replaceAll(',', '')))
}
