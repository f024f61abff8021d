/** The page's own files, while the server is away, away for a moment, and back. */
import { readFileSync } from 'node:fs'
import type { Locator, Page } from '@playwright/test'
import { makeDicom } from '../src/data/dicom.test-support'
import { fromBytes } from '../src/data/given-file'
import { readFiles } from '../src/data/read-files'
import { makeTiff } from '../src/data/volumes.test-support'
import { chooseTool, drawStroke, editor, expectEditor } from './annotation'
import { button, expect, expectState, expectStepAbove, open, step, test, tiny } from './lab'
import { choose, expectRead, greys, image, mask, unlabeled, upload } from './phantom'

// What is refused, and what breaks the page, is said on the console.
test.use({ caused: /^console error: (Failed to load resource: net::ERR_FAILED .*\/(assets|itk)\/|LoadError: |.*no media here)/ })

/** Refuses matching requests while `away` is above 0, which each of them makes less by one. */
async function server(page: Page, addresses: RegExp, away = Infinity): Promise<{ away: number; refused: number }> {
  const state = { away, refused: 0 }
  await page.route(addresses, (route) => {
    if (state.away <= 0) return route.continue()
    state.away--
    state.refused++
    return route.abort()
  })
  return state
}

const sentence = (what: string) => `${what} could not be loaded from the server; your run is kept.`
/** The alert that says so: in the list of problems its sentence has a title before it. */
const missing = (page: Page, what: string): Locator => page.getByRole('alert').filter({ hasText: sentence(what) })
const retryIn = (place: Page | Locator): Locator => place.getByRole('button', { name: 'Retry', exact: true })

test('charts that cannot be loaded say so, appear on a retry, and the run continues meanwhile', async ({ page }) => {
  const charts = await server(page, /\/assets\/chart-[^/]+\.js/)
  const loss = page.getByRole('figure', { name: 'Loss', exact: true })
  await open(page, `${tiny}&steps=5000`)
  await button(page, 'Start').click()
  await expectStepAbove(page, 0)
  await expect(loss.getByRole('alert')).toHaveText(sentence('The chart'))
  await expectStepAbove(page, (await step(page)) + 2)

  const before = charts.refused
  await retryIn(loss).click()
  await expect.poll(() => charts.refused).toBeGreaterThan(before)
  await expect(loss.getByRole('alert')).toHaveText(sentence('The chart'))

  charts.away = 0
  await retryIn(loss).click()
  for (const name of ['Loss', 'Confident pixels', 'Agreement'])
    await expect(page.getByRole('figure', { name, exact: true }).locator('svg.recharts-surface')).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
})

/** Dialogs that are loaded when they are opened. */
const region = { what: 'The region of interest', opener: 'Region of interest', title: 'Region of interest' }
const dialogs = [
  { ...region, file: 'region-dialog', ending: 'js' },
  { ...region, file: 'region-dialog', ending: 'css' },
  { file: 'source-dialog', ending: 'js', what: 'The preview', opener: /^Preview /, title: /./ },
  { file: 'annotation-editor', ending: 'js', what: 'The drawing tools', opener: /^Edit annotation of /, title: /^Annotate/ },
]
const addressOf = ({ file, ending }: (typeof dialogs)[number]) => new RegExp(`/assets/${file}-[^/]+\\.${ending}`)

/** With files of a user's own. */
async function openWithFiles(page: Page): Promise<void> {
  await open(page)
  await choose(page, 'Exemplar image', image(0))
  await choose(page, 'Exemplar mask', mask(0))
  await choose(page, 'Unlabeled images', unlabeled(2))
  await expectRead(page)
}

