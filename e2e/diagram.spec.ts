/** The teaching diagram: what it says of each arrow, steps of one network, a step told in phases; all of it by keyboard too. */
import type { Locator, Page } from '@playwright/test'
import { expectNoFaults } from './axe'
import { button, column, expect, expectStep, open, savedZip, status, tabTo, test, tiny } from './lab'

const query = `${tiny}&steps=12&warmup=0&ramp=0&cutmix=1&tau=0.3&scoreEvery=100`
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
]

const diagram = (page: Page): Locator => page.locator('.teaching')

const arrow = (page: Page, words: string): Locator => page.getByRole('button', { name: new RegExp(`^${words}: `) })

const lit = (page: Page): Promise<string[]> =>
  page
    .getByRole('figure')
    .and(page.locator('[data-lit=true]'))
    .locator('figcaption')
    .allTextContents()
    .then((names) => names.sort())

/** Takes a step by a button, and waits for its pictures. */
async function stepBy(page: Page, name: string, taken: number): Promise<void> {
  await button(page, name).click()
  await expectStep(page, taken)
  await expect(diagram(page).getByRole('figure', { name: 'Pseudo-label A' }).locator('canvas')).toBeVisible()
}

test('each arrow says which loss it is, from whom to whom, and lights its two ends', async ({ page }) => {
  await open(page, query)
  await stepBy(page, 'Step', 1)
  const loss = page.getByRole('figure', { name: 'Loss' })
  for (const term of ['image', 'feature', 'exemplar', 'synthetic']) await loss.getByRole('checkbox', { name: term }).check()
  const taught = (a: string, b: string) =>
    [
      [
        `${a} teaches ${b} by the image term`,
        '0.50',
        new RegExp(`image ${b}`),
        [`Confidence mask ${a}`, `Prediction ${b}`, `Pseudo-label ${a}`],
      ],
      [
        `${a} teaches ${b} by the feature term`,
        '0.50',
        new RegExp(`feature ${b}`),
        [`Confidence mask ${a}`, `Dropped channels ${b}`, `Perturbed features ${b}`, `Pseudo-label ${a}`],
      ],
    ] as const
  const all = [
    ...taught('A', 'B'),
    ...taught('B', 'A'),
    ...(['A', 'B'] as const).flatMap(
      (k) =>
        [
          [`The exemplar teaches ${k}`, '1.00', new RegExp(`exemplar ${k}`), ['Exemplar']],
          [`The synthetic sample teaches ${k}`, '1.00', new RegExp(`synthetic ${k}`), ['Synthetic sample']],
        ] as const,
    ),
  ]
  for (const [words, weight, name, ends] of all) {
    const [newest] = await column(page, 'Loss', name)
    await arrow(page, words).focus()
    expect(await lit(page), words).toEqual(ends)
    await expect(arrow(page, words)).toHaveAccessibleName(new RegExp(`weight\\s*${weight}.*value\\s*${newest!.toFixed(3)}`))
    await expect(arrow(page, words)).toHaveAccessibleDescription(/ (is corrected|labels) .*weight: (inferred|choice)/s)
  }
  // The network at the other end of a labelled image's arrow.
  await expect(page.getByRole('group', { name: 'Model B', exact: true })).toHaveAttribute('data-lit', 'true')
  await expect(diagram(page)).toContainText('B labels the synthetic sample and is corrected by the pasted mask, where the label is known.')
  await expect(diagram(page)).toContainText('its form: inferred')
  // By pointer alone too, and nothing stays lit.
  await arrow(page, 'The synthetic sample teaches B').blur()
  expect(await lit(page)).toEqual([])
  await arrow(page, 'B teaches A by the feature term').hover()
  await expect(diagram(page)).toContainText(
    /of which some channels are dropped.*Dropped in this picture, from the finest level: \d of 4, \d of 8, \d+ of 16/,
  )
})

test('teaching itself, a network has other arrows; what is off says so', async ({ page }) => {
  await open(page, `${query}&teacher=self&imageTerm=false&synthetic=false`)
  await stepBy(page, 'Step', 1)
  await expect(arrow(page, 'A teaches itself by the image term')).toHaveAccessibleName(/off$/)
  await arrow(page, 'B teaches itself by the feature term').focus()
  expect(await lit(page)).toEqual(['Confidence mask B', 'Dropped channels B', 'Perturbed features B', 'Pseudo-label B'])
  await expect(diagram(page)).toContainText('is corrected by its own pseudo-label of the weak view, where it is sure')
  await expect(arrow(page, 'A teaches B by the feature term')).toHaveCount(0)
  await expect(diagram(page)).toContainText('There are no synthetic images in this run.')
})

test('a step of one network leaves the weights of the other as they are, and counts once', async ({ page }) => {
  await open(page, query)
  await stepBy(page, 'Step', 1)
  await stepBy(page, 'Step A only', 2)
  const first = await savedZip(page, 'Export weights')
  await stepBy(page, 'Step B only', 3)
  const second = await savedZip(page, 'Export weights')
  await stepBy(page, 'Step A only', 4)
  const third = await savedZip(page, 'Export weights')
  const same = (one: typeof first, other: typeof first, name: string) => Buffer.compare(weights(one, name), weights(other, name)) === 0
  expect([same(first, second, 'model-a'), same(first, second, 'model-b')]).toEqual([true, false])
  expect([same(second, third, 'model-a'), same(second, third, 'model-b')]).toEqual([false, true])
})

