import fc from 'fast-check'
import { expect, test } from 'vitest'
import { calibrationError, confidentPart, reliabilityCurve } from '../method/reliability'
import { areaUnderCurve, countLabel, countPixel, emptyCalibration, imageDetection, together } from './calibration'

const counted = (labels: [confidence: number, right: boolean, foreground: boolean][]) => {
  const calibration = emptyCalibration(0.8)
  for (const [confidence, right, foreground] of labels) countLabel(calibration.reliability, confidence, right, foreground)
  return calibration
}

test('the calibration error is the mean over bins of how far confidence and truth are apart', () => {
  // Bin 0.9-0.95: 4 labels with 0.92, 3 right; bin 0.6-0.65: 2 with 0.62, 1 right; 1.0 belongs to the last bin.
  const { all, foreground } = counted([
    [0.92, true, false],
    [0.92, true, false],
    [0.92, true, true],
    [0.92, false, true],
    [0.62, true, true],
    [0.62, false, true],
    [1, true, false],
  ]).reliability
  expect(calibrationError(all)).toBeCloseTo((4 * Math.abs(0.92 - 0.75) + 2 * Math.abs(0.62 - 0.5)) / 7, 12)
  expect(calibrationError(all, 0.8)).toBeCloseTo((4 * Math.abs(0.92 - 0.75)) / 5, 12)
  expect(confidentPart(all, 0.8)).toEqual({ right: 4 / 5, share: 5 / 7 })
  expect(confidentPart(foreground, 0.8)).toEqual({ right: 1 / 2, share: 1 / 2 })
  expect(reliabilityCurve(foreground).map(({ pixels, right }) => [pixels, right])).toEqual([
    [2, 1 / 2],
    [2, 1 / 2],
  ])
  expect(calibrationError(counted([]).reliability.all)).toBeNaN()
})

test('counts of several runs add up to those of all', () => {
  const label = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), fc.boolean())
  const property = fc.property(fc.array(label), fc.array(label), (one, other) => {
    const sum = together([counted(one), counted(other)])!.reliability.all
    const all = counted([...one, ...other]).reliability.all
    expect(sum.pixels).toEqual(all.pixels)
    expect(sum.right).toEqual(all.right)
  })
  fc.assert(property)
  expect(together([])).toBeNull()
})

test('the area under the curve is how often a wrong one differs more than a right one', () => {
  const pixel = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean())
  const property = fc.property(fc.array(pixel, { maxLength: 60 }), (pixels) => {
    const calibration = emptyCalibration(0.8)
    // In the middle of its bin.
    for (const [tenth, right] of pixels) countPixel(calibration.pixels, tenth / 10 + 0.05, right, true)
    const of = (wanted: boolean) => pixels.flatMap(([value, right]) => (right === wanted ? [value] : []))
    const wins = of(false).map((wrong) => of(true).reduce((sum, right) => sum + (wrong > right ? 1 : wrong === right ? 0.5 : 0), 0))
    const expected = wins.reduce((a, b) => a + b, 0) / (of(true).length * of(false).length)
    const area = areaUnderCurve(calibration.pixels.foreground)
    if (Number.isNaN(expected)) expect(area).toBeNaN()
    else expect(area).toBeCloseTo(expected, 10)
  })
  fc.assert(property)
})

test('images below a Dice of 0.7 are to be found', () => {
  expect(
    imageDetection([
      [0.5, 0.1],
      [0.4, 0.69],
      [0.1, 0.9],
      [0.2, 0.7],
    ]),
  ).toBe(1)
  expect(
    imageDetection([
      [0.1, 0.1],
      [0.1, 0.9],
    ]),
  ).toBe(0.5)
  expect(imageDetection([[0.1, 0.9]])).toBeNaN()
})