// What has come is asked for no more: in a page of its own each that belongs to another.
for (const [what, some] of [
  ['the code of dialogs', dialogs.filter(({ ending }) => ending === 'js')],
  ['the style sheet of a dialog', dialogs.filter(({ ending }) => ending === 'css')],
] as const)
  test(`${what} that does not come says so, and the dialog opens on a retry`, async ({ page }) => {
    await openWithFiles(page)
    for (const one of some) {
      const files = await server(page, addressOf(one))
      const opener = page.getByRole('button', { name: one.opener }).first()
      await opener.click()
      const failed = page.getByRole('dialog', { name: 'That did not work' })
      await expect(failed.getByRole('alert')).toHaveText(sentence(one.what))
      await button(page, 'Close').click()
      await expect(failed).toBeHidden()
      await expectState(page, 'ready')
      await opener.click()

      await expect(failed.getByRole('alert')).toHaveText(sentence(one.what))
      files.away = 0
      await retryIn(failed).click()
      const dialog = page.getByRole('dialog', { name: one.title })
      await expect(failed).toBeHidden()
      await expect(dialog).toBeVisible()
      // Its style sheet makes it wider than other dialogs.
      await expect.poll(async () => (await dialog.boundingBox())!.width).toBeGreaterThan(700)
      await page.keyboard.press('Escape')
      await expect(dialog).toHaveCount(0)
    }
  })

test('a part of a dialog that does not come once is asked for again without a word', async ({ page }) => {
  const files = await Promise.all(dialogs.map((one) => server(page, addressOf(one), 1)))
  await openWithFiles(page)
  for (const { opener, title } of dialogs) {
    await page.getByRole('button', { name: opener }).first().click()
    await expect(page.getByRole('dialog', { name: title })).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toHaveCount(0)
  }
  expect(files.map(({ refused }) => refused)).toEqual(dialogs.map(() => 1))
})

const nrrd = Buffer.concat([
  Buffer.from('NRRD0004\ntype: uchar\ndimension: 3\nsizes: 20 24 1\nencoding: raw\n\n'),
  Buffer.from(Uint8Array.from(greys.flat())),
])

/** Files whose reader is loaded when one of them is given, and its parts in the order in which they are asked for. */
const readers = [
  {
    given: upload('p1.tif', makeTiff([greys], 'u1', { deflate: true })),
    parts: [
      { what: 'The reader of TIFF files', address: /\/assets\/geotiff-[^/]+\.js/ },
      { what: 'The reader of TIFF files', address: /\/assets\/tiff-blocks-[^/]+\.js/ },
    ],
  },
  {
    given: upload('p2.nrrd', nrrd),
    parts: [
      { what: 'The reader of NRRD and MHA files', address: /\/assets\/itk-image-[^/]+\.js/ },
      { what: 'A decoder', address: /\/itk\/nrrd-read-image\.js/ },
      { what: 'A decoder', address: /\/itk\/nrrd-read-image\.wasm\.gz/ },
    ],
  },
]

/** What the page says once it has so many images, of a patient each. */
const read = (page: Page, count: number): Locator => page.getByText(new RegExp(`^${count} images? of ${count} patients?, 20 × 24`))

test('a reader of which a part does not come is not blamed on the file, which is read on a retry', async ({ page }) => {
  await open(page)
  for (const [i, { given, parts }] of readers.entries()) {
    const away = await Promise.all(parts.map(({ address }) => server(page, address)))
    await choose(page, 'Unlabeled images', given)
    for (const [k, { what }] of parts.entries()) {
      await expect.poll(() => away[k]!.refused).toBeGreaterThan(0)
      await expect(missing(page, what)).toBeVisible()
      await expect(page.getByRole('alert')).toHaveCount(1)
      await expect(page.getByText(/damaged/)).toHaveCount(0)
      await expect(read(page, i + 1)).toHaveCount(0)
      away[k]!.away = 0
      await retryIn(page).click()
    }
    await expect(read(page, i + 1)).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
  }
})

test('a drawing whose writer does not come is saved whole on a retry, in the drawing tools', async ({ page }) => {
  await open(page)
  const slice = makeDicom({ name: 'ct.dcm', rows: 24, columns: 20, pixels: Int16Array.from(greys.flat()) })
  await choose(page, 'Unlabeled images', upload('ct.dcm', await slice.read()))
  await page
    .getByRole('button', { name: /^Annotate / })
    .first()
    .click()
  await expectEditor(page)
  await chooseTool(page, 'Rectangle')
  await drawStroke(page, [
    [5.5, 6.5],
    [14.5, 10.5],
  ])
  const writer = await server(page, /\/assets\/dicom-seg-[^/]+\.js/)
  const tools = editor(page)
  await tools.getByRole('button', { name: 'Export drawing' }).click()
  await expect(tools.getByText(sentence('The writer of DICOM SEG'))).toBeVisible()
  await expect(tools.getByText('Draw at least one label first.')).toHaveCount(0)
  const before = writer.refused
  await retryIn(tools).click()
  await expect.poll(() => writer.refused).toBeGreaterThan(before)
  await expect(tools.getByText(sentence('The writer of DICOM SEG'))).toBeVisible()
  writer.away = 0
  const coming = page.waitForEvent('download')
  await retryIn(tools).click()
  const { volumes } = await readFiles([fromBytes('mask.dcm', readFileSync(await (await coming).path()))])
  expect(Array.from(volumes[0]!.samples).filter((label) => label > 0)).toHaveLength(50)
})

