/** WCAG 2.2 AA: every view in both themes, wide and narrow, and a first run by keyboard alone with what a screen reader says of it. */
import type { Locator, Page } from '@playwright/test'
import { makeDicom } from '../src/data/dicom.test-support'
import { canvas, editor, expectEditor } from './annotation'
import { expectNoFaults } from './axe'
import { button, expect, expectState, expectStep, expectStepAbove, open, status, tabTo, test, tiny } from './lab'
import { choose, image, mask, text, unlabeled, upload, type UploadedFile } from './phantom'
import { holdWorker } from './worker-spy'

const wide = { width: 1280, height: 900 }
const narrow = { width: 390, height: 844 }
/** What 1280 x 800 has left at 200 %. */
const zoomed = { width: 640, height: 400 }

/** Controls of which a part is outside the window or of the box around them, and whether the page scrolls sideways. */
const cutIn = (page: Page, part: string): Promise<string[]> =>
  page.evaluate((part) => {
    const cut: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) cut.push(`the page is ${root.scrollWidth} px wide`)
    for (const control of document.querySelectorAll(`${part} :is(button, a, input, select, summary)`)) {
      if (!control.checkVisibility({ visibilityProperty: true }) || control.closest('.skip-links')) continue
      const { left, right, width } = control.getBoundingClientRect()
      if (left < 0 || right > innerWidth + 0.5 || width < 1) cut.push(control.outerHTML.slice(0, 160))
    }
    return cut
  }, part)

/** Polled: charts are fitted to their place after the layout. */
const expectUncut = (page: Page, part: string, what: string): Promise<void> => expect.poll(() => cutIn(page, part), what).toEqual([])

/** Light where it is wide, dark where it is narrow: axe and the layout, there and zoomed. */
async function expectGood(page: Page, what: string, part?: string): Promise<void> {
  const looks = [
    ['light', wide],
    ['dark', narrow],
  ] as const
  for (const [colorScheme, size] of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(size)
    await expectNoFaults(page, `${what}, ${colorScheme}, ${size.width} px`, part)
    await expectUncut(page, part ?? 'body', `${what}, ${size.width} px`)
  }
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize(wide)
  await expectNoFaults(page, `${what}, dark, ${wide.width} px`, part)
  await page.setViewportSize(zoomed)
  await expectUncut(page, part ?? 'body', `${what}, at 200 %`)
  await page.setViewportSize(wide)
}

const dicom = async (): Promise<UploadedFile> => {
  const scan = makeDicom({
    ...{ name: 'i.dcm', rows: 32, columns: 32, pixels: Int16Array.from({ length: 32 * 32 }, (_, i) => i % 900) },
    more: [['00100010', 'PN', 'Doe^Jane']],
  })
  return upload('i.dcm', await scan.read())
}

/** Looks at a dialog that a button opens, and closes it by Escape. */
async function lookInto(page: Page, opener: Locator, what: string, part = 'dialog[open]'): Promise<void> {
  await opener.click()
  await expect(page.getByRole('dialog')).toBeVisible()
  if (part === '.annotation') await expectEditor(page)
  await expectGood(page, what, part)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

test.describe('with a worker that dies', () => {
  test.use({ caused: /^(console error|uncaught)/ })

  test('every view of a run, in both themes, wide, narrow and zoomed', async ({ page }) => {
    test.setTimeout(240_000)
    const endWorker = await holdWorker(page)
    await open(page, `${tiny}&steps=5000&scoreEvery=5&stack=1`)
    const files = [image(0, 'smith-anna_s1.png'), mask(0, 'smith-anna_s1_mask.png'), ...unlabeled(3), await dicom()]
    await choose(page, 'Zip or mixed files', files)
    await expect(page.getByText('smith-anna_s1.png, 48 × 40')).toBeVisible()
    await expectState(page, 'ready')
    await lookInto(page, button(page, 'Region of interest'), 'the region')
    await lookInto(page, page.getByRole('button', { name: /^Preview / }).first(), 'a source')
    await lookInto(page, button(page, 'Edit annotation of smith-anna_s1.png'), 'the editor', '.annotation')

    await button(page, 'Start').click()
    await expectStepAbove(page, 6)
    await button(page, 'Pause').click()
    await expect(page.getByTestId('kept')).toHaveAttribute('data-step', /\d/, { timeout: 30_000 })
    await button(page, 'Resume').click()
    await expectState(page, 'running')
    await endWorker()
    await expect(page.getByRole('list', { name: 'Recoveries' })).toContainText('the worker died', { timeout: 30_000 })
    await expectState(page, 'running')
    await button(page, 'Pause').click()
    await expectState(page, 'paused')
    await choose(page, 'Zip or mixed files', [text('notes.txt')])
    await expect(page.getByRole('alert').filter({ hasText: 'notes.txt' })).toBeVisible()
    // Everything that can be opened, so that no part is left out.
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)))
    await page.getByRole('checkbox', { name: /^Rename files/ }).check()
    await button(page, 'Copy diagnostics').click()
    await expectGood(page, 'a paused run with all that it shows')

    await lookInto(page, button(page, 'What this browser stores'), 'what is stored')
    await lookInto(page, button(page, 'Reset'), 'Discard this run?')
    await page.reload()
    await expectState(page, 'ready')
    await expect(page.getByRole('button', { name: /^Continue your run of / })).toBeVisible()
    await expectGood(page, 'kept runs', '.runs')
  })
})

