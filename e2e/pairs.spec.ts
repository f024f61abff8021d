import type { Locator, Page } from '@playwright/test'
import { strFromU8 } from 'fflate'
import { expectNoFaults, inEveryLook } from './axe'
import { button, expect, expectState, open, savedZip, tabTo, test, tiny, type Zip } from './lab'
import { choose, image, mask, png, type UploadedFile } from './phantom'

const few = `${tiny}&threads=1&steps=2`

const images = (): UploadedFile[] => [1, 2, 3, 4].map((n) => image(n))
/** The mask of the first image bears the name of the second. */
const misnamed = (): UploadedFile[] => [...images(), mask(1, 'p2_1_mask.png'), mask(3, 'p3_1_mask.png')]
const wellNamed = (): UploadedFile[] => [...images(), mask(1, 'p1_1_mask.png'), mask(3, 'p3_1_mask.png')]

const give = (page: Page, files: UploadedFile[]) => choose(page, 'Zip or mixed files', files)

const list = (page: Page): Locator => page.getByRole('list', { name: 'Pairs', exact: true })
const maskOf = (page: Page, name: string): Locator => page.getByRole('combobox', { name: `Mask of ${name}`, exact: true })
const item = (page: Page, name: string): Locator =>
  list(page)
    .getByRole('listitem')
    .filter({ has: maskOf(page, name) })
const chosen = (select: Locator): Promise<string> =>
  select.evaluate((element: HTMLSelectElement) => element.selectedOptions[0]?.label ?? '')
const undo = (page: Page): Locator => page.locator('.pairs').getByRole('button', { name: /^Undo/ })
const onlyUnpaired = (page: Page): Locator => page.getByRole('switch', { name: 'Only the unpaired' })

/** Runs to the end and gives the files of its export. */
async function runExported(page: Page): Promise<Zip> {
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  return savedZip(page, 'Export run')
}

const dataOf = (zip: Zip) => (JSON.parse(strFromU8(zip['config.json']!)) as { data: Record<string, unknown> }).data
const masksIn = (zip: Zip) =>
  Object.keys(zip)
    .filter((name) => name.startsWith('masks/') && name.endsWith('.png'))
    .sort()

test('a wrong pair is corrected by keyboard alone, and the run is that of files with the right names', async ({ page }) => {
  await open(page, few)
  await give(page, misnamed())
  await expect(item(page, 'p2_1.png')).toContainText('Exemplar · same case p2_1')
  await expect(item(page, 'p3_1.png')).toContainText('Reference · same case p3_1')
  const name = page.getByRole('textbox', { name: 'Name of class 1' })
  await name.fill('ring')
  await name.press('Enter')
  const pixels = await page.locator('table.labels').first().innerText()

  await tabTo(page, maskOf(page, 'p1_1.png'))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(item(page, 'p1_1.png')).toContainText('Exemplar · you chose')
  expect(await chosen(maskOf(page, 'p1_1.png'))).toBe('p2_1_mask.png')
  await expect(maskOf(page, 'p1_1.png')).toBeFocused()
  await expect(item(page, 'p2_1.png')).toContainText('No mask')
  await expect(page.locator('.pairs').getByRole('status')).toHaveText(
    '"p1_1.png" has "p2_1_mask.png" now. "p2_1.png" has no mask now. The exemplar is "p1_1.png" now.',
  )
  await expect(page.getByText('3 images of 3 patients')).toBeVisible()
  await expect(name).toHaveValue('ring')
  expect(await page.locator('table.labels').first().innerText()).toBe(pixels)
  await expect(page.getByRole('spinbutton', { name: 'Steps' })).toHaveValue('2')

  const corrected = await runExported(page)
  expect(dataOf(corrected)).toMatchObject({ exemplars: [{ name: 'p1_1.png', from: 'file' }] })
  expect(masksIn(corrected)).toEqual(['masks/p1_1.png', 'masks/p2_1.png', 'masks/p3_1.png', 'masks/p4_1.png'])

  await open(page, few)
  await give(page, wellNamed())
  await expect(item(page, 'p1_1.png')).toContainText('Exemplar · same case p1_1')
  const right = await runExported(page)
  for (const file of ['metrics.csv', 'model-a.safetensors', ...masksIn(right)])
    expect(Buffer.from(corrected[file]!).equals(Buffer.from(right[file]!)), file).toBe(true)
})