test('a part of a reader that does not come once is asked for again without a word', async ({ page }) => {
  const away = await Promise.all(readers.flatMap(({ parts }) => parts.map(({ address }) => server(page, address, 1))))
  await open(page)
  for (const [i, { given }] of readers.entries()) {
    await choose(page, 'Unlabeled images', given)
    await expect(read(page, i + 1)).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
  }
  expect(away.map(({ refused }) => refused)).toEqual(away.map(() => 1))
})

test('a writer that does not come ends no run, and the export is saved on a retry', async ({ page }) => {
  const writer = await server(page, /\/assets\/dicom-seg-[^/]+\.js/)
  await open(page, `${tiny}&steps=5000`)
  await choose(page, 'Exemplar image', image(0))
  await choose(page, 'Exemplar mask', mask(0))
  writer.away = 0
  const slice = makeDicom({ rows: 24, columns: 20, pixels: Int16Array.from(greys.flat()) })
  await choose(page, 'Unlabeled images', upload('slice.dcm', await slice.read()))
  await expectRead(page)
  await button(page, 'Start').click()
  await expectStepAbove(page, 1)
  writer.away = Infinity
  await button(page, 'Export masks').click()
  await expect(missing(page, 'The writer of DICOM SEG')).toBeVisible()
  await expectStepAbove(page, (await step(page)) + 1)
  await expectState(page, 'running')
  await expect(button(page, 'Export masks')).toBeEnabled()

  writer.away = 0
  const coming = page.waitForEvent('download')
  await retryIn(page).click()
  expect((await coming).suggestedFilename()).toMatch(/\.zip$/)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expectState(page, 'running')
})

/** What the engine is made of, on one thread or two. */
const engine = [
  { files: /\/assets\/entry-[^/]+\.js/, query: tiny },
  { files: /\/assets\/tfjs-backend-wasm-simd-[^/]+\.wasm/, query: `${tiny}&threads=1` },
  { files: /\/assets\/simd-relaxed-[\w-]{8}\.wasm/, query: `${tiny}&threads=1` },
  { files: /\/assets\/thread-[^/]+\.js/, query: `${tiny}&threads=2` },
]

for (const { files, query } of engine) {
  test(`an engine that does not come (${files.source}) starts on a retry`, async ({ page }) => {
    const away = await server(page, files)
    await page.goto(`/?${query}&steps=2&warmup=0`)
    await expect(missing(page, 'The engine')).toBeVisible({ timeout: 60_000 })
    await expect(page.getByRole('alert')).toHaveCount(1)
    await expectState(page, 'starting')
    away.away = 0
    await retryIn(page).click()
    await expectState(page, 'ready')
    await expect(page.getByText('Backend', { exact: true }).locator('..')).toContainText('wasm')
    await button(page, 'Start').click()
    await expectState(page, 'finished')
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test(`an engine that does not come once (${files.source}) starts without a word`, async ({ page }) => {
    const away = await server(page, files, 1)
    await open(page, query)
    await expect(page.getByRole('alert')).toHaveCount(0)
    expect(away.refused).toBe(1)
  })
}

test('a page that fails says so, and is shown again with its run on a retry', async ({ page }) => {
  // The theme switch reads the system's theme.
  await page.addInitScript(() => {
    const real = matchMedia.bind(window)
    const broken = () => {
      throw new Error('no media here')
    }
    Object.assign(window, { matchMedia: broken, mend: () => (window.matchMedia = real) })
  })
  await page.goto(`/?${tiny}`)
  await expect(page.getByRole('alert')).toHaveText('The page failed: no media here')
  await page.evaluate('mend()')
  await button(page, 'Retry').click()
  await expectState(page, 'ready')
  await expect(page.getByRole('alert')).toHaveCount(0)
})
