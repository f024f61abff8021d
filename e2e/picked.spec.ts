/** Settings that the page picks from the data, and presets. */
import type { Page } from '@playwright/test'
import { expectNoFaults } from './axe'
import { makeCT } from './ct'
import { alerts, button, expect, expectState, open, test, tiny } from './lab'
import { choose, expectRead, upload } from './phantom'

const setting = (page: Page, name: string) => page.getByRole('spinbutton', { name, exact: true })
const picked = (page: Page) => page.getByText(/^Picked from the data/)

test('of CT the window and the rotations, which can be changed and taken back', async ({ page }) => {
  const { image, mask } = makeCT()
  await open(page, tiny)
  await expect(picked(page)).toHaveCount(0)
  await choose(page, 'Exemplar image', upload('a.nii', image))
  await choose(page, 'Exemplar mask', upload('a_seg.nii', mask))
  await choose(page, 'Unlabeled images', upload('a.nii', image))
  await expectRead(page)
  await expect(picked(page)).toContainText('CT, soft tissue')
  await page.getByText('Settings', { exact: true }).click()
  await expect(setting(page, 'Window width')).toHaveValue('400')
  await expect(setting(page, 'Exemplar rotation')).toHaveValue('15')
  expect(page.url()).not.toContain('window')

  await setting(page, 'Window width').fill('300')
  await expect(picked(page)).not.toContainText('Window width')
  await expect.poll(() => page.url()).toContain('windowWidth=300')
  await expectNoFaults(page, 'what is picked', '.picked-settings')
  await button(page, 'Take these').click()
  await expect(setting(page, 'Window width')).toHaveValue('400')

  await button(page, 'Do without these').click()
  await expect(setting(page, 'Exemplar rotation')).toHaveValue('40')
  await expect.poll(() => page.url()).toContain('exemplarRotation=40')
  await button(page, 'Take these').click()
  await expect.poll(() => page.url()).not.toContain('exemplarRotation')
  await button(page, 'Step').click()
  await expectState(page, 'paused')
  await expect(button(page, 'Do without these')).toBeDisabled()

  // They go with the data.
  await button(page, 'Reset').click()
  await page.getByRole('button', { name: /discard/i }).click()
  await page.getByRole('combobox', { name: 'Sample' }).selectOption('Abdominal phantom')
  await expect(picked(page)).toHaveCount(0)
  await expect(setting(page, 'Exemplar rotation')).toHaveValue('40')
})

test('an address that names a preset that is no more gives its settings, and says so', async ({ page }) => {
  await open(page, 'preset=Full&backend=wasm')
  await expect(alerts(page)).toContainText('The preset Full is no more')
  const preset = page.getByRole('combobox', { name: 'Preset' })
  await expect(preset).toHaveValue('Custom')
  await expect(setting(page, 'Steps')).toHaveValue('30000')
  await preset.selectOption('Best')
  await expect(setting(page, 'Steps')).toHaveValue('3500')
  await expect.poll(() => page.url()).toContain('preset=Best')
})
