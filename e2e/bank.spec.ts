/** The images that registration labelled from the exemplar, as the page shows them. */
import type { Page } from '@playwright/test'
import { makeNifti } from '../src/data/volumes.test-support'
import { drawn } from '../src/method/bank/drawn.test-support'
import { button, expect, expectStep, open, test } from './lab'
import { choose, expectRead, upload } from './phantom'

const bank = (page: Page) => page.getByRole('region', { name: 'Bank of pseudo-exemplars' })
const entries = (page: Page) => bank(page).getByRole('figure', { name: /^Pseudo-exemplar: / })
const tiny = 'backend=wasm&size=48&baseWidth=4&batchLabeled=2&batchUnlabeled=2'

test('a bank is shown with its poses, and an entry can be removed', async ({ page }) => {
  await open(page, `${tiny}&sample=Abdominal%20phantom&atlases=3&atlasAgreement=0.5`)
  await expect(bank(page)).toContainText('Before the first step')
  await button(page, 'Step').click()
  await expectStep(page, 1, 90_000)
  await expect(entries(page)).toHaveCount(3)
  await expect(bank(page)).toContainText(/turned by up to \d+° and scaled by up to \d\.\d/)
  await bank(page)
    .getByRole('button', { name: /^Remove / })
    .first()
    .click()
  await expect(entries(page)).toHaveCount(2)
})

test('slices along the exemplar’s stack say how far they are', async ({ page }) => {
  const slices = [0, 1, 2, 3].map((n) => drawn(48, (x, y) => [x + n * Math.sin(y / 7), y]))
  const image = slices.flatMap(({ image }) => Array.from(image, (v) => Math.round(1000 * v)))
  const labels = slices.flatMap(({ labels }, n) => Array.from(labels, (l) => (n === 1 ? l : 0)))
  const file = (name: string, values: number[], type: 'i2' | 'u1') => upload(name, makeNifti([48, 48, 4], values, type))
  await open(page, `${tiny}&stack=2`)
  await choose(page, 'Exemplar image', file('s.nii', image, 'i2'))
  await choose(page, 'Exemplar mask', file('m.nii', labels, 'u1'))
  await choose(page, 'Unlabeled images', file('s.nii', image, 'i2'))
  await expectRead(page)
  await button(page, 'Step').click()
  await expectStep(page, 1, 90_000)
  await expect(entries(page)).toHaveCount(3)
  await expect(entries(page).first()).toContainText('along the stack, 1 slice away')
  await expect(entries(page).last()).toContainText('along the stack, 2 slices away')
  await expect(bank(page)).toContainText('labels were carried to 3 slices along its stack')
  // The bank stays within its panel.
  expect(await bank(page).evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true)
  for (const left of [2, 1, 0]) {
    await bank(page)
      .getByRole('button', { name: /^Remove / })
      .first()
      .click()
    await expect(entries(page)).toHaveCount(left)
  }
  await expect(bank(page)).toContainText('All were removed.')
})
