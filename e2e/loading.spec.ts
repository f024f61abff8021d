/** Parts of the page that are loaded on demand, while the server is away and when it is back. */
import type { Page } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, step, test, tiny } from './lab'

// What is refused, and what breaks the page, is said on the console.
test.use({ caused: /^console error: (Failed to load resource: net::ERR_FAILED .*\/assets\/|LoadError: |.*no media here)/ })

/** Refuses matching requests while `away`. */
async function server(page: Page, addresses: RegExp): Promise<{ away: boolean }> {
  const state = { away: true }
  await page.route(addresses, (route) => (state.away ? route.abort() : route.continue()))
  return state
}

test('charts that cannot be loaded say so, appear on a retry, and the run continues meanwhile', async ({ page }) => {
  const charts = await server(page, /\/assets\/chart-[^/]+\.js/)
  const loss = page.getByRole('figure', { name: 'Loss', exact: true })
  await open(page, `${tiny}&steps=5000`)
  await button(page, 'Start').click()
  await expect(loss.getByRole('alert')).toHaveText(/^The chart .*could not be loaded/)
  await expectStepAbove(page, (await step(page)) + 2)

  await loss.getByRole('button', { name: 'Try again' }).click()
  await expect(loss.getByRole('alert')).toHaveText(/reload the page/)

  charts.away = false
  await loss.getByRole('button', { name: 'Try again' }).click()
  for (const name of ['Loss', 'Confident pixels', 'Agreement'])
    await expect(page.getByRole('figure', { name, exact: true }).locator('svg.recharts-surface')).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await button(page, 'Stop').click()
  await expectState(page, 'finished')
})

for (const ending of ['js', 'css'])
  test(`a dialog whose .${ending} cannot be loaded says so, and opens on a retry`, async ({ page }) => {
    const files = await server(page, new RegExp(`/assets/region-dialog-[^/]+\\.${ending}`))
    await open(page)
    await button(page, 'Region of interest').click()
    const failed = page.getByRole('dialog', { name: 'That did not work' })
    await expect(failed.getByRole('alert')).toContainText('The region of interest could not be loaded')
    await button(page, 'Close').click()
    await expect(failed).toBeHidden()
    await expect(button(page, 'Region of interest')).toBeFocused()
    await button(page, 'Region of interest').click()

    await failed.getByRole('button', { name: 'Try again' }).click()
    await expect(failed.getByRole('alert')).toContainText('reload the page')
    files.away = false
    await failed.getByRole('button', { name: 'Try again' }).click()
    const dialog = page.getByRole('dialog', { name: 'Region of interest' })
    await expect(dialog.getByRole('spinbutton', { name: 'Left', exact: true })).toHaveValue('0')
    // Its style sheet makes it wider than other dialogs.
    expect((await dialog.boundingBox())!.width).toBeGreaterThan(700)
    await button(page, 'Cancel').click()
    await expect(dialog).toBeHidden()
    await expectState(page, 'ready')
  })

test('a page that fails says so, and is shown again with its run on a retry', async ({ page }) => {
  // The theme switch reads the system's theme.
  await page.addInitScript(() => {
    const real = matchMedia.bind(window)
    const broken = () => {
      throw new Error('no media here')
    }
    Object.assign(window, { matchMedia: broken, mend: () => (window.matchMedia = real) })
  })
  await page.goto(`/?${tiny}`)
  await expect(page.getByRole('alert')).toHaveText('The page failed: no media here')
  await page.evaluate('mend()')
  await button(page, 'Try again').click()
  await expectState(page, 'ready')
  await expect(page.getByRole('alert')).toHaveCount(0)
})
