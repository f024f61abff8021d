/** The exemplar is chosen among all images: found by name and patient, slice by slice, by keyboard, among thousands. */
import type { Page } from '@playwright/test'
import { annotate, editor, expectEditor } from './annotation'
import { expectNoFaults, expectNoOverflow, inEveryLook } from './axe'
import { makeHeart } from './heart'
import { alerts, button, expect, expectState, open, test } from './lab'
import { pageTasks } from './page-tasks'
import { choose, expectRead, image, mask, png, unlabeled } from './phantom'

const picker = (page: Page) => page.getByRole('region', { name: 'Choose the exemplar' })
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search images' })
const tiles = (page: Page) => page.getByRole('list', { name: 'Images' }).getByRole('figure')

const { image: heart } = makeHeart(32, 12)

test('images without a mask have the page: large, by patient, with short names, and one is found by its words', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await open(page)
  const files = [1, 2].flatMap((patient) => [1, 10, 2].map((n) => image(patient * n, `anna-${patient}_im${n}.png`)))
  await choose(page, 'Unlabeled images', files)
  await expectState(page, 'empty')
  await expect(picker(page)).toBeInViewport()
  await expect(page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: '1 Images and one mask' })).toContainText(
    '6 images, no mask yet',
  )
  await expect(picker(page).getByRole('heading', { level: 3 })).toHaveText([/^anna-1 3 images/, /^anna-2 3 images/])
  await expect(tiles(page).locator('figcaption')).toHaveText(['im1', 'im2', 'im10', 'im1', 'im2', 'im10'])
  const box = await tiles(page).first().getByRole('button', { name: 'Open anna-1_im1.png' }).boundingBox()
  expect(Math.min(box!.width, box!.height)).toBeGreaterThanOrEqual(136)

  await search(page).fill('anna-2 im10')
  await expect(tiles(page)).toHaveCount(1)
  await expect(picker(page).getByText('1 image found')).toBeVisible()
  await search(page).fill('bert')
  await expect(picker(page).getByText('No image has these words')).toBeVisible()
  await search(page).fill('')
  await expect(tiles(page)).toHaveCount(6)

  // Arrow keys go from image to image, Tab to what can be done with one.
  await button(page, 'Annotate anna-1_im1.png').focus()
  await page.keyboard.press('ArrowRight')
  await expect(button(page, 'Annotate anna-1_im2.png')).toBeFocused()
  // At once, as another key may come before the next frame.
  const label = await page.evaluate(() => {
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }))
    return document.activeElement!.getAttribute('aria-label')
  })
  expect(label).toBe('Annotate anna-1_im10.png')
  await page.keyboard.press('ArrowLeft')
  await expect(button(page, 'Annotate anna-1_im2.png')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(button(page, 'Annotate anna-2_im1.png')).toBeFocused()
  await page.keyboard.press('End')
  await expect(button(page, 'Annotate anna-2_im10.png')).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(button(page, 'Open anna-2_im10.png')).toBeFocused()
  await page.keyboard.press('Enter')
  const large = page.getByRole('dialog', { name: 'View anna-2_im10.png' })
  await expect(large).toContainText('6 of 6')
  await page.keyboard.press('c')
  await expectEditor(page)
  await expect(editor(page).getByRole('heading', { name: 'Annotate anna-2_im10.png' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(editor(page)).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(button(page, 'Open anna-2_im10.png')).toBeFocused()
})

test('the slices of a volume are in order, and a wheel goes through them', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', heart)
  await expectState(page, 'empty')
  await expect(picker(page).getByRole('heading', { level: 3 })).toHaveText(/^heart.nii NIfTI volume, .*12 slices/)
  await expect(tiles(page).locator('figcaption').first()).toHaveText('z01')
  const slider = page.getByRole('slider', { name: 'Slice of heart.nii' })
  await expect(slider).toHaveAttribute('aria-valuetext', '7 of 12, heart_z07')
  await page.getByRole('button', { name: 'Open slice 7 of heart.nii' }).hover()
  const top = () => page.locator('.picker-box').evaluate((box) => box.scrollTop)
  await page.mouse.wheel(0, 100)
  await expect(slider).toHaveAttribute('aria-valuetext', '8 of 12, heart_z08')
  await page.mouse.wheel(0, -100)
  await page.mouse.wheel(0, -100)
  await expect(slider).toHaveAttribute('aria-valuetext', '6 of 12, heart_z06')
  expect(await top(), 'the slices turn, the box stays').toBe(0)
  // Two turns within one frame.
  await page.getByRole('button', { name: 'Open slice 6 of heart.nii' }).evaluate((element) => {
    for (let i = 0; i < 2; i++) element.dispatchEvent(new WheelEvent('wheel', { deltaY: 100, cancelable: true }))
  })
  await expect(slider).toHaveAttribute('aria-valuetext', '8 of 12, heart_z08')

  // What has the focus stays though it is scrolled out of sight.
  await page.setViewportSize({ width: 390, height: 600 })
  await slider.focus()
  await page.locator('.picker-box').evaluate((box) => (box.scrollTop = box.scrollHeight))
  await button(page, 'Annotate heart_z12').scrollIntoViewIfNeeded()
  await expect(slider).not.toBeInViewport()
  await page.keyboard.press('ArrowRight')
  await expect(slider).toHaveAttribute('aria-valuetext', '9 of 12, heart_z09')
  await slider.fill('12')
  await page.getByRole('button', { name: 'Open slice 12 of heart.nii' }).click()
  await expect(page.getByRole('dialog', { name: 'View heart_z12' })).toContainText('slice 12 of 12')
})

test('every third slice of a volume is used, though its preview is closed while the number is typed', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', heart)
  await expect(tiles(page)).toHaveCount(12)
  await button(page, 'Preview heart.nii').click()
  const every = page.getByRole('spinbutton', { name: 'Every n-th slice' })
  await every.fill('3')
  await every.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(tiles(page)).toHaveCount(4)
})