test('an image opened large, in both themes, wide, narrow and zoomed', async ({ page }) => {
  await open(page, `${tiny}&steps=2`)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await page
    .getByRole('button', { name: /^Open p/ })
    .nth(1)
    .click()
  const viewer = page.getByRole('dialog', { name: /^View p/ })
  await expect(viewer.getByRole('application')).toHaveAttribute('data-layer', 'mean')
  await viewer.getByText('Keys').click()
  // What is only there when the image is enlarged is looked at too.
  await page.keyboard.press('+')
  await page.keyboard.press('p')
  await expect(viewer.getByRole('button', { name: 'See more above' })).toBeVisible()
  await expectGood(page, 'the viewer', '.viewer')
})

test('a bank of pseudo-exemplars, in both themes', async ({ page }) => {
  await open(
    page,
    `backend=wasm&size=48&baseWidth=4&batchLabeled=2&batchUnlabeled=2&sample=Abdominal%20phantom&atlases=3&atlasAgreement=0.5`,
  )
  await button(page, 'Step').click()
  await expectStep(page, 1, 90_000)
  await expect(page.getByRole('figure', { name: /^Pseudo-exemplar: / })).toHaveCount(3)
  await expectGood(page, 'the bank', '.data')
})

test('?bench and ?selftest, in both themes, wide, narrow and zoomed', async ({ page }) => {
  await page.goto('/?selftest&backend=wasm')
  await expect(button(page, 'Start')).toBeVisible()
  await expectGood(page, 'the self-test')
  await page.goto('/?bench&backend=wasm&only=steps&step=T16&steps=1&engine=ours')
  await button(page, 'Start').click()
  await expect(status(page)).toHaveAttribute('data-state', 'finished', { timeout: 90_000 })
  await expectGood(page, 'a report')
})

/** Runs in the page: what its live regions say, in order, as a screen reader would hear it. */
function listen(): void {
  const heard: string[] = []
  Object.assign(window, { heard })
  const spoken = new Map<Element, string>()
  const politeness = (region: Element) =>
    region.getAttribute('aria-live') ??
    ({ alert: 'assertive', status: 'polite' } as Record<string, string>)[region.getAttribute('role') ?? '']
  const hear = () => {
    for (const region of document.querySelectorAll('[aria-live], [role="alert"], [role="status"]')) {
      const [how, said] = [politeness(region), region.textContent.trim()]
      if (spoken.get(region) === said) continue
      spoken.set(region, said)
      if (how !== 'off' && said !== '') heard.push(`${how}: ${said}`)
    }
  }
  new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true })
}

const heard = (page: Page): Promise<string[]> => page.evaluate('heard')

/** Waits until this is said. @returns all that has been said */
async function expectHeard(page: Page, what: RegExp): Promise<string[]> {
  await expect.poll(async () => (await heard(page)).join('\n'), { timeout: 60_000 }).toMatch(what)
  return heard(page)
}

