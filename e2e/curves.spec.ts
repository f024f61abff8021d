/** The charts as an instrument: smoothing, logarithmic axes, zoom, one cursor over all, enlarging, and files of them. */
import type { Locator, Page } from '@playwright/test'
import { button, column, dataTable, expect, expectState, expectStep, open, saved, test, tiny } from './lab'

const figure = (page: Page, name: string): Locator => page.getByRole('figure', { name, exact: true })
const cursor = (page: Page, name: string): Locator => page.getByRole('slider', { name: `Step in ${name}` })
const names = ['Loss', 'Confident pixels', 'Agreement', 'Dice']

/** A finished run of 20 steps. */
async function run(page: Page): Promise<void> {
  await open(page, `${tiny}&steps=20&warmup=0.25&ramp=0.25&scoreEvery=5`)
  await button(page, 'Step').click()
  await expectStep(page, 1)
  await button(page, 'Step A only').click()
  await expectStep(page, 2)
  await button(page, 'Resume').click()
  await expectState(page, 'finished', 90_000)
  await expect(figure(page, 'Dice').locator('svg.recharts-surface')).toBeVisible()
  for (const name of names) await expect.poll(async () => (await dataTable(page, name)).rows[0]?.[0]).toBe('20')
}

/** The bold line of A in a chart, as it is drawn. */
const boldLine = (page: Page, name: string): Promise<string | null> => figure(page, name).locator('path.bold').first().getAttribute('d')

test('one cursor over all charts, by pointer and by keyboard, with the exact values of its step', async ({ page }) => {
  await run(page)
  const losses = await column(page, 'Loss', /^total A$/)
  const agreements = (await dataTable(page, 'Agreement')).rows.map(([, value]) => value!)
  // The newest first.
  const lossAt = (step: number) => losses[20 - step]!
  await cursor(page, 'Loss').focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowRight')
  for (const name of names) await expect(cursor(page, name)).toHaveAttribute('aria-valuenow', '7')
  await expect(figure(page, 'Loss')).toContainText(`step 7`)
  await expect(figure(page, 'Loss').locator('.newest')).toContainText(`total A ${lossAt(7)}`)
  await expect(figure(page, 'Agreement').locator('.newest')).toContainText(`agreement ${agreements[13]}`)
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuetext', new RegExp(`^step 7, total A ${lossAt(7)}`))
  for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowLeft')
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuetext', /^step 5, teaching begins, /)
  await page.keyboard.press('Escape')
  await expect(figure(page, 'Loss').locator('.newest')).toContainText(`total A ${lossAt(20)}`)

  await cursor(page, 'Agreement').scrollIntoViewIfNeeded()
  const box = (await cursor(page, 'Agreement').boundingBox())!
  await page.mouse.move(box.x + box.width - 1, box.y + 20)
  await page.mouse.move(box.x + 0.5, box.y + 20)
  await expect(figure(page, 'Loss').locator('.newest')).toContainText(`total A ${lossAt(1)}`)
  await page.mouse.move(0, 0)
  await expect(figure(page, 'Loss').locator('.newest')).toContainText(`total A ${lossAt(20)}`)
})

test('what is marked is listed: where teaching begins, the full ramp, a step of one network, a resumption', async ({ page }) => {
  await run(page)
  await page.getByText('Marked steps').click()
  const items = page.getByRole('list', { name: 'Marked steps' }).getByRole('listitem')
  await expect(items).toHaveText(['step 2: updated A only', 'step 2: resumed', 'step 5: teaching begins', 'step 10: full ramp'])
  await expect(figure(page, 'Agreement').locator('line.event')).toHaveCount(4)
})

test('smoothing and logarithmic axes change the lines; zoom by drag and by keyboard holds for all charts until it is reset', async ({
  page,
}) => {
  await run(page)
  const smoothing = page.getByRole('slider', { name: 'Smoothing' })
  const smooth = await boldLine(page, 'Loss')
  await smoothing.fill('0')
  await expect.poll(() => boldLine(page, 'Loss')).not.toBe(smooth)
  const raw = await boldLine(page, 'Loss')
  expect(await figure(page, 'Loss').locator('path.raw').first().getAttribute('d'), 'without smoothing').toBe(raw)
  const loss = figure(page, 'Loss')
  for (const axis of ['Log y', 'Log x']) {
    const before = await boldLine(page, 'Loss')
    await loss.getByRole('button', { name: axis }).click()
    await expect(loss.getByRole('button', { name: axis })).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(() => boldLine(page, 'Loss')).not.toBe(before)
    await loss.getByRole('button', { name: axis }).click()
    await expect.poll(() => boldLine(page, 'Loss')).toBe(raw)
  }

  const reset = loss.getByRole('button', { name: 'Reset zoom' })
  await expect(reset).toHaveAttribute('aria-disabled', 'true')
  const box = (await cursor(page, 'Loss').boundingBox())!
  const at = (share: number) => [box.x + box.width * share, box.y + 30] as const
  await page.mouse.move(...at(0.25))
  await page.mouse.down()
  await page.mouse.move(...at(0.5))
  await page.mouse.move(...at(0.75))
  await page.mouse.up()
  for (const name of names) {
    await expect(cursor(page, name)).toHaveAttribute('aria-valuemin', '6')
    await expect(cursor(page, name)).toHaveAttribute('aria-valuemax', '15')
  }
  await reset.click()
  await expect(cursor(page, 'Dice')).toHaveAttribute('aria-valuemin', '1')
  await expect(cursor(page, 'Dice')).toHaveAttribute('aria-valuemax', '20')
  // A mouse that rests over a chart takes the cursor with it whenever the page moves below it.
  await page.mouse.move(0, 0)
  await cursor(page, 'Agreement').focus()
  await page.keyboard.press('Home')
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuenow', '1')
  await page.keyboard.press('+')
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuemax', '11')
  await page.keyboard.press('0')
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuemax', '20')
})

