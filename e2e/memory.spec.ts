import { button, expect, expectState, expectStep, expectStepAbove, open, test } from './lab'

test('a run that has no room is refused before its first step, and a button takes settings that have', async ({ page }) => {
  // About 7 GB.
  await open(page, 'backend=wasm&size=512&baseWidth=4&batchLabeled=12&batchUnlabeled=12&steps=3')
  const note = page.getByTestId('memory')
  await expect(note).toHaveText(/^Takes about \d+\.\d GB of memory, more than there is\.$/)
  await button(page, 'Start').click()
  const alert = page.getByRole('alert')
  await expect(alert).toHaveText(
    /This run needs about \d+\.\d GB of memory, and WebAssembly has 3\.9 GB: take batch 12 in \d parts, or size \d+\./,
  )
  await expectState(page, 'ready')
  await expectStep(page, 0)

  await alert.getByRole('button', { name: /^Use batch 12 in \d parts$/ }).click()
  await expect(alert).toHaveCount(0)
  await expect(note).toHaveText(/^Takes about \d+\.\d GB of memory\.$/)
  expect(new URL(page.url()).searchParams.get('parts')).toMatch(/^\d$/)
})

test('what a run takes follows the settings', async ({ page }) => {
  await open(page, 'backend=wasm&size=48&baseWidth=4&batchLabeled=4&batchUnlabeled=4&parts=2&warmup=0&ramp=0&steps=20')
  const note = page.getByTestId('memory')
  const bytes = async () => Number(/\d+/.exec((await note.textContent())!)![0])
  const inParts = await bytes()
  expect(inParts).toBeGreaterThan(5)
  await button(page, 'Start').click()
  await expectStepAbove(page, 1)
  await button(page, 'Reset').click()
  await expectState(page, 'ready')
  await page.getByText('Settings', { exact: true }).click()
  await page.getByRole('spinbutton', { name: 'Batch parts' }).fill('1')
  await expect.poll(bytes).toBeGreaterThan(1.2 * inParts)
})