/** What is wrong with where the focus is: no outline, under something else, outside the window. */
const focusFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const on = document.activeElement as HTMLElement
    if (on === document.body) return []
    const faults: string[] = []
    // A radio button of a thumbnail fills its label, which has the outline.
    const outlined = [on, on.closest('label')].some((one) => one && getComputedStyle(one).outlineStyle !== 'none')
    if (!outlined) faults.push('no outline')
    const { left, top, right, bottom } = on.getBoundingClientRect()
    const [x, y] = [(Math.max(0, left) + Math.min(innerWidth, right)) / 2, (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2]
    const at = document.elementFromPoint(x, y)
    if (!at || !(on.contains(at) || at.contains(on) || on.closest('label')?.contains(at)))
      faults.push(`under ${at?.outerHTML.slice(0, 80)}`)
    return faults.map((fault) => `${fault}: ${on.outerHTML.slice(0, 160)}`)
  })

/** Presses Tab until the control has the focus, which must be seen wherever it rests. */
const seenOnTheWayTo = (page: Page, control: Locator): Promise<void> =>
  tabTo(page, control, async () => expect(await focusFaults(page)).toEqual([]))

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

for (const size of [wide, narrow])
  test(`a first run by keyboard alone, and what is said of it, ${size.width} px`, async ({ page }) => {
    await page.setViewportSize(size)
    await page.addInitScript(listen)
    // Teaching begins, which is said, before the run is paused.
    await open(page, `${tiny}&steps=300&scoreEvery=150&warmup=0.01`)
    await expectHeard(page, /polite: ready · step 0 of 300/)

    const files = async (label: string, ...given: UploadedFile[]) => {
      const input = page.getByLabel(label, { exact: true })
      await seenOnTheWayTo(page, input)
      // While files are read no others are taken.
      await expect(async () => {
        await expect(input).toBeEnabled()
        const [chooser] = await Promise.all([page.waitForEvent('filechooser', { timeout: 2000 }), page.keyboard.press('Enter')])
        await chooser.setFiles(given)
      }).toPass({ timeout: 30_000 })
    }
    await press(page, 'Tab')
    await expect(page.getByRole('link', { name: 'Skip to Data' })).toBeFocused()
    await expect(page.getByRole('link', { name: 'Skip to Data' })).toBeInViewport()
    await press(page, 'Enter', 'Tab')
    await expect(page.getByRole('combobox', { name: 'Sample' })).toBeFocused()
    await seenOnTheWayTo(page, page.getByText('Choose files'))
    await press(page, 'Enter')
    await files('Unlabeled images', text('notes.txt'))
    await expectHeard(page, /assertive: .*notes\.txt/)
    await files('Unlabeled images', ...unlabeled(4))
    await expectHeard(page, /polite: 0 exemplars, 4 unlabelled images, 0 reference masks; still needed: /)
    await expectHeard(page, /polite: not ready to start/)

    await seenOnTheWayTo(page, button(page, 'Annotate p1_1.png'))
    await press(page, 'Enter')
    await expectEditor(page)
    await expect(canvas(page)).toBeFocused()
    await press(page, 'p', 'Space', 'Shift+ArrowDown', 'Space', 'Shift+ArrowLeft', 'Space', 'Enter')
    await seenOnTheWayTo(page, button(page, 'Use this annotation'))
    await press(page, 'Enter')
    await expect(editor(page)).toBeHidden()
    await expectHeard(page, /polite: 1 exemplar, 4 unlabelled images/)

    await seenOnTheWayTo(page, page.getByRole('link', { name: 'Skip to Run' }))
    await press(page, 'Enter', 'Tab')
    await expect(button(page, 'Start')).toBeFocused()
    await press(page, 'Enter')
    await expectHeard(page, /polite: running, 300 steps in all/)
    await expect(button(page, 'Start'), 'the focus stays').toBeFocused()
    await expectStepAbove(page, 3)
    await seenOnTheWayTo(page, button(page, 'Pause'))
    await press(page, 'Space')
    await expectHeard(page, /polite: paused · step \d+ of 300/)
    await expectHeard(page, /polite: 4 masks to look at, in Results/)
    await seenOnTheWayTo(page, button(page, 'Resume'))
    const before = (await heard(page)).length
    await press(page, 'Enter')
    const all = await expectHeard(page, /polite: finished · step 300 of 300/)
    // That it runs and has ended, advice, and that masks are there.
    expect(all.slice(before).length, 'not every step').toBeLessThanOrEqual(5)

    await seenOnTheWayTo(page, page.getByText('Data table').first())
    await press(page, 'Enter')
    await expect(page.getByRole('figure', { name: 'Loss' }).getByRole('rowheader').first()).toHaveText('300')
    await seenOnTheWayTo(page, button(page, 'Export masks'))
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    expect(download.suggestedFilename()).toMatch(/\.zip$/)
    await expectHeard(page, /polite: Saved exemplar-lab-masks/)
  })

