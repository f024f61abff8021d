/** What was learnt, used on other images: in the page of the run, in a fresh page from a zip, and in the terminal. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { button, expect, expectState, open, saved, savedZip, test, tiny } from './lab'
import { choose, image, loadOwnFiles, png, type UploadedFile } from './phantom'

/** A patient that the run has not seen, and a picture that is like none of its own. */
const heldOut = [image(9, 'q9_1.png'), png('huge_1.png', (x, y) => 255 - ((x + y) % 200), 120, 90)]

async function segment(page: Page, files: UploadedFile[]): Promise<void> {
  const coming = page.waitForEvent('filechooser')
  await button(page, 'Segment further images').click()
  await (await coming).setFiles(files)
  for (const { name } of files) await expect(page.getByRole('figure', { name, exact: true }).getByText('further')).toBeVisible()
}

test('a held-out patient gets the same mask from the run, from its weights in a fresh page, and from npm run predict', async ({
  page,
  context,
}) => {
  await open(page, `${tiny}&steps=4`)
  await loadOwnFiles(page)
  await expect(button(page, 'Segment further images')).toHaveAttribute('aria-disabled', 'true')
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await segment(page, heldOut)
  await expect(page.getByRole('list', { name: 'Images unlike those learnt from' })).toContainText(
    '"huge_1.png" is 120 x 90 pixels, they are 48 x 40',
  )
  const masks = await savedZip(page, 'Export masks')
  const expected = ['masks/q9_1.png', 'masks/huge_1.png'].map((path) => Buffer.from(masks[path]!))
  const zip = await saved(page, 'Export weights')

  const other = await context.newPage()
  await open(other, 'backend=wasm')
  await choose(other, 'Zip or mixed files', { ...zip, mimeType: 'application/zip' })
  await segment(other, heldOut)
  await expect(button(other, 'Export run')).toBeDisabled()
  const again = await savedZip(other, 'Export masks')
  expect(['masks/q9_1.png', 'masks/huge_1.png'].map((path) => Buffer.from(again[path]!))).toEqual(expected)

  const folder = mkdtempSync(join(tmpdir(), 'further-'))
  try {
    mkdirSync(join(folder, 'images'))
    for (const { name, buffer } of heldOut) writeFileSync(join(folder, 'images', name), buffer)
    writeFileSync(join(folder, zip.name), zip.buffer)
    const args = ['scripts/run.mjs', 'src/cli/predict.ts', '--run', join(folder, zip.name), '--images', join(folder, 'images')]
    const ran = spawnSync(process.execPath, [...args, '--backend', 'wasm', '--out', join(folder, 'out')], { encoding: 'utf8' })
    expect(ran.stderr + ran.stdout).toContain('2 images segmented by the networks of step 4')
    expect(['masks/q9_1.png', 'masks/huge_1.png'].map((path) => readFileSync(join(folder, 'out', path)))).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('files that would replace a run can be segmented with it instead, and masks are tidied by choice', async ({ page }) => {
  await open(page, `${tiny}&steps=4`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await choose(page, 'Zip or mixed files', heldOut[0]!)
  await page.getByRole('dialog', { name: 'Discard this run?' }).getByRole('button', { name: 'Segment them with this run' }).click()
  await expect(page.getByRole('figure', { name: 'q9_1.png', exact: true }).getByText('further')).toBeVisible()
  await expectState(page, 'finished')
  const raw = await savedZip(page, 'Export masks')
  const largest = page.getByRole('checkbox', { name: /^Largest piece only/ })
  await largest.check()
  await expect(largest).toBeChecked()
  const tidy = await savedZip(page, 'Export masks')
  expect(Object.keys(tidy).sort()).toEqual(Object.keys(raw).sort())
  expect(Object.keys(tidy).some((path) => !Buffer.from(tidy[path]!).equals(Buffer.from(raw[path]!)))).toBe(true)
  await largest.uncheck()
  await expect(largest).not.toBeChecked()
  expect(await savedZip(page, 'Export masks')).toEqual(raw)
})
