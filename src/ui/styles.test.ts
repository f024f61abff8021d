import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { modelColours, unknownStripes } from '../image/palette'

const sheet = (name: string) => readFileSync(new URL(`styles/${name}.css`, import.meta.url), 'utf8')

it.each(['A', 'B'] as const)('draws what belongs to %s in its colour of the palette', (model) => {
  const { light, dark } = modelColours[model]
  expect(sheet('base')).toContain(`--model-${model.toLowerCase()}: light-dark(${light}, ${dark});`)
})

it('shows unknown labels in the list with the stripes that are painted', () => {
  const [light, dark] = unknownStripes
  expect(sheet('annotation')).toContain(`repeating-linear-gradient(135deg, ${light} 0 3px, ${dark} 3px 6px)`)
})
