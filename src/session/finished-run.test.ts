import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { makeVolume, type Volume } from '../data/volume'
import { makeConfig } from '../method/config'
import { openBackend } from './backend'
import { withSlices } from './annotations'
import { emptyDataset } from './dataset'
import type { BackendInfo } from './events'
import { withVolumes } from './given-volumes'
import { finishedRun } from './finished-run'
import { sampleDataset } from './samples'
import { Trainer } from './trainer'
import { prepare } from './training-data'
import { withoutGpu } from './wasm.test-support'

let backend: BackendInfo
let trainer: Trainer
beforeAll(async () => {
  backend = await openBackend('cpu', { ...withoutGpu, simdKernels: () => Promise.reject(new Error('not on cpu')) }, () => undefined)
  const config = makeConfig({ size: 16, baseWidth: 4 })
  const dataset = sampleDataset('Cardiac phantom')
  trainer = new Trainer(dataset, prepare(dataset, config), config)
  return () => trainer.release()
})
afterEach(() => void vi.restoreAllMocks())

test.each([
  ['weights', 1, 1, 0],
  ['masks', 0, 0, 1],
  ['maps', 0, 0, 1],
  ['run', 1, 1, 1],
] as const)('an export of %s reads weights %i times, makes %i test vectors and predicts the images %i times', async (what, ...expected) => {
  const [stored, infer, inferPile] = [vi.spyOn(trainer, 'stored'), vi.spyOn(trainer, 'infer'), vi.spyOn(trainer, 'inferPile')]
  const run = await finishedRun(trainer, backend, what, null, trainer.dataset, () => Promise.resolve())
  // Predictions are not repeated; the test vector is one image, and none of the user's.
  const vectors = infer.mock.calls.filter(([images]) => images.length === 1)
  const own = [...trainer.prepared.unlabeled, ...trainer.prepared.exemplars.map(({ image }) => image)].map((image) => image.join())
  for (const [images] of vectors) expect(own).not.toContain(images[0]!.join())
  expect([stored.mock.calls.length, vectors.length, inferPile.mock.calls.length]).toEqual(expected)
  expect(run.networks !== null).toBe(expected[0] === 1)
})

test('millilitres are of the slices in use, each as thick as they are apart', async () => {
  const size = [16, 16, 6, 1] as const
  const volume = (name: string, valueAt: (column: number) => number): Volume => {
    const samples = Uint8Array.from({ length: 16 * 16 * 6 }, (_, i) => valueAt(i % 16))
    return makeVolume({ name, kind: 'nifti', size, samples, spacing: [1, 1, 3] })
  }
  const { dataset } = withVolumes(emptyDataset, [
    { role: 'exemplar-image', volume: volume('stack.nii', (column) => column * 9) },
    { role: 'exemplar-mask', volume: volume('stack_mask.nii', (column) => Number(column > 7)) },
  ])
  const contentOf = async (every: number) => {
    const chosen = withSlices(dataset, dataset.sources[0]!.id, { every })
    const config = makeConfig({ size: 16, baseWidth: 4 })
    const own = new Trainer(chosen, prepare(chosen, config), config)
    const { images } = await finishedRun(own, backend, 'run', null, chosen, () => Promise.resolve())
    own.release()
    // The mask annotates all six slices, so all of them are written.
    expect(images).toHaveLength(6)
    return images.reduce((sum, { pixels, pixelMm2, volume }) => sum + pixels[1]! * pixelMm2! * (volume?.thickness ?? 0), 0)
  }
  const whole = 8 * 16 * 6 * 3
  expect(await contentOf(1)).toBe(whole)
  expect(await contentOf(2)).toBe(whole)
  expect(await contentOf(3)).toBe(whole)
})
