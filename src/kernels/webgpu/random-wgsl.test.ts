import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { launch } from './launch'
import { drawPair, keyOf } from './random-wgsl'

useSoftwareWebgpu()

test('a shader makes exactly the draws of Random', async () => {
  const backend = tf.backend() as WebGPUBackend
  for (const path of [['weak', 5, 0], [], ['x', 2 ** 32 - 1]]) {
    const values = Random.key(123_456_789, ...path)
    const key = tf.tensor1d(values)
    const pairs = 2050
    const halves = launch(backend, {
      key: 'exemplarTestDraws',
      inputs: { key },
      inputComponents: [1],
      outputShape: [pairs, 4],
      outputComponent: 4,
      threads: pairs,
      body: () => `
        ${drawPair('draws', keyOf('key', '0'), 'u32(index)')}
        result[index] = vec4<f32>(vec4<u32>(draws.x & 0xffffu, draws.x >> 16u, draws.y & 0xffffu, draws.y >> 16u));`,
    })
    const out = tf.engine().makeTensorFromTensorInfo(halves)
    const got = await out.data()
    const random = new Random(123_456_789, ...path)
    for (let n = 0; n < 2 * pairs; n++) expect(got[2 * n]! + got[2 * n + 1]! * 65_536, `draw ${n}`).toBe(random.uint32())
    tf.dispose([key, out])
  }
})
