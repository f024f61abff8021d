/** The page without its server, on hosts that send no headers, and when a newer version is there. */
import AxeBuilder from '@axe-core/playwright'
// Playwright's own: the pages here come from hosts of the spec's own, which it stops.
// eslint-disable-next-line no-restricted-imports
import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDicom } from '../src/data/dicom'
import { makeDicom } from '../src/data/dicom.test-support'
import { fromBytes } from '../src/data/given-file'
import { makeTiff } from '../src/data/volumes.test-support'
import { isolation } from '../scripts/headers.mjs'
import { filesIn } from '../scripts/offline.mjs'
import { button, expectState, expectStepAbove, savedZip, step, tiny } from './lab'
import { choose, expectRead, greys, image, mask, unlabeled, upload } from './phantom'
import { serve } from './static-server'

test.use({ serviceWorkers: 'allow' })

const path = '/some/path/'

const sentBytes = (page: Page) => page.getByRole('note', { name: 'Bytes sent' })

/** Waits until the page no longer needs its server. */
const expectKept = (page: Page) => expect(sentBytes(page)).toContainText(/works without its server: [78]\.\d+ MB/, { timeout: 60_000 })

const tiff = upload('a.tif', makeTiff([greys], 'u1', { deflate: true }))

/** Counts how often a page is loaded; `second` resolves when it has been loaded twice. */
function loadsOf(page: Page): { count: number; second: Promise<void> } {
  let twice = () => {}
  const loads = { count: 0, second: new Promise<void>((resolve) => (twice = resolve)) }
  page.on('domcontentloaded', () => ++loads.count === 2 && twice())
  return loads
}

test('a host without headers, below a path: the page reloads itself once, is isolated, and trains on two wasm threads', async ({
  page,
}) => {
  const host = await serve('dist', path)
  const loads = loadsOf(page)
  await page.goto(`${host.url}?${tiny}&steps=3&warmup=0&threads=2`)
  // Until then nothing is asked of the page: to a browser that looks like a user's hand on it.
  await loads.second
  await expectState(page, 'ready')
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  await expect(page.getByText('Backend', { exact: true }).locator('..')).toContainText('2 threads')
  // The policy holds here too.
  const policy = await page.evaluate(async () => (await fetch('./')).headers.get('Content-Security-Policy'))
  expect(policy).toContain("connect-src 'self'")
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  expect(loads.count).toBe(2)
  await page.reload()
  await expectState(page, 'ready')
  expect(loads.count).toBe(3)
  await host.stop()
})

test('a page in use is not reloaded for threads but offers it', async ({ page }) => {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const host = await serve('dist', path, { before: (name) => (name.endsWith('sw.js') ? held : Promise.resolve()) })
  const loads = loadsOf(page)
  await page.goto(`${host.url}?${tiny}&steps=5000`)
  await expectState(page, 'ready')
  await button(page, 'Start').click()
  await expectStepAbove(page, 1)
  release()
  await expect(button(page, 'Reload')).toBeVisible({ timeout: 60_000 })
  await expectStepAbove(page, (await step(page)) + 1)
  expect(loads.count).toBe(1)
  const { violations } = await new AxeBuilder({ page }).include('.offline-offer').include('.footer').analyze()
  expect(violations).toEqual([])
  await button(page, 'Later').click()
  await expect(button(page, 'Reload')).toHaveCount(0)
  await host.stop()
})

