import { expect, test } from 'vitest'
import { makeVolume, type Volume } from '../data/volume'
import { borderDistance } from '../method/metrics'
import { distancesOf, type ScoredPicture } from './border-distances'
import { makeSources, picturesOf } from './dataset'

const side = 21
const disc = (radius: number) =>
  Uint8Array.from({ length: side * side }, (_, i) => Number(Math.hypot((i % side) - 10, Math.floor(i / side) - 10) <= radius))

/** HD95 of a cylinder of radius 6 against one of radius 8 on the slices in use that are scored, along the third axis. */
async function cylinder(
  slices: number,
  spacing: Volume['spacing'],
  every: number,
  isScored: (slice: number) => boolean = () => true,
  stepKnown = true,
) {
  const samples = new Uint8Array(side * side * slices)
  const [source] = makeSources([makeVolume({ name: 'v.nii', kind: 'nifti', size: [side, side, slices, 1], samples, spacing, stepKnown })])
  const scored = picturesOf({ ...source!, axis: 2, every })
    .filter(({ slice }) => isScored(slice))
    .map((picture): ScoredPicture => ({ picture, reference: { width: side, height: side, labels: disc(8) } }))
  const cases = scored.map(({ reference }) => ({ patient: 'v', prediction: disc(6), reference: reference.labels }))
  return (await distancesOf(scored, cases, 2))[0]!.hd95[0]!
}

const flat = borderDistance({ size: [side, side], labels: disc(6) }, { size: [side, side], labels: disc(8) }, 1).pooled95

test('slices beside those in use make no border', async () => {
  const thin = await cylinder(16, [1, 1, 2.5], 2)
  expect(thin).toBe(await cylinder(8, [1, 1, 5], 1))
  expect(thin).toBeGreaterThan(1.5)
  // The last slice in use may be the last but one.
  expect(await cylinder(15, [1, 1, 2.5], 2)).toBe(thin)
  expect(await cylinder(16, null, 2)).toBe(await cylinder(8, [1, 1, 2], 1))
})

test('slices that are not scored make no border', async () => {
  expect(flat).toBeGreaterThan(1.5)
  expect(await cylinder(5, [1, 1, 5], 1, (slice) => slice === 2)).toBe(flat)
  expect(await cylinder(9, [1, 1, 5], 2, (slice) => slice === 2 || slice === 6)).toBe(flat)
})

test('slices that are an unknown distance apart are images of their own', async () => {
  expect(await cylinder(5, [1, 1, 1], 1, undefined, false)).toBeCloseTo(flat, 12)
  expect(await cylinder(5, [1, 1, 1], 1)).toBeLessThan(flat)
})
