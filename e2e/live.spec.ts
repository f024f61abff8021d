import type { Locator } from '@playwright/test'
import { button, expect, expectState, expectStepAbove, open, test, tiny } from './lab'
import { choose, unlabeled } from './phantom'

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
  await open(page, `${tiny}&steps=5000&warmup=0`)
  // Not seen before its first picture.
  const picture = page.getByRole('figure', { name: 'Prediction A', includeHidden: true })
  await page.getByRole('checkbox', { name: 'Live view while training' }).uncheck()
  await button(page, 'Start').click()
  await expectStepAbove(page, 20, 100_000)
  expect(await painted(picture)).toBe(false)
  // What comes is no longer drawn in its place.
  await expect(page.getByRole('figure', { name: 'Prediction A' })).toBeVisible()
  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  await expect.poll(() => painted(picture)).toBe(true)
})

test('only the visible ones of hundreds of watched images are rendered, and arrow keys reach all of them', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 900 })
  await open(page, tiny)
  await choose(page, 'Unlabeled images', unlabeled(400))
  await expect(page.getByText('400 images of 400 patients')).toBeVisible()
  const strip = page.getByRole('group', { name: /^Watched image/ })
  const radio = (patient: number) => strip.getByRole('radio', { name: `p${patient}_1.png`, exact: true })
  await expect(radio(1)).toBeChecked()
  expect(await strip.getByRole('radio').count()).toBeLessThan(60)

  await radio(1).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(radio(400)).toBeFocused()
  await expect(radio(400)).toBeChecked()
  await expect(radio(400)).toBeInViewport()
  await page.keyboard.press('ArrowUp')
  await expect(radio(399)).toBeFocused()
  await expect(strip).toHaveAccessibleName(/p399_1\.png/)

  // Even out of sight it is the target of Tab.
  await strip.locator('.thumbnails').evaluate((box) => box.scrollTo(0, 0))
  await expect(radio(2)).toBeVisible()
  await page.getByRole('checkbox', { name: 'Live view while training' }).focus()
  await page.keyboard.press('Tab')
  await expect(radio(399)).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect(radio(1)).toBeFocused()
  expect(await strip.getByRole('radio').count()).toBeLessThan(60)
})
