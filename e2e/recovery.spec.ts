/** What a user is left with when a fault is caused in the middle of a run. Errors in the console are part of it. */
import type { Page } from '@playwright/test'
import { alerts, button, column, expect, expectState, expectStepAbove, open, saved, step, test, tiny } from './lab'
import { holdWorker } from './worker-spy'

test.use({ caused: /^(console error|uncaught)/ })

const marks = (page: Page) => page.getByRole('list', { name: 'Recoveries' }).getByRole('listitem')

/** Every step from 1 on in the table of losses, the newest first, and nothing that is no number. */
async function expectWholeCurve(page: Page, steps: number): Promise<void> {
  await expect.poll(async () => (await column(page, 'Loss', /^Step$/))[0]).toBe(steps)
  const numbers = await column(page, 'Loss', /^Step$/)
  expect(new Set(numbers).size).toBe(numbers.length)
  for (const loss of await column(page, 'Loss', /^total A$/)) expect(loss).not.toBeNaN()
}

async function expectExport(page: Page): Promise<void> {
  expect((await saved(page, 'Export run')).name).toMatch(/^exemplar-lab-run-step-\d+-.*\.zip$/)
}

test('a worker that is ended in mid-step is replaced, and the run ends', async ({ page }) => {
  const endWorker = await holdWorker(page)
  // Slow enough that it has not ended before.
  await open(page, 'backend=wasm&size=64&baseWidth=8&batchLabeled=2&batchUnlabeled=2&steps=40')
  await button(page, 'Start').click()
  await expectStepAbove(page, 3)
  await endWorker()
  await expect(alerts(page)).toContainText(/The worker died\. Another has what it had/, { timeout: 10_000 })
  await expectState(page, 'finished', 100_000)
  expect(await step(page)).toBe(40)
  await expectWholeCurve(page, 40)
  await expectExport(page)
})

/** Runs in the page: ends one worker after another, each at a moment of its own. */
function endWorkers(): void {
  const Plain = Worker
  type Said = { type: string; state?: string; step?: number; present?: string | null }
  let kept = false
  const moments: ((said: Said) => boolean)[] = [
    // Before its first step, when nothing of the run is kept.
    ({ type, state }) => type === 'state' && state === 'running',
    // Before anything is brought back.
    ({ type }) => type === 'runs',
    // Once a first state is kept.
    ({ type, step = 0, present = null }) => (kept ||= type === 'runs' && present !== null) && step > 3,
    // While the run is brought back from it.
    ({ type }) => type === 'dataset',
    // In the middle of the run that goes on.
    ({ type, step = 0 }) => type === 'state' && step > 60,
  ]
  window.Worker = class extends Plain {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      const isNow = moments.shift()
      this.addEventListener('message', ({ data }: MessageEvent<Said>) => isNow?.(data) && this.terminate())
    }
  }
}

test('a worker that is ended again and again, before its first step or while it is replaced, never leaves the page starting', async ({
  page,
}) => {
  await page.addInitScript(endWorkers)
  await open(page, `${tiny}&steps=120`)
  await button(page, 'Start').click()
  await expectState(page, 'finished', 100_000)
  expect(await step(page)).toBe(120)
  await expectWholeCurve(page, 120)
  const told =
    /^Run The worker died\. Another has what it had(; the run goes on from step \d+(, where it was|, \d+ before where it was))?\./
  for (const text of await alerts(page).allInnerTexts()) expect(text.replace(/\s+/g, ' ')).toMatch(told)
  await expect(alerts(page).filter({ hasText: /the run goes on from step \d+/ })).not.toHaveCount(0)
})

test('a worker that hangs is told within ten seconds and replaced', async ({ page }) => {
  // So many that it is not at its end before it hangs.
  await open(page, `${tiny}&steps=200`)
  await button(page, 'Start').click()
  await expectStepAbove(page, 3)
  page
    .workers()[0]!
    .evaluate(() => {
      for (;;);
    })
    .catch(() => undefined)
  await expect(alerts(page)).toContainText(/The worker gave no sign of life\. Another has what it had/, { timeout: 40_000 })
  await expectState(page, 'finished', 100_000)
  await expectWholeCurve(page, 200)
})

test('an error that the worker survives is told, and its run goes on', async ({ page }) => {
  await open(page, `${tiny}&steps=30`)
  await button(page, 'Start').click()
  await expectStepAbove(page, 2)
  await page.workers()[0]!.evaluate(
    () =>
      void setTimeout(() => {
        throw new Error('a stray')
      }),
  )
  await expect(alerts(page)).toContainText(/Something failed in the worker, which goes on \(.*a stray/)
  await expectState(page, 'finished', 100_000)
  expect(page.workers()).toHaveLength(1)
  await expectWholeCurve(page, 30)
})

test('a lost GPU device is opened anew, and the run goes on from its last state', async ({ page }) => {
  test.setTimeout(400_000)
  await open(page, 'backend=webgpu&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&warmup=0&steps=12')
  await expect(page.getByTestId('backend')).toContainText('webgpu')
  await button(page, 'Start').click()
  await expectStepAbove(page, 1, 200_000)
  await page.workers()[0]!.evaluate(() => {
    const { createCommandEncoder } = GPUDevice.prototype
    GPUDevice.prototype.createCommandEncoder = function (...given) {
      Object.assign(GPUDevice.prototype, { createCommandEncoder })
      const encoder = createCommandEncoder.apply(this, given)
      this.destroy()
      return encoder
    }
  })
  await expect(alerts(page)).toContainText(/The GPU was lost \(.*\)\. It was opened anew; the run goes on from step/, { timeout: 60_000 })
  await expect(marks(page)).toHaveText([/^Recovered at step \d+: the backend was lost at step \d+\.$/])
  await expectState(page, 'finished', 300_000)
  await expect(page.getByTestId('backend')).toContainText('webgpu')
  await expectWholeCurve(page, 12)
  await expectExport(page)
})

test('a GPU process that crashes while nothing runs leaves a Start that works', async ({ page, browser }) => {
  test.setTimeout(400_000)
  await open(page, 'backend=webgpu&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&warmup=0&steps=3')
  await (await browser.newBrowserCDPSession()).send('Browser.crashGpuProcess').catch(() => undefined)
  await expect(alerts(page)).toContainText(/The GPU was lost/, { timeout: 60_000 })
  await button(page, 'Start').click()
  await expectState(page, 'finished', 300_000)
  await expectWholeCurve(page, 3)
})
