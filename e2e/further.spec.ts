/** What was learnt, used on other images: in the page of the run, in a fresh page from a zip, and in the terminal. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { makePhantoms } from '../src/data/phantom'
import { makeNifti } from '../src/data/volumes.test-support'
import { button, expect, expectState, expectStepAbove, open, saved, savedZip, test, tiny, type Zip } from './lab'
import { choose, drop, image, loadOwnFiles, png, upload, type UploadedFile } from './phantom'

const side = 128
/** The seventeenth patient of the sample, who is not among its sixteen: slices, and all of them as one volume. */
const patient = makePhantoms('cardiac', { seed: 1, patients: 17, slicesPerPatient: 3, size: side }).slices.slice(-3)
const volume = makeNifti(
  [side, side, 3],
  patient.flatMap((slice) => [...slice.image.pixels]),
  'i2',
)
/** These, and a picture that is like none of the sample's. */
const heldOut = [
  ...patient.map(({ name, image: { pixels } }) => png(`${name}.png`, (x, y) => pixels[y * side + x]!, side, side)),
  upload('p17.nii', volume),
  png('huge_1.png', (x, y) => 255 - ((x + y) % 200), 300, 90),
]

async function segment(page: Page, files: UploadedFile[]): Promise<void> {
  const coming = page.waitForEvent('filechooser')
  await button(page, 'Segment further images').click()
  await (await coming).setFiles(files)
  const names = files.flatMap(({ name }) => (name === 'p17.nii' ? ['p17_z1', 'p17_z2', 'p17_z3'] : [name]))
  for (const name of names) await expect(page.getByRole('figure', { name, exact: true }).getByText('further')).toBeVisible()
}

test('a held-out patient of the sample gets the same masks from the run, from its weights in a fresh page, and from npm run predict', async ({
  page,
  context,
}) => {
  await open(page, `${tiny}&steps=4`)
  await expect(button(page, 'Segment further images')).toHaveAttribute('aria-disabled', 'true')
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await segment(page, heldOut)
  await expect(page.getByRole('list', { name: 'Images unlike those learnt from' })).toContainText(
    '"huge_1.png" is 300 x 90 pixels, they are 128 x 128',
  )
  const paths = [...patient.map(({ name }) => `masks/${name}.png`), 'masks/p17.nii', 'masks/huge_1.png']
  const own = (masks: Zip) => paths.map((path) => Buffer.from(masks[path]!))
  const expected = own(await savedZip(page, 'Export masks'))
  expect(
    expected.slice(0, 4).every((mask) => new Set(mask).size > 2),
    'something is found in each',
  ).toBe(true)
  const zip = await saved(page, 'Export weights')

  const other = await context.newPage()
  await open(other, 'backend=wasm')
  await choose(other, 'Zip or mixed files', { ...zip, mimeType: 'application/zip' })
  // No sample is loaded: each can be chosen.
  await expect(other.getByRole('combobox', { name: 'Sample' })).toHaveValue('')
  await segment(other, [...heldOut, png('Doe_John_1.png', (x, y) => (x * y) % 255, side, side)])
  // Their masks would be called after the person.
  await expect(other.getByText('The name of a file looks like the name or number of a person: "Doe_John_1.png"')).toBeVisible()
  await expect(other.getByRole('checkbox', { name: /^Rename files/ })).toBeVisible()
  await expect(button(other, 'Export run')).toBeDisabled()
  expect(own(await savedZip(other, 'Export masks'))).toEqual(expected)
  await other.getByRole('combobox', { name: 'Sample' }).selectOption('Cardiac phantom')
  await expectState(other, 'ready')

  const folder = mkdtempSync(join(tmpdir(), 'further-'))
  try {
    mkdirSync(join(folder, 'images'))
    for (const { name, buffer } of heldOut) writeFileSync(join(folder, 'images', name), buffer)
    writeFileSync(join(folder, zip.name), zip.buffer)
    const args = ['scripts/run.mjs', 'src/cli/predict.ts', '--run', join(folder, zip.name), '--images', join(folder, 'images')]
    const ran = spawnSync(process.execPath, [...args, '--backend', 'wasm', '--out', join(folder, 'out')], { encoding: 'utf8' })
    expect(ran.stderr + ran.stdout).toContain('7 images segmented by the networks of step 4')
    expect(paths.map((path) => readFileSync(join(folder, 'out', path)))).toEqual(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('files that would replace a run can be segmented with it instead, and masks are tidied by choice', async ({ page }) => {
  await open(page, `${tiny}&steps=4`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await choose(page, 'Zip or mixed files', image(9, 'q9_1.png'))
  await page.getByRole('dialog', { name: 'Discard this run?' }).getByRole('button', { name: 'Segment them with this run' }).click()
  await expect(page.getByRole('figure', { name: 'q9_1.png', exact: true }).getByText('further')).toBeVisible()
  await expectState(page, 'finished')
  const raw = await savedZip(page, 'Export masks')
  const largest = page.getByRole('checkbox', { name: /^Largest piece only/ })
  // It is checked once the session says so.
  await largest.click()
  await expect(largest).toBeChecked()
  const tidy = await savedZip(page, 'Export masks')
  expect(Object.keys(tidy).sort()).toEqual(Object.keys(raw).sort())
  expect(Object.keys(tidy).some((path) => !Buffer.from(tidy[path]!).equals(Buffer.from(raw[path]!)))).toBe(true)
  await largest.click()
  await expect(largest).not.toBeChecked()
  expect(await savedZip(page, 'Export masks')).toEqual(raw)
})

test('a folder, and a drop on a place of its own, are segmented without a question', async ({ page }) => {
  await open(page, `${tiny}&steps=5000`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectStepAbove(page, 0)
  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
  const further = (name: string) => page.getByRole('figure', { name, exact: true }).getByText('further')
  const folder = mkdtempSync(join(tmpdir(), 'further-'))
  try {
    mkdirSync(join(folder, 'ward/scans'), { recursive: true })
    for (const n of [7, 8]) writeFileSync(join(folder, `ward/scans/q${n}_1.png`), image(n, 'any.png').buffer)
    const coming = page.waitForEvent('filechooser')
    await button(page, 'Segment a folder').click()
    await (await coming).setFiles(join(folder, 'ward'))
    for (const n of [7, 8]) await expect(further(`ward/scans/q${n}_1.png`)).toBeVisible()
  } finally {
    rmSync(folder, { recursive: true })
  }
  await drop(page, [image(9, 'q9_1.png')], 'Or here, to segment them only')
  await expect(further('q9_1.png')).toBeVisible()
  await expect(page.getByRole('dialog')).toHaveCount(0)
})
