import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../lib/random'
import '../contrast/contrast'
import { cutMix, cutMixPlain } from '../cut-mix/cut-mix'
import { dropout } from '../dropout/dropout'
import { noiseLength } from '../gamma-noise/gamma-noise'
import '../paste/paste'
import '../rim/rim'
import { expectTwin, runOn, type Values } from '../testing/against-twin.test-support'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { positionsOf } from '../warp/warp'
import { launch } from './launch'
import { drawPair, keyOf } from './random-wgsl'

useSoftwareWebgpu()

interface Case {
  size: number
  count: number
  seed: number
}
const cases: fc.Arbitrary<Case> = fc.record({
  size: fc.integer({ min: 1, max: 19 }),
  count: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(1e6),
})
const check = (body: (c: Case, random: Random) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(cases, (c) => body(c, new Random(c.seed))),
    { numRuns: 15, seed: 3, examples: [[{ size: 33, count: 1, seed: 1 }], [{ size: 64, count: 3, seed: 2 }]] },
  )
const filled = (shape: number[], draw: () => number): Values => ({
  values: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, draw),
  shape,
})

/** Warps that turn, mirror, shrink and leave the image; every third leaves it where it is, every third does not bend. */
function warps(count: number, size: number, random: Random) {
  const affine = filled([count, 6], () => 0)
  const bend = filled([count, 50], () => 0)
  for (let n = 0; n < count; n++) {
    const [a, b, d, e] = [0, 0, 0, 0].map(() => random.uniform(-1.5, 1.5))
    const shift = () => random.uniform(-0.3, 1.3) * size
    affine.values.set(n % 3 === 0 ? [1, 0, 0, 0, 1, 0] : [a!, b!, shift(), d!, e!, shift()], n * 6)
    if (n % 3 < 2) for (let i = 0; i < 50; i++) bend.values[n * 50 + i] = random.uniform(-0.1, 0.1) * size
  }
  return { affine, bend }
}

test('warped images equal the twin, from any source, bent or not', () =>
  check(async ({ size, count, seed }, random) => {
    const first = seed % 3
    const images = filled([3, size, size], () => random.uniform())
    const source = filled([first + count], () => random.integer(3))
    const tone = filled([first + count, 3], () => 0)
    for (let n = 0; n < first + count; n++)
      tone.values.set(n % 2 ? [1, 1, 0] : [random.uniform(0.6, 1.6), random.uniform(0.7, 1.3), random.uniform(-0.1, 0.1)], 3 * n)
    await expectTwin('WarpImages', { images, source, ...warps(first + count, size, random), tone }, { first, count }, 2e-4)
  }))

test('warped labels equal the twin wherever the nearest pixel is beyond doubt', () =>
  check(async ({ size, count, seed }, random) => {
    const first = seed % 2
    // Of three maps; a fifth of the pixels is unknown, on the border too.
    const labels = filled([3, size, size], () => (random.chance(0.2) ? -1 : 1 + random.integer(200)))
    const source = filled([first + count], () => random.integer(3))
    const { affine, bend } = warps(first + count, size, random)
    const [got] = await runOn('webgpu', 'WarpLabels', { labels, source, affine, bend }, { first, count })
    const [want] = await runOn('cpu', 'WarpLabels', { labels, source, affine, bend }, { first, count })
    expect(got!.shape).toEqual([count, size, size])
    const x = new Float64Array(size)
    const y = new Float64Array(size)
    const sure = (v: number) => Math.abs(v - Math.floor(v) - 0.5) > 1e-3
    let compared = 0
    for (let n = 0, i = 0; n < count; n++) {
      const at = first + n
      const place = positionsOf(size, {
        affine: affine.values.subarray(6 * at, 6 * at + 6),
        bend: bend.values.subarray(50 * at, 50 * at + 50),
      })
      for (let row = 0; row < size; row++) {
        place(row, x, y)
        for (let column = 0; column < size; column++, i++) {
          if (!sure(x[column]!) || !sure(y[column]!)) continue
          compared++
          expect(got!.values[i]).toBe(want!.values[i])
        }
      }
    }
    if (size > 9) expect(compared).toBeGreaterThan(0.9 * count * size * size)
  }))

