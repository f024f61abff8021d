import type { Locator, Page } from '@playwright/test'
import { decode } from 'fast-png'
import { strFromU8, unzipSync } from 'fflate'
import { fromBytes } from '../src/data/given-file'
import { setPipelineFiles } from '../src/data/itk-pipeline'
import { readFiles } from '../src/data/read-files'
import { makeNifti } from '../src/data/volumes.test-support'
import { pipelineFiles } from '../scripts/itk-pipelines.mjs'
import {
  annotate,
  canvas,
  chooseLabel,
  chooseTool,
  drawStroke,
  editor,
  expectEditor,
  pixelsOf,
  setBrushSize,
  useAnnotation,
} from './annotation'
import { expectNoFaults, expectNoOverflow } from './axe'
import { button, dataTable, expect, expectState, expectStep, open, saved, savedZip, status, tabTo, test, tiny } from './lab'
import { choose, height, image, loadOwnFiles, mask, png, unlabeled, upload, width, type UploadedFile } from './phantom'

setPipelineFiles(pipelineFiles)

const dropped = (page: Page, files: UploadedFile | UploadedFile[]) => choose(page, 'Zip or mixed files', files)

/** Rows in the browser's storage. */
const kept = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((done, failed) => {
        const opening = indexedDB.open('exemplar-lab-annotations')
        opening.onerror = () => failed(opening.error!)
        opening.onsuccess = () => {
          const counting = opening.result.transaction('annotations').objectStore('annotations').count()
          counting.onsuccess = () => {
            opening.result.close()
            done(counting.result)
          }
        }
      }),
  )

const firstLabel = 'structure'

test('a drawing survives closing and a reload, and can be discarded', async ({ page }) => {
  const toEditor = async () => {
    await choose(page, 'Unlabeled images', unlabeled(3))
    await button(page, 'Annotate p2_1.png').click()
    await expectEditor(page)
  }
  await open(page)
  await toEditor()
  await drawStroke(page, [
    [10, 10],
    [30, 20],
  ])
  const drawn = await pixelsOf(page, firstLabel)
  expect(drawn).toBeGreaterThan(20)
  await button(page, 'Close').click()
  await expect(editor(page)).toBeHidden()
  await expect.poll(() => kept(page)).toBe(1)

  await page.reload()
  await expectState(page, 'ready')
  await toEditor()
  await expect(editor(page).getByText(/^Restored what you drew on /)).toBeVisible()
  expect(await pixelsOf(page, firstLabel)).toBe(drawn)
  await button(page, 'Discard').click()
  await expect.poll(() => pixelsOf(page, firstLabel)).toBe(0)
  await expect.poll(() => kept(page)).toBe(0)

  // Another image does not have it.
  await page.keyboard.press('Escape')
  await button(page, 'Annotate p1_1.png').click()
  await expectEditor(page)
  await expect(editor(page).getByText(/^Restored/)).toHaveCount(0)
})

test('a drawing that a run was made from survives the run: discarded, and the page reloaded', async ({ page }) => {
  await open(page, `${tiny}&steps=5`)
  await choose(page, 'Unlabeled images', unlabeled(3))
  await annotate(page, 'p1_1.png')
  await button(page, 'Step').click()
  // The run has it, and the drawing is stored no longer.
  await expect(page.getByTestId('kept')).toHaveAttribute('data-step', '1')
  await expect.poll(() => kept(page)).toBe(0)
  await button(page, 'Reset').click()
  await button(page, 'Discard the run').click()
  await expectState(page, 'ready')
  await expect.poll(() => kept(page)).toBe(1)

  await page.reload()
  await expectState(page, 'ready')
  await choose(page, 'Unlabeled images', unlabeled(3))
  await button(page, 'Annotate p1_1.png').click()
  await expectEditor(page)
  await expect(editor(page).getByText(/^Restored what you drew on /)).toBeVisible()
  expect(await pixelsOf(page, firstLabel)).toBeGreaterThan(20)
})

