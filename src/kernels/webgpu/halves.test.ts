import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { normal, relativeError } from '../testing/values'
import { isHalf, throughFunctions, withPrecision, type HalfBuffer } from './halves'
import { activationOf } from './launch'

const inHalves = <T extends tf.Tensor>(x: T): T =>
  withPrecision('f16', () => tf.engine().makeTensorFromTensorInfo(activationOf(tf.backend() as WebGPUBackend, x)) as T)

describe('a kernel for buffers of halves', () => {
  const x: HalfBuffer = { name: 'x', component: 4, written: false }
  const y: HalfBuffer = { name: 'y', component: 4, written: true }

  test('reads and writes through functions, wherever it names the buffers and nowhere else', () => {
    const code = 'let a = x[x0[i] + n[x[j]]] * tileX[2] + v.x[1] + fx[3]; y[a[k]] = select(x[i], b[x[1]], c == 2);\ny[1]=0.0;'
    expect(throughFunctions(code, [x, y])).toBe(
      'let a = x_at(x0[i] + n[x_at(j)]) * tileX[2] + v.x[1] + fx[3]; y_put(a[k], select(x_at(i), b[x_at(1)], c == 2));\ny_put(1, 0.0);',
    )
    expect(throughFunctions(code, [])).toBe(code)
  })

  test.each(['y[1] += 2.0;', 'let a = y[1] + 2.0;', 'if (y[1] == 2.0) {}', 'y[1].x = 2.0;'])(
    'may only assign to an output: not %s',
    (code) => {
      expect(() => throughFunctions(code, [y])).toThrow('y holds halves and can only be assigned to.')
    },
  )

  test('closes its brackets', () => expect(() => throughFunctions('let a = x[1;', [x])).toThrow('A bracket stays open'))
})

describe('a tensor of halves', () => {
  useSoftwareWebgpu()

  test('rounds to 11 bits or the nearest multiple of 2^-24, and holds no infinity', async () => {
    const given = [0, 1, -2.5, 1 + 2 ** -10, 1 + 2 ** -12, 65504, -65504, 1e6, -1e30, 2 ** -14, 2 ** -24, 2 ** -26]
    const x = tf.tensor1d(given)
    const half = inHalves(x)
    expect([...(await half.data())]).toEqual([0, 1, -2.5, 1 + 2 ** -10, 1, 65504, -65504, 65504, -65504, 2 ** -14, 2 ** -24, 0])
    // A gradient of a mean over the pixels of a batch of preset Full, alone and times the scale of its loss.
    const gradient = 1.2 / (12 * 256 ** 2)
    const scaled = inHalves(tf.tensor1d([gradient, gradient * 2 ** 20, 0, 0]))
    const [alone, times] = await scaled.data()
    expect(Math.abs(alone! / gradient - 1)).toBeGreaterThan(0.01)
    expect(Math.abs(times! / 2 ** 20 / gradient - 1)).toBeLessThan(2 ** -11)
    tf.dispose([x, half, scaled])
  })

  test('takes half the memory, which comes back', () => {
    const bytes = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU
    const x = tf.zeros([16, 64])
    tf.add(x, 1).dispose()
    const before = bytes()
    const half = inHalves(x)
    expect(bytes() - before).toBe(2 * 16 * 64)
    half.dispose()
    expect(bytes()).toBe(before)
    x.dispose()
  })

  test('is read by the kernels of tfjs as the numbers that it holds', async () => {
    const { values, shape } = normal(new Random(3), 5, 3, 8)
    const float = tf.tensor(values, shape)
    const half = inHalves(float)
    const rounded = await half.data()
    expect(relativeError(rounded as Float32Array, values)).toBeLessThan(2 ** -11)
    const again = tf.tensor(rounded, shape)
    const run = (x: tf.Tensor) =>
      tf.tidy(() => [
        tf.sum(x, 1),
        tf.mul(x, again),
        tf.concat([x, again], 1),
        tf.transpose(x),
        tf.slice(x, [0, 0, 1], [-1, -1, 2]),
        tf.reshape(x, [15, 8]),
        tf.pad(x, [
          [1, 0],
          [0, 2],
          [0, 0],
        ]),
      ])
    const [got, want] = [run(half), run(again)]
    for (const [i, tensor] of got.entries()) expect(await tensor.data(), `number ${i}`).toEqual(await want[i]!.data())
    tf.dispose([float, half, again, got, want])
  })

  test('stays one where images are taken out of a batch, put back, and added up, as on the gradient tape', async () => {
    const { values, shape } = normal(new Random(4), 2, 5, 12)
    const half = inHalves(tf.tensor(values, shape))
    const float = tf.tensor(await half.data(), shape)
    const run = (x: tf.Tensor) =>
      withPrecision('f16', () =>
        tf.tidy(() => {
          const part = tf.slice(x, [0, 1, 0], [2, 3, 12])
          const back = tf.pad(part, [
            [0, 0],
            [1, 1],
            [0, 0],
          ])
          return [part, back, tf.add(x, back)]
        }),
      )
    const [got, want] = [run(half), run(float)]
    expect(got.every((tensor) => isHalf(tensor))).toBe(true)
    expect(want.some((tensor) => isHalf(tensor))).toBe(false)
    for (const [i, tensor] of got.entries())
      expect(relativeError((await tensor.data()) as Float32Array, (await want[i]!.data()) as Float32Array), `number ${i}`).toBeLessThan(
        2 ** -11,
      )
    tf.dispose([half, float, got, want])
  })
})
