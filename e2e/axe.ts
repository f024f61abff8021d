/** What axe says against WCAG 2.2 AA. */
import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import { expect } from './lab'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Nothing that axe finds wrong, in the whole page or in a part of it. */
export async function expectNoFaults(page: Page, what?: string, part?: string): Promise<void> {
  const builder = new AxeBuilder({ page }).withTags(rules)
  const { violations } = await (part === undefined ? builder : builder.include(part)).analyze()
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`),
    what,
  ).toEqual([])
}

/** Nothing in it has to be scrolled to sideways. Polled: what measures its place is fitted to it after the layout. */
export const expectNoOverflow = (element: Locator, what: string): Promise<void> =>
  expect.poll(() => element.evaluate((one) => one.scrollWidth - one.clientWidth), what).toBeLessThanOrEqual(0)

/** The themes, and the widths of a desktop and a telephone. */
const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [1280, 390].map((width) => ({ colorScheme, width })))

/** Looks at a page as it is in both themes, wide and narrow, and leaves it as wide as it was. */
export async function inEveryLook(page: Page, check: (look: string) => Promise<void>): Promise<void> {
  const before = page.viewportSize()!
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await check(`${colorScheme}-${width}`)
  }
  await page.setViewportSize(before)
}
