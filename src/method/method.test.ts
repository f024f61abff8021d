import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { useHeapBackend } from '../kernels/testing/heap-backends'
import { Random } from '../lib/random'
import { countOf, type Parameters } from '../nn/parameters'
import { bufferShapes, decode, encode, inference, parameterShapes } from '../nn/unet'
import type { Config } from './config'
import { perturbedLevels, perturbFeatures } from './feature-perturbation'
import { logitsOf } from './inference'
import { unsupervisedLoss } from './losses'
import { createModels, disposeModels, networkOf, type Model, type Models } from './model'
import { mixed, pseudoLabelsOf, readMetrics, rampAt, step } from './step'
import { drawExemplar, drawSynthetic } from './synthesis'
import { tinyConfig, tinyData } from './testing'
import { drawViews } from './views'

// The tests of method.md, section 12, by its numbers: they pin the structure that is confirmed, whatever the unknown numbers are.

beforeAll(() => useHeapBackend('wasm'))
let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})
afterEach(() => expect(tf.memory().numTensors, 'tensors left behind').toBe(before))

/** The two unlabelled terms of one network under the other's pseudo-labels, as `step` forms them. */
function unlabelledTerms(config: Config, models: Models, k: number, images: tf.Tensor4D, weights?: Parameters): tf.Scalar {
  const net = networkOf(config, 3)
  const own: Model = weights ? { ...models[k]!, parameters: weights } : models[k]!
  const teacher = models[config.teacher === 'cross' ? 1 - k : k]!
  const taught = pseudoLabelsOf(logitsOf(net, teacher, images), config.tau)
  const F = encode(net, own.parameters, images, inference)
  const zf = decode(net, own.parameters, perturbFeatures(F, [true, true, true, true, true], 0.5, new Random(1)), inference)
  const zs = logitsOf(net, own, images)
  const l = (z: tf.Tensor4D) => unsupervisedLoss(z, taught.labels, taught.mask, config.unsupervisedLoss)
  return tf.add(l(zs), l(zf))
}

const images = (config: Config, seed = 3) => {
  const random = new Random(seed)
  return tf.tensor4d(
    Float32Array.from({ length: 2 * config.size ** 2 }, () => random.uniform()),
    [2, config.size, config.size, 1],
  )
}

const values = async (models: Models) =>
  Promise.all(models.flatMap((m) => Object.values(m.parameters)).map(async (p) => [...(await p.data())]))

async function runSteps(config: Config, count: number) {
  const data = tinyData(config)
  const net = networkOf(config, 3)
  let models = createModels(net, config)
  const rows = []
  for (let t = 0; t < count; t++) {
    const next = step(net, models, drawViews(data, config, t), config, t)
    rows.push(await readMetrics(next.scalars, config, t))
    disposeModels(models)
    models = next.models
  }
  const weights = await values(models)
  disposeModels(models)
  return { rows, weights }
}

test('1: a network gets no gradient from the terms of the other, whose pseudo-labels it made', () => {
  const config = tinyConfig()
  const models = createModels(networkOf(config, 3), config)
  tf.tidy(() => {
    const x = images(config)
    for (const k of [0, 1]) {
      const all = models.flatMap((m) => Object.values(m.parameters))
      const { grads } = tf.engine().gradients(() => unlabelledTerms(config, models, k, x), all)
      const size = (grad: tf.Tensor | null) => (grad ? tf.sum(tf.abs(grad)).dataSync()[0]! : 0)
      const half = all.length / 2
      const total = (gs: tf.Tensor[]) => gs.reduce((sum, g) => sum + size(g), 0)
      expect(total(grads.slice(k * half, (k + 1) * half))).toBeGreaterThan(0)
      expect(total(grads.slice((1 - k) * half, (2 - k) * half))).toBe(0)
    }
  })
  disposeModels(models)
})

test('1: in a whole step, without labelled terms, the update of each network depends on the other only through its pseudo-labels', async () => {
  // With tau above 1 nothing is taught: if targets carried gradients, something would still move.
  const config = tinyConfig({ tau: 1.01, lambdaE: 0, lambdaS: 0, weightDecay: 0 })
  const start = createModels(networkOf(config, 3), config)
  const untouched = await values(start)
  disposeModels(start)
  expect((await runSteps(config, 1)).weights).toEqual(untouched)
})

test('2: exchanging the networks exchanges their terms and leaves the sum unchanged', () => {
  const config = tinyConfig()
  const models = createModels(networkOf(config, 3), config)
  tf.tidy(() => {
    const x = images(config)
    const term = (m: Models, k: number) => unlabelledTerms(config, m, k, x).dataSync()[0]!
    const swapped: Models = [models[1], models[0]]
    expect(term(swapped, 1)).toBe(term(models, 0))
    expect(term(swapped, 0)).toBe(term(models, 1))
    expect(term(models, 0)).not.toBe(term(models, 1))
  })
  disposeModels(models)
})

