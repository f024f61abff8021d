import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useHostBackend } from '../testing/host-backends.test-support'
import { normals } from '../testing/values'

beforeAll(() => useHostBackend('wasm'))

const images = fc.record({
  B: fc.integer({ min: 1, max: 3 }),
  H: fc.integer({ min: 1, max: 13 }),
  W: fc.integer({ min: 1, max: 13 }),
})

test('the gradient of the max-pool goes to the first of equal values', () => {
  fc.assert(
    fc.property(images, fc.constantFrom(4, 8, 12), fc.nat(), ({ B, H, W }, C, seed) => {
      fc.pre(H > 1 && W > 1)
      const random = new Random(seed)
      const [h, w] = [Math.floor(H / 2), Math.floor(W / 2)]
      // Whole numbers, so that many are equal.
      const x = Float32Array.from({ length: B * H * W * C }, () => random.integer(3) - 1)
      const y = new Float32Array(B * h * w * C)
      const dy = normals(random, y.length)
      const dx = new Float32Array(x.length)
      for (let o = 0; o < y.length; o++) {
        const c = o % C
        const column = Math.floor(o / C) % w
        const row = Math.floor(o / C / w) % h
        const n = Math.floor(o / C / w / h)
        const at = (r: number, q: number) => ((n * H + 2 * row + r) * W + 2 * column + q) * C + c
        const window = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)]
        y[o] = Math.max(...window.map((i) => x[i]!))
        dx[window.find((i) => x[i] === y[o])!]! += dy[o]!
      }
      const got = tf.tidy(() => {
        const inputs = { dy: tf.tensor(dy, [B, h, w, C]), input: tf.tensor(x, [B, H, W, C]), output: tf.tensor(y, [B, h, w, C]) }
        const gradient = tf.engine().runKernel('MaxPoolGrad', inputs, { filterSize: 2, strides: 2, pad: 'valid' }) as tf.Tensor
        return gradient.dataSync()
      })
      expect(got).toEqual(dx)
    }),
    { numRuns: 100 },
  )
})