test('everything works after the server has stopped', async ({ page }) => {
  test.setTimeout(240_000)
  const host = await serve('dist', path)
  await page.goto(`${host.url}?${tiny}&steps=3&warmup=0`)
  await expectKept(page)
  await host.stop()
  await page.reload()
  await expectState(page, 'ready')

  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(page.getByRole('figure', { name: 'Loss', exact: true }).locator('svg.recharts-surface')).toBeVisible()

  await button(page, 'Reset').click()
  await choose(page, 'Exemplar image', image(0))
  await choose(page, 'Exemplar mask', mask(0))
  const slice = makeDicom({ rows: 24, columns: 20, pixels: Int16Array.from(greys.flat()) })
  await choose(page, 'Unlabeled images', [tiff, upload('slice.dcm', await slice.read()), ...unlabeled(2)])
  await expectRead(page)
  await expect(page.getByRole('alert')).toHaveCount(0)

  await page
    .getByRole('button', { name: /^Preview / })
    .first()
    .click()
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Edit annotation of / }).click()
  await expect(page.getByRole('dialog', { name: /^Annotate/ })).toBeVisible()
  await page.keyboard.press('Escape')

  await button(page, 'Start').click()
  await expectState(page, 'finished')
  const zip = await savedZip(page, 'Export masks')
  const names = Object.keys(zip).filter((name) => name.startsWith('masks/'))
  const seg = names.find((name) => name.endsWith('.dcm'))!
  const { volumes, problems } = await readDicom([fromBytes(seg, zip[seg]!)])
  expect(problems).toEqual([])
  expect(volumes.map(({ kind }) => kind)).toEqual(['dicom-seg'])
  // The exemplar's own among them.
  expect(names.filter((name) => name.endsWith('.png'))).toHaveLength(4)

  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto(`${host.url}?bench&backend=wasm&only=steps&step=R64&steps=1`)
  await button(page, 'Start').click()
  // Another engine starts.
  await expect(page.getByText('Backend wasm')).toBeVisible({ timeout: 60_000 })
  await button(page, 'Stop').click()
})

