/** An image opened large: its masks to compare, its slices, its window, its measures, and the way to a correction and back. */
import type { Locator, Page } from '@playwright/test'
import { chooseTool, drawStroke, editor, expectEditor, setBrushSize, useAnnotation } from './annotation'
import { makeHeart, oblique, spacing } from './heart'
import { button, expect, expectState, open, savedZip, tabTo, test, tiny } from './lab'
import { choose, expectRead } from './phantom'

const [side, slices] = [48, 6]
const pixels = side * side

/** Six slices of a heart, the mask of the third, and that of all. */
function heart() {
  const { labels, image, maskFile } = makeHeart(side, slices, oblique())
  const third = labels.map((label, i) => (Math.floor(i / pixels) === 2 ? label : 0))
  return { labels, image, exemplar: maskFile('heart_mask.nii', third), reference: maskFile('heart_truth.nii', labels) }
}

/** A few steps on the heart. */
async function train(page: Page): Promise<Uint8Array> {
  const { labels, image, exemplar, reference } = heart()
  await open(page, `${tiny}&steps=4`)
  await choose(page, 'Exemplar image', image)
  await expect(page.getByText(/heart_z/).first()).toBeVisible()
  await choose(page, 'Exemplar mask', exemplar)
  await expectRead(page)
  await choose(page, 'Reference masks', reference)
  await expect(page.getByText('6 masks, for the score only')).toBeVisible()
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  return labels
}

const viewer = (page: Page): Locator => page.getByRole('dialog', { name: /^View / })
const canvas = (page: Page): Locator => viewer(page).getByRole('application')
const inside = (page: Page, name: string): Locator => viewer(page).getByRole('button', { name, exact: true })

/** The image has come, with this layer. */
async function expectShown(page: Page, name: string, layer?: string): Promise<void> {
  await expect(viewer(page)).toHaveAccessibleName(`View ${name}`)
  await expect(canvas(page)).toHaveAccessibleName(new RegExp(`^${name}\\. `))
  if (layer) await expect(canvas(page)).toHaveAttribute('data-layer', layer)
}

const attribute = async (page: Page, name: string): Promise<number> => Number(await canvas(page).getAttribute(name))

async function middle(page: Page): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await canvas(page).boundingBox())!
  return { x: x + width / 2, y: y + height / 2 }
}

/** Area and volume of each class, from the table. */
const measures = (page: Page): Promise<number[][]> =>
  viewer(page)
    .getByRole('table')
    .evaluate((table: HTMLTableElement) =>
      [...table.tBodies[0]!.rows].map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent.replaceAll(',', '')))),
    )

const layers = [
  ['Image', 'i', 'image'],
  ['Mean', 'm', 'mean'],
  ['A', 'a', 'A'],
  ['B', 'b', 'B'],
  ['Disagreement', 'd', 'disagreement'],
  ['Probability', 'p', 'probability'],
  ['True mask', 't', 'reference'],
] as const

