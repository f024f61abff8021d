import { button, expect, expectState, open, test, tiny } from './lab'

test('an isolated page trains on several wasm threads, within its security policy', async ({ page }) => {
  await open(page, `${tiny}&steps=5&warmup=0&threads=2`)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  await expect(page.getByText('Backend', { exact: true }).locator('..')).toContainText('relaxed SIMD, 2 threads')
  await button(page, 'Start').click()
  await expectState(page, 'finished', 100_000)
})
