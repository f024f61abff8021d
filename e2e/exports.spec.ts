import { decode } from 'fast-png'
import { strFromU8 } from 'fflate'
import { button, expect, expectState, open, savedZip, test, tiny, type Zip } from './lab'
import { choose, height, loadOwnFiles, text, unlabeled, width } from './phantom'
import { spyOnWorker, untilTaken, whileExporting } from './worker-spy'

/** Shapes by name; fails unless the header is well formed and the tensors fill the file without holes. */
function safetensorShapes(bytes: Uint8Array): Record<string, number[]> {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const header = JSON.parse(strFromU8(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  delete header.__metadata__
  const tensors = Object.values(header).sort((a, b) => a.data_offsets[0] - b.data_offsets[0])
  let end = 0
  for (const { dtype, shape, data_offsets } of tensors) {
    expect(data_offsets[0]).toBe(end)
    end = data_offsets[1]
    expect(end - data_offsets[0]).toBe({ F32: 4, I32: 4, U8: 1 }[dtype]! * shape.reduce((product, n) => product * n, 1))
  }
  expect(8 + length + end).toBe(bytes.length)
  return Object.fromEntries(Object.entries(header).map(([name, { shape }]) => [name, shape]))
}

function expectMasks(zip: Zip, folder: string): void {
  const masks = Object.keys(zip).filter((name) => name.startsWith(folder) && name.endsWith('.png'))
  expect(masks.map((name) => name.slice(folder.length)).sort()).toEqual(
    // The exemplar's own among them.
    ['mine_1.png', ...unlabeled().map(({ name }) => name)].sort(),
  )
  for (const name of masks) {
    const decoded = decode(zip[name]!)
    expect([decoded.width, decoded.height, decoded.palette !== undefined]).toEqual([width, height, true])
  }
}

function expectWeights(zip: Zip): void {
  const [a, b] = ['model-a.safetensors', 'model-b.safetensors'].map((name) => safetensorShapes(zip[name]!))
  expect(Object.keys(a!).length).toBeGreaterThan(20)
  expect(a).toEqual(b)
  safetensorShapes(zip['test-vector.safetensors']!)
  expect(JSON.parse(strFromU8(zip['config.json']!))).toBeInstanceOf(Object)
  expect(strFromU8(zip['load.py']!)).toContain('torch')
}

test('the three exports open', async ({ page }) => {
  const steps = 4
  await open(page, `${tiny}&steps=${steps}`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectState(page, 'finished')

  expectWeights(await savedZip(page, 'Export weights'))

  const masks = await savedZip(page, 'Export masks')
  const first = Object.keys(masks).find((name) => name.endsWith('.png'))!
  expectMasks(masks, first.slice(0, first.lastIndexOf('/') + 1))

  const run = await savedZip(page, 'Export run')
  expectWeights(run)
  expectMasks(run, 'masks/')
  const [header, ...rows] = strFromU8(run['metrics.csv']!).trim().split(/\r?\n/)
  expect(header).toMatch(/^step,/)
  expect(rows.map((row) => row.split(',')[0])).toEqual(['1', '2', '3', '4'])
  for (const row of rows) expect(row.split(',')).toHaveLength(header!.split(',').length)
  expect(strFromU8(run['README.txt']!)).toMatch(/not a medical device|research/i)
})

test('the page waits for an export even if another command fails meanwhile', async ({ page }) => {
  await spyOnWorker(page)
  await open(page, `${tiny}&steps=4`)
  await loadOwnFiles(page)
  await button(page, 'Step').click()
  await expectState(page, 'paused')
  await whileExporting(page, async () => {
    await button(page, 'Export masks').click()
    await untilTaken(page, () => choose(page, 'Unlabeled images', text('notes.txt')))
    await expect(page.getByRole('alert')).toContainText('notes.txt')
    await expect(page.getByRole('progressbar', { name: 'Export' })).toBeVisible()
    await expect(button(page, 'Export masks')).toBeDisabled()
  })
  await expect(page.getByText(/^Saved exemplar-lab-masks-step-1-6-images-.*\.zip/)).toBeVisible()
  await expect(button(page, 'Export masks')).toBeEnabled()
})