test('rim and paste equal the twins', () =>
  check(async ({ size, count, seed }, random) => {
    const sparse = () => (random.chance(0.02) ? 1 + random.integer(3) : random.chance(0.3) ? -1 : 0)
    await expectTwin('Rim', { labels: filled([count, size, size], sparse) }, {}, 0)
    const pasted = seed % (count + 1)
    await expectTwin('Paste', {
      images: filled([count + pasted, size, size, 1], () => random.uniform()),
      alpha: filled([count, size, size], () => random.uniform()),
    })
    await expectTwin(
      'KnownLabels',
      {
        labels: filled([count, size, size], () => random.integer(5) - 1),
        rim: filled([count, size, size], () => random.integer(2)),
        outside: filled([count], () => random.integer(2)),
      },
      {},
      0,
    )
  }))

test('contrast, gamma and noise equal the twins, with even and odd first draws', () =>
  check(async ({ size, count }, random) => {
    const x = filled([count, size, size, 1], () => (random.chance(0.1) ? 0 : random.uniform()))
    await expectTwin('Contrast', { x, jitter: filled([count, 2], () => (random.chance(0.3) ? 1 : random.uniform(0.5, 1.5))) })
    const noise = filled([count, noiseLength], () => 0)
    for (let n = 0; n < count; n++) {
      const gamma = random.chance(0.3) ? 1 : random.uniform(0.6, 1.6)
      const sigma = random.chance(0.3) ? 0 : random.uniform(0, 0.5)
      noise.values.set([gamma, sigma, random.integer(12), ...Random.key(random.uint32(), 'noise', n)], n * noiseLength)
    }
    // WGSL promises the cosine to 2^-11, and sigma goes up to 0.5 here.
    await expectTwin('GammaNoise', { x, noise }, {}, 5e-4)
  }))

/** Boxes of any size, also none, and such that touch the border. */
function boxesOf(images: number, height: number, width: number, random: Random): Values {
  const boxes = filled([images, 4], () => 0)
  for (let n = 0; n < images; n++) {
    const [w, h] = [random.integer(width + 1), 1 + random.integer(height)]
    const end = random.chance(0.5) ? 1 : random.uniform()
    boxes.values.set([Math.floor(end * (width - w)), Math.floor(end * (height - h)), w, h], 4 * n)
  }
  return boxes
}

test('CutMix equals the twin and the plain ops, for two models and with channels', () =>
  check(async ({ size, count, seed }, random) => {
    const [height, width] = [size, 1 + (seed % 7)]
    const boxes = boxesOf(count, height, width, random)
    const partners: Values = { values: Float32Array.from(random.permutation(count)), shape: [count] }
    for (const shape of [
      [2 * count, height, width],
      [2 * count, height, width, 1 + (seed % 3)],
      [count, height, width, 1],
    ]) {
      const maps = filled(shape, () => random.uniform())
      await expectTwin('CutMix', { maps, boxes, partners }, {}, 0)
      const tensors = [maps, boxes, partners].map(({ values, shape }) => tf.tensor(values, shape as [number])) as unknown as [
        tf.Tensor3D,
        tf.Tensor2D,
        tf.Tensor1D,
      ]
      const both = [cutMix(...tensors), cutMixPlain(...tensors)]
      const [a, b] = await Promise.all(both.map((t) => t.data()))
      expect(b).toEqual(a)
      tf.dispose([tensors, both])
    }
  }))

test('a shader makes the very draws of Random', async () => {
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

test('dropout equals the twin, and its gradient has the same mask', () =>
  check(async ({ size, count, seed }, random) => {
    const x = filled([count, size, size], () => random.uniform(1, 2))
    const p = [0, 0.1, 0.3, 0.7][seed % 4]!
    const values = Random.key(seed, 'dropout')
    await expectTwin('Dropout', { x, key: { values, shape: [4] } }, { p }, 1e-6)
    const key = { values, tensor: tf.tensor1d(values) }
    const input = tf.tensor(x.values, x.shape)
    const y = dropout(input, key, p)
    const ones = tf.tensor(new Float32Array(input.size).fill(1), x.shape)
    const grad = tf.grad((x) => dropout(x, key, p))(input, ones)
    const [out, d] = await Promise.all([y.data(), grad.data()])
    const stream = new Random(seed, 'dropout')
    x.values.forEach((v, i) => {
      const factor = stream.chance(p) ? 0 : 1 / (1 - p)
      expect(out[i]).toBeCloseTo(v * factor, 5)
      expect(d[i]).toBeCloseTo(factor, 5)
    })
    tf.dispose([key.tensor, input, y, ones, grad])
  }))