test('3: a threshold above 1 gives no signal, 0 uses every pixel', async () => {
  const none = (await runSteps(tinyConfig({ tau: 1.01 }), 1)).rows[0]!
  expect([none.confidentA, none.confidentB]).toEqual([0, 0])
  expect(Math.abs(none.imageA) + Math.abs(none.imageB) + Math.abs(none.featureA) + Math.abs(none.featureB)).toBeLessThan(1e-6)
  const all = (await runSteps(tinyConfig({ tau: 0 }), 1)).rows[0]!
  expect([all.confidentA, all.confidentB]).toEqual([1, 1])
  expect(all.imageA).toBeGreaterThan(0)
})

test('4: weak and strong views are aligned, and CutMix swaps image, label and mask in the same box', () => {
  // Without photometric changes the strong view is the weak one, with other images of the batch in the boxes.
  const config = tinyConfig({ strongJitter: 0, strongBlur: 0, strongNoise: 0, cutmix: 1, batchUnlabeled: 4 })
  const S = config.size
  const data = tinyData(config, 6)
  let boxes = 0
  for (let t = 0; t < 20; t++) {
    const views = drawViews(data, config, t)
    tf.tidy(() => {
      const code = Float32Array.from({ length: 4 * S * S }, (_, i) => i)
      const inBox = new Float32Array(4 * S * S)
      views.boxes.forEach((box, n) => {
        if (box)
          for (let y = box.y; y < box.y + box.height; y++) inBox.fill(1, n * S * S + y * S + box.x, n * S * S + y * S + box.x + box.width)
      })
      const tensor = (v: Float32Array) => tf.tensor3d(v, [4, S, S])
      const mix = mixed({ labels: tensor(code), mask: tensor(code) }, tensor(inBox), tf.tensor1d(views.partners, 'int32'))
      const [labels, mask] = [mix.labels.dataSync(), mix.mask.dataSync()]
      for (let n = 0; n < 4; n++)
        for (let i = 0; i < S * S; i++) {
          const from = inBox[n * S * S + i] ? views.partners[n]! : n
          boxes += inBox[n * S * S + i]!
          expect(labels[n * S * S + i]).toBe(from * S * S + i)
          expect(mask[n * S * S + i]).toBe(from * S * S + i)
          // Gamma changes values but keeps their order and ends: 0.3 of the images have it, so compare only those left alone.
          if (views.strong[n]![i] === views.weak[from]![i]) continue
          expect(views.strong[n]![i]! > 0).toBe(views.weak[from]![i]! > 0)
        }
    })
  }
  expect(boxes).toBeGreaterThan(0)
})

test('5: every encoder level is changed, whole channels at a time; nothing is perturbed at inference', () => {
  const config = tinyConfig()
  const net = networkOf(config, 3)
  const models = createModels(net, config)
  tf.tidy(() => {
    const x = images(config)
    const F = encode(net, models[0].parameters, x, inference)
    const random = new Random(2)
    const [which] = perturbedLevels('all', 5, random)
    const G = perturbFeatures(F, which!, 0.5, random)
    F.forEach((f, l) => {
      const [B, H, W, C] = f.shape
      const [a, b] = [f.dataSync(), G[l]!.dataSync()]
      let dropped = 0
      for (let n = 0; n < B; n++)
        for (let c = 0; c < C; c++) {
          const pixels = Array.from({ length: H * W }, (_, p) => (n * H * W + p) * C + c)
          const factor = pixels.every((i) => b[i] === 0) ? 0 : 2
          if (factor === 0) dropped++
          for (const i of pixels) expect(b[i]).toBeCloseTo(factor * a[i]!, 5)
        }
      expect(dropped).toBeGreaterThan(0)
      expect(dropped).toBeLessThan(B * C)
    })
    expect([...logitsOf(net, models[0], x).dataSync()]).toEqual([...logitsOf(net, models[0], x).dataSync()])
  })
  disposeModels(models)
})

test('5: the variants perturb all levels, each alone, or a random subset that is never empty', () => {
  expect(perturbedLevels('each', 3, new Random(1))).toEqual([
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ])
  const subsets = Array.from({ length: 50 }, (_, i) => perturbedLevels('random', 5, new Random(i))[0]!)
  expect(subsets.every((s) => s.includes(true))).toBe(true)
  expect(new Set(subsets.map(String)).size).toBeGreaterThan(5)
})