test('an image of the gallery opens large: every layer, its place, its measures', async ({ page }) => {
  const labels = await train(page)
  await button(page, 'Open heart_z5').click()
  await expectShown(page, 'heart_z5', 'mean')
  await expect(viewer(page)).toContainText('48 × 48 pixels of 1.5 × 1.2 mm · slice 5 of 6 · predicted at step 4')
  for (const [name, key, layer] of layers) {
    await inside(page, name).click()
    await expect(canvas(page)).toHaveAttribute('data-layer', layer)
    await expect(inside(page, name)).toHaveAttribute('aria-pressed', 'true')
    await page.keyboard.press('m')
    await expect(canvas(page)).toHaveAttribute('data-layer', 'mean')
    await page.keyboard.press(key)
    await expect(canvas(page)).toHaveAttribute('data-layer', layer)
  }
  await expect(inside(page, 'Exemplar')).toHaveAttribute('aria-disabled', 'true')

  // Rows run to the front and columns to the right, so the picture is turned to lie as radiologists view it; 0.4 is 23 degrees.
  const sides = viewer(page).locator('[data-side]')
  await expect(sides).toHaveText(['left: R', 'right: L', 'top: A', 'bottom: P'])
  await expect(viewer(page).getByText('oblique, 23°')).toBeVisible()
  const bar = viewer(page).locator('[data-length]')
  const { width } = (await bar.boundingBox())!
  expect(width).toBeCloseTo((Number(await bar.getAttribute('data-length')) / spacing[0]) * (await attribute(page, 'data-scale-x')), 0)
  const at = await middle(page)
  await page.mouse.move(at.x, at.y)
  await expect(viewer(page).locator('[data-readout]')).toHaveText(
    /^x 2[34], y 2[34] · [LR] [\d.]+, [AP] [\d.]+, [IS] [\d.]+ mm · value \d+ · /,
  )

  // The truth as it was written, and the mean as it is exported.
  const [area, content] = [spacing[0] * spacing[1], (spacing[0] * spacing[1] * spacing[2]) / 1000]
  const count = (of: Uint8Array, label: number) => of.reduce((sum, one) => sum + Number(one === label), 0)
  const expected = (of: Uint8Array) =>
    [1, 2, 3].map((label) => {
      const known = (v: number) => expect.closeTo(v, v >= 100 ? -0.3 : 1)
      return [known(count(of.subarray(4 * pixels, 5 * pixels), label) * area), known(count(of, label) * content)]
    })
  await expect.poll(() => measures(page)).toEqual(expected(labels))
  await inside(page, 'Mean').click()
  await expect(viewer(page).getByText(/^The volume is of 6 slices, one of them as annotated\.$/)).toBeVisible()
  const mean = await measures(page)
  await inside(page, 'Close').click()
  await expect(viewer(page)).toHaveCount(0)
  const written = (await savedZip(page, 'Export masks'))['masks/heart.nii']!.subarray(352)
  expect(mean).toEqual(expected(written))
})

test('slices by wheel and slider, images by buttons; window and zoom by the mouse are kept', async ({ page }) => {
  await train(page)
  await button(page, 'Open heart_z2').click()
  await expectShown(page, 'heart_z2')
  const at = await middle(page)
  await page.mouse.move(at.x, at.y)
  await page.mouse.wheel(0, 120)
  await expectShown(page, 'heart_z3')
  await page.mouse.wheel(0, 120)
  await expectShown(page, 'heart_z4')
  await page.mouse.wheel(0, -120)
  await expectShown(page, 'heart_z3')
  // Through the gallery, in its order, to an end and back.
  const slice = viewer(page).getByRole('slider', { name: 'Slice' })
  await slice.fill('6')
  await expectShown(page, 'heart_z6')
  const next = inside(page, 'Next image')
  for (let i = 0; i < slices; i++) if ((await next.getAttribute('aria-disabled')) !== 'true') await next.click()
  await expect(viewer(page).getByText('6 of 6', { exact: true }).first()).toBeVisible()
  const last = (await viewer(page).getByRole('heading', { level: 2 }).innerText()).replace(/^View\s*/, '')
  await inside(page, 'Previous image').click()
  await expect(viewer(page)).not.toHaveAccessibleName(`View ${last}`)
  await slice.fill('1')
  await expectShown(page, 'heart_z1')

  const before = await attribute(page, 'data-width')
  await page.mouse.move(at.x, at.y)
  await page.mouse.down()
  await page.mouse.move(at.x + 125, at.y, { steps: 5 })
  await page.mouse.up()
  const chosen = await attribute(page, 'data-width')
  expect(chosen / before).toBeCloseTo(Math.exp(0.5), 2)
  await expect(viewer(page).getByRole('combobox', { name: 'Window', exact: true })).toHaveValue('-1')

  const scale = await attribute(page, 'data-scale-x')
  await page.keyboard.down('Control')
  await page.mouse.wheel(0, -300)
  await page.keyboard.up('Control')
  const zoomed = await attribute(page, 'data-scale-x')
  expect(zoomed / scale).toBeCloseTo(Math.exp(0.6), 2)
  const left = await attribute(page, 'data-left')
  await page.keyboard.down('Shift')
  await page.mouse.down()
  await page.mouse.move(at.x + 85, at.y, { steps: 5 })
  await page.mouse.up()
  await page.keyboard.up('Shift')
  expect((await attribute(page, 'data-left')) - left).toBeCloseTo(-40, 0)
  expect(await attribute(page, 'data-width'), 'moving is not windowing').toBeCloseTo(chosen, 6)
  // Another slice has the same window and the same place in sight.
  await slice.fill('4')
  await expectShown(page, 'heart_z4')
  expect(await attribute(page, 'data-width')).toBeCloseTo(chosen, 6)
  expect(await attribute(page, 'data-scale-x')).toBeCloseTo(zoomed, 6)
  await inside(page, 'Fit').click()
  await expect.poll(() => attribute(page, 'data-scale-x')).toBeCloseTo(scale, 6)
  // And so has this one when it is opened again.
  await page.keyboard.press('Escape')
  await button(page, 'Open heart_z4').click()
  await expectShown(page, 'heart_z4')
  expect(await attribute(page, 'data-width')).toBeCloseTo(chosen, 6)
})