test('without a reload too: the worker of the first visit gets its readers when the server has stopped', async ({ page }) => {
  const host = await serve('dist', path, { headers: isolation })
  await page.goto(`${host.url}?${tiny}`)
  await expectState(page, 'ready')
  await expectKept(page)
  await host.stop()
  await choose(page, 'Unlabeled images', tiff)
  await expect(page.getByText(/20 × 24/).first()).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('the page can be installed', async ({ page, context }) => {
  const host = await serve('dist', path, { headers: isolation })
  await page.goto(`${host.url}?${tiny}`)
  await expectKept(page)
  const browser = await context.newCDPSession(page)
  const { errors, url } = await browser.send('Page.getAppManifest')
  expect(errors).toEqual([])
  expect(url).toBe(`${host.url}manifest.webmanifest`)
  // A test's context is one that installs nothing.
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors')
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
  await host.stop()
})

/** The builds that a browser keeps. */
const kept = (page: Page) => page.evaluate(() => caches.keys())

/** Changes a build and the list that its service worker has of it. */
function rebuild(folder: string, change: () => void): void {
  const before = filesIn(folder)
  change()
  const after = filesIn(folder)
  const worker = join(folder, 'sw.js')
  const code = readFileSync(worker, 'utf8').replace(before.version, after.version)
  writeFileSync(worker, code.replace(JSON.stringify(before.files), JSON.stringify(after.files)))
}

const markOf = (page: Page) =>
  page
    .locator('meta[name=mark]')
    .getAttribute('content', { timeout: 1000 })
    .catch(() => null)

async function openBuild(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${url}?${tiny}&steps=5000`)
  await expectState(page, 'ready')
  return page
}

test('a newer version is offered, forced into no run, and the older one stays for the tabs that use it', async ({ context }) => {
  test.setTimeout(240_000)
  const folder = mkdtempSync(join(tmpdir(), 'exemplar-lab-'))
  cpSync('dist', folder, { recursive: true })
  const html = join(folder, 'index.html')
  const old = join(folder, 'assets/only-in-the-first.js')
  rebuild(folder, () => writeFileSync(old, 'export {}'))
  const host = await serve(folder, path, { headers: isolation })
  const first = await openBuild(context, host.url)
  await expectKept(first)
  await button(first, 'Start').click()
  await expectStepAbove(first, 1)

  rebuild(folder, () => {
    rmSync(old)
    writeFileSync(html, readFileSync(html, 'utf8').replace('<head>', '<head><meta name="mark" content="two" />'))
  })
  const second = await openBuild(context, host.url)
  await expect(button(second, 'Update')).toBeVisible({ timeout: 60_000 })
  expect(await markOf(second)).toBeNull()
  await button(second, 'Update').click()
  await expect.poll(() => markOf(second)).toBe('two')
  await expectState(second, 'ready')

  // The run in the first tab is not disturbed, and what it needs is still there without a server.
  await host.stop()
  await expectStepAbove(first, (await step(first)) + 1)
  expect(await kept(first)).toHaveLength(2)
  await expect(button(first, 'Update')).toBeVisible()
  expect(await first.evaluate(async () => (await fetch('assets/only-in-the-first.js')).text())).toBe('export {}')
  await first.close()

  // A browser may take a moment to see that a tab is gone.
  const reloadedBuilds = async () => {
    await second.reload()
    await expectState(second, 'ready')
    return await kept(second)
  }
  await expect.poll(reloadedBuilds, { timeout: 90_000 }).toHaveLength(1)
  expect(await markOf(second)).toBe('two')
  rmSync(folder, { recursive: true })
})

test('the footer counts what is sent: nothing, until something is', async ({ page }) => {
  const host = await serve('dist', path, { headers: isolation })
  await page.goto(`${host.url}?${tiny}`)
  await expectKept(page)
  await expectState(page, 'ready')
  await choose(page, 'Unlabeled images', tiff)
  await expect(page.getByText(/20 × 24/).first()).toBeVisible()
  await expect(sentBytes(page)).toContainText('0 bytes sent since your images were opened, counted by the service worker')
  await expect(sentBytes(page)).toContainText('and none else')

  await page.evaluate(() => fetch('collect', { method: 'POST', body: '12345' }))
  await expect(sentBytes(page)).toContainText(`5 bytes sent`)
  await expect(sentBytes(page)).toContainText(`POST ${host.url}collect (1 time, 5 bytes)`)
  await expect(sentBytes(page)).toHaveAttribute('data-bytes', '5')
  // Data may also hide in an address.
  await page.evaluate(() => fetch('favicon.svg?image=iVBOR'))
  await expect(sentBytes(page)).not.toContainText('favicon')
  await page.evaluate(() => fetch('pixel?image=iVBOR'))
  await expect(sentBytes(page)).toContainText(`GET ${host.url}pixel?image=iVBOR (1 time, 0 bytes)`)
  // From the worker too, whose requests a page does not see.
  await page.workers()[0]!.evaluate(() => fetch('collect', { method: 'POST', body: '1234567' }))
  await expect(sentBytes(page)).toHaveAttribute('data-bytes', '12')
  await host.stop()
})

test.describe('without a service worker', () => {
  test.use({ serviceWorkers: 'block' })

  test('the page and its worker count the requests that they see', async ({ page }) => {
    const host = await serve('dist', path, { headers: isolation })
    await page.goto(`${host.url}?${tiny}`)
    await expectState(page, 'ready')
    await expect(sentBytes(page)).toContainText('0 bytes sent since the page was opened, counted by the page')
    await choose(page, 'Unlabeled images', tiff)
    await expect(page.getByText(/20 × 24/).first()).toBeVisible()
    await expect(sentBytes(page)).toContainText(/0 bytes sent since your images were opened.*and none else/)
    const send = () => fetch('../collect', { method: 'POST', body: '12345' })
    await page.evaluate(send)
    await page.workers()[0]!.evaluate(send)
    await expect(sentBytes(page)).toContainText('At least 0 bytes sent')
    await expect(sentBytes(page)).toContainText('collect (1 time, bytes not seen)')
    await host.stop()
  })

  test('what nobody can watch is not called nothing', async ({ page }) => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'PerformanceObserver'))
    await page.goto(`/?${tiny}`)
    await expectState(page, 'ready')
    await expect(sentBytes(page)).toContainText('Bytes sent: not observed')
    await expect(sentBytes(page)).not.toHaveAttribute('data-bytes')
  })
})
