import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import '@tensorflow/tfjs-backend-cpu'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { isHalf, withPrecision, type Precision } from '../webgpu/halves'
import { activationOf } from '../webgpu/launch'

useSoftwareWebgpu()

const images = fc.record({
  B: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 1, max: 5 }),
  w: fc.integer({ min: 1, max: 5 }),
  C: fc.constantFrom(4, 8, 12),
})

/** The pool and its gradient for numbers that halves hold exactly. Many are equal. */
async function pooled(x: Float32Array, dy: Float32Array, [B, h, w, C]: [number, number, number, number], precision: Precision) {
  const activation = (values: Float32Array, shape: number[]) => {
    const floats = tf.tensor(values, shape)
    if (precision === 'f32') return floats
    return tf.engine().makeTensorFromTensorInfo(activationOf(tf.backend() as WebGPUBackend, floats))
  }
  const results = withPrecision(precision, () =>
    tf.tidy(() => {
      const input = activation(x, [B, 2 * h, 2 * w, C])
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid'))(
        input as tf.Tensor4D,
        activation(dy, [B, h, w, C]) as tf.Tensor4D,
      )
      return [value, grad]
    }),
  )
  const halves = results.map((tensor) => isHalf(tensor))
  const values = await Promise.all(results.map((tensor) => tensor.data()))
  tf.dispose(results)
  return { values, halves }
}

test(
  'the 2 x 2 max-pool and its gradient, which the first of equal values gets, are those of the cpu in both precisions',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(images, fc.nat(), async ({ B, h, w, C }, seed) => {
        const random = new Random(seed)
        const whole = (size: number) => Float32Array.from({ length: size }, () => random.integer(5) - 2)
        const [x, dy] = [whole(4 * B * h * w * C), whole(B * h * w * C)]
        await tf.setBackend('cpu')
        const want = await pooled(x, dy, [B, h, w, C], 'f32')
        await tf.setBackend('webgpu')
        for (const precision of ['f32', 'f16'] as const) {
          const got = await pooled(x, dy, [B, h, w, C], precision)
          expect(got.values).toEqual(want.values)
          expect(got.halves).toEqual([precision === 'f16', precision === 'f16'])
        }
      }),
      { numRuns: 25 },
    )
  },
)
