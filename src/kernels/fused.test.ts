import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../lib/random'
import { conv2dBackpropFilterTwin, conv2dBackpropInputTwin, conv2dTwin, type ConvSizes } from './conv2d/conv2d-twin'
import { detach } from './detach'
import { groupNormLeakyRelu, groupNormLeakyReluPlain } from './norm-activation/norm-activation'
import { adamUpdate, scheduleOf, sgdUpdate } from './parameter-update/parameter-update'
import { pixelLosses, pixelLossesPlain, type LossForm } from './pixel-loss/pixel-loss'
import { agreement, pseudoLabels } from './pseudo-labels/pseudo-labels'
import { scaleChannels } from './scale-channels/scale-channels'
import { heapBackends, useHeapBackend } from './testing/heap-backends.test-support'
import { joinSkip, upsampleConcatPlain } from './upsample-concat/upsample-concat'

/** A tensor of normal numbers from a named stream. */
function normal(shape: number[], seed: number, name: string): tf.Tensor {
  const random = new Random(seed, name)
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  )
}

/** Largest difference, in units of 1 + the largest expected value. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape)
  const [x, y] = [a.dataSync(), b.dataSync()]
  let top = 0
  let scale = 0
  for (let i = 0; i < x.length; i++) {
    top = Math.max(top, Math.abs(x[i]! - y[i]!))
    scale = Math.max(scale, Math.abs(y[i]!))
  }
  return top / (1 + scale)
}

/** Value and gradients of two forms of one operation, weighted by random numbers so that no gradient is trivial. */
function expectSame(
  ours: (...x: tf.Tensor[]) => tf.Tensor,
  plain: (...x: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  seed: number,
): void {
  const weighted =
    (f: (...x: tf.Tensor[]) => tf.Tensor) =>
    (...x: tf.Tensor[]) => {
      const y = f(...x)
      return tf.sum(tf.mul(y, normal(y.shape, seed, 'weights')))
    }
  expect(difference(ours(...inputs), plain(...inputs))).toBeLessThan(1e-4)
  const a = tf.grads(weighted(ours))(inputs)
  const b = tf.grads(weighted(plain))(inputs)
  a.forEach((grad, i) => expect(difference(grad, b[i]!), `gradient ${i}`).toBeLessThan(1e-4))
}

const shape = fc.record({
  B: fc.integer({ min: 1, max: 3 }),
  H: fc.integer({ min: 1, max: 7 }),
  W: fc.integer({ min: 1, max: 6 }),
  C: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1e6),
})
const runs = { numRuns: 15 }

