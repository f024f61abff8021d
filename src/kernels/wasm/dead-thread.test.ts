import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { afterEach, expect, test, vi } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { LostError } from '../lost-error'
import { dropWasm } from './threads'
import { openThreads } from './threads.test-support'

const sizes = { models: 2, batch: 4, height: 9, width: 10, inChannels: 8, outChannels: 8, k: 3, bias: true, inputGradient: true }

afterEach(() => vi.restoreAllMocks())

test('a thread that was ended is noticed, and wasm opened anew computes again', async () => {
  await openThreads()
  const { PThread } = (tf.backend() as BackendWasm).wasm as unknown as {
    PThread: { unusedWorkers: { terminate: () => Promise<number> }[] }
  }
  await PThread.unusedWorkers[0]!.terminate()
  // Each look at the clock is a second later: nobody waits for the patience to end.
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
  await expect(modelConvErrors(sizes, 1)).rejects.toThrow(LostError)
  vi.restoreAllMocks()
  dropWasm()
  await openThreads()
  for (const error of await modelConvErrors(sizes, 1)) expect(error).toBeLessThan(1e-5)
})
