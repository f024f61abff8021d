import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { encode } from 'fast-png'
import { strFromU8 } from 'fflate'
import { fromBytes } from '../src/data/given-file'
import { setPipelineFiles } from '../src/data/itk-pipeline'
import { readFiles } from '../src/data/read-files'
import { mostProblems } from '../src/store/state'
import { pipelineFiles } from '../scripts/itk-pipelines.mjs'
import { expectNoOverflow } from './axe'
import { hostileFiles, oddFiles, type Made } from './hostile-files'
import { alerts, button, expect, expectState, open, savedZip, test, tiny } from './lab'
import { choose, expectOwnFiles, expectRead, height, image, loadOwnFiles, mask, png, unlabeled, width, type UploadedFile } from './phantom'
import { workerMemory } from './worker-memory'
import { spyOnWorker, untilTaken } from './worker-spy'

setPipelineFiles(pipelineFiles)

const upload = ({ name, bytes }: Made): UploadedFile => ({ name, mimeType: '', buffer: Buffer.from(bytes) })

/** Passes files to the page, to be dropped any number of times. */
async function bring(page: Page, files: readonly UploadedFile[]): Promise<void> {
  const data = files.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') }))
  await page.evaluate((list) => {
    const files = list.map(({ name, base64 }) => new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name))
    Object.assign(window, { brought: files })
  }, data)
}

/** Drops them on the page, and waits until each has been read. */
const drop = (page: Page): Promise<void> =>
  untilTaken(page, () =>
    page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      for (const file of (window as unknown as { brought: File[] }).brought) dataTransfer.items.add(file)
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }),
  )

/** An alert is about a file if it quotes its name, or the name of a file inside it. */
const about = (name: string) => (text: string) => text.includes(`"${name}"`) || text.includes(`"${name}/`)

async function expectTrains(page: Page): Promise<void> {
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(alerts(page)).toHaveCount(0)
}

test.beforeEach(async ({ page }) => {
  // A script in a file's name would call alert() if run.
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => Promise.reject(new Error(`a dialog said ${dialog.message()}`))))
  await spyOnWorker(page)
})

