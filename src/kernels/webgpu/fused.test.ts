import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '#gradients'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { groupNormLeakyRelu, groupNormLeakyReluPlain } from '../norm-activation/norm-activation'
import { scheduleOf } from '../parameter-update/parameter-update'
import '../pixel-loss/pixel-loss'
import '../pseudo-labels/pseudo-labels'
import '../scale-channels/scale-channels'
import { expectTwin, runOn, type Values } from '../testing/against-twin.test-support'
import { normals, relativeError } from '../testing/conv-case.test-support'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import '../upsample-concat/upsample-concat'
import { registerWebgpuKernels } from './register'

useSoftwareWebgpu()

interface Sizes {
  B: number
  H: number
  W: number
  C: number
  seed: number
}
const sizes: fc.Arbitrary<Sizes> = fc.record({
  B: fc.integer({ min: 1, max: 3 }),
  H: fc.integer({ min: 1, max: 7 }),
  W: fc.integer({ min: 1, max: 6 }),
  C: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 20),
  seed: fc.nat(1e6),
})
/** Enough pixels for several lanes of a reduction, in numbers that no lane count divides. */
const large: Sizes[] = [
  { B: 1, H: 33, W: 31, C: 1, seed: 1 },
  { B: 2, H: 33, W: 31, C: 8, seed: 2 },
  { B: 1, H: 41, W: 29, C: 6, seed: 3 },
]
const check = (body: (s: Sizes) => Promise<void>) =>
  fc.assert(fc.asyncProperty(sizes, body), { numRuns: 12, seed: 8, examples: large.map((s) => [s]) })

function inputsOf(seed: number) {
  const random = new Random(seed)
  const filled = (shape: number[], draw: () => number): Values => ({
    values: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, draw),
    shape,
  })
  return {
    random,
    filled,
    normal: (...shape: number[]): Values => ({ values: normals(random, tf.util.sizeFromShape(shape)), shape }),
  }
}

describe.each([
  { kernels: 'of a software adapter', software: true },
  { kernels: 'of a real GPU', software: false },
])('with the kernels $kernels', ({ software }) => {
  beforeEach(() => registerWebgpuKernels(software))
  afterEach(() => registerWebgpuKernels(true))

  /** Forward, then backward from the twin's statistics. */
  async function expectNorm({ B, H, W, C, seed }: Sizes, offset: number, tolerance: number): Promise<void> {
    const { normal } = inputsOf(seed)
    for (const groups of [1, 2, 3, 5].filter((g) => C % g === 0 && H * W * (C / g) > 2)) {
      const attrs = { groups, slope: 0.01 }
      const M = (seed % 2) + 1
      const x = normal(M * B, H, W, C)
      for (let i = 0; i < x.values.length; i++) x.values[i]! += offset
      const inputs = { x, bias: normal(M, C), gamma: normal(M, C), beta: normal(M, C) }
      const [, stats] = await expectTwin('NormActivation', inputs, attrs, tolerance)
      await expectTwin('NormActivationGrad', { dy: normal(M * B, H, W, C), ...inputs, stats: stats! }, attrs, tolerance)
    }
  }

  test('norm and activation agree with their twins', { timeout: 120_000 }, () => check((s) => expectNorm(s, 0, 1e-4)))

  test('norm and activation do so far from zero, where squares would cancel', { timeout: 60_000 }, async () => {
    for (const s of large) await expectNorm(s, 1e3, 1e-3)
  })

  test('scaling channels agrees with its twin', { timeout: 60_000 }, () =>
    check(async ({ B, H, W, C, seed }) => {
      const { normal } = inputsOf(seed)
      const x = normal(B, H, W, C)
      await expectTwin('ScaleChannels', { x, factor: normal(B, C) })
    }),
  )

  test('the join of skip and enlarged features agrees with its twin, and so does its gradient', { timeout: 60_000 }, () =>
    check(async ({ B, H, W, C, seed }) => {
      const { normal } = inputsOf(seed)
      for (const S of [C, (seed % 5) + 1]) {
        const skip = normal(B, 2 * H, 2 * W, S)
        const x = normal(B, H, W, C)
        await expectTwin('UpsampleConcat', { skip, x })
        await expectTwin('UpsampleConcatGrad', { dOut: normal(B, 2 * H, 2 * W, S + C) }, { skipShape: skip.shape, xShape: x.shape })
      }
    }),
  )

  test('the loss agrees with its twin in each of its forms, also where nothing weighs', { timeout: 60_000 }, () =>
    check(async ({ B, H, W, C, seed }) => {
      const { random, filled, normal } = inputsOf(seed)
      const M = (seed % 2) + 1
      const logits = normal(M * B, H, W, C + 1)
      for (const draw of [() => random.integer(C + 2) - 1, () => random.integer(C + 1), () => -1])
        for (const form of [
          { crossEntropy: 0.5, dice: 0.5, overAll: false },
          { crossEntropy: 0, dice: 1, overAll: true },
          { crossEntropy: 1, dice: 0, overAll: true },
        ]) {
          const target = filled([M * B, H, W], draw)
          const groups = [
            { images: Math.ceil(B / 2), form },
            { images: Math.floor(B / 2), form: { crossEntropy: 1, dice: 1, overAll: false } },
          ].filter(({ images }) => images > 0)
          const attrs = { models: M, groups }
          const [, dLogits] = await expectTwin('PixelLoss', { logits, target }, attrs)
          await expectTwin('PixelLossGrad', { dLogits: dLogits!, dLosses: normal(M, groups.length) }, attrs)
          // The gradients are far below 1, the unit of relativeError: compared once more on their own scale.
          const [, got] = await runOn('webgpu', 'PixelLoss', { logits, target }, attrs)
          const unit = Math.max(1e-9, ...dLogits!.values.map(Math.abs))
          const scaled = (values: Float32Array) => values.map((v) => v / unit)
          expect(relativeError(scaled(got!.values), scaled(dLogits!.values))).toBeLessThan(1e-4)
        }
    }),
  )

  test('pseudo-labels and their agreement agree with their twins, and the first of equals is taken', { timeout: 60_000 }, () =>
    check(async ({ B, H, W, C, seed }) => {
      const { random, filled, normal } = inputsOf(seed)
      for (const logits of [normal(2 * B, H, W, C + 1), filled([2 * B, H, W, C + 1], () => random.integer(2))]) {
        const [labels, taught] = await expectTwin('PseudoLabels', { logits }, { tau: 0.437 })
        await expectTwin('Agreement', { labels: labels!, taught: taught! })
      }
    }),
  )

  test('parameter updates agree with their twins', { timeout: 60_000 }, () =>
    check(async ({ H, C, seed }) => {
      const { random, filled, normal } = inputsOf(seed)
      const inputs = { p: normal(H, C), g: normal(H, C), m: normal(H, C) }
      for (const t of [1, 2, 1000]) {
        const v = filled([H, C], () => random.uniform())
        const schedule = { values: scheduleOf(0.1 / t, t), shape: [3] }
        await expectTwin('AdamUpdate', { ...inputs, v, schedule }, { weightDecay: 0.01 })
        await expectTwin('SgdUpdate', { ...inputs, schedule }, { weightDecay: 0.01, momentum: 0.9 })
      }
    }),
  )
})