test('one chart shows the scores that are chosen: of classes, patients, borders, and whether the confident pixels are right', async ({
  page,
}) => {
  await run(page)
  const shown = page.getByRole('combobox', { name: 'Scores shown' })
  await expect(shown).toHaveAccessibleName('Scores shown')
  for (const [choice, name, head] of [
    ['Dice of each class', 'Dice', ['Step', 'mean', 'Right ventricle', 'Myocardium', 'Left ventricle']],
    ['HD95 of each class', 'HD95', ['Step', 'mean', 'Right ventricle', 'Myocardium', 'Left ventricle']],
    ['Calibration', 'Calibration', ['Step', 'confident and right', 'calibration error']],
  ] as const) {
    await shown.selectOption({ label: choice })
    const { rows, columns } = await dataTable(page, name)
    expect(columns).toEqual(head)
    expect(rows.map(([step]) => step)).toEqual(['20', '15', '10', '5'])
    await expect(figure(page, name).locator('path.bold')).toHaveCount(head.length - 1)
  }
  // Every patient but the exemplar's, as in the file that is saved.
  await shown.selectOption({ label: 'HD95 of each patient' })
  const { rows, columns: head } = await dataTable(page, 'HD95')
  expect(head.slice(2).sort()).toEqual(Array.from({ length: head.length - 2 }, (_, i) => `p${String(i + 2).padStart(2, '0')}`))
  await figure(page, 'HD95').getByRole('button', { name: 'Enlarge' }).click()
  const csv = await saved(page, 'Save CSV')
  expect(csv.name).toBe('exemplar-lab-hd95.csv')
  const [columns, ...lines] = csv.buffer
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  expect(columns).toEqual(['step', ...head.slice(1)])
  expect(
    lines
      .at(-1)!
      .slice(1)
      .map((v) => Number(v).toFixed(1)),
  ).toEqual(rows[0]!.slice(1))
})

test('a chart is enlarged, and saved with its numbers, as lines and as pixels', async ({ page }) => {
  await run(page)
  const exact = await column(page, 'Loss', /^total A$/)
  await figure(page, 'Loss').getByRole('button', { name: 'Enlarge' }).click()
  const dialog = page.getByRole('dialog', { name: 'Loss' })
  await expect(dialog.locator('svg.recharts-surface')).toBeVisible()
  const csv = await saved(page, 'Save CSV')
  expect(csv.name).toBe('exemplar-lab-loss.csv')
  const [head, ...lines] = csv.buffer
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  expect(head).toEqual(['step', 'total A', 'total B', 'total A smoothed', 'total B smoothed'])
  expect(lines).toHaveLength(20)
  lines.forEach(([step, a], i) => {
    expect(Number(step)).toBe(i + 1)
    expect(Number(a).toFixed(3)).toBe(exact[19 - i]!.toFixed(3))
  })
  const weights = lines.map((_, i) => 0.6 ** (19 - i))
  const mean = lines.reduce((sum, [, a], i) => sum + Number(a) * weights[i]!, 0) / weights.reduce((sum, w) => sum + w, 0)
  expect(Number(lines[19]![3])).toBeCloseTo(mean, 9)

  const svg = (await saved(page, 'Save SVG')).buffer.toString()
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  expect(svg).not.toContain('var(')
  const png = (await saved(page, 'Save PNG')).buffer
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  const { width } = (await dialog.locator('svg.recharts-surface').boundingBox())!
  expect(png.readUInt32BE(16)).toBe(Math.round(width * 3))
  // Drawn, not blank: no plain picture of this size is so large.
  expect(png.length).toBeGreaterThan(10_000)
  await button(page, 'Close').click()
  await expect(dialog).toHaveCount(0)
})