test('each of a hundred hostile files gets one alert that names it, or is counted where they are many; the others load, and train', async ({
  page,
}) => {
  const files = await hostileFiles()
  expect(files.length).toBeGreaterThanOrEqual(100)
  await open(page, `${tiny}&steps=3`)
  const texts: string[] = []
  const some = Math.ceil(files.length / 4)
  expect(some).toBeLessThan(mostProblems)
  for (let i = 0; i < files.length; i += some) {
    await bring(page, files.slice(i, i + some).map(upload))
    await drop(page)
    texts.push(...(await alerts(page).allTextContents()))
    await button(page, 'Dismiss all').click()
  }
  expect(files.map(({ name }) => [name, texts.filter(about(name)).length])).toEqual(files.map(({ name }) => [name, 1]))
  expect(texts).toHaveLength(files.length)
  for (const said of texts) expect(said).not.toMatch(/undefined|null|NaN|RangeError|TypeError|not a function|\[object|cannot be read \(/)
  // The same sentences as without a page.
  const { problems } = await readFiles(files.map(({ name, bytes }) => fromBytes(name, bytes)))
  const sorted = (some: string[]) => some.map((said) => said.replace(/^Input /, '').replace(/Dismiss$/, '')).sort()
  expect(sorted(texts)).toEqual(sorted(problems.map(({ message }) => message)))

  await bring(page, [...files.map(upload), ...unlabeled(), image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png')])
  await drop(page)
  await expectOwnFiles(page)
  await expect(alerts(page)).toHaveCount(mostProblems)
  const counted = `${files.length} problems, ${mostProblems} of them listed, the newest first.`
  await expect(page.getByRole('status').filter({ hasText: counted })).toBeVisible()

  // The page stays usable, by pointer and by keyboard.
  for (const size of [
    { width: 1280, height: 900 },
    { width: 390, height: 900 },
  ]) {
    await page.setViewportSize(size)
    await page.evaluate(() => scrollTo(0, 0))
    await expect(button(page, 'Dismiss all')).toBeInViewport()
    await expect(button(page, 'Start')).toBeInViewport()
    await expectNoOverflow(page.locator('html'), 'no sideways scrolling')
  }
  const { violations } = await new AxeBuilder({ page }).include('.problems').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 200)}`)).toEqual([])
  await page.setViewportSize({ width: 1280, height: 900 })
  await page
    .getByRole('button', { name: /^Dismiss: / })
    .first()
    .click()
  await expect(alerts(page)).toHaveCount(mostProblems - 1)
  await button(page, 'Dismiss all').click()
  await expect(alerts(page)).toHaveCount(0)

  // One by one they give the same alerts.
  for (const name of ['cut-60.png', 'cut-30.jpg', 'bomb.nii.gz', 'lies.dcm', 'more.nrrd', 'bomb.zip', '<img src=x onerror=alert(1)>.png']) {
    await choose(page, 'Unlabeled images', upload(files.find((file) => file.name === name)!))
    await expect(alerts(page)).toHaveCount(1)
    await expect(alerts(page)).toContainText(`"${name}"`)
    await page.getByRole('button', { name: /^Dismiss/ }).click()
  }
  await expectOwnFiles(page)
  await expectTrains(page)
})

test('odd but valid files load, train and are exported under harmless names', async ({ page }) => {
  await open(page, `${tiny}&steps=3`)
  await loadOwnFiles(page)
  await bring(page, oddFiles().map(upload))
  await untilTaken(page, () => choose(page, 'Unlabeled images', oddFiles().map(upload)))
  await expect(alerts(page)).toHaveCount(0)
  await expect(page.getByText(`${6 + oddFiles().length} images of`)).toBeVisible()
  await expectTrains(page)

  const zip = await savedZip(page, 'Export run')
  const masks = Object.keys(zip).filter((name) => /^masks\/.*\.(png|nii)$/.test(name))
  expect(masks, 'the exemplar’s among them').toHaveLength(7 + oddFiles().length)
  for (const name of masks) expect(name).toMatch(/^masks\/[^<>:"/\\|?*]+$/)
  const report = strFromU8(zip['report.html']!)
  expect(report).toContain('onerror=alert(4)')
  expect(report).not.toContain('<img src=x')
})

test('a coloured mask with soft edges is cut at half opacity; one without opacity is refused, and the previous one stays', async ({
  page,
}) => {
  const opacity = (x: number, y: number) => Math.max(0, Math.min(255, Math.round(255 * (1.5 - Math.hypot(x - 22, y - 19) / 10))))
  const color = (x: number) => (x < 22 ? [255, 0, 0] : [0, 255, 0])
  const places = Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width)] as const)
  const rgba = Uint8Array.from(places.flatMap(([x, y]) => [...color(x), opacity(x, y)]))
  const rgb = Uint8Array.from(places.flatMap(([x, y]) => color(x).map((v) => Math.round((v * opacity(x, y)) / 255))))
  const file = (name: string, data: Uint8Array, channels: 3 | 4) =>
    upload({ name, bytes: new Uint8Array(encode({ width, height, data, channels })) })

  await open(page, `${tiny}&steps=3`)
  await loadOwnFiles(page)
  await choose(page, 'Exemplar mask', file('soft_mask.png', rgba, 4))
  const rows = page.getByRole('table', { name: 'Values in the mask file' }).getByRole('row')
  const pixels = (left: boolean) => places.filter(([x, y]) => opacity(x, y) >= 128 && x < 22 === left).length
  await expect(rows).toHaveCount(4)
  await expect(
    rows
      .filter({ hasText: /^#ff0000/ })
      .getByRole('cell')
      .first(),
  ).toHaveText(String(pixels(true)))
  await expect(
    rows
      .filter({ hasText: /^#00ff00/ })
      .getByRole('cell')
      .first(),
  ).toHaveText(String(pixels(false)))

  await choose(page, 'Exemplar mask', file('smooth_mask.png', rgb, 3))
  await expect(alerts(page)).toHaveCount(1)
  await expect(alerts(page)).toContainText('"smooth_mask.png"')
  await expect(rows).toHaveCount(4)
})

test('memory returns after twenty rounds of hostile files', async ({ page }) => {
  await open(page, `${tiny}&steps=3`)
  await loadOwnFiles(page)
  // One of each kind and files that unpack to much more: a round is short, and starts every decoder.
  const files = (await hostileFiles()).filter(({ name }) => /^(cut-60\.|bomb|huge|more)/.test(name))
  expect(files.length).toBeGreaterThan(20)
  const good = [png('big.png', (x, y) => x ^ y, 700, 700)]
  await bring(page, [...files.map(upload), ...good])
  const held = await workerMemory(page)
  const round = async () => {
    await drop(page)
    await expect(alerts(page)).toHaveCount(files.length)
    await button(page, 'Dismiss all').click()
  }
  // The first rounds load the decoders.
  for (let i = 0; i < 2; i++) await round()
  const before = await held()
  for (let i = 0; i < 20; i++) await round()
  const after = await held()
  expect(after.instances, 'decoders were started').toBeGreaterThan(before.instances + 20)
  // A round unpacks and allocates tens of megabytes.
  expect(after.heap - before.heap).toBeLessThan(3e6)
  expect(after.wasm - before.wasm).toBeLessThan(64e6)
  await page.getByRole('combobox', { name: 'Sample' }).selectOption('Cardiac phantom')
  await expectRead(page)
  await expectTrains(page)
})
