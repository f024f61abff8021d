/** The whole way with real hearts, as a clinician goes it: from a drop to masks of a further patient, by mouse and by keyboard alone. */
import type { Locator, Page } from '@playwright/test'
import { strFromU8, unzipSync } from 'fflate'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { canvas, drawPolygon, editor, expectEditor, pixelsOf, useAnnotation, type Place } from './annotation'
import { button, expect, expectState, expectStep, expectStepAbove, saved, savedZip, step, tabTo, test, type Zip } from './lab'
import { drop, upload } from './phantom'

const hearts = '../shared/data/sunnybrook/dicom'
const [own, further] = ['SCD0000301', 'SCD0000401']
const settings = 'backend=wasm&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&steps=5000&scoreEvery=5000&warmup=0'

const inEditor = (page: Page, name: string) => editor(page).getByRole('button', { name, exact: true })
const viewer = (page: Page) => page.getByRole('dialog', { name: /^View / })
const layer = (page: Page) => viewer(page).getByRole('application')
const notice = (page: Page) => editor(page).locator('.annotation-notice')
const stepLink = (page: Page, name: string) => page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name })

/** Corners of the left ventricle, about as wide on the slices that are drawn. */
const ventricle: Place[] = Array.from({ length: 8 }, (_, i) => [
  124 + 16 * Math.cos((i * Math.PI) / 4),
  120 + 16 * Math.sin((i * Math.PI) / 4),
])

const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}

const maskPaths = (zip: Zip) =>
  Object.keys(zip)
    .filter((path) => path.startsWith('masks/'))
    .sort()
const framesOf = (...patients: string[]) => patients.flatMap((patient) => [1, 2].map((frame) => `masks/${patient}-frame-${frame}.dcm`))

/** The further patient is among the results: reading a series takes seconds. */
const expectFurther = (page: Page) =>
  expect(page.getByRole('figure', { name: new RegExp(`^${further}_`) }).first()).toContainText('further', { timeout: 60_000 })

/** What Export run holds after a correction: both phases of the patient, who is an exemplar since when, and how long it took. */
async function expectRun(page: Page, { name, buffer }: { name: string; buffer: Buffer }, corrected: string): Promise<void> {
  expect(name).toMatch(/^exemplar-lab-run-step-\d+-20-images-[0-9a-f]{4}-quick-[0-9a-f]{4}-seed-0-\d{4}-\d\d-\d\d-\d{4}\.zip$/)
  const run = unzipSync(buffer) as Zip
  expect(maskPaths(run)).toEqual(framesOf(own))
  const report = await page.context().newPage()
  await report.setContent(strFromU8(run['report.html']!))
  await expect(report.getByText(/^Training time/)).toBeVisible()
  const exemplars = report.getByRole('region', { name: 'Exemplars' })
  await expect(exemplars.getByRole('figure')).toHaveCount(4)
  await expect(exemplars.getByText(/^corrected by hand, exemplar since step \d+$/)).toHaveCount(1)
  await expect(exemplars.getByRole('figure').filter({ hasText: corrected })).toContainText('corrected by hand')
  await expect(report.getByRole('region', { name: 'Predictions' }).getByRole('figure')).toHaveCount(16)
  await expect(report.getByRole('region', { name: 'Every volume' }).getByRole('row')).toHaveCount(3)
  await report.close()
  // A page behind another is not drawn, and without frames nothing is seen to stand still.
  await page.bringToFront()
}

