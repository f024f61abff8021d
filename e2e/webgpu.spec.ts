import type { Page } from '@playwright/test'
import { button, dataTable, expect, expectState, open, test } from './lab'

const steps = 5
const terms = ['total', 'exemplar', 'synthetic', 'image', 'feature']
const query = `size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&warmup=0&seed=3&steps=${steps}`

/** The table of losses after all steps on one backend. */
async function losses(page: Page, backend: string, precision = 'f32') {
  await open(page, `backend=${backend}&precision=${precision}&${query}`)
  // A run that fell back to another backend would prove nothing.
  await expect(page.getByText('Backend', { exact: true }).locator('..')).toContainText(backend)
  await button(page, 'Start').click()
  await expectState(page, 'finished', 200_000)
  for (const term of terms) await page.getByRole('group', { name: 'Loss terms' }).getByLabel(term).check()
  await expect.poll(async () => (await dataTable(page, 'Loss')).rows.length).toBe(steps)
  return await dataTable(page, 'Loss')
}

test('WebGPU on the software adapter trains in f32 and in f16, and as wasm does', async ({ page }) => {
  test.setTimeout(500_000)
  await page.goto('/')
  const adapter = await page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()))
  expect(adapter, 'this browser must offer a WebGPU adapter, if only a software one').toBe(true)

  const wasm = await losses(page, 'wasm')
  for (const precision of ['f32', 'f16']) {
    const webgpu = await losses(page, 'webgpu', precision)
    expect(webgpu.columns).toEqual(wasm.columns)
    expect(webgpu.columns).toHaveLength(1 + 2 * terms.length)
    for (const [r, row] of webgpu.rows.entries())
      for (const [c, cell] of row.entries()) {
        const [ours, reference] = [Number(cell), Number(wasm.rows[r]![c])]
        const where = `${wasm.columns[c]}, step ${row[0]}: ${ours} on WebGPU in ${precision}, ${reference} on wasm`
        expect(ours, where).not.toBeNaN()
        // The table rounds both to three decimals.
        expect(Math.abs(ours - reference), where).toBeLessThanOrEqual(0.01 * Math.abs(reference) + 0.001)
      }
  }
})
