/** The timeline: back to any step while the run goes on, and a run replayed from its file without its images. */
import type { Locator, Page } from '@playwright/test'
import { expectNoFaults } from './axe'
import { alerts, button, column, expect, expectState, expectStep, expectStepAbove, open, saved, status, step, test } from './lab'
import { drop, loadOwnFiles, upload } from './phantom'

// Slow enough to be looked at while it trains.
const query = 'backend=wasm&size=64&baseWidth=8&batchLabeled=2&batchUnlabeled=2&warmup=0.1&ramp=0.1&scoreEvery=1000&steps=40'

const slider = (page: Page): Locator => page.getByRole('slider', { name: 'Timeline' })
const said = (page: Page): Locator => page.locator('.timeline-said')
const cursor = (page: Page, name: string): Locator => page.getByRole('slider', { name: `Step in ${name}` })

declare global {
  interface Window {
    /** The hash of the label maps by step, as they were shown while the run went on. */
    shown: Record<string, string>
  }
}

/** Notes from now on which label maps are shown at each step. */
const record = (page: Page): Promise<void> =>
  page.evaluate(() => {
    window.shown = {}
    new MutationObserver(() => {
      const { step, hash } = document.querySelector<HTMLElement>('.timeline-said')!.dataset
      if (step && hash) window.shown[step] ??= hash
    }).observe(document.querySelector('.timeline')!, { subtree: true, attributes: true, childList: true })
  })

/** What is shown: the step, the hash, and the pixels of a picture. */
async function shownNow(page: Page): Promise<{ step: string; hash: string; picture: string }> {
  const { step, hash } = await said(page).evaluate((element: HTMLElement) => ({ ...element.dataset }))
  // Each frame paints at least one of the pictures that wait, in their order: after as many as there are, this one too.
  await page.evaluate(async () => {
    for (let { length } = document.querySelectorAll('canvas'); length > 0; length--) await new Promise(requestAnimationFrame)
  })
  const canvas = page.getByRole('figure', { name: 'Pseudo-label A' }).locator('canvas')
  return { step: step!, hash: hash!, picture: await canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL()) }
}

/** Clicks the slider where a step is. */
async function clickAt(page: Page, step: number): Promise<void> {
  await slider(page).evaluate((element) => element.scrollIntoView({ block: 'center' }))
  const { x, y, width, height } = (await slider(page).boundingBox())!
  const [min, max] = await Promise.all(['min', 'max'].map(async (name) => Number(await slider(page).getAttribute(name))))
  // The middle of the thumb moves from 8 pixels to 8 before the end.
  await page.mouse.click(x + 8 + ((step - min!) / (max! - min!)) * (width - 16), y + height / 2)
}

async function trainOn(page: Page, steps: number): Promise<void> {
  const end = (await step(page)) + steps
  await page.getByRole('spinbutton', { name: 'Train on by' }).fill(String(steps))
  await button(page, `+ ${steps} steps`).click()
  // Before it trains; few steps may be over before they are seen to be taken.
  await expect(status(page)).toContainText(new RegExp(` of ${end}\\b`))
}

/** Goes on by keyboard to the first kept step from this one on. */
async function keyTo(page: Page, step: number): Promise<void> {
  await slider(page).press('Home')
  while (Number(await slider(page).inputValue()) < step) await slider(page).press('ArrowRight')
}

