/** The first ten seconds: what the page is, what comes first, and the way from step to step. */
import type { Page } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, test, tiny } from './lab'
import { drop, expectOwnFiles, image, mask, unlabeled } from './phantom'

const wide = { width: 1280, height: 800 }

const stepLink = (page: Page, name: string) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name })

test('the first screen says what the page is and what to do first', async ({ page }) => {
  await page.setViewportSize(wide)
  await open(page)
  await expect(page.getByText('Segments a stack of medical images from one annotated example.')).toBeInViewport()
  await expect(page.getByRole('figure', { name: /^Annotated image/ }).locator('canvas')).toBeInViewport({ ratio: 1 })
  await expect(stepLink(page, '1 Images and one mask')).toContainText('1 exemplar, 47 images')
  const train = stepLink(page, '2 Train')
  await expect(train).toContainText('press Start')
  await expect(train).toHaveAttribute('aria-current', 'step')
  await expect(page.getByText('This is a made-up sample')).toBeInViewport()
  await expect(page.getByLabel('Unlabeled images'), 'folded').toBeHidden()
  await page.getByText('Choose files').click()
  await expect(page.getByLabel('Unlabeled images')).toBeVisible()
})

test('the way goes from the run to its results, with the run bar in view everywhere', async ({ page }) => {
  await page.setViewportSize(wide)
  await open(page, `${tiny}&steps=12`)
  const results = stepLink(page, '3 Check and export')
  await expect(results).toContainText('masks will be here')
  await button(page, 'Start').click()
  await expectStepAbove(page, 0)
  await expect(page.getByText('Both networks learn the exemplar.'), 'pictures took its place').toBeHidden()
  await expectState(page, 'finished')
  await expect(results).toContainText('47 masks to look at')
  await expect(results).toHaveAttribute('aria-current', 'step')
  await results.click()
  await expect(page.getByRole('heading', { name: 'Results', exact: true })).toBeInViewport()
  for (const name of ['Start', 'Reset']) await expect(button(page, name)).toBeInViewport({ ratio: 1 })
  const [strip, heading] = await Promise.all([
    page.locator('.run-strip').boundingBox(),
    page.getByRole('heading', { name: 'Results', exact: true }).boundingBox(),
  ])
  expect(heading!.y, 'not under the run bar').toBeGreaterThanOrEqual(strip!.y + strip!.height)
})

for (const width of [1280, 1000, 390])
  test(`pictures and curves come without moving what is around them, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 })
    await open(page, `${tiny}&steps=3`)
    const tops = () =>
      page.evaluate(() => ['data', 'run', 'training'].map((id) => document.getElementById(id)!.getBoundingClientRect().top))
    const before = await tops()
    await button(page, 'Start').click()
    await expectState(page, 'finished')
    expect(await tops()).toEqual(before)
  })

test('files dropped while the engine is still loading wait, and are taken', async ({ page }) => {
  let letGo = () => {}
  const held = new Promise<void>((done) => (letGo = done))
  await page.route(/\.wasm$/, async (route) => {
    await held
    await route.continue()
  })
  await page.goto(`/?${tiny}`)
  await expectState(page, 'starting')
  await drop(page, [image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png'), ...unlabeled()])
  await expect(stepLink(page, '1 Images and one mask')).toContainText('waiting for the engine')
  await expect(page.getByRole('alert')).toHaveCount(0)
  letGo()
  await expect(stepLink(page, '1 Images and one mask')).toContainText('1 exemplar, 6 images', { timeout: 90_000 })
  await expectOwnFiles(page)
  await expect(page.getByRole('combobox', { name: 'Sample' })).toHaveValue('')
})
