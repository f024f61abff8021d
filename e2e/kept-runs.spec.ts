import AxeBuilder from '@axe-core/playwright'
import type { BrowserContext, Page } from '@playwright/test'
import { annotate } from './annotation'
import { alerts, button, column, expect, expectState, expectStep, expectStepAbove, open, saved, step, test, tiny } from './lab'
import { choose, drop, expectOwnFiles, image, loadOwnFiles, mask, unlabeled } from './phantom'

/** The step up to which the page says that the run is kept. */
async function expectKept(page: Page, atLeast: number): Promise<number> {
  const kept = async () => Number(await page.getByTestId('kept').getAttribute('data-step'))
  await expect.poll(kept, { timeout: 60_000, message: 'a kept step' }).toBeGreaterThanOrEqual(atLeast)
  return kept()
}

const continueButton = (page: Page) => page.getByRole('region', { name: 'Runs' }).getByRole('button', { name: /^Continue your run of / })

/** Nothing that axe finds wrong in a part of the page. */
async function expectAccessible(page: Page, part: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`)).toEqual([])
}

/** Continues the only kept run. @returns the step on its button */
async function goOn(page: Page): Promise<number> {
  await expect(continueButton(page)).toBeEnabled({ timeout: 60_000 })
  const at = Number(/at step (\d+)$/.exec(await continueButton(page).innerText())![1])
  await continueButton(page).click()
  await expectStep(page, at)
  await expect(continueButton(page)).toHaveCount(0)
  return at
}

/** Opens the page with the user's own files. */
async function openOwn(page: Page, query = ''): Promise<void> {
  await open(page, `${tiny}&steps=5000${query}`)
  await loadOwnFiles(page)
}

async function runTo(page: Page, atLeast: number): Promise<void> {
  await button(page, 'Start').click()
  await expectStepAbove(page, atLeast - 1)
}

/** A step by hand: the run is then paused, and kept as it is. */
async function stepTo(page: Page, last: number): Promise<void> {
  for (let next = 1 + (await step(page)); next <= last; next++) {
    await button(page, 'Step').click()
    await expectStep(page, next)
  }
  await expectState(page, 'paused')
  await expectKept(page, last)
}

/** What the browser's file system holds, as paths. */
const filesKept = (page: Page) =>
  page.evaluate(async () => {
    const paths: string[] = []
    const list = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, entry] of folder)
        if (entry.kind === 'directory') await list(entry, `${path}${name}/`)
        else paths.push(path + name)
    }
    await list(await navigator.storage.getDirectory(), '')
    return paths
  })

test('after a reload in mid-run the run is offered, and comes back with its pictures and settings', async ({ page }) => {
  await openOwn(page, '&tau=0.7')
  await page
    .getByRole('textbox', { name: /name of class 1/i })
    .first()
    .fill('Wall')
  await page.keyboard.press('Enter')
  await runTo(page, 3)
  const kept = await expectKept(page, 1)
  await page.reload()
  await expectState(page, 'ready')
  expect(await goOn(page)).toBeGreaterThanOrEqual(kept)
  await expectState(page, 'paused')
  await expect(page.getByText('mine_1.png, 48 × 40')).toBeVisible()
  await expect(page.getByText('6 images of 6 patients')).toBeVisible()
  expect(new URL(page.url()).searchParams.get('tau')).toBe('0.7')
  await expect(alerts(page)).toHaveCount(0)
  const from = await step(page)
  await button(page, 'Resume').click()
  await expectStepAbove(page, from + 2)
  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  await expectKept(page, await step(page))
})

test('a run paused, closed and opened again gives the losses of one that was never interrupted', async ({ page, context }) => {
  const query = `${tiny}&steps=8&warmup=0`
  await open(page, query)
  await loadOwnFiles(page)
  await stepTo(page, 3)
  await page.close()
  const again = await context.newPage()
  await open(again, query)
  expect(await goOn(again)).toBe(3)
  await button(again, 'Resume').click()
  await expectState(again, 'finished')
  const losses = (of: Page) => column(of, 'Loss', /total.*A|A.*total/i)
  await expect.poll(() => losses(again)).toHaveLength(8)
  const interrupted = await losses(again)

  const whole = await context.newPage()
  await open(whole, query)
  await loadOwnFiles(whole)
  await button(whole, 'Start').click()
  await expectState(whole, 'finished')
  await expect.poll(() => losses(whole)).toEqual(interrupted)
})

test('what was drawn, and the name and colour of its class, come back after a reload', async ({ page }) => {
  await open(page, `${tiny}&steps=5000`)
  await choose(page, 'Unlabeled images', unlabeled(3))
  await annotate(page, 'p2_1.png')
  await expectState(page, 'ready')
  const named = page.getByRole('textbox', { name: 'Name of class 1' })
  await named.fill('cavity')
  await named.press('Enter')
  const color = page.getByLabel('Colour of class 1')
  await color.fill('#c02060')
  const canvas = page.getByRole('figure', { name: 'Annotated image' }).locator('canvas')
  const drawn = () => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL())
  await stepTo(page, 2)
  const before = await drawn()
  await page.reload()
  expect(await goOn(page)).toBe(2)
  await expect(named).toHaveValue('cavity')
  await expect(color).toHaveValue('#c02060')
  await expect.poll(drawn).toBe(before)
  await button(page, 'Step').click()
  await expectStep(page, 3)
  await expect(alerts(page)).toHaveCount(0)
})

test('a crashed tab loses at most what came after its last kept state', async ({ page, context }) => {
  await openOwn(page)
  await runTo(page, 2)
  const kept = await expectKept(page, 1)
  const crashed = page.waitForEvent('crash')
  const devtools = await context.newCDPSession(page)
  // Never answered: there is nobody left.
  devtools.send('Page.crash').catch(() => undefined)
  await crashed
  const again = await context.newPage()
  await open(again)
  expect(await goOn(again)).toBeGreaterThanOrEqual(kept)
  await expect(again.getByText('6 images of 6 patients')).toBeVisible()
})

/** What is left where nothing can be stored: one notice, a run that goes on, and its export. */
async function expectUnkept(page: Page, reason: string): Promise<void> {
  await runTo(page, 3)
  await expect(alerts(page)).toHaveCount(1)
  await expect(alerts(page)).toContainText(`This run is not kept in this browser (${reason})`)
  await expectStepAbove(page, (await step(page)) + 2)
  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  expect((await saved(page, 'Export run')).buffer.length).toBeGreaterThan(10_000)
  await expect(alerts(page)).toHaveCount(1)
}

const setQuota = async (context: BrowserContext, page: Page, quotaSize?: number) => {
  const devtools = await context.newCDPSession(page)
  await devtools.send('Storage.overrideQuotaForOrigin', {
    origin: new URL(page.url()).origin,
    ...(quotaSize !== undefined && { quotaSize }),
  })
}

test('full storage: a notice, the run goes on, and is kept again once there is room', async ({ page, context }) => {
  await openOwn(page)
  await setQuota(context, page, 1000)
  await expectUnkept(page, 'its storage is full')
  await setQuota(context, page)
  await stepTo(page, (await step(page)) + 1)
  await page.reload()
  await goOn(page)
})

test('refused storage: a notice, and the run goes on', async ({ page }) => {
  await page.addInitScript(() => {
    StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('Refused.', 'SecurityError'))
  })
  await openOwn(page)
  await expectUnkept(page, 'it refuses to store anything, as in some private windows')
})

test('of a damaged state the one before it is taken, and the page says so', async ({ page }) => {
  await openOwn(page)
  await stepTo(page, 4)
  const damaged = await page.evaluate(async () => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs')
    const newest: { file: File; handle: FileSystemFileHandle }[] = []
    for await (const folder of runs.values())
      for await (const handle of (folder as FileSystemDirectoryHandle).values())
        if (handle.name.startsWith('state-'))
          newest.push({ file: await (handle as FileSystemFileHandle).getFile(), handle: handle as FileSystemFileHandle })
    newest.sort((a, b) => b.file.lastModified - a.file.lastModified)
    const writable = await newest[0]!.handle.createWritable({ keepExistingData: true })
    await writable.write({ type: 'write', position: newest[0]!.file.size >> 1, data: new Uint8Array(64) })
    await writable.close()
    return newest.length
  })
  expect(damaged).toBe(2)
  await page.reload()
  await expectState(page, 'ready')
  await expect(continueButton(page)).toHaveText(/at step 4$/)
  await continueButton(page).click()
  await expectStep(page, 3)
  await expect(alerts(page)).toContainText('What was kept of this run at step 4 is damaged, so it goes on from step 3.')
})

test('a second tab is told, looks at a copy, and writes over nothing', async ({ page, context }) => {
  await openOwn(page)
  await stepTo(page, 2)
  const before = await filesKept(page)
  const second = await context.newPage()
  await open(second)
  const runs = second.getByRole('region', { name: 'Runs' })
  await expect(runs).toContainText('is open in another tab')
  await expect(continueButton(second)).toHaveCount(0)
  await expect(runs.getByRole('button', { name: 'Forget this run' })).toHaveCount(0)
  await runs.getByRole('button', { name: 'Look at a copy at step 2' }).click()
  await expectStep(second, 2)
  await expect(second.getByText('6 images of 6 patients')).toBeVisible()
  await stepTo(second, 3)
  expect(await filesKept(page)).toEqual(expect.arrayContaining(before))
  await page.close()
  // Free again, and as it was.
  await expect(continueButton(second)).toHaveText(/at step 2$/)
})

test('Reset and a dropped run ask before they discard a run that is not exported, and only then', async ({ page }) => {
  await openOwn(page)
  await stepTo(page, 1)
  const dialog = page.getByRole('dialog', { name: 'Discard this run?' })
  await button(page, 'Reset').click()
  await expect(dialog).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await expect(button(page, 'Reset')).toBeFocused()
  await expectStep(page, 1)

  const run = { ...(await saved(page, 'Export run')), mimeType: 'application/zip' }
  await expect(page.getByText(/^Saved exemplar-lab-run/)).toBeVisible()
  await button(page, 'Reset').click()
  await expectState(page, 'ready')
  await expect(dialog).toBeHidden()

  await stepTo(page, 2)
  await choose(page, 'Zip or mixed files', run)
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'Keep the run' }).click()
  await expectStep(page, 2)
  await choose(page, 'Zip or mixed files', run)
  await dialog.getByRole('button', { name: 'Discard the run' }).press('Enter')
  await expectStep(page, 1)
  await expectState(page, 'paused')
})

test('a run that is forgotten is gone, and so is everything with Remove all', async ({ page }) => {
  await openOwn(page)
  await stepTo(page, 1)
  expect(await filesKept(page)).not.toEqual([])
  await page.reload()
  await expect(continueButton(page)).toBeEnabled({ timeout: 60_000 })
  await expectAccessible(page, '.runs')
  await page.getByRole('region', { name: 'Runs' }).getByRole('button', { name: 'Forget this run' }).click()
  await expect(page.getByRole('region', { name: 'Runs' })).toHaveCount(0)
  expect(await filesKept(page)).toEqual([])

  await expectState(page, 'ready')
  await button(page, 'Step').click()
  await expectKept(page, 1)
  await button(page, 'What this browser stores').click()
  const dialog = page.getByRole('dialog', { name: 'What this browser stores' })
  await expect(dialog.getByRole('listitem')).toContainText('(this one), step 1')
  await expectAccessible(page, 'dialog')
  await dialog.getByRole('button', { name: 'Remove all runs and drawings' }).click()
  await expect(dialog).toContainText('No run is stored.')
  expect(await filesKept(page)).toEqual([])
})

test('files given before the engine is ready wait for it', async ({ page }) => {
  await page.route(/entry-.*\.js$/, async (route) => {
    // Held back until the files have been given.
    await page.getByText('given', { exact: true }).waitFor({ state: 'attached' })
    await route.continue()
  })
  await page.goto(`/?${tiny}`)
  await expectState(page, 'starting')
  await choose(page, 'Exemplar image', image(0, 'mine_1.png'))
  await choose(page, 'Exemplar mask', mask(0, 'mine_1_mask.png'))
  await drop(page, unlabeled())
  await page.evaluate(() => document.body.append(Object.assign(document.createElement('template'), { textContent: 'given' })))
  // The engine starts first.
  await expectOwnFiles(page, 60_000)
  await expect(alerts(page)).toHaveCount(0)
})

/** What the worker has while its garbage is collected again and again. */
interface Collecting {
  gc: (how: { type: 'major'; execution: 'async' }) => Promise<void>
  times: number
  enough?: boolean
}

test('a run is kept while the browser collects garbage', async ({ playwright, launchOptions, baseURL }) => {
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...launchOptions.args!, '--js-flags=--expose-gc'] })
  try {
    const page = await browser.newPage({ baseURL: baseURL! })
    const [worker] = await Promise.all([page.waitForEvent('worker'), open(page)])
    const collecting = worker.evaluate(async () => {
      const scope = globalThis as unknown as Collecting
      for (scope.times = 0; !scope.enough; scope.times++) await scope.gc({ type: 'major', execution: 'async' })
      return scope.times
    })
    const times = () => worker.evaluate(() => (globalThis as unknown as Collecting).times)
    // Steps for as long as that many collections take.
    for (let step = 1; step <= 3 || (await times()) <= 20; step++) {
      await button(page, 'Step').click()
      expect(await expectKept(page, step)).toBe(step)
    }
    await worker.evaluate(() => void ((globalThis as unknown as Collecting).enough = true))
    expect(await collecting).toBeGreaterThan(20)
  } finally {
    await browser.close()
  }
})
