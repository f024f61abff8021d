import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import type { Parameters } from './parameters'
import { bufferShapes, decode, encode, groupsOf, inference, parameterShapes, type Mode, type UNet } from './unet'

beforeAll(() => useHostBackend('wasm'))

const net: UNet = { widths: [4, 4, 4, 4, 4], classes: 3, norm: 'batch', dropout: [0, 0, 0, 0, 0] }

/** Numbers in ±0.5 that are easy to reproduce elsewhere. */
const series = (n: number, shape: number[]) =>
  Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 37 + n) % 101) / 101 - 0.5)

/** Images [4, 16, 16, 1]: the same two for both networks. */
const images = (n: number) => {
  const two = tf.tensor4d(series(n, [2, 16, 16, 1]), [2, 16, 16, 1])
  return tf.concat([two, two])
}

/** Weights of two networks: level 0 as below, the others arbitrary. */
function weights(): Parameters {
  const shapes = { ...parameterShapes(net), ...bufferShapes(net) }
  const of = (name: string, shape: number[], k: number) => {
    const constant = (value: number) => new Array<number>(tf.util.sizeFromShape(shape)).fill(value)
    if (name.endsWith('running_mean')) return constant(0)
    if (name.endsWith('running_var')) return constant(1)
    if (/norm\d\.weight$/.test(name)) return series(30 + k, shape).map((v) => 1 + v)
    if (/norm\d\.bias$/.test(name)) return series(40 + k, shape)
    return name.endsWith('bias') ? series(20 + k, shape) : series(10 * k + (name.includes('conv1') ? 1 : 2), shape)
  }
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tensor([...of(name, shape, 0), ...of(name, shape, 1)], [2, ...shape])]),
  )
}

const expectClose = (tensor: tf.Tensor, expected: number[]) => {
  const values = [...tensor.dataSync()]
  expect(values.length).toBe(expected.length)
  values.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5))
}

/*
 * From torch 1.13, in float64; network k, with v(n, *shape) = [(i * 37 + n) % 101 / 101 - .5 for i in range(size)] in that shape:
 *
 *   running = [(zeros(4), ones(4)), (zeros(4), ones(4))]
 *   def block(x, training):
 *       for n in (1, 2):
 *           x = F.conv2d(x, v(10 * k + n, 3, 3, x.shape[1], 4).permute(3, 2, 0, 1), v(20 + k, 4), padding=1)
 *           x = F.leaky_relu(F.batch_norm(x, *running[n - 1], 1 + v(30 + k, 4), v(40 + k, 4), training, .1), .01)
 *       return x
 *   block(v(51, 2, 1, 16, 16), True)   # running[0]: `first`
 *   block(v(52, 2, 1, 16, 16), True)   # running: `second`
 *   block(v(50, 2, 1, 16, 16), False)[1, :, 5, 7]   # `evaluated`
 */
describe('BatchNorm follows PyTorch', () => {
  const first = {
    mean: [-0.03031768, 0.00650073, 0.04335975, -0.02023761, -0.0291485, 0.00716132, 0.04402034, -0.01887312],
    var: [0.90758466, 0.90263076, 0.9024329, 0.90648142, 0.90648142, 0.90240302, 0.90246413, 0.90802305],
  }
  const second = {
    mean: [-0.05763977, 0.01241835, 0.08244146, -0.03857851, -0.05550921, 0.01367155, 0.08369466, -0.03589508],
    var: [0.82446563, 0.81500747, 0.814598, 0.82217836, 0.82217836, 0.81455434, 0.81467844, 0.82531374],
    mean2: [-0.11135827, 0.05297418, -0.02247414, -0.07686064, -0.09569116, 0.14394547, 0.01748147, -0.00874884],
    var2: [0.92867362, 0.88323869, 0.87835014, 0.93781844, 0.92225297, 0.94965086, 0.91144204, 0.93136101],
  }
  const evaluated = [-0.00327909, 0.21657349, -0.00083929, -0.00230378, -0.0023941, 0.24934298, -0.00012148, 0.22181639]

  test('in its running statistics, after one pass and after another of the same step, and in evaluation', () => {
    const before = tf.memory().numTensors
    const p = weights()
    const running = new Map<string, tf.Tensor>()
    const mode: Mode = { training: true, dropout: [], running }
    tf.tidy(() => void encode(net, p, images(51), mode))
    expectClose(running.get('down.0.norm1.running_mean')!, first.mean)
    expectClose(running.get('down.0.norm1.running_var')!, first.var)
    // The decoders have not run; nothing changes in place.
    expect([...running.keys()].every((name) => name.startsWith('down.'))).toBe(true)
    expectClose(p['down.0.norm1.running_var']!, new Array<number>(8).fill(1))

    tf.tidy(() => void encode(net, p, images(52), mode))
    expectClose(running.get('down.0.norm1.running_mean')!, second.mean)
    expectClose(running.get('down.0.norm1.running_var')!, second.var)
    expectClose(running.get('down.0.norm2.running_mean')!, second.mean2)
    expectClose(running.get('down.0.norm2.running_var')!, second.var2)

    tf.tidy(() => {
      const [F] = encode(net, { ...p, ...Object.fromEntries(running) }, images(50), inference)
      for (const k of [0, 1]) expectClose(tf.slice(F!, [2 * k + 1, 5, 7, 0], [1, 1, 1, 4]), evaluated.slice(4 * k, 4 * k + 4))
    })
    tf.dispose([p, ...running.values()])
    expect(tf.memory().numTensors).toBe(before)
  })
})

test('a pass has the shapes of the U-Net, and drops values only in training, and only if told to', () => {
  tf.tidy(() => {
    const dropping: UNet = { ...net, norm: 'group', dropout: [0, 0, 0, 0.5, 0] }
    const p = weights()
    const x = images(50)
    const key = { values: Random.key(1), tensor: tf.tensor1d(Random.key(1)) }
    const training: Mode = { training: true, dropout: new Array<typeof key>(5).fill(key), running: new Map() }
    const [evaluated, trained] = [encode(dropping, p, x, inference), encode(dropping, p, x, training)]
    expect(evaluated.map(({ shape }) => shape)).toEqual([16, 8, 4, 2, 1].map((S) => [4, S, S, 4]))
    expect(decode(dropping, p, evaluated, inference).shape).toEqual([4, 16, 16, 3])
    const same = evaluated.map((f, l) => tf.all(tf.equal(f, trained[l]!)).dataSync()[0])
    expect(same).toEqual([1, 1, 1, 0, 0])
  })
})

test.each([
  [4, 1],
  [8, 2],
  [32, 8],
  [256, 8],
])('a GroupNorm over %i channels has %i groups', (channels, groups) => expect(groupsOf(channels)).toBe(groups))