test('choices are taken back one by one, and survive more files', async ({ page }) => {
  await open(page, few)
  await give(page, misnamed())
  await expect(undo(page)).toBeDisabled()
  await maskOf(page, 'p1_1.png').selectOption({ label: 'p2_1_mask.png (now of p2_1.png)' })
  await expect(undo(page)).toHaveAccessibleName('Undo the mask of p1_1.png')
  await maskOf(page, 'p4_1.png').selectOption({ label: 'p3_1_mask.png (now of p3_1.png)' })
  await expect(item(page, 'p4_1.png')).toContainText('Reference · you chose')

  await give(page, [image(5), mask(5, 'p5_1_mask.png')])
  await expect(item(page, 'p5_1.png')).toContainText('Reference · same case p5_1')
  await expect(item(page, 'p1_1.png')).toContainText('Exemplar · you chose')
  await expect(item(page, 'p4_1.png')).toContainText('Reference · you chose')

  await tabTo(page, undo(page))
  await page.keyboard.press('Enter')
  await expect(item(page, 'p3_1.png')).toContainText('Reference · same case p3_1')
  await expect(undo(page)).toHaveAccessibleName('Undo the mask of p1_1.png')
  await page.keyboard.press('Enter')
  await expect(item(page, 'p2_1.png')).toContainText('Exemplar · same case p2_1')
  await expect(item(page, 'p1_1.png')).toContainText('No mask')
  await expect(undo(page)).toBeDisabled()
  await expect(page.getByRole('group', { name: 'List of pairs' })).toBeFocused()

  // Who goes on meanwhile is left where they are.
  await maskOf(page, 'p1_1.png').selectOption({ label: 'p2_1_mask.png (now of p2_1.png)' })
  await expect(undo(page)).toBeEnabled()
  const name = page.getByRole('textbox', { name: 'Name of class 1' })
  await undo(page).evaluate((button: HTMLElement) => {
    button.click()
    document.querySelector<HTMLElement>('[aria-label="Name of class 1"]')!.focus()
  })
  await expect(undo(page)).toBeDisabled()
  await expect(name).toBeFocused()
})

test('the unpaired are listed alone, with what they could belong to; a mask of other labels is said', async ({ page }) => {
  await open(page, few)
  const halves = [png('organ_1_mask.png', (x) => (x < 20 ? 1 : 0)), png('organ_2_mask.png', (x) => (x < 20 ? 0 : 3))]
  await give(page, [...misnamed(), ...halves])
  await expect(page.getByText('2 of 4 images have a mask; 2 masks are of no image.')).toBeVisible()
  await onlyUnpaired(page).check()
  await expect(maskOf(page, 'p2_1.png')).toHaveCount(0)
  await expect(list(page).getByRole('listitem')).toHaveCount(4)
  const left = page.getByRole('combobox', { name: 'Image of organ_1_mask.png' })
  await expect(list(page).getByRole('listitem').filter({ has: left })).toContainText(
    'Mask of no image: no image has its name; perhaps of p1_1.png or p4_1.png',
  )
  await expect(maskOf(page, 'p1_1.png').locator('optgroup[label="Could belong here"] option')).toHaveText([
    'organ_1_mask.png',
    'organ_2_mask.png',
  ])

  // From the side of the mask; its row goes, and the focus stays in the list.
  await tabTo(page, left)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(left).toHaveCount(0)
  await expect(page.getByRole('group', { name: 'List of pairs' })).toBeFocused()
  // What was changed is still there to be looked at.
  await expect(item(page, 'p1_1.png')).toContainText('Reference · you chose')

  await onlyUnpaired(page).uncheck()
  await maskOf(page, 'p2_1.png').selectOption({ label: 'organ_2_mask.png' })
  await expect(page.locator('.pairs').getByRole('status')).toContainText('The classes are now background and class 1.')
  await expect(page.getByRole('textbox', { name: /^Name of class/ })).toHaveCount(2)
})

