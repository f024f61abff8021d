import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, saved, status, test } from './lab'

/** One kernel of the worker with other WGSL: blurred pictures come out at half their brightness. The route stands where a driver would go wrong. */
async function spoilBlur(page: Page): Promise<() => number> {
  let spoiled = 0
  await page.context().route(/\/assets\/[^/]+\.js$/, async (route) => {
    const response = await route.fetch()
    const text = await response.text()
    const changed = text.replace('result[index] = sum / total;', 'result[index] = 0.5 * sum / total;')
    if (changed !== text) spoiled++
    await route.fulfill({ response, body: changed })
  })
  return () => spoiled
}

const table = (page: Page) => page.getByRole('table', { name: 'Operations on this adapter' })

test('?selftest compares every operation with its twin in the worker, and gives a table, a sentence and JSON', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto('/?selftest&backend=wasm')
  await expect(button(page, 'Copy')).toBeDisabled()
  await button(page, 'Start').click()
  await expect(status(page)).toHaveAttribute('data-state', 'finished', { timeout: 90_000 })

  const cells = await table(page).getByRole('row').locator('td:last-child').allTextContents()
  expect(cells.length).toBeGreaterThan(30)
  expect(new Set(cells)).toEqual(new Set(['ok']))
  const sentence =
    /^Exemplar Lab [\d.]+ computes rightly here \(all \d+ comparisons hold\): wasm on relaxed SIMD, 1 thread, .*Chrome\/\d+.*\.$/
  await expect(page.getByRole('region', { name: 'Place' })).toHaveText(sentence)
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  expect(violations.map(({ id }) => id)).toEqual([])

  await button(page, 'Copy').click()
  await expect(status(page)).toHaveText('Copied.')
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied.trim().split('\n').at(-1)).toMatch(sentence)
  const report = JSON.parse((await saved(page, 'Save JSON')).buffer.toString())
  expect(report).toMatchObject({ ok: true, backend: 'wasm', versions: { browser: expect.stringContaining('Chrome') } })
  expect(report.rows).toHaveLength(cells.length)
})

const webgpu = 'backend=webgpu&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2'

test('a run on a GPU that computes wrongly starts over on wasm, and says so once', async ({ page }) => {
  test.setTimeout(200_000)
  const spoiled = await spoilBlur(page)
  await open(page, `${webgpu}&steps=200`)
  expect(spoiled(), 'files with the WGSL').toBe(1)
  await expect(page.getByTestId('backend')).toContainText('webgpu')
  await button(page, 'Start').click()
  const alert = page.getByRole('alert')
  await expect(alert).toHaveText(
    /^Run The GPU computes wrongly \(.+: blurOp is off by .+ where .+ is allowed\), so wasm computes from now on\./,
    {
      timeout: 150_000,
    },
  )
  await expect(alert).toHaveText(/The (step|\d+ steps) trained on it (is|are) discarded\. The run has started over by itself\./)
  await expect(page.getByTestId('backend')).toContainText('wasm')
  await expectStepAbove(page, 100, 100_000)
  await expect(alert).toHaveCount(1)
})

test('an adapter that computes rightly is tested beside the first run, and not again', async ({ page }) => {
  test.setTimeout(300_000)
  await page.addInitScript(() => {
    const asked: string[] = []
    const post = Worker.prototype.postMessage
    Worker.prototype.postMessage = function (this: Worker, ...given: Parameters<typeof post>) {
      asked.push((given[0] as { type: string }).type)
      post.apply(this, given)
    } as typeof post
    Object.assign(window, { asked })
  })
  const asked = (type: string) => page.evaluate((type) => (window as unknown as { asked: string[] }).asked.includes(type), type)
  const known = () => page.evaluate(() => localStorage.getItem('exemplar-lab-checked-adapters'))
  // So many that it is not at its end before it is stopped.
  await open(page, `${webgpu}&steps=100000`)
  expect(await known()).toBeNull()
  await button(page, 'Start').click()
  // The run goes on meanwhile.
  await expectStepAbove(page, 1, 100_000)
  await expect.poll(known, { timeout: 200_000 }).toMatch(/^\["[\d.]+ \| .+ \| Mozilla/)
  expect(await asked('check-adapter')).toBe(true)
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.getByTestId('backend')).toContainText('webgpu')

  await button(page, 'Stop').click()
  await open(page, webgpu)
  await expect.poll(() => asked('trust-adapter')).toBe(true)
  await button(page, 'Step').click()
  await expectState(page, 'paused', 100_000)
  expect(await asked('check-adapter')).toBe(false)
})
