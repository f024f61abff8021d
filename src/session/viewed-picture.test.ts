import { expect, test } from 'vitest'
import { makeVolume } from '../data/volume'
import { countClasses } from '../image/masks'
import { emptyDataset, makeSources, picturesOf } from './dataset'
import { discVolume } from './disc-volume.test-support'
import { sessionsOnWasm } from './sessions.test-support'
import { thicknessOf } from './viewed-picture'

const { openSession } = sessionsOnWasm()

/** A session on the four slices, of which the second is the exemplar. */
async function begin() {
  const { image, mask, reference, ...truth } = discVolume(20)
  const opened = openSession()
  const { session, of } = opened
  await session.configure({ size: 32, baseWidth: 4, steps: 8, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 4 })
  await session.loadFiles([
    { role: 'exemplar-image', file: image },
    { role: 'exemplar-mask', file: mask },
    { role: 'reference', file: reference },
  ])
  const ids = of('dataset')
    .at(-1)!
    .dataset.unlabeled.map(({ id }) => id)
  return { ...opened, ...truth, ids }
}

test('before the first step an image has its place, and the masks that files give it', async () => {
  const { session, ids, labels, pixels, slices } = await begin()
  const view = await session.viewPicture(ids[1]!)
  expect(view).toMatchObject({
    name: 'v_z2',
    slice: 1,
    slices,
    frame: 0,
    frames: 1,
    thickness: 5,
    step: 0,
    drawn: false,
    probabilities: [],
  })
  expect(view.oblique).toBeCloseTo(20, 3)
  expect(view.sides).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' })
  // The first pixel of the second slice, 5 mm above that of the first.
  expect(view.place!.origin.map((v) => Math.round(v))).toEqual([30, -20, 12])
  const slice = labels.slice(pixels, 2 * pixels)
  expect(view.masks).toEqual({ exemplar: slice, reference: slice })
  expect(await session.measureMasks(ids, 'mean')).toEqual([null, null, null, null])
  await expect(session.viewPicture('gone/2/0/0')).rejects.toThrow(/no longer loaded; choose another/)
})

test('afterwards every mask is what the networks, the files and the exports say', async () => {
  const { session, ids, labels, pixels, runTo } = await begin()
  await runTo()
  const view = await session.viewPicture(ids[2]!)
  expect(view.step).toBe(8)
  expect(Object.keys(view.masks).sort()).toEqual(['A', 'B', 'mean', 'reference'])
  // Both of them, pixel by pixel, what is written.
  const written = (await session.files('masks'))['masks/v.nii']!.subarray(352)
  expect(view.masks.mean).toEqual(written.slice(2 * pixels, 3 * pixels))
  // Each pixel's probabilities sum to 1, and the mask is the largest.
  expect(view.probabilities).toHaveLength(3)
  view.masks.mean!.forEach((label, i) => {
    const [most, all] = view.probabilities.reduce(([m, a], map) => [Math.max(m, map[i]!), a + map[i]!], [0, 0])
    expect(Math.abs(all - 255)).toBeLessThanOrEqual(2)
    expect(most - view.probabilities[label]![i]!).toBeLessThanOrEqual(1)
  })

  // Tidied where that is asked for, as it is written.
  await session.configure({ largest: true, holes: true })
  const tidied = (await session.files('masks'))['masks/v.nii']!.subarray(352)
  expect((await session.viewPicture(ids[2]!)).masks.mean).toEqual(tidied.slice(2 * pixels, 3 * pixels))
  expect(await session.measureMasks([ids[3]!], 'mean')).toEqual([countClasses(tidied.subarray(3 * pixels), 3)])
  await session.configure({ largest: false, holes: false })
  // The exemplar's own slice is predicted too, to be compared with its mask.
  expect(Object.keys((await session.viewPicture(ids[1]!)).masks).sort()).toEqual(['A', 'B', 'exemplar', 'mean', 'reference'])

  // A drawing counts in its volume, in place of the prediction.
  const drawn = new Uint8Array(pixels).fill(255)
  drawn.fill(1, 0, 100)
  await session.annotate([{ picture: ids[2]!, labels: drawn }], view.classes)
  const corrected = await session.viewPicture(ids[2]!)
  expect(corrected).toMatchObject({ drawn: true, masks: { exemplar: drawn } })
  expect(corrected.masks.mean, 'the prediction can still be compared').toEqual(view.masks.mean)
  const expected = view.masks.mean!.map((label, i) => (i < 100 ? 1 : label))
  const counts = await session.measureMasks(ids, 'mean')
  expect(counts[2]).toEqual(countClasses(expected, 3))
  expect(await session.measureMasks(ids, 'exemplar')).toEqual([
    null,
    countClasses(labels.subarray(pixels, 2 * pixels), 3),
    [0, 100, 0],
    null,
  ])
})

test('slices have a thickness only where the file says how far they are apart', () => {
  const thickness = (stepKnown: boolean) => {
    const samples = new Uint8Array(8)
    const sources = makeSources([makeVolume({ name: 'a.tif', kind: 'tiff', size: [2, 2, 2, 1], samples, spacing: [1, 1, 3], stepKnown })])
    return thicknessOf({ ...emptyDataset, sources }, picturesOf(sources[0]!)[0]!)
  }
  expect([thickness(true), thickness(false)]).toEqual([3, null])
})
