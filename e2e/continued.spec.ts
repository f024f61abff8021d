/** A run that goes on from its own export, in a browser that knows nothing of it. */
import { annotate } from './annotation'
import { button, dataTable, expect, expectState, expectStep, open, saved, test, tiny, watchFor } from './lab'
import { choose, unlabeled, type UploadedFile } from './phantom'

test('a run whose exemplar was drawn goes on in another browser, from its zip and the same images', async ({ page, browser, baseURL }) => {
  const files = unlabeled(3)
  await open(page, `${tiny}&steps=6&seed=11&scoreEvery=100`)
  await choose(page, 'Unlabeled images', files)
  await annotate(page, 'p2_1.png')
  await expectState(page, 'ready')
  const named = page.getByRole('textbox', { name: 'Name of class 1' })
  await named.fill('cavity')
  await named.press('Enter')
  for (const step of [1, 2]) {
    await button(page, 'Step').click()
    await expectStep(page, step)
  }
  const zip: UploadedFile = { ...(await saved(page, 'Export run')), mimeType: 'application/zip' }
  await button(page, 'Resume').click()
  await expectState(page, 'finished')
  await expect.poll(async () => (await dataTable(page, 'Loss')).rows.length).toBe(6)
  const whole = (await dataTable(page, 'Loss')).rows

  const context = await browser.newContext({ baseURL: baseURL! })
  const wrongs = await watchFor(context, new URL(baseURL!).origin)
  const other = await context.newPage()
  await open(other, 'backend=wasm')
  await choose(other, 'Zip or mixed files', [zip, files[2]!])
  const missing = other.getByRole('alert').filter({ hasText: 'needs 2 of 3 images: p1_1.png, p2_1.png; give them' })
  await expect(missing).toBeVisible()
  await expect(other.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('11')
  await expect.poll(async () => (await dataTable(other, 'Loss')).rows.length).toBe(2)

  await choose(other, 'Zip or mixed files', files.slice(0, 2).reverse())
  await expectState(other, 'paused')
  await expect(missing).toHaveCount(0)
  await expectStep(other, 2)
  await expect(button(other, 'Resume')).toBeEnabled()
  await expect(other.getByRole('spinbutton', { name: 'Steps' })).toHaveValue('6')
  for (const setting of ['size=32', 'steps=6', 'seed=11']) expect(other.url()).toContain(setting)
  await expect(other.getByRole('textbox', { name: 'Name of class 1' })).toHaveValue('cavity')
  await button(other, 'Resume').click()
  await expectState(other, 'finished')
  await expect.poll(async () => (await dataTable(other, 'Loss')).rows).toEqual(whole)
  expect(wrongs).toEqual([])
  await context.close()
})
