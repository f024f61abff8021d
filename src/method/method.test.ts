import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { detach } from '../kernels/detach'
import { pixelLosses } from '../kernels/pixel-loss/pixel-loss'
import { pseudoLabels } from '../kernels/pseudo-labels/pseudo-labels'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import { unknown } from '../lib/raster'
import { countOf, type Parameters } from '../nn/parameters'
import { bufferShapes, decode, encode, inference, parameterShapes } from '../nn/unet'
import type { Config } from './config'
import { drawFactors, perturbedLevels, perturbFeatures } from './feature-perturbation'
import { logitsOf } from './inference'
import { unsupervisedForms } from './losses'
import { createModels, disposeModels, networkOf, readModels, weightsOf, type Models } from './model'
import { rampAt } from './schedule'
import { StepRunner } from './step-runner'
import { correctedData, tinyConfig, tinyData } from './testing'
import { drawViews } from './views'

// The tests of method.md, section 12, by its numbers: they pin the structure that is confirmed, whatever the unknown numbers are.

beforeAll(() => useHostBackend('wasm'))
let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})
afterEach(() => expect(tf.memory().numTensors, 'tensors left behind').toBe(before))

/** The unlabelled terms of both networks [2], each under its teacher's pseudo-labels, as `step` forms them. */
function unlabelledTerms(config: Config, weights: Parameters, images: tf.Tensor4D): tf.Tensor1D {
  const net = networkOf(config, 3)
  const x = tf.concat([images, images])
  const F = encode(net, weights, x, inference)
  const clean = decode(net, weights, F, inference)
  const { taught } = pseudoLabels(detach(clean), config.tau)
  const targets = config.teacher === 'cross' ? tf.concat(tf.split(taught, 2).reverse()) : taught
  const random = new Random(1)
  const factors = F.map(({ shape: [B, , , C] }) => {
    // The same channels of both networks, so that exchanging the networks exchanges everything.
    const half = drawFactors(true, B / 2, C, 0.5, random)
    return tf.concat([half, half].map((f) => tf.tensor2d(f, [B / 2, C])))
  })
  const perturbed = decode(net, weights, perturbFeatures(F, factors), inference)
  const form = unsupervisedForms[config.unsupervisedLoss]
  const l = (z: tf.Tensor4D) => tf.reshape(pixelLosses(z, targets as tf.Tensor3D, 2, [{ images: images.shape[0], form }]), [2])
  return tf.add(l(clean), l(perturbed))
}

/** The weights of both networks exchanged, or those of the first for both. */
const rearranged = (weights: Parameters, order: [number, number]): Parameters =>
  Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, tf.gather(w, tf.tensor1d(order, 'int32'))]))

const images = (config: Config, seed = 3) => {
  const random = new Random(seed)
  return tf.tensor4d(
    Float32Array.from({ length: 2 * config.size ** 2 }, () => random.uniform()),
    [2, config.size, config.size, 1],
  )
}

const values = async (config: Config, models: Models) => {
  const stored = await readModels(networkOf(config, 3), models)
  return stored.flatMap(({ parameters }) => Object.values(parameters).map((p) => [...p]))
}

async function runSteps(config: Config, count: number, data = tinyData(config)) {
  const net = networkOf(config, 3)
  const runner = new StepRunner(net, data, config, createModels(net, config))
  const rows = []
  for (let t = 0; t < count; t++) {
    runner.step(t)
    rows.push(...(await runner.read()))
  }
  const weights = await values(config, runner.current)
  runner.dispose()
  return { rows, weights }
}

test('1: a network gets no gradient from the terms of the other, whose pseudo-labels it made', () => {
  const config = tinyConfig()
  const models = createModels(networkOf(config, 3), config)
  tf.tidy(() => {
    const x = images(config)
    const weights = weightsOf(networkOf(config, 3), models)
    const names = Object.keys(weights)
    for (const k of [0, 1]) {
      // The gradient of the terms of network k alone.
      const loss = () => unlabelledTerms(config, weights, x) as tf.Tensor
      const { grads } = tf.engine().gradients(loss, Object.values(weights), tf.cast(tf.oneHot(k, 2), 'float32'))
      const sizes = names.map((_, i) => tf.sum(tf.abs(tf.reshape(grads[i]!, [2, -1])), 1).dataSync())
      expect(sizes.reduce((sum, s) => sum + s[k]!, 0)).toBeGreaterThan(0)
      expect(sizes.reduce((sum, s) => sum + s[1 - k]!, 0)).toBe(0)
    }
  })
  disposeModels(models)
})

