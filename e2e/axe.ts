/** What axe says against WCAG 2.2 AA. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
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