test('an annotation from an image’s button to its use by keyboard alone', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', unlabeled(3))
  await tabTo(page, button(page, 'Annotate p1_1.png'))
  await page.keyboard.press('Enter')
  await expectEditor(page)
  await expect(canvas(page)).toBeFocused()
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  // A new name, and on to what is next in its row.
  await tabTo(page, editor(page).getByRole('textbox', { name: 'Name of label 1' }))
  await page.keyboard.type('ring')
  await press('Tab')
  await expect(editor(page).getByRole('checkbox', { name: 'Show ring' })).toBeFocused()
  await press('Shift+Tab')
  await page.keyboard.type(firstLabel)
  await press('Enter')
  await expect(canvas(page)).toBeFocused()
  // A stroke of eleven columns, with the smallest brush.
  await press('b', '[', '[', '[', '[', 'ArrowUp', 'Space', 'Shift+ArrowRight', 'Space')
  expect(await pixelsOf(page, firstLabel)).toBe(11)
  await press('Control+z')
  expect(await pixelsOf(page, firstLabel)).toBe(0)
  await press('Control+y')
  expect(await pixelsOf(page, firstLabel)).toBe(11)
  // A triangle, then everything around it.
  await press('p', 'Space', 'Shift+ArrowDown', 'Space', 'Shift+ArrowLeft', 'Space', 'Enter')
  const triangle = await pixelsOf(page, firstLabel)
  expect(triangle).toBeGreaterThan(40)
  await press('f', 'Shift+ArrowUp', 'Shift+ArrowUp', 'Enter')
  expect(await pixelsOf(page, firstLabel)).toBe(width * height)
  await press('Control+z')
  expect(await pixelsOf(page, firstLabel)).toBe(triangle)
  await tabTo(page, button(page, 'Use this annotation'))
  await press('Enter')
  await expect(editor(page)).toBeHidden()
  await expectState(page, 'ready')
  await expect(button(page, 'Annotate p1_1.png')).toBeFocused()
})

/** Replaces the models' prediction by one row of class 1. */
async function drawRow(page: Page, y: number): Promise<void> {
  await expectEditor(page)
  await expect(editor(page).getByText('a prediction to be corrected')).toBeVisible()
  await button(page, 'Clear').click()
  await chooseTool(page, 'Brush')
  await chooseLabel(page, 'class 1')
  await setBrushSize(page, 1)
  await drawStroke(page, [
    [5.5, y + 0.5],
    [24.5, y + 0.5],
  ])
  expect(await pixelsOf(page, 'class 1')).toBe(20)
  await useAnnotation(page)
}

