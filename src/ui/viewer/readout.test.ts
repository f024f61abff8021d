import { expect, test } from 'vitest'
import type { ViewedPicture } from '../../worker/protocol'
import { lackOf, layerOn, measuredMask, paintedLayer } from './layer'
import { describe } from './readout'

const classes = ['background', 'heart'].map((name) => ({ name, color: '#27905a' }))

const bare = {
  ...{ width: 2, height: 1, pixels: Float32Array.of(12.5, NaN), place: null, masks: {}, probabilities: [] },
} as unknown as ViewedPicture

const predicted: ViewedPicture = {
  ...bare,
  place: { origin: [-10, 20, 30], across: [1, 0, 0], down: [0, -1, 0] },
  masks: { mean: Uint8Array.of(1, 0), A: Uint8Array.of(1, 1), B: Uint8Array.of(1, 0), exemplar: Uint8Array.of(1, 255) },
  probabilities: [Uint8Array.of(51, 204), Uint8Array.of(204, 51)],
}

test('a place has its position, its value and what the layer says of it', () => {
  const at = (x: number, layer: Parameters<typeof describe>[2]) => describe(predicted, { x, y: 0.5 }, layer, 1, classes)
  expect(at(0.5, 'image')).toBe('x 0, y 0 · L 10.0, A 20.0, S 30.0 mm · value 12.5')
  expect(at(1.2, 'mean')).toBe('x 1, y 0 · L 9.0, A 20.0, S 30.0 mm · value none · background 80 %')
  expect(at(1.2, 'disagreement')).toMatch(/ · A heart, B background$/)
  expect(at(0.5, 'probability')).toMatch(/ · heart 80 %$/)
  expect(at(1.5, 'exemplar')).toMatch(/ · unknown$/)
  expect([at(-0.1, 'mean'), at(2, 'mean')]).toEqual(['', ''])
  expect(describe(bare, { x: 0, y: 0 }, 'image', 1, classes)).toBe('x 0, y 0 · value 12.5')
})

test('an image without the wanted layer shows the nearest that it has', () => {
  expect([layerOn('A', predicted), layerOn('reference', predicted)]).toEqual(['A', 'mean'])
  expect(layerOn('mean', { ...bare, masks: { exemplar: Uint8Array.of(0, 1) } })).toBe('exemplar')
  expect([layerOn('probability', bare), measuredMask('image', bare)]).toEqual(['image', null])
  expect([measuredMask('disagreement', predicted), measuredMask('B', predicted)]).toEqual(['mean', 'B'])
  expect(lackOf('reference', predicted)).toMatch(/^No reference mask/)
})

test('disagreement is painted where A and B differ, and a probability only where it is worth a colour', () => {
  expect([...paintedLayer('disagreement', predicted, 1, classes).labels]).toEqual([0, 1])
  const { labels, table, outlined } = paintedLayer('probability', { ...predicted, probabilities: [Uint8Array.of(0, 255)] }, 0, classes)
  const colours = new Set(table.map(({ value }) => value))
  // Not as unknown, which is striped.
  expect([...labels].map((label) => [label, colours.has(label)])).toEqual([
    [0, false],
    [254, true],
  ])
  expect(outlined).toBe(false)
  expect([...paintedLayer('reference', predicted, 1, classes).labels], 'a mask that is not there').toEqual([0, 0])
})
