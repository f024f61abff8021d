import type { Locator } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, test, tiny } from './lab'

/** Whether anything has been painted on the canvas of a figure. */
const painted = (figure: Locator): Promise<boolean> =>
  figure.locator('canvas').evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement
    return (canvas as HTMLCanvasElement)
      .getContext('2d')!
      .getImageData(0, 0, width, height)
      .data.some((v) => v > 0)
  })

test('the live view can be switched off while training, and shows the state at rest', async ({ page }) => {
  await open(page, `${tiny}&steps=400&warmup=0`)
  const picture = page.getByRole('figure', { name: 'Prediction A' })
  await page.getByRole('checkbox', { name: 'Live view while training' }).uncheck()
  await button(page, 'Start').click()
  await expectStepAbove(page, 20, 100_000)
  expect(await painted(picture)).toBe(false)
  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  await expect.poll(() => painted(picture)).toBe(true)
})
