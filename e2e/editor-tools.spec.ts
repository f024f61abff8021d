/** The drawing tools on a stack of slices: by mouse, by keyboard alone and by touch, each with undo. */
import type { Page } from '@playwright/test'
import { fromBytes } from '../src/data/given-file'
import { readFiles } from '../src/data/read-files'
import { makeNifti } from '../src/data/volumes.test-support'
import { canvas, chooseTool, clickAt, drawStroke, editor, expectEditor, onPage, pixelsOf, useAnnotation, type Place } from './annotation'
import { expectNoFaults, expectNoOverflow } from './axe'
import { button, expect, expectState, open, saved, tabTo, test } from './lab'
import { choose, unlabeled, upload } from './phantom'

const [columns, rows, slices] = [64, 48, 7]
/** A disc that grows and moves from slice to slice, with a step of its own for each. */
const radius = (z: number) => 10 + z
const isIn = (x: number, y: number, z: number) => Math.hypot(x + 0.5 - 32, y + 0.5 - 24) <= radius(z)
const pixelsIn = (z: number) => {
  let sum = 0
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) sum += Number(isIn(x, y, z))
  return sum
}
const volume = upload(
  'heart.nii',
  makeNifti(
    [columns, rows, slices],
    Array.from({ length: columns * rows * slices }, (_, i) => {
      const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / columns / rows)]
      return (isIn(x, y, z) ? 200 : 60) + ((x * 7 + y * 13) % 5)
    }),
    'i2',
  ),
)

/** Opens a slice of the volume, from 1. */
async function openSlice(page: Page, number: number): Promise<void> {
  await choose(page, 'Unlabeled images', volume)
  await button(page, `Annotate heart_z${number}`).click()
  await expectSlice(page, number)
  await expectEditor(page)
}

const expectSlice = (page: Page, number: number) =>
  expect(editor(page).getByRole('heading', { name: `Annotate heart_z${number}` })).toBeVisible()

const inEditor = (page: Page, name: string) => editor(page).getByRole('button', { name, exact: true })
const pixels = (page: Page) => pixelsOf(page, 'structure')
const notice = (page: Page) => editor(page).locator('.annotation-notice')
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key)
}
/** From one pixel to another, pointed at in their middles. */
const dragBetween = (page: Page, a: Place, b: Place) =>
  drawStroke(page, [
    [a[0] + 0.5, a[1] + 0.5],
    [b[0] + 0.5, b[1] + 0.5],
  ])

/** Two fingers on two places, which then move apart. */
async function pinch(page: Page, a: Place, b: Place): Promise<void> {
  const [one, two] = await Promise.all([onPage(page, a), onPage(page, b)])
  const devtools = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
    devtools.send('Input.dispatchTouchEvent', { type, touchPoints })
  await touch('touchStart', [one])
  await touch('touchStart', [one, two])
  const apart = { x: two.x + (two.x - one.x) / 2, y: two.y + (two.y - one.y) / 2 }
  await touch('touchMove', [one, apart])
  await touch('touchEnd', [])
  await devtools.detach()
}

/** Clicks of a livewire around the disc of a slice, at its four sides. */
const around = (z: number): Place[] => [
  [32 + radius(z), 24],
  [32, 24 + radius(z)],
  [32 - radius(z), 24],
  [32, 24 - radius(z)],
]

test('rectangle, ellipse and livewire by mouse, each one step of the history', async ({ page }) => {
  await open(page)
  await openSlice(page, 4)
  await chooseTool(page, 'Rectangle')
  await dragBetween(page, [5, 6], [14, 10])
  expect(await pixels(page)).toBe(50)
  await inEditor(page, 'Undo').click()
  expect(await pixels(page)).toBe(0)

  await chooseTool(page, 'Ellipse')
  await dragBetween(page, [10, 10], [39, 29])
  expect(Math.abs((await pixels(page)) / ((Math.PI * 30 * 20) / 4) - 1)).toBeLessThan(0.02)
  await inEditor(page, 'Undo').click()

  await chooseTool(page, 'Livewire')
  for (const place of around(3)) await clickAt(page, place)
  await expect(notice(page)).toHaveText('Livewire with 4 clicks: Enter closes it.')
  await press(page, 'Backspace')
  await expect(notice(page)).toHaveText('Livewire with 3 clicks: Enter closes it.')
  await clickAt(page, around(3)[3]!)
  // A click on the first one closes it.
  await clickAt(page, around(3)[0]!)
  // Within 1 % of the disc, of which only four places were clicked.
  expect(Math.abs((await pixels(page)) / pixelsIn(3) - 1)).toBeLessThan(0.01)
  await inEditor(page, 'Undo').click()
  expect(await pixels(page)).toBe(0)
})