test('a correction starts in the viewer and comes back to it, and the run goes on with it', async ({ page }) => {
  await train(page)
  await button(page, 'Open heart_z5').click()
  await expectShown(page, 'heart_z5', 'mean')
  await inside(page, 'Zoom in').click()
  const scale = await attribute(page, 'data-scale-x')
  await inside(page, 'Correct').click()
  await expectEditor(page)
  await editor(page).getByRole('button', { name: 'Clear', exact: true }).click()
  await chooseTool(page, 'Brush')
  await setBrushSize(page, 1)
  await drawStroke(page, [
    [5.5, 8.5],
    [24.5, 8.5],
  ])
  await useAnnotation(page)
  await expect(editor(page)).toHaveCount(0)
  await expectShown(page, 'heart_z5', 'exemplar')
  await expect(viewer(page)).toContainText('drawn')
  expect(await attribute(page, 'data-scale-x'), 'the same place').toBeCloseTo(scale, 6)
  await expect(inside(page, 'Edit annotation')).toBeVisible()
  await expect(inside(page, 'Resume with 2 exemplars')).toBeVisible()
  const drawn = 20 * spacing[0] * spacing[1]
  expect((await measures(page))[0]![0]).toBeCloseTo(drawn, 0)
  // The prediction can still be compared.
  await inside(page, 'Mean').click()
  await expect(canvas(page)).toHaveAttribute('data-layer', 'mean')
  await page.keyboard.press('Escape')
  await expect(viewer(page)).toHaveCount(0)

  const tile = page.getByRole('figure', { name: 'heart_z5', exact: true })
  await expect(tile.getByText('drawn', { exact: true })).toBeVisible()
  await expect(button(page, 'Resume')).not.toHaveAttribute('aria-disabled', 'true')
  await tile.getByRole('button', { name: 'Resume with 2 exemplars' }).click()
  await expectState(page, 'finished')
  await expect(page.getByRole('button', { name: /^Resume with/ })).toHaveCount(0)
  await expect(tile.getByText('drawn', { exact: true })).toBeVisible()
})