describe.each(heapBackends)('on %s', (backend) => {
  beforeAll(() => useHeapBackend(backend))
  const check = (body: (s: { B: number; H: number; W: number; C: number; seed: number }) => void) =>
    fc.assert(
      fc.property(shape, (s) => void tf.tidy(() => body(s))),
      runs,
    )

  test('norm and activation equal the plain ops, forward and backward', () => {
    check(({ B, H, W, C, seed }) => {
      const groups = C % 3 === 0 ? 3 : C % 2 === 0 ? 2 : 1
      // A group of one value has variance 0 and a gradient that is all cancellation.
      if (H * W * (C / groups) < 3) return
      const M = (seed % 2) + 1
      const inputs = [normal([M * B, H, W, C], seed, 'x'), ...['bias', 'gamma', 'beta'].map((n) => normal([M, C], seed, n))]
      type Op = typeof groupNormLeakyRelu
      const call =
        (f: Op) =>
        (...[x, b, g, t]: tf.Tensor[]) =>
          f(x as tf.Tensor4D, b as tf.Tensor2D, g as tf.Tensor2D, t as tf.Tensor2D, groups, 0.01)
      expectSame(call(groupNormLeakyRelu), call(groupNormLeakyReluPlain), inputs, seed)
    })
  })

  test('a constant picture is normalised to its offset', () => {
    tf.tidy(() => {
      const x = tf.fill([1, 4, 4, 2], 1e3) as tf.Tensor4D
      const y = groupNormLeakyRelu(x, tf.zeros([1, 2]), tf.ones([1, 2]), tf.tensor2d([[0.5, -2]]), 1, 0.01)
      expect(difference(y, tf.reshape(tf.tile(tf.tensor1d([0.5, -0.02]), [16]), [1, 4, 4, 2]))).toBeLessThan(1e-5)
    })
  })

  test('the join of skip and enlarged features equals the plain ops', () => {
    check(({ B, H, W: width, C, seed }) => {
      // The stock gradient on cpu exchanges height and width.
      const W = backend === 'cpu' ? H : width
      const inputs = [normal([B, 2 * H, 2 * W, (C % 4) + 1], seed, 'skip'), normal([B, H, W, C], seed, 'x')]
      const call =
        (f: typeof joinSkip) =>
        (...[s, x]: tf.Tensor[]) =>
          f(s as tf.Tensor4D, x as tf.Tensor4D)
      expectSame(call(joinSkip), call(upsampleConcatPlain), inputs, seed)
    })
  })

  test('scaling channels equals the plain ops', () => {
    check(({ B, H, W, C, seed }) => {
      const x = normal([B, H, W, C], seed, 'x')
      const factor = normal([B, C], seed, 'factor') as tf.Tensor2D
      expectSame(
        (x) => scaleChannels(x as tf.Tensor4D, factor),
        (x) => tf.mul(x!, tf.reshape(factor, [B, 1, 1, C])),
        [x],
        seed,
      )
    })
  })

  test('the loss equals the plain ops in each of its forms, also where nothing weighs', () => {
    const forms: LossForm[] = [
      { crossEntropy: 0.5, dice: 0.5, overAll: false },
      { crossEntropy: 0, dice: 1, overAll: true },
      { crossEntropy: 1, dice: 0, overAll: true },
    ]
    check(({ B, H, W, C: width, seed }) => {
      const C = width + 1
      const random = new Random(seed, 'targets')
      const draw = (f: () => number) => tf.tensor3d(Float32Array.from({ length: B * H * W }, f), [B, H, W])
      for (const target of [draw(() => random.integer(C + 1) - 1), draw(() => random.integer(C)), draw(() => -1)])
        for (const first of forms)
          for (const models of [1, 2]) {
            // Two groups of unlike size where there are enough images.
            const z = normal([models * B, H, W, C], seed, 'z')
            const targets = models === 1 ? target : tf.concat([target, target])
            const groups = [
              { images: Math.ceil(B / 2), form: first },
              { images: Math.floor(B / 2), form: forms[1]! },
            ].filter(({ images }) => images > 0)
            expectSame(
              (z) => pixelLosses(z as tf.Tensor4D, targets, models, groups),
              (z) => pixelLossesPlain(z as tf.Tensor4D, targets, models, groups),
              [z],
              seed,
            )
          }
    })
  })

  test('a pseudo-label is the class with the largest softmax value, taught where that reaches tau; agreement counts', () => {
    check(({ B, H, W, C, seed }) => {
      const z = normal([2 * B, H, W, C], seed, 'z') as tf.Tensor4D
      const { labels, taught } = pseudoLabels(z, 0.4)
      const best = [...tf.argMax(z, 3).dataSync()]
      const sure = [...tf.max(tf.softmax(z), 3).dataSync()].map((p) => p >= 0.4)
      expect([...labels.dataSync()]).toEqual(best)
      expect([...taught.dataSync()]).toEqual(best.map((label, i) => (sure[i] ? label : -1)))
      const half = best.length / 2
      const share = (holds: (i: number) => boolean, from: number) => best.slice(0, half).filter((_, i) => holds(from + i)).length / half
      const want = [
        share((i) => sure[i]!, 0),
        share((i) => sure[i]!, half),
        share((i) => best[i]! > 0, 0),
        share((i) => best[i]! > 0, half),
        share((i) => best[i] === best[i + half], 0),
      ]
      expect(difference(agreement(labels, taught), tf.tensor1d(want))).toBeLessThan(1e-6)
    })
  })

  test('convolution and both gradients equal the twin', () => {
    check(({ B, H, W, C, seed }) => {
      for (const k of [1, 3]) {
        const out = (seed % 5) + 1
        const x = normal([B, H, W, C], seed, 'x') as tf.Tensor4D
        const w = normal([k, k, C, out], seed, 'w') as tf.Tensor4D
        const dy = normal([B, H, W, out], seed, 'dy')
        const pad = (k - 1) / 2
        const sizes: ConvSizes = {
          batch: B,
          inHeight: H,
          inWidth: W,
          inChannels: C,
          outHeight: H,
          outWidth: W,
          outChannels: out,
          filterHeight: k,
          filterWidth: k,
          strideHeight: 1,
          strideWidth: 1,
          padTop: pad,
          padLeft: pad,
        }
        const [xs, ws, dys] = [x, w, dy].map((t) => t.dataSync() as Float32Array) as [Float32Array, Float32Array, Float32Array]
        expect(difference(tf.conv2d(x, w, 1, 'same'), tf.tensor(conv2dTwin(xs, ws, sizes), dy.shape))).toBeLessThan(1e-4)
        const [dx, dw] = tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'))([x, w], dy) as [tf.Tensor, tf.Tensor]
        expect(difference(dx, tf.tensor(conv2dBackpropInputTwin(dys, ws, sizes), x.shape))).toBeLessThan(1e-4)
        expect(difference(dw, tf.tensor(conv2dBackpropFilterTwin(xs, dys, sizes), w.shape))).toBeLessThan(1e-4)
      }
    })
  })

  // Three updates of torch 1.13: p = [1, -2], gradients [0.5, -1], [0.25, 3], [-1, 0.1];
  // Adam(lr=0.1, weight_decay=0.01) and SGD(lr=0.1, momentum=0.9, weight_decay=0.01), in float64.
  test('Adam and SGD follow PyTorch', () => {
    const gradients = [
      [0.5, -1],
      [0.25, 3],
      [-1, 0.1],
    ]
    tf.tidy(() => {
      const schedule = (t: number) => tf.tensor1d(scheduleOf(0.1, t))
      let p: tf.Tensor = tf.tensor1d([1, -2])
      let m: tf.Tensor = tf.zeros([2])
      let v: tf.Tensor = tf.zeros([2])
      gradients.forEach((g, i) => ([p, m, v] = adamUpdate(p, tf.tensor1d(g), m, v, schedule(i + 1), { weightDecay: 0.01 })))
      expect(difference(p, tf.tensor1d([0.8258477699317025, -1.9880138710860282]))).toBeLessThan(1e-6)
      p = tf.tensor1d([1, -2])
      m = tf.zeros([2])
      gradients.forEach((g) => ([p, m] = sgdUpdate(p, tf.tensor1d(g), m, schedule(1), { weightDecay: 0.01, momentum: 0.9 })))
      expect(difference(p, tf.tensor1d([0.9116097489999999, -2.2978694980000003]))).toBeLessThan(1e-6)
    })
  })

  test('no gradient passes a detached tensor, and its data outlives the original', () => {
    const x = tf.tensor1d([1, 2, 3])
    const grad = tf.grad((x) => tf.sum(tf.mul(x, detach(x))))(x)
    expect([...grad.dataSync()]).toEqual([1, 2, 3])
    const copy = detach(x)
    x.dispose()
    expect([...copy.dataSync()]).toEqual([1, 2, 3])
    tf.dispose([grad, copy])
  })
})
