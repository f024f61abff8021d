import { button, column, expect, expectState, open, test } from './lab'

test('the sample trains until other patients are segmented', async ({ page }) => {
  test.setTimeout(420_000)
  await open(page, 'backend=wasm&size=64&steps=400&scoreEvery=20&batchUnlabeled=2&learningRate=0.003')
  await button(page, 'Start').click()
  await expectState(page, 'running')
  await expect
    .poll(async () => Math.max(0, ...(await column(page, 'Dice', /mean|^dice$/i))), { timeout: 360_000, intervals: [2000] })
    .toBeGreaterThan(0.6)
})