test('the tolerance of a flood by slider and keys, smoothing and closing', async ({ page }) => {
  await open(page)
  await openSlice(page, 1)
  await chooseTool(page, 'Flood')
  const slider = editor(page).getByRole('slider', { name: 'Tolerance' })
  await editor(page).getByRole('spinbutton', { name: 'Tolerance' }).fill('10')
  await clickAt(page, [32.5, 24.5])
  expect(await pixels(page)).toBe(pixelsIn(0))
  // The same flood made anew, while it is watched: less of the disc, all of it, and with the outside.
  await slider.fill('0')
  expect(await pixels(page)).toBeLessThan(pixelsIn(0) / 2)
  await slider.fill(await slider.getAttribute('max').then(String))
  await canvas(page).focus()
  const before = await pixels(page)
  await press(page, '[')
  expect(await pixels(page)).toBeLessThanOrEqual(before)
  await editor(page).getByRole('spinbutton', { name: 'Tolerance' }).fill('20')
  expect(await pixels(page)).toBe(pixelsIn(0))
  await inEditor(page, 'Undo').click()
  expect(await pixels(page)).toBe(0)
  await inEditor(page, 'Redo').click()
  expect(await pixels(page)).toBe(pixelsIn(0))

  // A spike of one pixel goes, and a gap of one is closed.
  await chooseTool(page, 'Rectangle')
  await dragBetween(page, [46, 24], [60, 24])
  expect(await pixels(page)).toBeGreaterThan(pixelsIn(0) + 10)
  await press(page, 'm')
  expect(Math.abs((await pixels(page)) - pixelsIn(0))).toBeLessThan(10)
  await chooseTool(page, 'Eraser')
  await editor(page).getByRole('slider', { name: 'Brush size' }).fill('1')
  const smooth = await pixels(page)
  await clickAt(page, [32.5, 24.5])
  expect(await pixels(page)).toBe(smooth - 1)
  await inEditor(page, 'Close gaps').click()
  expect(await pixels(page)).toBe(smooth)
  await press(page, 'Control+z', 'Control+z')
  expect(await pixels(page)).toBe(smooth)
})

test('two slices by livewire, the others by interpolation: a file of them, all exemplars, and a draft', async ({ page }) => {
  await open(page)
  await openSlice(page, 2)
  const wire = async (z: number) => {
    await chooseTool(page, 'Livewire')
    for (const place of around(z)) await clickAt(page, place)
    await press(page, 'Enter')
    expect(await pixels(page)).toBeGreaterThan(0.98 * pixelsIn(z))
  }
  await wire(1)
  await editor(page).getByRole('slider', { name: 'Slice' }).fill('6')
  await expectSlice(page, 6)
  expect(await pixels(page)).toBe(0)
  await wire(5)
  await inEditor(page, 'Interpolate').click()
  await expect(notice(page)).toHaveText('Drawn on 3 slices, 3 to 5: Undo takes it back.')
  await expect(editor(page).getByText('Drawn: 2 – 6')).toBeVisible()
  await inEditor(page, 'Undo').click()
  await expect(editor(page).getByText('Drawn: 2, 6')).toBeVisible()
  await inEditor(page, 'Redo').click()
  await expect(editor(page).getByText('Drawn: 2 – 6')).toBeVisible()
  // Turning by button; what lies between has the sizes between.
  for (const number of [5, 4, 3]) {
    await inEditor(page, 'Previous slice').click()
    await expectSlice(page, number)
    expect(Math.abs((await pixels(page)) / pixelsIn(number - 1) - 1)).toBeLessThan(0.05)
  }

  const { name, buffer } = await saved(page, 'Export drawing')
  expect(name).toBe('heart_mask.nii')
  const { volumes, problems } = await readFiles([fromBytes(name, new Uint8Array(buffer))])
  expect(problems).toEqual([])
  expect(volumes[0]!.size).toEqual([columns, rows, slices, 1])
  const counts = Array.from({ length: slices }, (_, z) =>
    Array.from(volumes[0]!.samples.slice(z * columns * rows, (z + 1) * columns * rows)).reduce((sum, label) => sum + label, 0),
  )
  expect(counts.map((n) => n > 0)).toEqual([false, true, true, true, true, true, false])

  await button(page, 'Close').click()
  await expect(editor(page)).toBeHidden()
  const images = page.getByRole('list', { name: 'Images' })
  await expect(images.getByText('draft', { exact: true })).toHaveCount(5)
  await page.reload()
  await expectState(page, 'ready')
  await openSlice(page, 4)
  await expect(editor(page).getByText('With 4 other drawn slices')).toBeVisible()
  await useAnnotation(page)
  await expectState(page, 'ready')
  await expect(page.getByRole('figure', { name: /^Annotated: heart_z/ })).toHaveCount(4)
  await expect(page.getByText('draft', { exact: true })).toHaveCount(0)
})

