/** What the doctor finds, and what its buttons do. */
import { editor } from './annotation'
import { button, expect, expectState, open, savedZip, status, test, tiny } from './lab'
import { loadOwnFiles, tooSmall } from './phantom'

const advice = (page: Parameters<typeof button>[0]) => page.getByRole('region', { name: 'Advice', exact: true })

test('a structure that is too small is told before the first step, and its button opens the region of interest', async ({ page }) => {
  await open(page)
  await expect(advice(page).getByRole('listitem')).toHaveCount(0)
  await loadOwnFiles(page, tooSmall())
  const item = advice(page).getByRole('listitem').filter({ hasText: 'At 32 pixels the exemplar' })
  await expect(item).toContainText('Structures that are so small for the networks are easily lost.')
  await item.getByRole('button', { name: 'Region of interest', exact: true }).click()
  await expect(page.getByRole('dialog', { name: 'Region of interest' })).toBeVisible()
})

test('a run that does not learn is told, and its button begins a new one with a setting that does', async ({ page }) => {
  await open(page, `${tiny}&steps=66&warmup=0&learningRate=0.00001&scoreEvery=1000`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  const item = advice(page).getByRole('listitem').filter({ hasText: 'The loss on the exemplar does not fall' })
  await expect(item).toBeVisible()
  const { 'report.html': report } = await savedZip(page, 'Export run')
  expect(new TextDecoder().decode(report)).toContain('The loss on the exemplar does not fall')
  // Exported as it is, nothing is lost.
  await item.getByRole('button', { name: 'Raise the learning rate to 0.001', exact: true }).click()
  await expectState(page, 'ready')
  // It is the default, which the address leaves out.
  await expect.poll(() => page.url()).not.toContain('learningRate')
  await expect(advice(page).getByRole('listitem')).toHaveCount(0)
})

test('what would lose a run asks first; a run is trained further, and the most doubtful image annotated next', async ({ page }) => {
  await open(page, `${tiny}&steps=4&warmup=0&ramp=0&scoreEvery=1000`)
  await loadOwnFiles(page)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect(advice(page).getByRole('listitem').first()).toBeVisible()
  const next = advice(page).getByRole('listitem').filter({ hasText: 'The models are least sure of' })
  const [, name] = /least sure of "(.*?)"/.exec(await next.innerText())!
  await next.getByRole('button', { name: 'Annotate this one next' }).click()
  await expect(editor(page).getByRole('heading', { name: `Annotate ${name}` })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(editor(page)).toBeHidden()

  const short = advice(page).getByRole('listitem').filter({ hasText: 'Even on the exemplar itself' })
  await short.getByRole('button', { name: 'Train 600 more steps' }).click()
  await expectState(page, 'running')
  await expect(status(page)).toContainText('of 604')
  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
})
