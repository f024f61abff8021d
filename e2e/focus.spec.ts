/** Controls that disable or remove themselves when they are pressed leave the keyboard focus where one goes on, not at the top of the page. */
import type { Locator, Page } from '@playwright/test'
import { annotate, expectEditor, useThickStroke } from './annotation'
import { makeCT } from './ct'
import { alerts, button, expect, expectState, open, status, tabTo, test, tiny } from './lab'
import { choose, loadOwnFiles, mask, png, text, tooSmall, unlabeled, upload } from './phantom'
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

const runButtons = (page: Page) => page.getByRole('group', { name: 'Run', exact: true })
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

test('a problem that is dismissed gives the focus to the next, and the last to the run', async ({ page }) => {
  await open(page)
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `${name}.txt`)
  await choose(page, 'Zip or mixed files', names.map(text))
  await expect(alerts(page)).toHaveCount(8)
  const dismiss = page.getByRole('button', { name: /^Dismiss: / })
  const second = await dismiss.nth(1).getAttribute('aria-label')
  await tabTo(page, dismiss.first())
  await page.keyboard.down('Enter')
  await expect(button(page, second!)).toBeFocused()
  // The key is held down.
  await page.keyboard.down('Enter')
  await page.keyboard.up('Enter')
  await expect(alerts(page)).toHaveCount(7)
  await dismiss.last().press('Enter')
  await expect(alerts(page)).toHaveCount(6)
  await expect(dismiss.last()).toBeFocused()
  await button(page, 'Dismiss all').press('Enter')
  await expect(alerts(page)).toHaveCount(0)
  await expect(runButtons(page)).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(button(page, 'Start')).toBeFocused()

  await choose(page, 'Zip or mixed files', text('a.txt'))
  await dismiss.press('Enter')
  await expect(runButtons(page)).toBeFocused()
})

test.describe('without an engine', () => {
  test.use({ caused: /^console error: (Failed to load resource|LoadError: )/ })

  test('Retry gives the focus to the run', async ({ page }) => {
    const engine = /\/assets\/entry-[^/]+\.js/
    await page.route(engine, (route) => route.abort())
    await page.goto(`/?${tiny}`)
    await expect(button(page, 'Retry')).toBeVisible()
    await page.unroute(engine)
    await button(page, 'Retry').press('Enter')
    await expectState(page, 'ready')
    await expect(runButtons(page)).toBeFocused()
  })
})

test('who is elsewhere when a problem goes stays there', async ({ page }) => {
  await open(page)
  await loadOwnFiles(page)
  const dismiss = page.getByRole('button', { name: /^Dismiss: / })
  const wrong = png('mine_1_mask.png', (x) => x % 2, 60, 20)
  const seed = page.getByRole('spinbutton', { name: 'Seed' })
  for (const leave of [() => seed.focus(), () => page.getByRole('heading', { name: 'Exemplar Lab' }).click()]) {
    await choose(page, 'Exemplar mask', wrong)
    await dismiss.focus()
    await leave()
    const before = await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 60))
    await choose(page, 'Exemplar mask', mask(0, 'mine_1_mask.png'))
    await expect(alerts(page)).toHaveCount(0)
    expect(await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 60))).toBe(before)
  }
})

test('a run that is forgotten gives the focus to the next, one that is continued to its buttons', async ({ page }) => {
  for (let n = 0; n < 4; n++) {
    await open(page)
    await loadOwnFiles(page)
    await stepOnce(page)
  }
  await open(page)
  const runs = page.getByRole('region', { name: 'Runs' })
  const forget = runs.getByRole('button', { name: 'Forget this run' })
  await expect(forget).toHaveCount(4)
  await tabTo(page, forget.first())
  await page.keyboard.press('Enter')
  await expect(forget).toHaveCount(3)
  await expect(forget.first()).toBeFocused()

  await button(page, 'What this browser stores').press('Enter')
  const rows = stored(page).getByRole('button', { name: /^Forget the run of / })
  await rows.last().press('Enter')
  await expect(rows).toHaveCount(2)
  await expect(rows.last()).toBeFocused()
  await rows.first().press('Enter')
  await expect(rows).toHaveCount(1)
  await page.keyboard.press('Escape')

  await runs.getByRole('button', { name: /^Continue your run of / }).press('Enter')
  await expect(status(page)).toHaveAttribute('data-step', '1')
  await expect(runs).toHaveCount(0)
  await expect(runButtons(page)).toBeFocused()

  await button(page, 'What this browser stores').press('Enter')
  await rows.press('Enter')
  await expect(stored(page)).toContainText('No run is stored.')
  await expect(stored(page).getByRole('group', { name: 'Stored runs' })).toBeFocused()
})