test('a run of 300 steps is gone back into as it goes and after, and replayed from its file in a fresh page without its images', async ({
  page,
  browser,
  baseURL,
}) => {
  await open(page, query)
  await loadOwnFiles(page)
  await record(page)
  // At rest a step is looked at, and kept, however fast the machine is.
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expect.poll(() => page.evaluate(() => '40' in window.shown)).toBe(true)
  await trainOn(page, 210)
  await expectState(page, 'running')

  // While training goes on; what comes meanwhile is not seen.
  await slider(page).press('Home')
  const first = await shownNow(page)
  const before = await step(page)
  await expectStepAbove(page, before + 5)
  expect(await shownNow(page)).toEqual(first)
  await expect(said(page)).toContainText('training goes on')
  await button(page, 'Live').click()
  await expect.poll(async () => Number(await said(page).getAttribute('data-step'))).toBeGreaterThan(before)

  await expectState(page, 'finished')
  await expect.poll(() => page.evaluate(() => '250' in window.shown)).toBe(true)
  await trainOn(page, 50)
  await expectState(page, 'finished')
  await expect.poll(() => column(page, 'Loss', /total.*A|A.*total/i).then((all) => all.length)).toBeGreaterThan(30)
  const shown = await page.evaluate(() => window.shown)
  const kept: Awaited<ReturnType<typeof shownNow>>[] = []
  for (const [step, go] of [
    [40, clickAt],
    [40, keyTo],
    [250, clickAt],
    [250, keyTo],
  ] as const) {
    await go(page, step)
    const now = await shownNow(page)
    // A pixel of the slider is half a step or more.
    expect(Math.abs(Number(now.step) - step), `near ${step}`).toBeLessThan(go === keyTo ? 1 : 15)
    expect(now.hash, `label maps at ${now.step}`).toBe(shown[now.step])
    kept.push(now)
    for (const name of ['Loss', 'Confident pixels', 'Agreement'])
      await expect(cursor(page, name)).toHaveAttribute('aria-valuenow', now.step)
    await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuetext', new RegExp(`^step ${now.step}, `))
  }
  const numbers = () => page.locator('.term').allTextContents()
  const then = await numbers()
  await button(page, 'Live').click()
  expect(await numbers()).not.toEqual(then)

  // Drift of an image as it is.
  await page.getByText('Drift of the pseudo-labels').click()
  await expect(page.getByRole('figure', { name: 'Drift A' })).toContainText(/bright \d+ times?|no label flipped/)
  await page.getByRole('combobox', { name: 'What of the drift' }).selectOption('changed since')
  await expect(page.getByRole('figure', { name: 'Drift B' })).toContainText(/\d % changed since step \d+/)
  await expectNoFaults(page, 'the timeline', '.timeline')

  const { name, buffer } = await saved(page, 'Export run')
  const context = await browser.newContext({ baseURL: baseURL! })
  const fresh = await context.newPage()
  await open(fresh, query)
  await drop(fresh, [upload(name, buffer, 'application/zip')])
  await expect(alerts(fresh)).toContainText(/needs 7 of 7 images: .* Until then Timeline replays it without them/)
  await expect(said(fresh)).toContainText('Replayed from its file')
  const [clicked, keyed, clickedLate] = kept
  await clickAt(fresh, 40)
  expect(await shownNow(fresh)).toEqual(clicked)
  await keyTo(fresh, 40)
  expect(await shownNow(fresh)).toEqual(keyed)
  await clickAt(fresh, 250)
  expect(await shownNow(fresh)).toEqual(clickedLate)
  await expect(cursor(fresh, 'Loss')).toHaveAttribute('aria-valuenow', clickedLate!.step)
  expect(await fresh.locator('.term').allTextContents()).not.toEqual(await numbers())
  await context.close()
})

test('a recorded run of a sample is replayed without training, and Start trains', async ({ page }) => {
  await open(page, query)
  await button(page, 'Replay a recorded run').click()
  await expect(said(page)).toContainText('Step 1,000, the end of what was recorded')
  await expect(alerts(page)).toHaveCount(0)
  await expectState(page, 'ready')
  for (const name of ['Loss', 'Dice'])
    await expect(page.getByRole('figure', { name, exact: true }).locator('path.bold').first()).toBeVisible()
  await keyTo(page, 300)
  const early = await shownNow(page)
  await expect(cursor(page, 'Loss')).toHaveAttribute('aria-valuenow', early.step)
  await button(page, 'Play').click()
  await expect(said(page)).toContainText('the end of what was recorded')
  expect((await shownNow(page)).picture).not.toBe(early.picture)
  // The recorded run's settings are shown, and those of a run of one's own can be others.
  await expect(page.getByRole('spinbutton', { name: 'Steps' })).toHaveValue('1000')
  await button(page, 'Step').click()
  await expectStep(page, 1)
  await expect(said(page)).toContainText('Step 1, now')
})