test.describe('with Sunnybrook hearts', () => {
  test.skip(!existsSync(join(hearts, own)), 'NOT CHECKED: the Sunnybrook hearts are not next to the repository')

  test('by mouse: drop while loading, draw, train, compare, correct, stop, train on, export, a further patient', async ({ page }) => {
    test.setTimeout(240_000)
    let letGo = () => {}
    const held = new Promise<void>((done) => (letGo = done))
    await page.route(/\.wasm$/, async (route) => {
      await held
      await route.continue()
    })
    await page.goto(`/?${settings}`)
    await expectState(page, 'starting')
    const folder = join(hearts, own)
    await drop(
      page,
      readdirSync(folder).map((name) => upload(`${own}/${name}`, readFileSync(join(folder, name)))),
    )
    await expect(stepLink(page, '1 Images and one mask')).toContainText('waiting for the engine')
    letGo()
    await expectState(page, 'empty')
    await expect(stepLink(page, '1 Images and one mask')).toContainText('20 images, no mask yet')

    await button(page, `Annotate ${own}_z05_t2`).click()
    await expectEditor(page)
    await drawPolygon(page, ventricle)
    const drawn = await pixelsOf(page, 'structure')
    expect(drawn).toBeGreaterThan(600)
    await editor(page).getByRole('slider', { name: 'Slice' }).fill('7')
    await expect(editor(page)).toHaveAccessibleName(`Annotate ${own}_z07_t2`)
    await drawPolygon(page, ventricle)
    await inEditor(page, 'Interpolate').click()
    await expect(notice(page)).toHaveText('Drawn on slice 6: Undo takes it back.')
    await useAnnotation(page)
    await expect(stepLink(page, '1 Images and one mask')).toContainText('3 exemplars, 20 images')

    await button(page, 'Start').click()
    await expectStepAbove(page, 3)
    await button(page, 'Pause').click()
    await expectState(page, 'paused')
    await expect(stepLink(page, '3 Check and export')).toContainText('20 masks to look at')
    await stepLink(page, '3 Check and export').click()
    await expect(page.getByRole('heading', { name: 'Results', exact: true })).toBeInViewport()

    await button(page, `Open ${own}_z04_t2`).click()
    for (const [name, shown] of [
      ['A', 'A'],
      ['B', 'B'],
      ['Disagreement', 'disagreement'],
      ['Mean', 'mean'],
    ] as const) {
      await viewer(page).getByRole('button', { name, exact: true }).click()
      await expect(layer(page)).toHaveAttribute('data-layer', shown)
    }
    await expect(viewer(page)).toContainText('slice 4 of 10')
    await viewer(page).getByRole('button', { name: 'Correct', exact: true }).click()
    await expectEditor(page)
    await inEditor(page, 'Clear').click()
    await drawPolygon(page, ventricle)
    await useAnnotation(page)
    await expect(layer(page)).toHaveAttribute('data-layer', 'exemplar')
    await viewer(page).getByRole('button', { name: 'Resume with 4 exemplars' }).click()
    await page.keyboard.press('Escape')
    await expect(viewer(page)).toHaveCount(0)
    const before = await step(page)
    await expectStepAbove(page, before)
    await button(page, 'Stop').click()
    await expectState(page, 'stopped')
    const stopped = await step(page)
    await page.getByRole('spinbutton', { name: 'Train on by', exact: true }).fill('50')
    await button(page, '+ 50 steps').click()
    await expectStep(page, stopped + 50)
    await expectState(page, 'finished')

    await expectRun(page, await saved(page, 'Export run'), `${own}_z04_t2`)
    const coming = page.waitForEvent('filechooser')
    await button(page, 'Segment a folder').click()
    await (await coming).setFiles(join(hearts, further))
    await expectFurther(page)
    const masks = await savedZip(page, 'Export masks')
    expect(maskPaths(masks)).toEqual(framesOf(own, further))
    await expect(page.getByRole('alert')).toHaveCount(0)
  })

  test('the same by keyboard alone', async ({ page }) => {
    test.setTimeout(240_000)
    await page.goto(`/?${settings}`)
    await expectState(page, 'ready')
    /** Presses a button that asks for files, and gives a folder to what opens: that is the browser's. */
    const give = async (folder: string) => {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')])
      await chooser.setFiles(join(hearts, folder))
    }
    const go = async (name: string) => {
      await tabTo(page, button(page, name))
      await page.keyboard.press('Enter')
    }
    /** What stands before where the focus is: forwards it is a way around the page. */
    const backTo = async (control: Locator) => {
      for (let i = 0; i < 60 && !(await control.evaluate((element) => element === document.activeElement)); i++)
        await page.keyboard.press('Shift+Tab')
      await expect(control).toBeFocused()
    }
    await tabTo(page, page.getByText('Choose files'))
    await press(page, 'Enter')
    await tabTo(page, page.getByLabel('Folder', { exact: true }))
    await give(own)
    await expectState(page, 'empty')
    await expect(stepLink(page, '1 Images and one mask')).toContainText('20 images, no mask yet')

    await tabTo(page, button(page, `Annotate ${own}_z01_t1`))
    for (let i = 0; i < 9; i++) await press(page, 'ArrowRight')
    await expect(button(page, `Annotate ${own}_z05_t2`)).toBeFocused()
    await press(page, 'Enter')
    await expectEditor(page)
    // An ellipse of 30 x 30 about the ventricle, which lies a little above and left of the middle.
    const ellipse = ['o', 'Space', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Space']
    await press(page, 'Shift+ArrowLeft', 'Shift+ArrowUp', ...ellipse)
    expect(await pixelsOf(page, 'structure')).toBeGreaterThan(300)
    await press(page, '.', '.')
    await expect(editor(page)).toHaveAccessibleName(`Annotate ${own}_z07_t2`)
    await expect(canvas(page)).toBeFocused()
    await press(page, 'Shift+ArrowLeft', 'Shift+ArrowUp', ...ellipse, 'i')
    await expect(notice(page)).toHaveText('Drawn on slice 6: Undo takes it back.')
    await go('Use this annotation')
    await expectState(page, 'ready')

    await backTo(button(page, 'Start'))
    await press(page, 'Enter')
    await expectStepAbove(page, 3)
    await go('Pause')
    await expectState(page, 'paused')
    const results = stepLink(page, '3 Check and export')
    await expect(results).toContainText('20 masks to look at')
    await tabTo(page, results)
    await press(page, 'Enter')
    await tabTo(page, button(page, `Open ${own}_z04_t2`))
    await press(page, 'Enter')
    await expect(layer(page)).toHaveAttribute('data-layer', 'mean')
    for (const [key, shown] of Object.entries({ a: 'A', b: 'B', d: 'disagreement', m: 'mean' })) {
      await press(page, key)
      await expect(layer(page)).toHaveAttribute('data-layer', shown)
    }
    await press(page, 'c')
    await expectEditor(page)
    await tabTo(page, inEditor(page, 'Clear'))
    await press(page, 'Enter')
    await tabTo(page, canvas(page))
    await press(page, 'Shift+ArrowLeft', 'Shift+ArrowUp', ...ellipse)
    await go('Use this annotation')
    await expect(layer(page)).toHaveAttribute('data-layer', 'exemplar')
    const before = await step(page)
    await tabTo(page, viewer(page).getByRole('button', { name: 'Resume with 4 exemplars' }))
    await press(page, 'Enter', 'Escape')
    await expect(viewer(page)).toHaveCount(0)
    await expectStepAbove(page, before)
    await go('Stop')
    await expectState(page, 'stopped')
    const stopped = await step(page)
    await tabTo(page, page.getByRole('spinbutton', { name: 'Train on by', exact: true }))
    await press(page, 'Control+a', '5', '0')
    await go('+ 50 steps')
    await expectStep(page, stopped + 50)
    await expectState(page, 'finished')

    const download = async (name: string) => {
      await backTo(button(page, name))
      const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
      return { name: file.suggestedFilename(), buffer: readFileSync(await file.path()) }
    }
    await tabTo(page, button(page, 'Export run'))
    await expectRun(page, await download('Export run'), `${own}_z04_t2`)
    await tabTo(page, button(page, 'Segment a folder'))
    await give(further)
    await expectFurther(page)
    expect(maskPaths(unzipSync((await download('Export masks')).buffer) as Zip)).toEqual(framesOf(own, further))
  })
})