test('an image with a mask becomes the exemplar by one click, and the references stay', async ({ page }) => {
  await open(page)
  const files = [1, 2, 3].flatMap((n) => [image(n, `p${n}_1.png`), mask(n, `p${n}_1_mask.png`)])
  await choose(page, 'Zip or mixed files', [...files, image(4, 'p4_1.png')])
  await expectRead(page)
  await expect(page.getByText('p1_1.png, 48 × 40')).toBeVisible()
  await button(page, 'Choose another exemplar among 3 images').click()
  await expect(button(page, 'Use with its mask as exemplar: p4_1.png')).toHaveCount(0)
  await button(page, 'Use with its mask as exemplar: p2_1.png').click()
  await expect(page.getByText('p2_1.png, 48 × 40')).toBeVisible()
  await expect(page.getByText('2 masks, for the score only')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Images' })).toBeHidden()
  await button(page, 'Choose another exemplar among 3 images').click()
  await expect(tiles(page)).toHaveCount(3)
  await expect(button(page, 'Annotate p1_1.png')).toBeVisible()
  await expect(button(page, 'Annotate p2_1.png'), 'an exemplar is not in its own pile').toHaveCount(0)
  await expect(alerts(page)).toHaveCount(0)
})

test('after a drawing there may be another; Start ends the choice', async ({ page }) => {
  await open(page)
  await choose(page, 'Unlabeled images', unlabeled(4))
  await annotate(page, 'p1_1.png')
  await expectState(page, 'ready')
  await expect(tiles(page).first().getByText('annotated', { exact: true })).toBeVisible()
  await expect(button(page, 'Annotate p1_1.png')).toBeFocused()
  await button(page, 'Close').click()
  await expect(tiles(page)).toHaveCount(0)
  await button(page, 'Choose another exemplar among 4 images').click()
  await expect(tiles(page)).toHaveCount(4)
  await button(page, 'Start').click()
  await expect(tiles(page)).toHaveCount(0)
  await expect(page.getByText('1 of them annotated')).toBeVisible()
})

test('no accessibility faults in the choice, in both themes, wide and narrow', async ({ page }) => {
  await open(page)
  const expectGood = () =>
    inEveryLook(page, async (look) => {
      await expectNoFaults(page, look)
      await expectNoOverflow(page.locator('html'), `no sideways scrolling, ${look}`)
    })
  await button(page, 'Choose another exemplar among 47 images').click()
  await expect(button(page, 'Use with its mask as exemplar: p01_s1')).toBeVisible()
  await expectGood()
  await choose(page, 'Unlabeled images', [heart, ...unlabeled(2)])
  await expect(page.getByRole('slider', { name: 'Slice of heart.nii' })).toBeVisible()
  await expectGood()
})

test('3,000 images: the picker scrolls without a long task, and the page stays small', async ({ browser, page }) => {
  test.setTimeout(600_000)
  const side = 64
  const files = Array.from({ length: 3000 }, (_, i) =>
    png(
      `patient${String(Math.floor(i / 30)).padStart(3, '0')}_im${i % 30}.png`,
      (x, y) => (x * 3 + y * (1 + (i % 7)) + i) % 251,
      side,
      side,
    ),
  )
  await open(page)
  await choose(page, 'Unlabeled images', files)
  await expectState(page, 'empty', 300_000)
  await expect(picker(page).getByText('3,000 images')).toBeVisible({ timeout: 60_000 })
  expect(await tiles(page).count(), 'only those in sight').toBeLessThan(200)

  const box = page.locator('.picker-box')
  const scroll = () =>
    box.evaluate(async (element) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done))
      // By screens, then in leaps, as by wheel and by the bar.
      for (let i = 0; i < 60; i++) {
        element.scrollTop += element.clientHeight / 2
        await frame()
      }
      for (let i = 0; i <= 20; i++) {
        element.scrollTop = ((i % 2 === 0 ? i : 20 - i) / 20) * element.scrollHeight
        await frame()
      }
    })
  const tasks = await pageTasks(browser, page, scroll)
  expect(await box.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(10_000)
  expect(tasks[0], `the longest of ${tasks.length}`).toBeLessThan(100)
  const bytes = await page.evaluate(async () => {
    const measured = performance as unknown as { measureUserAgentSpecificMemory(): Promise<{ bytes: number }> }
    return (await measured.measureUserAgentSpecificMemory()).bytes
  })
  console.log(
    `3,000 images: ${(bytes / 1e6).toFixed(0)} MB, the longest tasks while scrolling ${tasks
      .slice(0, 3)
      .map((ms) => ms.toFixed(1))
      .join(', ')} ms`,
  )
  expect(bytes).toBeLessThan(500e6)
  await search(page).fill('patient099 im29')
  await expect(tiles(page)).toHaveCount(1)
})
