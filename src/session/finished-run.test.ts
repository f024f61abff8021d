import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { makeConfig } from '../method/config'
import { openBackend } from './backend'
import type { BackendInfo } from './events'
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