test('window and zoom are kept from slice to slice, at the next opening and after a reload', async ({ page }) => {
  await open(page)
  await openSlice(page, 3)
  const number = (name: string) => editor(page).getByRole('spinbutton', { name, exact: true })
  await number('Window centre').fill('111')
  await number('Window width').fill('77')
  await canvas(page).focus()
  await press(page, '+', '+')
  const scale = () => canvas(page).getAttribute('data-scale-x')
  const zoomed = await scale()
  // Of turns in quick succession none is lost.
  await press(page, '.', '.', '.', ',', ',')
  await expectSlice(page, 4)
  expect(await scale()).toBe(zoomed)
  await press(page, 'Escape')
  await expect(editor(page)).toBeHidden()
  await button(page, 'Annotate heart_z5').click()
  await expectSlice(page, 5)
  await expectEditor(page)
  expect(await scale()).toBe(zoomed)
  await expect(number('Window centre')).toHaveValue('111')
  await expect(number('Window width')).toHaveValue('77')

  await number('Window width').fill('88')
  await page.reload()
  await expectState(page, 'ready')
  await openSlice(page, 2)
  expect(await scale()).toBe(zoomed)
  await expect(number('Window centre')).toHaveValue('111')
  await expect(number('Window width')).toHaveValue('88')
})

