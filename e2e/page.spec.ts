import { expectNoFaults } from './axe'
import { button, expect, expectState, expectStepAbove, open, tabTo, test, tiny } from './lab'
import { pageTasks } from './page-tasks'

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 390])
    test(`no accessibility faults, ${colorScheme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      await open(page, `${tiny}&steps=2000&scoreEvery=5`)
      await expectNoFaults(page)
      await button(page, 'Start').click()
      await expectStepAbove(page, 6)
      await button(page, 'Pause').click()
      await expectState(page, 'paused')
      await expectNoFaults(page)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, 'no sideways scrolling').toBeLessThanOrEqual(0)
    })

for (const width of [1280, 390])
  test(`nothing moves while training, and no task of the page takes long, ${width} px`, async ({ browser, page }) => {
    await page.setViewportSize({ width, height: 900 })
    await open(page, `${tiny}&steps=60&warmup=0.1&scoreEvery=20`)
    await page.evaluate(() => {
      const moved: string[] = []
      Object.assign(window, { moved })
      interface Shift extends PerformanceEntry {
        value: number
        hadRecentInput: boolean
        sources: { node: Node | null }[]
      }
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries() as Shift[])
          if (!hadRecentInput)
            moved.push(`${value} by ${sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 120)).join(' | ')}`)
      }).observe({ type: 'layout-shift' })
    })
    // The first pictures and charts among them.
    const tasks = await pageTasks(browser, page, async () => {
      await button(page, 'Start').click()
      await expectState(page, 'finished')
    })
    expect(await page.evaluate('moved')).toEqual([])
    expect(tasks[0], `the longest of ${tasks.length}`).toBeLessThan(50)
  })

test('Start and Pause by keyboard alone', async ({ page }) => {
  await open(page, `${tiny}&steps=5000`)
  await tabTo(page, button(page, 'Start'))
  await page.keyboard.press('Enter')
  await expectState(page, 'running')
  await tabTo(page, button(page, 'Pause'))
  await page.keyboard.press('Space')
  await expectState(page, 'paused')
})

test('the page is cross-origin isolated, and its policy refuses code from elsewhere', async ({ page, request }) => {
  await open(page)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  const headers = (await request.get('/')).headers()
  expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' })
  expect(headers['permissions-policy']).toContain('camera=()')
  const policy = headers['content-security-policy']
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
  expect(policy).toContain("connect-src 'self'")
})

test('the footer leads to the licences of all that is shipped', async ({ page, context }) => {
  await open(page)
  const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: /^Licences/ }).click()])
  // It is told of when its text begins to come.
  await opened.waitForLoadState()
  const text = await opened.locator('body').innerText()
  const [inPage, inWorker, compiled] = [
    ['react', 'recharts'],
    ['@tensorflow/tfjs-core', 'geotiff'],
    ['XNNPACK', 'OpenJPEG', 'musl'],
  ]
  for (const name of [...inPage, ...inWorker]) expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'))
  for (const name of compiled) expect(text).toContain(`\n${name}`)
})

test('settings come from the address and go back to it', async ({ page }) => {
  await open(page, `${tiny}&steps=123&seed=5`)
  const steps = page.getByRole('spinbutton', { name: 'Steps', exact: true })
  await expect(steps).toHaveValue('123')
  await expect(page.getByRole('spinbutton', { name: 'Seed', exact: true })).toHaveValue('5')
  await steps.fill('77')
  await steps.blur()
  await expect(page).toHaveURL(/[?&]steps=77\b/)
  await page.reload()
  await expectState(page, 'ready')
  await expect(steps).toHaveValue('77')
})

test('settings that differ from the nearest preset are marked, with what it has', async ({ page }) => {
  await open(page, 'backend=wasm')
  await expect(page.locator('.settings summary'), 'the defaults are a preset').toHaveText('Settings')
  await page.getByText('Settings', { exact: true }).click()
  await page.getByRole('spinbutton', { name: 'Elastic', exact: true }).fill('0')
  await expect(page.locator('.settings summary')).toContainText(/1 differs from (Quick|Balanced): Elastic/)
  await expect(page.locator('.setting[data-differs="true"]')).toHaveCount(1)
  await expect(page.locator('.setting[data-differs="true"]')).toContainText(/(Quick|Balanced) has 0\.\d/)
})

test('f16 is said to be f32 where the backend has none', async ({ page }) => {
  await open(page, tiny)
  await page.getByText('Settings', { exact: true }).click()
  const said = page.getByText('this run stores everything in f32')
  await expect(said).toBeHidden()
  await page.getByLabel('Precision').selectOption('f16')
  await expect(said).toBeVisible()
  await expect(page).toHaveURL(/[?&]precision=f16\b/)
})

test('a class takes its colour when it is chosen, and another name, but not an empty one', async ({ page }) => {
  await open(page)
  const picture = page.getByRole('figure', { name: /^Annotated image/ }).locator('canvas')
  const reds = () =>
    picture.evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.filter((red, i) => i % 4 === 0 && red === 255 && data[i + 1] === 0 && data[i + 2] === 0).length
    })
  expect(await reds()).toBe(0)
  const colour = page.getByLabel('Colour of class 1')
  await colour.fill('#ff0000')
  await expect.poll(reds).toBeGreaterThan(0)
  await expect(colour, 'nobody has left the field').toBeFocused()

  const name = page.getByLabel('Name of class 1')
  const former = await name.inputValue()
  await name.fill('  ')
  await name.press('Enter')
  await expect(name).toHaveValue(former)
  await name.fill(' wall ')
  await name.press('Enter')
  await expect(name).toHaveValue('wall')
})
