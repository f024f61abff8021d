import type { Page } from '@playwright/test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDicom } from '../src/data/dicom'
import { segmentationOn } from '../src/data/dicom-seg'
import { fromBytes } from '../src/data/given-file'
import {
  canvas,
  chooseLabel,
  chooseTool,
  clickAt,
  drawStroke,
  editor,
  expectEditor,
  pixelsOf,
  setBrushSize,
  useAnnotation,
} from './annotation'
import { makeHeart, oblique } from './heart'
import { button, expect, expectState, open, savedZip, test } from './lab'
import { choose } from './phantom'

async function trainToTheEnd(page: Page): Promise<void> {
  await button(page, 'Start').click()
  await expectState(page, 'finished')
}

/** Corners of a circle, closed. */
const circle = (x: number, y: number, radius: number): [number, number][] =>
  Array.from({ length: 25 }, (_, i) => [x + radius * Math.cos((i * Math.PI) / 12), y + radius * Math.sin((i * Math.PI) / 12)])

const small = 'backend=wasm&size=64&baseWidth=4&batchLabeled=2&batchUnlabeled=2&steps=4'

const series = '../shared/data/sunnybrook/dicom/SCD0000301'
test.describe('a DICOM series', () => {
  test.skip(!existsSync(series), 'NOT CHECKED: the Sunnybrook series is not next to the repository')

  test('is drawn on, trained on, and comes back as SEG on the right frames', async ({ page }) => {
    await open(page, small)
    await page.getByLabel('Folder', { exact: true }).setInputFiles(series)
    await expectState(page, 'empty')
    await expect(page.getByText(/256 × 256 × 10/).first()).toBeVisible()

    await button(page, 'Annotate SCD0000301_z05_t2').click()
    await expectEditor(page)
    await editor(page)
      .getByRole('textbox', { name: /^Name of/ })
      .first()
      .fill('LV')
    await editor(page)
      .getByRole('textbox', { name: /^Name of/ })
      .first()
      .press('Enter')
    await chooseTool(page, 'Brush')
    await setBrushSize(page, 3)
    await drawStroke(page, circle(124, 120, 14))
    const outline = await pixelsOf(page, 'LV')
    await chooseTool(page, 'Fill')
    await clickAt(page, [124, 120])
    const filled = await pixelsOf(page, 'LV')
    expect(filled).toBeGreaterThan(2 * outline)

    await button(page, 'Add label').click()
    await chooseTool(page, 'Brush')
    await setBrushSize(page, 6)
    const second = editor(page)
      .getByRole('radio', { name: /^Draw with/ })
      .nth(2)
    const myocardium = (await second.getAttribute('aria-label'))!.replace('Draw with ', '')
    await chooseLabel(page, myocardium)
    await drawStroke(page, circle(124, 120, 21))
    const ring = await pixelsOf(page, myocardium)
    expect(ring).toBeGreaterThan(300)

    const [undo, redo] = [/^Undo/, /^Redo/].map((name) => editor(page).getByRole('button', { name }))
    await undo!.click()
    expect(await pixelsOf(page, myocardium)).toBe(0)
    expect(await pixelsOf(page, 'LV')).toBe(filled)
    await redo!.click()
    expect(await pixelsOf(page, myocardium)).toBe(ring)
    await useAnnotation(page)
    await expectState(page, 'ready')

    await trainToTheEnd(page)
    const zip = await savedZip(page, 'Export masks')
    const names = Object.keys(zip).filter((name) => name.startsWith('masks/'))
    expect(names.sort()).toEqual(['masks/SCD0000301-frame-1.dcm', 'masks/SCD0000301-frame-2.dcm'])

    // Read back by the instances that each SEG refers to, and their frame of reference.
    const files = readdirSync(series).map((name) => fromBytes(`SCD0000301/${name}`, new Uint8Array(readFileSync(join(series, name)))))
    const source = (await readDicom(files)).volumes[0]!
    expect(source.size).toEqual([256, 256, 10, 2])
    for (const [phase, name] of names.entries()) {
      const { volumes, problems } = await readDicom([fromBytes(name, zip[name]!)])
      expect(problems).toEqual([])
      const [seg] = volumes
      expect(seg!.segments.map((segment) => segment.name)).toEqual(['LV', myocardium])
      const placed = await segmentationOn(seg!, source)
      expect(placed.map(({ frame }) => frame)).toEqual([phase])
      expect(seg!.affine!.flat()).toEqual(source.affine!.flat().map((v) => expect.closeTo(v, 3)))
      if (phase === 1) {
        // Slice 5 is as drawn.
        const slice = placed[0]!.labels.slice(4 * 65536, 5 * 65536)
        expect([1, 2].map((value) => slice.filter((l) => l === value).length)).toEqual([filled, ring])
        expect(slice[120 * 256 + 124]).toBe(1)
        expect(slice[120 * 256 + 124 + 21]).toBe(2)
      }
      expect(['SCD0000301', 'case-001'].map((patient) => Buffer.from(zip[name]!).includes(patient, 'latin1'))).toEqual([false, true])
    }
  })
})

test('a NIfTI volume with an oblique affine comes back with the same affine, and labels where they were drawn', async ({ page }) => {
  const [side, slices] = [48, 6]
  const { image } = makeHeart(side, slices, oblique(-0.3))
  const bytes = image.buffer

  await open(page, small)
  await choose(page, 'Unlabeled images', image)
  await button(page, 'Annotate heart_z3').click()
  await expectEditor(page)
  await expect(canvas(page)).toBeVisible()
  await chooseTool(page, 'Brush')
  await setBrushSize(page, 1)
  await drawStroke(page, [
    [10.5, 5.5],
    [20.5, 5.5],
  ])
  await useAnnotation(page)
  await expectState(page, 'ready')
  await trainToTheEnd(page)

  const zip = await savedZip(page, 'Export masks')
  const written = zip['masks/heart.nii']!
  const [a, b] = [bytes, written].map((one) => new DataView(one.buffer, one.byteOffset, one.byteLength))
  // Dimensions, spacing, the codes of qform and sform, quaternion, offsets and the three rows of the sform.
  for (const [from, to] of [
    [40, 56],
    [76, 108],
    [252, 328],
  ] as const)
    expect([...written.subarray(from, to)], `bytes ${from} to ${to}`).toEqual([...bytes.subarray(from, to)])
  expect([a!.getInt16(70, true), b!.getInt16(70, true)]).toEqual([4, 2])
  const labels = written.subarray(b!.getFloat32(108, true))
  expect(labels.length).toBe(side * side * slices)
  const found: number[][] = []
  labels.subarray(2 * side * side, 3 * side * side).forEach((l, i) => l === 1 && found.push([i % side, Math.floor(i / side)]))
  // On the screen the patient's left is right and the front is up: columns run to the patient's right, rows to the front.
  const expected = Array.from({ length: 11 }, (_, i) => [side - 1 - (10 + i), side - 1 - 5])
  expect(found.sort((p, q) => p[0]! - q[0]!)).toEqual(expected.sort((p, q) => p[0]! - q[0]!))
})
