/** Controls that disable or remove themselves when they are pressed leave the keyboard focus where one goes on, not at the top of the page. */
import type { Locator, Page } from '@playwright/test'
import { button, expect, expectState, open, test, tiny } from './lab'
import { loadOwnFiles } from './phantom'
import { spyOnWorker, whileExporting } from './worker-spy'

/** Presses a control that is disabled then, and again, which does nothing. */
async function pressTwice(control: Locator): Promise<void> {
  await control.press('Enter')
  await expect(control).toBeDisabled()
  await expect(control).toBeFocused()
  await control.press('Enter')
  await expect(control).toBeFocused()
}

/** A step by hand, which the browser keeps. */
async function stepOnce(page: Page): Promise<void> {
  await button(page, 'Step').press('Enter')
  await expect(page.getByTestId('kept')).toHaveAttribute('data-step', '1')
  await expectState(page, 'paused')
}

const stored = (page: Page) => page.getByRole('dialog', { name: 'What this browser stores' })

test('what disables itself keeps the focus', async ({ page }) => {
  await spyOnWorker(page)
  await open(page, `${tiny}&windowWidth=100`)
  await loadOwnFiles(page)

  await button(page, 'Preview single images').press('Enter')
  const next = button(page, 'Next image')
  await expect(button(page, 'Previous image')).toBeDisabled()
  for (let n = 2; n <= 6; n++) {
    await next.press('Enter')
    await expect(page.getByText(`${n} of 6`)).toBeVisible()
  }
  await expect(next).toBeDisabled()
  await expect(next).toBeFocused()
  await pressTwice(button(page, 'Automatic for training'))
  await page.keyboard.press('Escape')

  await button(page, 'Region of interest').press('Enter')
  await page.getByRole('spinbutton', { name: 'Width', exact: true }).fill('50')
  await pressTwice(button(page, 'Whole image'))
  await page.keyboard.press('Escape')

  await stepOnce(page)
  let saved = 0
  page.on('download', () => saved++)
  const coming = page.waitForEvent('download')
  await whileExporting(page, () => pressTwice(button(page, 'Export masks')))
  await expect(button(page, 'Export masks')).toBeEnabled()
  await expect(button(page, 'Export masks')).toBeFocused()
  await coming
  expect(saved).toBe(1)

  await button(page, 'What this browser stores').press('Enter')
  await expect(stored(page).getByRole('listitem')).toContainText('(this one), step 1')
  await pressTwice(button(page, 'Remove all runs and drawings'))
})

test('Start and Stop of ?bench keep the focus', async ({ page }) => {
  await page.goto('/?bench&backend=wasm&only=steps&step=T16&steps=100')
  await pressTwice(button(page, 'Start'))
  await pressTwice(button(page, 'Stop'))
})