test('1: in a whole step, without labelled terms, the update of each network depends on the other only through its pseudo-labels', async () => {
  // With tau above 1 nothing is taught: if targets carried gradients, something would still move.
  const config = tinyConfig({ tau: 1.01, lambdaE: 0, lambdaS: 0, weightDecay: 0 })
  const start = createModels(networkOf(config, 3), config)
  const untouched = await values(config, start)
  disposeModels(start)
  expect((await runSteps(config, 1)).weights).toEqual(untouched)
})

test('2: exchanging the networks exchanges their terms and leaves the sum unchanged', () => {
  const config = tinyConfig()
  const models = createModels(networkOf(config, 3), config)
  tf.tidy(() => {
    const x = images(config)
    const weights = weightsOf(networkOf(config, 3), models)
    const [a, b] = unlabelledTerms(config, weights, x).dataSync()
    const [c, d] = unlabelledTerms(config, rearranged(weights, [1, 0]), x).dataSync()
    expect([d, c]).toEqual([a, b])
    expect(a).not.toBe(b)
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

test('4: weak and strong views are aligned, and CutMix swaps image and pseudo-label in the same box', () => {
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
      const boxList = views.boxes.map((box) => (box ? [box.x, box.y, box.width, box.height] : [0, 0, 0, 0]))
      const labels = cutMix(tf.tensor3d(code, [4, S, S]), tf.tensor2d(boxList), tf.tensor1d(views.partners)).dataSync()
      for (let n = 0; n < 4; n++)
        for (let i = 0; i < S * S; i++) {
          const from = inBox[n * S * S + i] ? views.partners[n]! : n
          boxes += inBox[n * S * S + i]!
          expect(labels[n * S * S + i]).toBe(from * S * S + i)
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
    const F = encode(net, weightsOf(net, models), tf.concat([x, x]), inference)
    const random = new Random(2)
    const [which] = perturbedLevels('all', 5, random)
    const factors = F.map(({ shape: [B, , , C] }, l) => tf.tensor2d(drawFactors(which![l]!, B, C, 0.5, random), [B, C]))
    const G = perturbFeatures(F, factors)
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
    expect([...logitsOf(net, models, x).dataSync()]).toEqual([...logitsOf(net, models, x).dataSync()])
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
  const { labels } = base.exemplars[0]!
  const data = { ...base, exemplars: [{ image: Float32Array.from(labels, (l) => l / 2), labels }] }
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const { exemplars, synthetics } = drawViews(data, { ...config, seed }, 0)
      for (const { image, labels, known } of [exemplars[0]!, synthetics[0]!]) {
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
    const weights = weightsOf(networkOf(cross, 3), models)
    const same = rearranged(weights, [0, 0])
    const terms = (config: Config, w: Parameters) => [...unlabelledTerms(config, w, x).dataSync()]
    expect(terms(cross, same)).toEqual(terms(self, same))
    expect(terms(cross, weights)).not.toEqual(terms(self, weights))
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

  test('learns from two exemplars with unknown pixels, on every background', async () => {
    for (const background of ['unlabeled', 'mixed'] as const) {
      const config = tinyConfig({ learningRate: 0.01, batchLabeled: 4, background })
      const { rows, weights } = await runSteps(config, 6, correctedData(config))
      expect(weights.flat().every(Number.isFinite)).toBe(true)
      expect(rows.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true)
      const last = rows.at(-1)!
      expect(last.exemplarA + last.exemplarB).toBeLessThan(rows[0]!.exemplarA + rows[0]!.exemplarB)
    }
  })

  test.each([
    ['class 2 is nowhere but under unknown pixels', 2],
    ['every pixel of an exemplar is unknown', 0],
  ])('stays finite where %s', async (_, least) => {
    const config = tinyConfig({ background: 'mixed' })
    const data = tinyData(config)
    const exemplars = data.exemplars.map(({ image, labels }) => ({ image, labels: labels.map((l) => (l >= least ? unknown : l)) }))
    const { rows, weights } = await runSteps(config, 3, { ...data, exemplars })
    expect(weights.flat().every(Number.isFinite)).toBe(true)
    expect(rows.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true)
    if (least === 0) expect(rows.map(({ exemplarA, syntheticB }) => [exemplarA, syntheticB])).toEqual(rows.map(() => [0, 0]))
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
