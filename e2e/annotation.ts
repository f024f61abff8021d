/** A user's actions in the drawing editor. Positions are in image coordinates: pixel (i, j) covers i to i + 1, j to j + 1. */
import { expect, type Locator, type Page } from '@playwright/test'
import { button } from './lab'

export type Place = readonly [x: number, y: number]

type ToolName =
  'Brush' | 'Eraser' | 'Polygon' | 'Livewire' | 'Rectangle' | 'Ellipse' | 'Fill' | 'Threshold brush' | 'Flood' | 'Window/level' | 'Hand'

/** The full-window dialog. */
export const editor = (page: Page): Locator => page.getByRole('dialog', { name: /^Annotate / })

export const canvas = (page: Page): Locator => editor(page).getByRole('application')

/** Waits until drawing is possible. */
export async function expectEditor(page: Page): Promise<void> {
  await expect(canvas(page)).toHaveAttribute('data-scale-x', /\d/)
}

export async function chooseTool(page: Page, tool: ToolName): Promise<void> {
  await editor(page).getByRole('button', { name: tool, exact: true }).click()
}

export async function chooseLabel(page: Page, name: string): Promise<void> {
  await editor(page)
    .getByRole('radio', { name: `Draw with ${name}`, exact: true })
    .check()
}

/** A position in the image on the page, in CSS pixels. */
export async function onPage(page: Page, [x, y]: Place): Promise<{ x: number; y: number }> {
  await canvas(page).scrollIntoViewIfNeeded()
  return await canvas(page).evaluate(
    (element, place) => {
      const { left, top } = element.getBoundingClientRect()
      const { scaleX, scaleY, left: offsetX, top: offsetY } = element.dataset
      return { x: left + Number(offsetX) + place.x * Number(scaleX), y: top + Number(offsetY) + place.y * Number(scaleY) }
    },
    { x, y },
  )
}

/** Presses at the first position, moves through the others, and releases at the last. */
export async function drawStroke(
  page: Page,
  places: readonly Place[],
  { button = 'left' }: { button?: 'left' | 'middle' | 'right' } = {},
): Promise<void> {
  const [first, ...rest] = await Promise.all(places.map((place) => onPage(page, place)))
  await page.mouse.move(first!.x, first!.y)
  await page.mouse.down({ button })
  for (const { x, y } of rest) await page.mouse.move(x, y, { steps: 4 })
  await page.mouse.up({ button })
}

/** One press and release, as for Fill and Flood. */
export const clickAt = (page: Page, place: Place): Promise<void> => drawStroke(page, [place])

/** Sets the corners with the polygon tool and closes it with Enter. */
export async function drawPolygon(page: Page, corners: readonly Place[]): Promise<void> {
  await chooseTool(page, 'Polygon')
  for (const corner of corners) await clickAt(page, corner)
  await page.keyboard.press('Enter')
}

/** A diameter in pixels, 1 to 100, for the tools that have one. */
export async function setBrushSize(page: Page, size: number): Promise<void> {
  await editor(page).getByRole('slider', { name: 'Brush size' }).fill(String(size))
}

/** Pixels of a label, from the list. */
export async function pixelsOf(page: Page, label: string): Promise<number> {
  const row = editor(page)
    .getByRole('row')
    .filter({ has: page.getByRole('radio', { name: `Draw with ${label}`, exact: true }) })
  return Number((await row.getByRole('cell').nth(2).innerText()).replaceAll(',', ''))
}

export async function useAnnotation(page: Page): Promise<void> {
  await editor(page).getByRole('button', { name: 'Use this annotation', exact: true }).click()
  await expect(editor(page)).toBeHidden()
}

/** Makes an image the exemplar by a thick stroke of the first label. */
export async function annotate(page: Page, image: string): Promise<void> {
  await button(page, `Annotate ${image}`).click()
  await expectEditor(page)
  await chooseLabel(page, 'structure')
  await useThickStroke(page)
}

/** Draws a thick stroke of the label that is chosen, and uses it. */
export async function useThickStroke(page: Page): Promise<void> {
  await chooseTool(page, 'Brush')
  await setBrushSize(page, 12)
  await drawStroke(page, [
    [15, 15],
    [30, 22],
  ])
  await useAnnotation(page)
}
