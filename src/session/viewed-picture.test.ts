import { expect, test } from 'vitest'
import { fromBytes } from '../data/given-file'
import { makeVolume } from '../data/volume'
import { writeNifti } from '../export/nifti'
import { countClasses } from '../image/masks'
import { sessionsOnWasm } from './sessions.test-support'

const { openSession } = sessionsOnWasm()

const [columns, rows, slices] = [40, 24, 4]
const pixels = columns * rows

/** Discs on four slices of 1 x 1.5 x 5 mm, columns to the patient's left, turned by 20 degrees about the axis from feet to head. */
function disc() {
  const samples = new Int16Array(pixels * slices)
  const labels = new Uint8Array(samples.length)
  for (let k = 0, i = 0; k < slices; k++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++, i++) {
        const r = Math.hypot(x - 20 - k, 1.5 * (y - 12))
        samples[i] = (r < 5 ? 220 : r < 9 ? 120 : 30) + ((x * 7 + y * 13 + k) % 11)
        labels[i] = r < 5 ? 2 : r < 9 ? 1 : 0
      }
  const [c, s] = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)]
  const affine = [
    [-c, s * 1.5, 0, 30],
    [-s, -c * 1.5, 0, -20],
    [0, 0, 5, 7],
  ] as const
  const source = makeVolume({ name: 'v.nii', kind: 'nifti', size: [columns, rows, slices, 1], samples, affine })
  const file = (name: string, of: Int16Array | Uint8Array) =>
    fromBytes(name, writeNifti({ size: source.size, samples: of, source, intent: of === labels ? 'label' : 'none', description: '' }))
  const one = labels.map((l, i) => (Math.floor(i / pixels) === 1 ? l : 0))
  return { labels, image: file('v.nii', samples), exemplar: file('mask_v.nii', one), reference: file('v_reference.nii', labels) }
}

/** A session on the four slices, of which the second is the exemplar. */
async function begin() {
  const { labels, image, exemplar, reference } = disc()
  const opened = openSession()
  const { session, of } = opened
  await session.configure({ size: 32, baseWidth: 4, steps: 8, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 4 })
  await session.loadFiles([
    { role: 'exemplar-image', file: image },
    { role: 'exemplar-mask', file: exemplar },
    { role: 'reference', file: reference },
  ])
  const ids = of('dataset')
    .at(-1)!
    .dataset.unlabeled.map(({ id }) => id)
  return { ...opened, labels, ids }
}

test('before the first step an image has its place, and the masks that files give it', async () => {
  const { session, ids, labels } = await begin()
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
  const { session, ids, labels, runTo } = await begin()
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
