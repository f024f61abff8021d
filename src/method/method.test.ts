import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cutMix } from '../kernels/cut-mix/cut-mix'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import { unknown } from '../image/raster'
import { countOf } from '../nn/parameters'
import { bufferShapes, encode, inference, parameterShapes } from '../nn/unet'
import type { Config } from './config'
import { drawFactors, perturbedLevels, perturbFeatures } from './feature-perturbation'
import { logitsOf } from './inference'
import { createModels, disposeModels, networkOf, readModels, weightsOf, type Models, type StoredModel } from './model'
import type { StepNumbers } from './plan'
import { rampAt } from './schedule'
import { atRest, runStep } from './step.test-support'
import { StepRunner } from './step-runner'
import { correctedData, tinyConfig, tinyData } from './tiny-run.test-support'
import { drawViews } from './views-on-host'

// The tests of docs/method.md, section "Tests of the structure", by number: they pin what is confirmed, whatever the unknown values.

beforeAll(() => useHostBackend('wasm'))
let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})
afterEach(() => expect(tf.memory().numTensors, 'tensors left behind').toBe(before))

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

/** New networks with SGD at rest, so that a step without weight decay leaves the gradient of L in m. */
async function freshStates(config: Config): Promise<[StoredModel, StoredModel]> {
  const net = networkOf(config, 3)
  const models = createModels(net, config)
  const [A, B] = await readModels(net, models)
  disposeModels(models)
  return [atRest(A), atRest(B)]
}

/** Step 0 of a run without weight decay. */
const stepFrom = (config: Config, states: [StoredModel, StoredModel], change?: (numbers: StepNumbers) => void) =>
  runStep(networkOf(config, 3), { data: tinyData(config), config: { ...config, weightDecay: 0 }, t: 0 }, states, change)

const sizeOf = ({ m }: StoredModel) => Object.values(m).reduce((sum, v) => sum + v.reduce((s, x) => s + Math.abs(x), 0), 0)

test.each(['cross', 'self'] as const)(
  '1: no term of one network has a gradient with respect to the other’s weights (%s)',
  async (teacher) => {
    const config = tinyConfig({ teacher })
    for (const k of [0, 1] as const) {
      // Only the terms of network k, taught by the other, count.
      const { metrics, after } = await stepFrom(config, await freshStates(config), ({ values }) => {
        const weights = values['weights']!
        weights.fill(0, ((1 - k) * weights.length) / 2, ((2 - k) * weights.length) / 2)
      })
      expect(k === 0 ? metrics.featureA : metrics.featureB).toBeGreaterThan(0)
      expect(sizeOf(after[k])).toBeGreaterThan(0)
      expect(sizeOf(after[1 - k]!)).toBe(0)
    }
  },
)

/** The terms of A before and after other weights of B. */
async function termsWithOtherB(teacher: Config['teacher']) {
  const config = tinyConfig({ teacher })
  const [A, B] = await freshStates(config)
  const [, other] = await freshStates({ ...config, seed: 1 })
  return [(await stepFrom(config, [A, B])).metrics, (await stepFrom(config, [A, other])).metrics] as const
}

test('1: under cross, other weights of B change only the unlabelled terms of A, which B teaches', async () => {
  const [before, after] = await termsWithOtherB('cross')
  expect(Math.abs(after.imageA - before.imageA)).toBeGreaterThan(1e-3)
  expect(Math.abs(after.featureA - before.featureA)).toBeGreaterThan(1e-3)
  expect([after.exemplarA, after.syntheticA]).toEqual([before.exemplarA, before.syntheticA])
})

test('1: under self, other weights of B change no term of A', async () => {
  const [before, after] = await termsWithOtherB('self')
  expect(after.exemplarB).not.toBe(before.exemplarB)
  for (const name of ['exemplarA', 'syntheticA', 'imageA', 'featureA', 'totalA', 'confidentA'] as const)
    expect(after[name], name).toBe(before[name])
})

test('1: with zero weights for all terms and nothing taught, no parameter changes', async () => {
  const config = tinyConfig({ tau: 1.01, lambdaE: 0, lambdaS: 0, weightDecay: 0 })
  const start = createModels(networkOf(config, 3), config)
  const untouched = await values(config, start)
  disposeModels(start)
  expect((await runSteps(config, 1)).weights).toEqual(untouched)
})

test('2: exchanging the networks exchanges their terms', async () => {
  // Without dropout and feature perturbation, whose masks differ between the networks.
  const config = tinyConfig()
  const [A, B] = await freshStates(config)
  const one = (await stepFrom(config, [A, B])).metrics
  const other = (await stepFrom(config, [B, A])).metrics
  for (const name of ['total', 'exemplar', 'synthetic', 'image', 'feature', 'confident', 'foreground'] as const) {
    expect([other[`${name}A`], other[`${name}B`]], name).toEqual([one[`${name}B`], one[`${name}A`]])
    expect(one[`${name}A`], name).not.toBe(one[`${name}B`])
  }
  expect(other.agreement).toBe(one.agreement)
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
          // Gamma changes values but keeps their order and ends: 0.3 of the images have it, so compare only the others.
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
  // An image that encodes its own label can be read back after any warp, wherever bilinear and nearest sampling see only one class.
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

test('7: with equal weights the cross terms are the self terms, and with different ones they are not', async () => {
  const [cross, self] = [tinyConfig(), tinyConfig({ teacher: 'self' })]
  const [A, B] = await freshStates(cross)
  const terms = async (config: Config, states: [StoredModel, StoredModel]) => (await stepFrom(config, states)).metrics
  expect(await terms(cross, [A, A])).toEqual(await terms(self, [A, A]))
  expect(await terms(cross, [A, B])).not.toEqual(await terms(self, [A, B]))
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
    ['class 2 exists only under unknown pixels', 2],
    ['every pixel of an exemplar is unknown', 0],
  ])('stays finite if %s', async (_, least) => {
    const config = tinyConfig({ background: 'mixed' })
    const data = tinyData(config)
    const exemplars = data.exemplars.map(({ image, labels }) => ({ image, labels: labels.map((l) => (l >= least ? unknown : l)) }))
    const { rows, weights } = await runSteps(config, 3, { ...data, exemplars })
    expect(weights.flat().every(Number.isFinite)).toBe(true)
    expect(rows.flatMap((row) => Object.values(row)).every(Number.isFinite)).toBe(true)
    if (least === 0) expect(rows.map(({ exemplarA, syntheticB }) => [exemplarA, syntheticB])).toEqual(rows.map(() => [0, 0]))
  })

  test('is not taught in warm-up, then increasingly', () => {
    const config = tinyConfig({ steps: 100, warmup: 0.25, ramp: 0.15 })
    expect(rampAt(24, config)).toBe(0)
    expect(rampAt(25, config)).toBeCloseTo(Math.exp(-5), 10)
    expect(rampAt(40, config)).toBe(1)
    const ramp = Array.from({ length: 100 }, (_, t) => rampAt(t, config))
    expect(ramp.every((r, i) => i === 0 || r >= ramp[i - 1]!)).toBe(true)
  })
})