test('6: synthesis moves image and mask together, keeps every class, and differs from draw to draw', () => {
  const config = tinyConfig({ size: 32, exemplarIntensity: 0 })
  const base = tinyData(config)
  // An image that says its own label can be read back after any warp, wherever bilinear and nearest sampling see one class only.
  const data = { ...base, exemplar: { image: Float32Array.from(base.exemplar.labels, (l) => l / 2), labels: base.exemplar.labels } }
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      for (const draw of [drawExemplar, drawSynthetic]) {
        const { image, labels, known } = draw(data, new Random(seed), config)
        for (const c of [1, 2]) expect(labels.includes(c), `class ${c}`).toBe(true)
        for (let y = 1; y < 31; y++)
          for (let x = 1; x < 31; x++) {
            const i = y * 32 + x
            const around = [-33, -32, -31, -1, 0, 1, 31, 32, 33].map((d) => labels[i + d])
            if (labels[i] === 2 && around.every((l) => l === 2)) expect(image[i]).toBeGreaterThan(0.6)
            if (labels[i]! > 0) expect(known[i]).toBe(1)
          }
        seen.add(labels.join(''))
      }
    }),
    { numRuns: 40 },
  )
  expect(seen.size).toBeGreaterThan(30)
})

test('7: with equal weights the cross terms are the self terms, and with different ones they are not', () => {
  const cross = tinyConfig()
  const self = tinyConfig({ teacher: 'self' })
  const models = createModels(networkOf(cross, 3), cross)
  tf.tidy(() => {
    const x = images(cross)
    const same: Models = [models[0], models[0]]
    const term = (config: Config, m: Models) => unlabelledTerms(config, m, 0, x).dataSync()[0]!
    expect(term(cross, same)).toBe(term(self, same))
    expect(term(cross, models)).not.toBe(term(self, models))
  })
  disposeModels(models)
})

describe('8: the default U-Net', () => {
  test.each([
    [16, 4, 1_813_764],
    [16, 9, 1_814_489],
    [8, 4, 454_788],
  ])('base width %i with %i classes has %i parameters', (baseWidth, classes, count) => {
    expect(countOf(parameterShapes(networkOf(tinyConfig({ baseWidth }), classes)))).toBe(count)
  })
  test('keeps running statistics only with BatchNorm', () => {
    expect(bufferShapes(networkOf(tinyConfig(), 4))).toEqual({})
    expect(countOf(bufferShapes(networkOf(tinyConfig({ norm: 'batch', baseWidth: 16 }), 4)))).toBe(2 * 1472)
  })
})

describe('a step', () => {
  test.each([
    ['defaults', {}],
    ['BatchNorm', { norm: 'batch' }],
    ['SGD', { optimizer: 'sgd' }],
    ['each level alone', { featurePerturb: 'each', featureDrop: 0.5 }],
    ['random levels', { featurePerturb: 'random', featureDrop: 0.5 }],
    ['masked cross-entropy', { unsupervisedLoss: 'ce' }],
    ['self-teaching with dropout', { teacher: 'self', dropout: 0.3 }],
    ['exemplar only', { synthetic: false, imageTerm: false, featureTerm: false }],
    ['no feature term', { featureTerm: false }],
    ['emptied exemplar as background', { background: 'exemplar' }],
    ['literal copy-paste', { outsideLabel: 'background', flip: true }],
  ] as [string, Partial<Config>][])('runs, repeats itself and learns with %s', async (_, settings) => {
    const config = tinyConfig({ learningRate: 0.01, ...settings })
    const { rows, weights } = await runSteps(config, 4)
    expect(await runSteps(config, 4)).toEqual({ rows, weights })
    expect(weights.flat().every(Number.isFinite)).toBe(true)
    const last = rows.at(-1)!
    expect(last.exemplarA + last.exemplarB).toBeLessThan(rows[0]!.exemplarA + rows[0]!.exemplarB)
    expect(Number.isNaN(last.syntheticA)).toBe(!config.synthetic)
    expect(Number.isNaN(last.imageA)).toBe(!config.imageTerm)
    expect(Number.isNaN(last.featureA)).toBe(!config.featureTerm)
    expect((await runSteps({ ...config, seed: 1 }, 1)).rows[0]!.totalA).not.toBe(rows[0]!.totalA)
  })

  test('is not taught in warm-up, then more and more', () => {
    const config = tinyConfig({ steps: 100, warmup: 0.25, ramp: 0.15 })
    expect(rampAt(24, config)).toBe(0)
    expect(rampAt(25, config)).toBeCloseTo(Math.exp(-5), 10)
    expect(rampAt(40, config)).toBe(1)
    const ramp = Array.from({ length: 100 }, (_, t) => rampAt(t, config))
    expect(ramp.every((r, i) => i === 0 || r >= ramp[i - 1]!)).toBe(true)
  })
})