test('a corrected prediction becomes an exemplar of a paused run, and of a finished one', async ({ page }) => {
  await open(page, `${tiny}&steps=3`)
  await loadOwnFiles(page)
  await button(page, 'Step').click()
  await expectState(page, 'paused')
  await button(page, 'Correct p2_1.png').click()
  await drawRow(page, 8)
  await expectState(page, 'paused')
  await expectStep(page, 1)
  await expect(page.getByText(`mine_1.png, ${width} × ${height} and 1 other`)).toBeVisible()
  await button(page, 'Resume').click()
  await expectState(page, 'finished')
  await expectStep(page, 3)

  const next = page.getByRole('region', { name: 'Advice' }).getByText(/^The models are least sure of/)
  const [, name = ''] = /least sure of "(.*?)"/.exec(await next.innerText()) ?? []
  expect(name).not.toBe('p2_1.png')
  await button(page, 'Annotate this one next').click()
  await expect(editor(page).getByRole('heading', { name: `Annotate ${name}` })).toBeVisible()
  await drawRow(page, 12)
  await expectState(page, 'paused')
  await expect(status(page)).toContainText('step 3 of 6')
  await expect(page.getByText(`mine_1.png, ${width} × ${height} and 2 others`)).toBeVisible()
  await button(page, 'Resume').click()
  await expectState(page, 'finished')
  await expectStep(page, 6)

  const zip = await savedZip(page, 'Export masks')
  for (const [image, y] of [
    ['p2_1.png', 8],
    [name, 12],
  ] as const) {
    const { data } = decode(zip[`masks/${image}`]!)
    const found = [...data].flatMap((label, i) => (label > 0 ? [[i % width, Math.floor(i / width), label]] : []))
    expect(found).toEqual(Array.from({ length: 20 }, (_, i) => [5 + i, y, 1]))
  }
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('a region is proposed, used and undone: outside it masks are background', async ({ page }) => {
  await open(page, `${tiny}&steps=12&warmup=0`)
  await loadOwnFiles(page)
  await choose(
    page,
    'Exemplar mask',
    png('disc_mask.png', (x, y) => Number(Math.hypot(x - 22, y - 19) < 3.5)),
  )
  const dialog = page.getByRole('dialog', { name: 'Region of interest' })
  const number = (name: string) => dialog.getByRole('spinbutton', { name, exact: true })
  await button(page, 'Region of interest').click()
  // The disc covers columns 19 to 25 and rows 16 to 22, and half of its larger share is left around it: in shares 19 / 48 - 0.0875 = 0.31,
  // 16 / 40 - 0.0875 = 0.31, 26 / 48 + 0.0875 = 0.63 and 23 / 40 + 0.0875 = 0.66.
  await button(page, 'Propose from the mask').click()
  for (const [name, value] of Object.entries({ Left: '31', Top: '31', Width: '32', Height: '35' }))
    await expect(number(name)).toHaveValue(value)
  await button(page, 'Use this region').click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText('32 × 35 % of each image, from 31 % left, 31 % top')).toBeVisible()
  await expect(page).toHaveURL(/regionX=0\.31/)
  await expectState(page, 'ready')
  await button(page, 'Start').click()
  await expectState(page, 'finished')

  const zip = await savedZip(page, 'Export masks')
  let inside = 0
  for (const { name } of unlabeled()) {
    const { data } = decode(zip[`masks/${name}`]!)
    const out = [...data].filter((label, i) => {
      const [x, y] = [i % width, Math.floor(i / width)]
      // 31 % of 48 columns are 15, 32 % are 15; 31 % of 40 rows are 12, 35 % are 14.
      const within = x >= 15 && x < 30 && y >= 12 && y < 26
      if (within && label > 0) inside++
      return !within && label > 0
    })
    expect([name, out.length]).toEqual([name, 0])
  }
  expect(inside, 'something was found inside').toBeGreaterThan(10)
})

test('values of a mask count as other classes, background or unknown, and as themselves again', async ({ page }) => {
  await open(page, `${tiny}&steps=3`)
  await loadOwnFiles(page)
  const classes = page.getByRole('table', { name: 'Classes' }).getByRole('row')
  const pixels = async (row: number) => Number((await classes.nth(row).getByRole('cell').last().innerText()).replaceAll(',', ''))
  const all = [await pixels(1), await pixels(2), await pixels(3)]
  const countsAs = (value: number) => page.getByRole('combobox', { name: `Value ${value} counts as` })

  await countsAs(2).selectOption('=1')
  await expect(classes).toHaveCount(3)
  expect([await pixels(1), await pixels(2)]).toEqual([all[0], all[1]! + all[2]!])
  await countsAs(2).selectOption('unknown')
  await expect(page.getByText('Struck through: unknown, so not learnt from.')).toBeVisible()
  expect([await pixels(1), await pixels(2)]).toEqual([all[0], all[1]])
  await countsAs(2).selectOption('background')
  await expect.poll(() => pixels(1)).toBe(all[0]! + all[2]!)
  // Something has to remain.
  await countsAs(1).selectOption('background')
  await expect(page.getByRole('alert')).toContainText('nothing to learn')
  await page.getByRole('button', { name: /^Dismiss/ }).click()
  await countsAs(2).selectOption('own')
  await expect(classes).toHaveCount(4)

  const both = png('two_mask.png', (x, y) => (Math.hypot(x - 22, y - 19) < 9 ? 255 : 0))
  await choose(page, 'Exemplar mask', both)
  await expect(classes).toHaveCount(3)
  await expect(classes.nth(2)).toContainText('255')
  await countsAs(0).selectOption('unknown')
  await expect.poll(() => pixels(1)).toBe(0)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(page.getByRole('alert')).toHaveCount(0)
})

test('maps and masks in other formats are written; an exported run shows its curves again and continues with its files', async ({
  page,
}) => {
  const size = [24, 20, 3] as const
  const voxels = size[0] * size[1] * size[2]
  const volume = upload(
    'v.nii',
    makeNifti(
      size,
      Array.from({ length: voxels }, (_, i) => (i * 37) % 211),
      'i2',
    ),
  )
  const files = [image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png'), image(1), volume]
  await open(page, `${tiny}&steps=3`)
  await dropped(page, files)
  await expect(page.getByText('4 images of 2 patients')).toBeVisible()
  await button(page, 'Step').click()
  await expectState(page, 'paused')

  const maps = await savedZip(page, 'Export maps')
  const names = Object.keys(maps).filter((name) => name.startsWith('maps/'))
  // Disagreement and two classes, for two pictures, of which one is the exemplar, and for the volume.
  expect(names).toHaveLength(9)
  expect(names.filter((name) => name.includes('probability'))).toHaveLength(6)
  for (const name of names) {
    const { volumes, problems } = await readFiles([fromBytes(name, maps[name]!)])
    expect(problems).toEqual([])
    const [one] = volumes
    expect(one!.size).toEqual(name.endsWith('.png') ? [width, height, 1, 1] : [...size, 1])
    const most = name.endsWith('.png') ? 65535 : 1
    expect(one!.samples.every((v) => v >= 0 && v <= most)).toBe(true)
    if (name.includes('probability')) expect(new Set(one!.samples).size).toBeGreaterThan(10)
  }

  for (const [format, expected] of [
    ['Format of each source', ['p1_1.png', 'v.nii', 'mine_1.png']],
    ['NIfTI', ['p1_1.nii.gz', 'v.nii', 'mine_1.nii.gz']],
    ['Slicer seg.nrrd', ['p1_1.seg.nrrd', 'v.seg.nrrd', 'mine_1.seg.nrrd']],
  ] as const) {
    await page.getByRole('combobox', { name: 'Mask format' }).selectOption(format)
    const zip = await savedZip(page, 'Export masks')
    const masks = Object.keys(zip).filter((name) => name.startsWith('masks/'))
    expect(masks.map((name) => name.slice('masks/'.length))).toEqual(expected)
    const { volumes, problems } = await readFiles(masks.map((name) => fromBytes(name, zip[name]!)))
    expect(problems).toEqual([])
    expect(volumes.reduce((sum, { size: [x, y, z] }) => sum + x * y * z, 0)).toBe(2 * width * height + voxels)
  }

  const file: UploadedFile = { ...(await saved(page, 'Export run')), mimeType: 'application/zip' }
  const zip = unzipSync(file.buffer)
  expect(strFromU8(zip['metrics.csv']!).trim().split('\n')).toHaveLength(2)
  await page.reload()
  await expectState(page, 'ready')
  await dropped(page, file)
  await expect(page.getByRole('alert')).toContainText('needs 3 of 3 images: mine_1.png, p1_1.png, v.nii; give them')
  await expect.poll(async () => (await dataTable(page, 'Loss')).rows.length).toBe(1)
  await dropped(page, files)
  await expectState(page, 'paused')
  await expectStep(page, 1)
  await button(page, 'Resume').click()
  await expectState(page, 'finished')
  await expectStep(page, 3)
  await expect.poll(async () => (await dataTable(page, 'Loss')).rows.length).toBe(3)
})

test('no accessibility faults in the dialogs, in both themes, wide and narrow', async ({ page }) => {
  await open(page)
  await loadOwnFiles(page)
  const dialogs: { name: RegExp; opener: () => Locator; close: string }[] = [
    { name: /^Annotate/, opener: () => button(page, 'Edit annotation of mine_1.png'), close: 'Close' },
    { name: /^p1_1\.png/, opener: () => button(page, 'Preview single images'), close: 'Close' },
    { name: /^Region of interest/, opener: () => button(page, 'Region of interest'), close: 'Cancel' },
  ]
  for (const { name, opener, close } of dialogs) {
    await opener().click()
    const dialog = page.getByRole('dialog', { name })
    await expect(dialog).toBeVisible()
    await expect(dialog.locator('canvas').first()).toBeVisible()
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 900 })
        await expectNoFaults(page, `${name.source}, ${colorScheme}, ${width} px`, 'dialog[open]')
        await expectNoOverflow(dialog, `no sideways scrolling in ${name.source} at ${width} px`)
      }
    await page.setViewportSize({ width: 1280, height: 900 })
    await dialog.getByRole('button', { name: close, exact: true }).click()
    await expect(dialog).toBeHidden()
  }
})
