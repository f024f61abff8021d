/** Runs beside each other: a sweep, which equals runs from the terminal, and two of its runs overlaid, diffed and compared. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { expectNoFaults } from './axe'
import { alerts, button, expect, expectState, open, saved, test, tiny } from './lab'

/** Enough for networks that find something, in seconds. */
const settings = {
  ...{ size: 32, baseWidth: 8, crop: 0.7, batchLabeled: 4, batchUnlabeled: 1, scoreEvery: 30, steps: 60 },
  ...{ warmup: 0.6, ramp: 0, tau: 0.34, learningRate: 0.005, dropout: 0 },
}
const query = `backend=wasm&threads=1&${new URLSearchParams(Object.entries(settings).map(([key, v]) => [key, String(v)])).toString()}`

const runLog = (page: Page) => page.getByRole('region', { name: 'Run log' })
const rows = (page: Page) => runLog(page).getByRole('group', { name: 'Run log, rows' }).locator('tbody tr')

/** The same run in the terminal, with the same module of kernels. @returns the folder that it wrote */
function train(seed: number, out: string): Promise<string> {
  const set = Object.entries(settings).flatMap(([key, v]) => ['--set', `${key}=${v}`])
  const args = [
    '--experimental-wasm-relaxed-simd',
    '--import',
    'tsx',
    'src/cli/train.ts',
    '--sample',
    'Cardiac phantom',
    '--backend',
    'wasm',
  ]
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [...args, '--threads', '1', ...set, '--seed', String(seed), '--out', out], { stdio: 'pipe' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
    child.on('close', (code) => (code === 0 ? done(out) : failed(new Error(said))))
  })
}

test('a sweep equals runs from the terminal; two of its runs are overlaid, diffed and compared on an image', async ({ page }) => {
  test.setTimeout(400_000)
  const folder = mkdtempSync(join(tmpdir(), 'run-log-'))
  await open(page, query)
  await runLog(page).getByText('Sweep', { exact: true }).click()
  await page.getByRole('checkbox', { name: 'each taught by itself' }).check()
  await page.getByRole('checkbox', { name: '2', exact: true }).uncheck()
  await button(page, 'Start sweep').click()
  await expect(runLog(page).getByText('Run 1 of 4: as set, seed 0')).toBeVisible()
  await expect(runLog(page).getByText('Done: 4 runs.')).toBeVisible({ timeout: 200_000 })
  await expect(rows(page)).toHaveCount(4)
  // The form has its settings back.
  await expect(page.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('0')

  const folders = [await train(0, join(folder, 'a')), await train(1, join(folder, 'b'))]
  const dice = folders.map((out) => (JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { dice: { mean: number } }).dice.mean)
  expect(Math.max(...dice)).toBeGreaterThan(0.05)
  const cell = runLog(page)
    .getByRole('row', { name: /^as set 2/ })
    .locator('[data-mean]')
  const mean = (dice[0]! + dice[1]!) / 2
  expect(Number(await cell.getAttribute('data-mean'))).toBe(mean)
  const deviation = Math.sqrt((dice[0]! - mean) ** 2 + (dice[1]! - mean) ** 2)
  expect(Number(await cell.getAttribute('data-deviation'))).toBeCloseTo(deviation, 14)

  const name = (way: string) => page.getByRole('checkbox', { name: `Choose ${way}, seed 1` })
  // It is pinned once the log says so.
  await page.getByRole('checkbox', { name: 'Pin as set, seed 1' }).click()
  await expect(page.getByRole('checkbox', { name: 'Pin as set, seed 1' })).toBeChecked()
  for (const figure of ['Loss', 'Confident pixels', 'Agreement', 'Dice']) {
    const chart = page.getByRole('figure', { name: figure, exact: true })
    await expect(chart.locator('.pinned-name')).toHaveText('as set, seed 1')
    await expect(chart.getByRole('list', { name: 'Pinned' })).toContainText('as set, seed 1')
  }
  await name('as set').check()
  await name('each taught by itself').check()
  const compared = page.getByRole('region', { name: 'Two runs compared' })
  await expect(compared.locator('[data-setting]')).toHaveText([/^Taught by \(teacher\)\s*(self\s*cross|cross\s*self)$/])
  await expectNoFaults(page, 'run log', '#run-log')
  await button(page, 'Compare masks').click()
  const viewer = page.getByRole('dialog', { name: /^View / })
  for (const figure of ['as set, seed 1', 'each taught by itself, seed 1', 'Where they differ'])
    await expect(viewer.getByRole('figure', { name: figure }).locator('canvas')).toBeVisible()
  // The image on which they differ most.
  await expect(viewer.getByText(/^They differ on (?!0\.0)[\d.]+ % of what either marks/)).toBeVisible()
  await expectNoFaults(page, 'compared runs', 'dialog[open]')
  await page.keyboard.press('Escape')

  // What the terminal wrote is imported as it is.
  const files = ['config.json', 'metrics.csv', 'summary.json', 'predictions.safetensors.gz'].map((one) => join(folders[1]!, one))
  await page.getByLabel('Import to the run log').setInputFiles(files)
  await expect(runLog(page).getByText('Imported 1 run.')).toBeVisible()
  await expect(rows(page)).toHaveCount(5)
  await expect(rows(page).first()).toContainText(dice[1]!.toFixed(3))

  const list = await saved(page, 'Export chosen')
  await button(page, 'Delete chosen').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(rows(page)).toHaveCount(3)
  await page.reload()
  await expectState(page, 'ready')
  await expect(rows(page)).toHaveCount(3)
  await page
    .getByLabel('Import to the run log')
    .setInputFiles({ name: list.name, mimeType: 'application/zip', buffer: Buffer.from(list.buffer) })
  await expect(rows(page)).toHaveCount(5)
  rmSync(folder, { recursive: true })
})

test('a link to a run says when other data are loaded', async ({ page }) => {
  await open(page, `${query}&data=0123456789abcdef&version=0.1.0`)
  await expect(
    alerts(page).filter({ hasText: /is of a run on other data \(0123456789abcdef\) than are loaded \([\da-f]{16}\)/ }),
  ).toHaveCount(1)
})

test('another tab lists a run as it ends, and the name that it is given', async ({ page, context }) => {
  const other = await context.newPage()
  await open(other, `${tiny}&steps=3`)
  await page.bringToFront()
  await open(page, `${tiny}&steps=3`)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(rows(page)).toHaveCount(1)
  await expect(rows(other)).toHaveCount(1)
  const name = rows(page).getByRole('textbox', { name: /^Name of / })
  await name.fill('by the window')
  await name.press('Enter')
  await expect(rows(other).getByRole('textbox', { name: 'Name of by the window' })).toBeVisible()
})