/** The tensors of a safetensors file, without the header, which tells the step. */
function weights(zip: Record<string, Uint8Array>, name: string): Uint8Array {
  const bytes = zip[`${name}.safetensors`]!
  return bytes.subarray(8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)))
}

test('slow motion tells each step in five phases and changes no number of the run', async ({ page }) => {
  await open(page, query)
  for (const taken of [1, 2, 3]) await stepBy(page, 'Step', taken)
  const plain = await savedZip(page, 'Export weights')
  await page.reload()
  await open(page, query)
  await stepBy(page, 'Step', 1)
  await tabTo(page, button(page, 'Slow motion'))
  await page.keyboard.press('Space')
  const slow = button(page, 'Slow motion')
  await expect(slow).toHaveAttribute('aria-pressed', 'true')
  const next = button(page, 'Next phase')
  for (const taken of [2, 3]) {
    for (const words of ['1 of 5: the images', '2 of 5: the lessons', '3 of 5: the predictions']) {
      await expect(diagram(page)).toContainText(`${words} before step ${taken}`)
      await next.click()
    }
    await expect(diagram(page)).toContainText(`4 of 5: the losses step ${taken}`)
    await next.click()
    await expect(diagram(page)).toContainText(`5 of 5: the update step ${taken}`)
    await next.click()
  }
  await button(page, 'End slow motion').click()
  await expect(slow).toHaveAttribute('aria-pressed', 'false')
  await expectStep(page, 3)
  const told = await savedZip(page, 'Export weights')
  for (const name of ['model-a', 'model-b']) expect(Buffer.compare(weights(told, name), weights(plain, name)), name).toBe(0)
})

test('a tour of one step by keyboard, which can be skipped', async ({ page }) => {
  await open(page, query)
  await stepBy(page, 'Step', 1)
  const opener = button(page, 'Guided tour')
  await tabTo(page, opener)
  await page.keyboard.press('Enter')
  await expect(button(page, 'Next')).toBeFocused()
  await expect(diagram(page)).toContainText('1 of 5: the images before step 2')
  expect(await lit(page)).toEqual(['CutMix partner', 'Exemplar', 'Strong view', 'Synthetic sample', 'Weak view'])
  await page.keyboard.press('ArrowRight')
  await expect(diagram(page)).toContainText('2 of 5: the lessons')
  expect(await lit(page)).toContain('Disagreement')
  await page.keyboard.press('ArrowLeft')
  await expect(diagram(page)).toContainText('1 of 5: the images')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect(diagram(page)).toContainText('3 of 5: the predictions')
  await page.keyboard.press('Enter')
  await expect(diagram(page)).toContainText('4 of 5: the losses step 2')
  await page.keyboard.press('Enter')
  await expect(button(page, 'End tour')).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(button(page, 'End tour')).toHaveCount(0)
  await expect(opener).toBeFocused()
  await expectStep(page, 2)

  await page.keyboard.press('Enter')
  await expect(button(page, 'Next')).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(button(page, 'Skip tour')).toHaveCount(0)
  await expect(opener).toBeFocused()
  await expect(status(page), 'a tour that is skipped takes no step').toHaveAttribute('data-step', '2')
})

test('the tour can be started from the first screen, and leaves the focus in the diagram', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await open(page, query)
  await tabTo(page, button(page, 'Guided tour'))
  await page.keyboard.press('Enter')
  await expect(button(page, 'Next')).toBeFocused()
  await expectStep(page, 1)
  await expect(diagram(page)).toContainText('1 of 5: the images before step 2')
  await page.keyboard.press('Escape')
  await expect(button(page, 'Guided tour')).toBeFocused()
  await expectStep(page, 1)
})

for (const size of sizes)
  test(`the diagram keeps its height whatever it says, and axe finds nothing, ${size.width} px`, async ({ page }) => {
    await page.setViewportSize(size)
    await open(page, query)
    await stepBy(page, 'Step', 1)
    const height = async () => (await diagram(page).boundingBox())!.height
    const before = await height()
    const arrows = diagram(page).locator('.term')
    expect(await arrows.count()).toBe(8)
    for (const one of await arrows.all()) {
      await one.focus()
      expect(await height(), await one.innerText()).toBe(before)
    }
    await button(page, 'Guided tour').click()
    await expect(diagram(page)).toContainText('1 of 5')
    const during = await height()
    for (const phase of [2, 3, 4, 5]) {
      await expect(button(page, 'Next')).not.toHaveAttribute('aria-disabled', 'true')
      await button(page, 'Next').click()
      await expect(diagram(page)).toContainText(`${phase} of 5`)
      expect(await height(), `phase ${phase}`).toBe(during)
    }
    // From over what it is told beside to its own place.
    await diagram(page)
      .locator('.says')
      .evaluate((says) => says.scrollIntoView({ block: 'end' }))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expectNoFaults(page, colorScheme, '.teaching')
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(wide).toBe(0)
  })