test('all of it by keyboard alone', async ({ page }) => {
  await train(page)
  const tile = button(page, 'Open heart_z4')
  await page.getByRole('link', { name: 'Skip to Results' }).focus()
  await page.keyboard.press('Enter')
  await tabTo(page, tile)
  await page.keyboard.press('Enter')
  await expectShown(page, 'heart_z4')
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await press('ArrowDown')
  await expectShown(page, 'heart_z5')
  await press('Home')
  await expectShown(page, 'heart_z1')
  await press('End', 'PageUp')
  await expectShown(page, 'heart_z5')
  await press('2')
  await expect(canvas(page)).toHaveAttribute('data-layer', 'probability')
  await expect(viewer(page).getByRole('combobox', { name: 'Probability of' })).toHaveValue('2')
  const outlines = viewer(page).getByRole('checkbox', { name: 'Outlines' })
  await press('o')
  await expect(outlines).not.toBeChecked()
  await press(']')
  await expect(viewer(page).getByRole('slider', { name: 'Opacity' })).toHaveValue('50')
  const scale = await attribute(page, 'data-scale-x')
  await press('+')
  expect((await attribute(page, 'data-scale-x')) / scale).toBeCloseTo(1.25, 4)
  const top = await attribute(page, 'data-top')
  await press('Shift+ArrowDown')
  expect((await attribute(page, 'data-top')) - top).toBeCloseTo(-60, 4)
  await press('0')
  expect(await attribute(page, 'data-scale-x')).toBeCloseTo(scale, 6)
  // A number in a field is no class, and an arrow in a slider no slice.
  await tabTo(page, viewer(page).getByRole('spinbutton', { name: 'Window width' }))
  await press('Control+a', '3', '0', '0')
  await expect(canvas(page)).toHaveAttribute('data-width', '300')
  await expect(viewer(page).getByRole('combobox', { name: 'Probability of' })).toHaveValue('2')
  // The cross-hair reads values.
  await tabTo(page, canvas(page))
  await press('ArrowRight', 'ArrowRight', 'ArrowDown')
  await expect(viewer(page).locator('[data-readout]')).toHaveText(/^x 25, y 25 · /)
  await press('c')
  await expectEditor(page)
  await press('Escape')
  await expect(editor(page)).toHaveCount(0)
  await expectShown(page, 'heart_z5')
  await press('Escape')
  await expect(viewer(page)).toHaveCount(0)
  await expect(tile, 'the focus is where it was').toBeFocused()
})

test('the watched image opens from the strip by a second click, by Enter and by a button', async ({ page }) => {
  await open(page)
  const strip = page.getByRole('group', { name: /^Watched image/ })
  const second = strip.getByRole('radio').nth(1)
  const name = (await second.getAttribute('aria-label'))!
  await second.click()
  await expect(viewer(page)).toHaveCount(0)
  await second.click()
  await expectShown(page, name, 'image')
  await expect(inside(page, 'Annotate')).toBeVisible()
  await page.keyboard.press('Escape')
  await second.press('Enter')
  await expectShown(page, name)
  await page.keyboard.press('Escape')
  await strip.getByRole('button', { name: 'Open large' }).click()
  await expectShown(page, name)
})

test.describe('by touch at 390 px', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } })

  test('one finger sets the window, two zoom', async ({ page }) => {
    await train(page)
    await button(page, 'Open heart_z4').tap()
    await expectShown(page, 'heart_z4')
    const session = await page.context().newCDPSession(page)
    const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: [number, number][]) => {
      const at = await middle(page)
      await session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: points.map(([x, y], id) => ({ x: at.x + x, y: at.y + y, id })),
      })
    }
    const width = await attribute(page, 'data-width')
    await touch('touchStart', [-60, 0])
    await touch('touchMove', [0, 0])
    await touch('touchMove', [65, 0])
    await touch('touchEnd')
    await expect.poll(async () => (await attribute(page, 'data-width')) / width).toBeCloseTo(Math.exp(0.5), 1)
    const scale = await attribute(page, 'data-scale-x')
    await touch('touchStart', [-40, 0], [40, 0])
    await touch('touchMove', [-60, 0], [60, 0])
    await touch('touchMove', [-80, 0], [80, 0])
    await touch('touchEnd')
    await expect.poll(async () => (await attribute(page, 'data-scale-x')) / scale).toBeCloseTo(2, 1)
    await inside(page, 'See more on the right').tap()
    const moves = viewer(page).getByRole('radio', { name: 'moves image' })
    await moves.tap()
    // What a tap presses is pressed a moment after it, and after those before.
    await expect(moves).toBeChecked()
    await canvas(page).scrollIntoViewIfNeeded()
    const left = await attribute(page, 'data-left')
    await touch('touchStart', [0, 0])
    await touch('touchMove', [-30, 0])
    await touch('touchEnd')
    await expect.poll(async () => (await attribute(page, 'data-left')) - left).toBeCloseTo(-30, 0)
    // Chromium drops a tap that it takes for the end of the drag.
    await expect(async () => {
      await inside(page, 'True mask').tap()
      await expect(canvas(page)).toHaveAttribute('data-layer', 'reference', { timeout: 1000 })
    }).toPass()
    await inside(page, 'Next image').tap()
    await expect(viewer(page)).not.toHaveAccessibleName('View heart_z4')
  })
})