test('all of it by keyboard alone', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', volume)
  await tabTo(page, button(page, 'Annotate heart_z1'))
  await press(page, 'Enter')
  await expectEditor(page)
  // A rectangle of 11 x 11 from the middle, an ellipse in it, and both taken back.
  await press(page, 'r', 'Space', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Space')
  expect(await pixels(page)).toBe(121)
  await press(page, 'Control+z', 'o', 'Space', 'Shift+ArrowLeft', 'Shift+ArrowUp', 'Enter')
  const drawn = await pixels(page)
  expect(Math.abs(drawn / ((Math.PI * 121) / 4) - 1)).toBeLessThan(0.1)
  // Around the disc, from its top by its right, bottom and left.
  await press(page, 'l')
  await expect(canvas(page)).toHaveAttribute('data-tool', 'livewire')
  await press(page, 'Shift+ArrowUp', 'Space', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Space')
  await press(page, 'Shift+ArrowLeft', 'Shift+ArrowDown', 'Space', 'Shift+ArrowLeft', 'Shift+ArrowUp', 'Space', 'Enter')
  expect(await pixels(page)).toBeGreaterThan(0.9 * pixelsIn(0))
  await press(page, 'Control+z')
  expect(await pixels(page)).toBe(drawn)
  // Shown and hidden, which changes nothing.
  const shown = editor(page).getByRole('checkbox', { name: 'Show labels' })
  await press(page, 'v')
  await expect(shown).not.toBeChecked()
  await press(page, 'v')
  await expect(shown).toBeChecked()
  // Copied to the third slice, and between them by shape.
  await press(page, '.')
  await expectSlice(page, 2)
  await press(page, 'PageDown')
  await expectSlice(page, 3)
  await press(page, '>')
  await expect(notice(page)).toHaveText('Nothing is drawn on a slice after this one.')
  await press(page, '<')
  await expect(notice(page)).toHaveText('Copied from slice 1.')
  expect(await pixels(page)).toBe(drawn)
  await press(page, 'i')
  await expect(notice(page)).toHaveText('Drawn on slice 2: Undo takes it back.')
  await press(page, ',')
  await expectSlice(page, 2)
  expect(await pixels(page)).toBe(drawn)
  await press(page, ',')
  await expectSlice(page, 1)
  await press(page, ',')
  await expect(notice(page)).toHaveText('This is the first slice.')
  await tabTo(page, inEditor(page, 'Use this annotation'))
  await press(page, 'Enter')
  await expect(editor(page)).toBeHidden()
  await expect(page.getByRole('figure', { name: /^Annotated: heart_z/ })).toHaveCount(2)
})

test.describe('by touch', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } })

  test('a livewire by taps, and slices by their buttons', async ({ page }) => {
    await open(page)
    await openSlice(page, 3)
    await inEditor(page, 'Livewire').tap()
    // What a tap presses is pressed a moment after it.
    await expect(canvas(page)).toHaveAttribute('data-tool', 'livewire')
    const tap = async (place: Place) => {
      const { x, y } = await onPage(page, place)
      await page.touchscreen.tap(x, y)
    }
    const [first, second, ...others] = around(2) as [Place, Place, ...Place[]]
    await tap(first)
    await tap(second)
    // Two fingers zoom on the way, and set no corner.
    const scale = () => canvas(page).getAttribute('data-scale-x')
    const fitted = (await scale())!
    await pinch(page, [20, 20], [40, 30])
    await expect.poll(async () => Number(await scale())).toBeGreaterThan(1.2 * Number(fitted))
    await expect(notice(page)).toHaveText('Livewire with 2 clicks: Enter closes it.')
    // Chromium drops a tap that it takes for the end of the pinch.
    await expect(async () => {
      await inEditor(page, 'Fit').tap()
      await expect(canvas(page)).toHaveAttribute('data-scale-x', fitted, { timeout: 1000 })
    }).toPass()
    for (const place of others) await tap(place)
    await inEditor(page, 'Close wire').tap()
    await expect.poll(async () => Math.abs((await pixels(page)) / pixelsIn(2) - 1)).toBeLessThan(0.03)
    await inEditor(page, 'Next slice').tap()
    await expectSlice(page, 4)
    await inEditor(page, 'Copy from previous slice').tap()
    await expect(notice(page)).toHaveText('Copied from slice 3.')
  })
})

test('the area in square millimetres, and no accessibility faults, in both themes, wide and narrow', async ({ page }) => {
  test.setTimeout(240_000)
  await open(page)
  await openSlice(page, 4)
  await chooseTool(page, 'Rectangle')
  await dragBetween(page, [5, 6], [24, 25])
  const row = editor(page).getByRole('row').filter({ hasText: '400' })
  await expect(row.getByRole('cell').nth(3)).toHaveText('400')
  for (const tool of ['Flood', 'Livewire'] as const) {
    await chooseTool(page, tool)
    if (tool === 'Livewire') await clickAt(page, [32, 24])
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 844 })
        const what = `${tool}, ${colorScheme}, ${width} px`
        await expectNoFaults(page, what, 'dialog[open]')
        await expectNoOverflow(editor(page), what)
      }
  }
})

test('a picture that is of no volume has no slices, and can be exported before any training', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', unlabeled(2))
  await button(page, 'Annotate p2_1.png').click()
  await expectEditor(page)
  await expect(editor(page).getByRole('group', { name: 'Slices' })).toHaveCount(0)
  await inEditor(page, 'Export drawing').click()
  await expect(notice(page)).toHaveText('Draw at least one label first.')
  await chooseTool(page, 'Rectangle')
  await dragBetween(page, [5, 6], [14, 10])
  const { name, buffer } = await saved(page, 'Export drawing')
  expect(name).toBe('p2_1_mask.png')
  const { volumes } = await readFiles([fromBytes(name, new Uint8Array(buffer))])
  expect(Array.from(volumes[0]!.samples).reduce((sum, label) => sum + label, 0)).toBe(50)
})