test('during a run pairs cannot be changed, and a sentence says why; paused, the score changes and the run goes on', async ({ page }) => {
  await open(page, `${tiny}&steps=2000`)
  await give(page, misnamed())
  await button(page, 'Start').click()
  await expectState(page, 'running')
  await expect(maskOf(page, 'p4_1.png')).toBeDisabled()
  await expect(page.getByText('Pause or stop the run to change pairs.')).toBeVisible()
  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  await maskOf(page, 'p4_1.png').selectOption({ label: 'p3_1_mask.png (now of p3_1.png)' })
  await expect(item(page, 'p4_1.png')).toContainText('Reference · you chose')
  await expectState(page, 'paused')
  await button(page, 'Resume').click()
  await expectState(page, 'running')
})

async function giveHundreds(page: Page): Promise<void> {
  const tinyImage = (name: string, n: number) => png(name, (x, y) => (x * 9 + y * 5 + n) % 200, 16, 16)
  const many = Array.from({ length: 300 }, (_, n) => [
    tinyImage(`case_${n}.png`, n),
    png(`case_${n}_mask.png`, (x) => Number(x > 3 + (n % 8)), 16, 16),
  ])
  await give(page, many.flat())
  await expect(page.getByText('300 of 300 images have a mask.')).toBeVisible({ timeout: 60_000 })
}

test('of hundreds of pairs only those in sight are drawn, and Tab goes on to the next', async ({ page }) => {
  await open(page, few)
  await giveHundreds(page)
  expect(await list(page).getByRole('listitem').count()).toBeLessThan(12)
  await maskOf(page, 'case_0.png').focus()
  for (let n = 1; n <= 20; n++) {
    await page.keyboard.press('Tab')
    await expect(maskOf(page, `case_${n}.png`)).toBeFocused()
  }
  expect(await list(page).getByRole('listitem').count()).toBeLessThan(12)
  await page.getByRole('group', { name: 'List of pairs' }).evaluate((box) => (box.scrollTop = box.scrollHeight))
  await expect(maskOf(page, 'case_299.png')).toBeVisible()
  await expect(maskOf(page, 'case_20.png')).toBeFocused()
})

test('Tab goes on to the next pair, and Shift+Tab back, before the browser tells of the scrolling', async ({ page }) => {
  await open(page, few)
  await giveHundreds(page)
  // As on a machine whose frames are late.
  await page.evaluate(() => window.addEventListener('scroll', (event) => event.stopImmediatePropagation(), true))
  await maskOf(page, 'case_0.png').focus()
  for (let n = 1; n <= 20; n++) {
    await page.keyboard.press('Tab')
    await expect(maskOf(page, `case_${n}.png`)).toBeFocused()
  }
  for (let n = 19; n >= 10; n--) {
    await page.keyboard.press('Shift+Tab')
    await expect(maskOf(page, `case_${n}.png`)).toBeFocused()
  }
})

test('no accessibility faults with pairs, in both themes, wide and narrow', async ({ page }) => {
  await open(page, few)
  await give(page, [...misnamed(), mask(4, 'organ_mask.png')])
  await maskOf(page, 'p1_1.png').selectOption({ label: 'p2_1_mask.png (now of p2_1.png)' })
  await expect(item(page, 'p1_1.png')).toContainText('you chose')
  await inEveryLook(page, async (look) => {
    await item(page, 'p1_1.png').scrollIntoViewIfNeeded()
    await expectNoFaults(page, look)
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/pairs-${look}.png` })
  })
})
