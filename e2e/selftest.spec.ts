import { readFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { button, expect, status, test } from './lab'

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
  const download = page.waitForEvent('download')
  await button(page, 'Save JSON').click()
  const report = JSON.parse(readFileSync(await (await download).path(), 'utf8'))
  expect(report).toMatchObject({ ok: true, backend: 'wasm', versions: { browser: expect.stringContaining('Chrome') } })
  expect(report.rows).toHaveLength(cells.length)
})
