import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { useHostBackend } from '../testing/host-backends.test-support'

beforeAll(() => useHostBackend('wasm'))

test('a slice equals that of tfjs on the cpu', async () => {
  const part = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })
    .chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map((n) => fc.nat(n))), fc.tuple(...shape.map((n) => fc.nat(n)))))
    .map(([shape, a, b]) => ({
      shape,
      begin: shape.map((_, i) => Math.min(a[i]!, b[i]!)),
      size: shape.map((_, i) => Math.abs(a[i]! - b[i]!)),
    }))
  await fc.assert(
    fc.asyncProperty(part, fc.constantFrom('float32', 'int32', 'bool'), async ({ shape, begin, size }, dtype) => {
      const count = shape.reduce((product, n) => product * n, 1)
      const values = Array.from({ length: count }, (_, i) => (dtype === 'bool' ? i % 2 : i + 1))
      const x = tf.tensor(values, shape, dtype)
      const y = tf.slice(x, begin, size)
      const places = Array.from({ length: y.size }, (_, i) => {
        let [rest, at, stride] = [i, 0, 1]
        for (let a = shape.length - 1; a >= 0; a--) {
          at += (begin[a]! + (rest % size[a]!)) * stride
          rest = Math.floor(rest / size[a]!)
          stride *= shape[a]!
        }
        return at
      })
      expect(y.shape).toEqual(size)
      expect(Array.from(await y.data(), Number)).toEqual(places.map((at) => values[at]!))
      tf.dispose([x, y])
    }),
  )
})
