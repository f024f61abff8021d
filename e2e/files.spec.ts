import type { Page } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, status, test, tiny } from './lab'
import {
  choose,
  drop,
  expectOwnFiles,
  expectRead,
  height,
  huge,
  image,
  loadOwnFiles,
  mask,
  png,
  text,
  unlabeled,
  width,
  type UploadedFile,
} from './phantom'

async function expectTrains(page: Page): Promise<void> {
  await button(page, 'Start').click()
  await expectState(page, 'running')
  await expectStepAbove(page, 2)
  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
}

test('own PNG files replace the sample and train', async ({ page }) => {
  await open(page, `${tiny}&steps=2000`)
  await loadOwnFiles(page)
  await expectTrains(page)
})

test('files dropped anywhere are sorted and train', async ({ page }) => {
  await open(page, `${tiny}&steps=2000`)
  await drop(page, [...unlabeled(), image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png')])
  await expectOwnFiles(page)
  await expectTrains(page)
})

test('a dropped file that the browser may not read is named and keeps no other out', async ({ page }) => {
  await open(page, `${tiny}&steps=2000`)
  const given = [...unlabeled(), image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png')]
  await page.evaluate(
    (list) => {
      const entry = (name: string, file: (done: (file: File) => void, failed: (error: Error) => void) => void) => ({
        webkitGetAsEntry: () => ({ isFile: true, fullPath: `/pile/${name}`, file }),
      })
      const items = list.map(({ name, text }) =>
        entry(name, (done) => done(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name))),
      )
      items.splice(
        1,
        0,
        entry('gone.png', (_, failed) => failed(new DOMException('', 'NotFoundError'))),
      )
      const event = Object.assign(new Event('drop', { bubbles: true, cancelable: true }), { dataTransfer: { types: ['Files'], items } })
      document.body.dispatchEvent(event)
    },
    given.map(({ name, buffer }) => ({ name, text: buffer.toString('base64') })),
  )
  await expectOwnFiles(page)
  await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toContainText(
    '"pile/gone.png" was dropped, but the browser may not read it',
  )
})

const half = width / 2
const bad: { what: string; label: string; file: UploadedFile }[] = [
  { what: 'a text file as exemplar', label: 'Exemplar image', file: text('notes.png') },
  { what: 'a text file among the unlabelled images', label: 'Unlabeled images', file: text('notes.txt') },
  { what: 'a mask of another size', label: 'Exemplar mask', file: png('small_mask.png', (x) => Number(x > 8), 20, 16) },
  { what: 'an empty mask', label: 'Exemplar mask', file: png('empty_mask.png', () => 0) },
  { what: 'a mask with only one class', label: 'Exemplar mask', file: png('full_mask.png', () => 3) },
  { what: 'a mask of more than 32 classes', label: 'Exemplar mask', file: png('many_mask.png', (x, y) => (x < half ? 0 : y + 1)) },
  { what: 'an image of 20,000 x 20,000', label: 'Exemplar image', file: huge('huge.png', 20_000, 20_000) },
]

test.describe('a bad file gives one sentence that names it, and earlier files stay', () => {
  for (const { what, label, file } of bad)
    test(what, async ({ page }) => {
      expect(height).toBeGreaterThan(32) // or the mask of many classes has too few
      await open(page, `${tiny}&steps=2000`)
      await loadOwnFiles(page)
      await choose(page, label, file)
      const alert = page.getByRole('alert').filter({ hasText: /\S/ })
      await expect(alert).toHaveCount(1)
      await expect(alert).toContainText(file.name)
      await expectOwnFiles(page)
      await expectTrains(page)
    })
})

test('an input says what was chosen, and an error goes by itself when another file takes the place of the wrong one', async ({ page }) => {
  await open(page)
  await page.getByText('Choose files').click()
  const of = (label: string) =>
    page
      .locator('.file-input')
      .filter({ has: page.getByLabel(label, { exact: true }) })
      .locator('.chosen')
  await expect(of('Unlabeled images')).toHaveText('nothing chosen')
  await choose(page, 'Exemplar image', image(1, 'mine_1.png'))
  await choose(page, 'Unlabeled images', [...unlabeled(3), text('notes.txt')])
  await expect(of('Unlabeled images')).toHaveText('p1_1.png and 3 others')
  await choose(
    page,
    'Exemplar mask',
    png('wide_mask.png', (x) => x % 2, 60, 20),
  )
  const alert = page.getByRole('alert').filter({ hasText: /\S/ })
  await expect(alert).toHaveCount(2)
  await choose(page, 'Exemplar mask', mask(1, 'mine_1_mask.png'))
  await expect(of('Exemplar mask')).toHaveText('mine_1_mask.png')
  await expectRead(page)
  await expect(alert, 'that of the other file stays').toHaveCount(1)
  await expect(alert).toContainText('notes.txt')
  await page.getByRole('combobox', { name: 'Sample' }).selectOption('Abdominal phantom')
  await expect(of('Exemplar mask')).toHaveText('nothing chosen')
})

test('without unlabelled images Start waits and says why', async ({ page }) => {
  await open(page)
  await drop(page, [image(0, 'mine_1.png'), mask(0, 'mine_1_mask.png')])
  await expectState(page, 'empty')
  await expect(status(page)).toContainText(/unlabell?ed images/)
  await expect(button(page, 'Start')).toBeDisabled()
})
