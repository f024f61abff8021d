import { button, column, expect, expectState, open, test } from './lab'

test('the sample trains until other patients are segmented', async ({ page }) => {
  test.setTimeout(360_000)
  await open(page, 'backend=wasm&size=32&steps=300&scoreEvery=25')
  await button(page, 'Start').click()
  await expectState(page, 'running')
  await expect
    .poll(async () => Math.max(0, ...(await column(page, 'Dice', /mean|^dice$/i))), { timeout: 300_000, intervals: [2000] })
    .toBeGreaterThan(0.6)
})