test('eyes and Tab go the same way in one column', async ({ page }) => {
  await page.setViewportSize(narrow)
  await open(page)
  // Within a row the tops of controls differ by less than a row.
  const back = await page.evaluate(() => {
    const controls = [...document.querySelectorAll('main :is(button, a[href], input, select, summary)')]
    const shown = controls.filter((control) => control.checkVisibility() && !control.closest('.thumbnails, .picker-box, .pair-box'))
    const tops = shown.map((control) => control.getBoundingClientRect().top)
    return shown.filter((_, i) => i > 0 && tops[i]! < tops[i - 1]! - 24).map((control) => control.outerHTML.slice(0, 120))
  })
  expect(back).toEqual([])
})

test('nothing moves by itself where less motion is asked for, and the user’s own colours show what is chosen', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' })
  await open(page)
  const styleOf = (name: string) =>
    button(page, name).evaluate((element) => {
      const { color, backgroundColor, forcedColorAdjust } = getComputedStyle(element) as CSSStyleDeclaration & { forcedColorAdjust: string }
      return { color, backgroundColor, forcedColorAdjust }
    })
  const [start, pause] = [await styleOf('Start'), await styleOf('Pause')]
  expect(start.color).not.toBe(start.backgroundColor)
  // Else the browser's own ground hides the text.
  expect(start.forcedColorAdjust).toBe('none')
  const hidden = await page.locator('body *').evaluateAll(
    (all, ground) =>
      all.flatMap((element) => {
        const { backgroundColor, forcedColorAdjust } = getComputedStyle(element) as CSSStyleDeclaration & { forcedColorAdjust: string }
        const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim())
        return says && backgroundColor === ground && forcedColorAdjust !== 'none' ? [element.outerHTML.slice(0, 120)] : []
      }),
    start.backgroundColor,
  )
  expect(hidden).toEqual([])
  // What cannot be pressed looks like that.
  expect(pause.color).not.toBe((await styleOf('Step')).color)
  const bar = page.getByRole('progressbar', { name: 'Progress' })
  const empty = await bar.screenshot()
  await button(page, 'Step').click()
  await expectStep(page, 1)
  const moving = await page.evaluate(() => {
    const moves = ({ animationName, transitionDuration }: CSSStyleDeclaration) =>
      animationName !== 'none' || parseFloat(transitionDuration) > 0
    return [...document.querySelectorAll('*')].filter((one) => moves(getComputedStyle(one))).map((one) => one.outerHTML.slice(0, 120))
  })
  expect(moving).toEqual([])
  const { color, background, outline } = await bar.evaluate((element) => {
    const { color, backgroundColor: background, outlineStyle: outline } = getComputedStyle(element)
    return { color, background, outline }
  })
  expect(background).toBe(await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
  expect(color).not.toBe(background)
  expect(outline).toBe('solid')
  expect(Buffer.compare(await bar.screenshot(), empty), 'the bar shows that a step was taken').not.toBe(0)
})

test('a page without isolation and WebGPU trains on wasm and says what that means', async ({ page }) => {
  await page.addInitScript(() => delete (Navigator.prototype as { gpu?: unknown }).gpu)
  await page.route(/\/(\?.*)?$/, async (route) => {
    const response = await route.fetch()
    const headers = { ...response.headers() }
    delete headers['cross-origin-opener-policy']
    delete headers['cross-origin-embedder-policy']
    await route.fulfill({ response, headers })
  })
  await open(page, tiny.replace('backend=wasm&', ''))
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
  await expect(page.getByTestId('backend')).toContainText(/wasm.* 1 thread/)
  await expect(page.getByText(/^This browser offers no WebGPU: training runs on the processor \(on one core of it, because/)).toBeVisible()
})