test('an entry removed from the bank gives the focus to the next, and the last to the bank', async ({ page }) => {
  await open(
    page,
    'backend=wasm&size=48&baseWidth=4&batchLabeled=2&batchUnlabeled=2&sample=Abdominal%20phantom&atlases=3&atlasAgreement=0.5',
  )
  await button(page, 'Step').press('Enter')
  await expect(status(page)).toHaveAttribute('data-step', '1', { timeout: 90_000 })
  const bank = page.getByRole('region', { name: 'Bank of pseudo-exemplars' })
  const remove = bank.getByRole('button', { name: /^Remove / })
  for (const left of [2, 1]) {
    await remove.first().press('Enter')
    await expect(remove).toHaveCount(left)
    await expect(remove.first()).toBeFocused()
  }
  await remove.press('Enter')
  await expect(remove).toHaveCount(0)
  await expect(bank).toBeFocused()
})

test('settings picked from the data keep the focus whichever button takes the other’s place', async ({ page }) => {
  const { image, mask } = makeCT()
  await open(page)
  await choose(page, 'Exemplar image', upload('a.nii', image))
  await choose(page, 'Exemplar mask', upload('a_seg.nii', mask))
  await choose(page, 'Unlabeled images', upload('a.nii', image))
  await expectState(page, 'ready')
  const picked = page.getByRole('group', { name: 'Settings for these data' })
  for (const name of ['Do without these', 'Take these']) {
    await button(page, name).press('Enter')
    await expect(button(page, name)).toHaveCount(0)
    await expect(picked).toBeFocused()
  }
})

test('a picker that closes gives the focus to the button that opens it', async ({ page }) => {
  await open(page)
  const opener = page.getByRole('button', { name: /^Choose another exemplar among / })
  for (const name of ['Close', 'Use with its mask as exemplar: p01_s1']) {
    await opener.press('Enter')
    await button(page, name).press('Enter')
    await expect(page.getByRole('region', { name: 'Images' })).toHaveCount(0)
    await expect(opener).toBeFocused()
  }
})

test('advice that is followed and replaced gives the focus to the list of advice', async ({ page }) => {
  await open(page)
  await loadOwnFiles(page, tooSmall())
  const advice = page.getByRole('region', { name: 'Advice', exact: true })
  const item = advice.getByRole('listitem').filter({ hasText: 'At 32 pixels the exemplar' })
  await item.getByRole('button', { name: 'Region of interest', exact: true }).press('Enter')
  await button(page, 'Propose from the mask').press('Enter')
  await button(page, 'Use this region').press('Enter')
  await expect(item).toHaveCount(0)
  await expect(advice).toBeFocused()
})

test('“Resume with 1 exemplar” gives the focus to its image, small and large', async ({ page }) => {
  await open(page, `${tiny}&steps=5000`)
  await choose(page, 'Unlabeled images', unlabeled(3))
  await annotate(page, 'p1_1.png')
  await button(page, 'Step').press('Enter')
  await expectState(page, 'paused')
  const resume = page.getByRole('button', { name: /^Resume with / })
  const draw = async () => {
    await expectEditor(page)
    await useThickStroke(page)
  }
  await button(page, 'Correct p2_1.png').press('Enter')
  await draw()
  await resume.press('Enter')
  await expectState(page, 'running')
  await expect(resume).toHaveCount(0)
  await expect(page.getByRole('figure', { name: 'p2_1.png', exact: true }).last()).toBeFocused()

  await button(page, 'Pause').press('Enter')
  await expectState(page, 'paused')
  await button(page, 'Open p3_1.png').last().press('Enter')
  const large = page.getByRole('dialog', { name: 'View p3_1.png' })
  await large.getByRole('button', { name: 'Correct', exact: true }).press('Enter')
  await draw()
  await large.getByRole('button', { name: /^Resume with / }).press('Enter')
  await expectState(page, 'running')
  await expect(large.locator('header')).toBeFocused()
})