test('a kernel understands a mask that is 0 or 1 by a cast, whose buffer stays one of whole numbers', async () => {
  const x = tf.tensor3d([0, 2, 3, 0.5], [1, 2, 2])
  const y = tf.tidy(() => {
    const factor = tf.cast(tf.greater(tf.tensor2d([[0, 3]]), 1), 'float32')
    return tf.engine().runKernel('ScaleChannels', { x: tf.expandDims(x, 0), factor }) as tf.Tensor
  })
  expect([...(await y.data())]).toEqual([0, 2, 0, 0.5])
  tf.dispose([x, y])
})

test(
  'norm and activation composed of plain ops, as the stock engine runs them, have a gradient here too',
  { timeout: 60_000 },
  async () => {
    const { normal } = inputsOf(3)
    const inputs = [normal(4, 5, 3, 8), normal(2, 8), normal(2, 8), normal(2, 8)]
    const gradient = async (op: typeof groupNormLeakyRelu) => {
      const dx = tf.tidy(() => {
        const [x, ...rest] = inputs.map(({ values, shape }) => tf.tensor(values, shape))
        const [bias, gamma, beta] = rest as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
        return tf.grad((x) => tf.sum(tf.square(op(x as tf.Tensor4D, bias, gamma, beta, 2, 0.01))))(x!)
      })
      const values = await dx.data<'float32'>()
      dx.dispose()
      return values
    }
    expect(relativeError(await gradient(groupNormLeakyRelu), await gradient(groupNormLeakyReluPlain))).toBeLessThan(1e-4)
  },
)

test('a kernel leaves no GPU memory behind', async () => {
  const { normal } = inputsOf(9)
  const C = 8
  const x = normal(2, 33, 31, C)
  const inputs = { x, bias: normal(1, C), gamma: normal(1, C), beta: normal(1, C) }
  const labels = { values: new Float32Array(2 * 33 * 31), shape: [2, 33, 31] }
  const once = async () => {
    const [, stats] = await runOn('webgpu', 'NormActivation', inputs, { groups: 2, slope: 0.01 })
    await runOn('webgpu', 'NormActivationGrad', { dy: x, ...inputs, stats: stats! }, { groups: 2, slope: 0.01 })
    const groups = [{ images: 2, form: { crossEntropy: 1, dice: 1, overAll: true } }]
    await runOn('webgpu', 'PixelLoss', { logits: x, target: labels }, { models: 1, groups })
  }
  const memory = () => tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }
  await once()
  const { numTensors, numDataBuffers, numBytesInGPU } = memory()
  await once()
  expect(memory()).toMatchObject({ numTensors, numDataBuffers, numBytesInGPU })
})
