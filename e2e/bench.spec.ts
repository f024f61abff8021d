import { expectNoFaults } from './axe'
import { button, expect, saved, test } from './lab'

test('?bench measures a step in the worker, shows a table and saves it', async ({ page }) => {
  await page.goto('/?bench&backend=wasm&only=steps&step=T16&steps=1')
  const status = page.getByRole('status')
  await expect(status).toHaveAttribute('data-state', 'ready')
  await expect(page.getByRole('contentinfo')).toContainText('not a medical device')
  await expect(button(page, 'Save JSON')).toBeDisabled()
  await button(page, 'Start').click()
  await expect(status).toHaveAttribute('data-state', 'finished', { timeout: 90_000 })

  const rows = page.getByRole('table', { name: 'One training step' }).getByRole('row')
  await expect(rows).toHaveCount(3)
  for (const [i, engine] of ['ours', 'stock'].entries()) await expect(rows.nth(i + 1)).toHaveText(new RegExp(`^T16${engine}[\\d.]+ (ms|s)`))
  const place = page.getByRole('region', { name: 'Place' })
  await expect(place).toContainText(/^wasm · relaxed SIMD, 1 thread · .*tfjs 4\.\d+\.\d+/)

  await expectNoFaults(page)

  const report = JSON.parse((await saved(page, 'Save JSON')).buffer.toString())
  expect(report).toMatchObject({
    backend: 'wasm',
    versions: { tfjs: expect.any(String), browser: expect.stringContaining('Chrome') },
    steps: [
      { name: 'T16', engine: 'ours', secondsPerStep: expect.any(Number), dispatches: null, tensorsAdded: 0 },
      { name: 'T16', engine: 'stock', secondsPerStep: expect.any(Number), dispatches: null, tensorsAdded: 0 },
    ],
    kernels: [],
  })
})

test('counts a step’s WebGPU calls, in the browser too', async ({ page }) => {
  await page.goto('/?bench&backend=webgpu&only=steps&step=T16&steps=1&engine=ours')
  await button(page, 'Start').click()
  await expect(page.getByRole('status')).toHaveAttribute('data-state', 'finished', { timeout: 110_000 })
  const { steps } = JSON.parse((await saved(page, 'Save JSON')).buffer.toString())
  expect(steps).toHaveLength(1)
  for (const name of ['hostMs', 'dispatches', 'submits', 'gpuBytes']) expect(steps[0][name], name).toBeGreaterThan(0)
})

test('reports an invalid address', async ({ page }) => {
  await page.goto('/?bench&backend=wasm&step=R65')
  await button(page, 'Start').click()
  // The engine starts first.
  await expect(page.getByRole('status')).toHaveText('In the address, step is "R65", but must be one of R64, R128, T32, T16.', {
    timeout: 60_000,
  })
})
