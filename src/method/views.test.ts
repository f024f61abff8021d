import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../kernels/testing/dawn'
import { useHeapBackend } from '../kernels/testing/heap-backends'
import { Random } from '../lib/random'
import type { Config } from './config'
import { keeps, weakRange, type TrainingData } from './synthesis'
import { tinyConfig, tinyData } from './testing'
import {
  disposeImages,
  drawViews,
  labeledShares,
  planShapes,
  planViews,
  renderViews,
  strongRange,
  uploadImages,
  type DevicePlan,
  type LabeledImage,
  type ViewPlan,
  type Views,
  type ViewTensors,
} from './views'
import { drawWarp, type WarpRange } from './warp'

/** A plan of views alone; in a step its tensors are part of those of `uploadStep`. */
function uploadPlan(plan: ViewPlan, config: Config): DevicePlan {
  const tensors = Object.entries(planShapes(config)).map(([name, shape]) => [
    name,
    tf.tensor(plan[name as keyof ViewPlan], [...shape], 'float32'),
  ])
  return { values: plan, tensors: Object.fromEntries(tensors) as DevicePlan['tensors'] }
}

const clamp = (v: number) => Math.min(1, Math.max(0, v))

/**
 * The same images by another road: one picture after the other, one pixel after the other, straight from the random streams and in the
 * words of docs/method.md, with neither plan nor kernel.
 */
function reference(data: TrainingData, config: Config, t: number): Pick<Views, 'exemplars' | 'synthetics' | 'weak' | 'strong'> {
  const { size } = data
  type Place = (column: number, row: number) => [number, number]
  const pixels = (f: (column: number, row: number, i: number) => number) =>
    Float32Array.from({ length: size * size }, (_, i) => f(i % size, Math.floor(i / size), i))
  const at = (image: ArrayLike<number>, x: number, y: number) =>
    image[Math.min(size - 1, Math.max(0, y)) * size + Math.min(size - 1, Math.max(0, x))]!

  const warp = (random: Random, range: WarpRange): Place => {
    const angle = (random.uniform(-range.rotation, range.rotation) * Math.PI) / 180
    const ky = random.logUniform(range.scale)
    const kx = range.scale > 1 ? ky * Math.exp(random.uniform(-0.1, 0.1)) : ky
    const [tx, ty] = [random.uniform(-2, 2) * range.shift, random.uniform(-2, 2) * range.shift]
    const quarters = range.flip && random.chance(0.5) ? random.integer(4) : 0
    const mirror = range.flip && random.chance(0.5) ? -1 : 1
    const turn = angle + (quarters * Math.PI) / 2
    const grids = range.elastic > 0 ? [0, 1].map(() => Array.from({ length: 25 }, () => random.uniform(-1, 1) * range.elastic)) : []
    // Keys' kernel with a = -0.75, of the distance from a grid point.
    const kernel = (d: number) => (d < 1 ? 1.25 * d ** 3 - 2.25 * d ** 2 + 1 : d < 2 ? -0.75 * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0)
    const bent = (grid: number[], column: number, row: number) => {
      const [gx, gy] = [(column * 4) / (size - 1), (row * 4) / (size - 1)]
      let sum = 0
      for (let j = -2; j <= 6; j++)
        for (let i = -2; i <= 6; i++) {
          const value = grid[Math.min(4, Math.max(0, j)) * 5 + Math.min(4, Math.max(0, i))]!
          sum += value * kernel(Math.abs(gx - i)) * kernel(Math.abs(gy - j))
        }
      return sum
    }
    return (column, row) => {
      const u = mirror * ((2 * column + 1) / size - 1)
      const v = (2 * row + 1) / size - 1
      const x = (Math.cos(turn) * u - Math.sin(turn) * v) / kx + tx + (grids[0] ? bent(grids[0], column, row) : 0)
      const y = (Math.sin(turn) * u + Math.cos(turn) * v) / ky + ty + (grids[1] ? bent(grids[1], column, row) : 0)
      return [((x + 1) * size - 1) / 2, ((y + 1) * size - 1) / 2]
    }
  }
  const sampled = (image: Float32Array, place: Place) =>
    pixels((column, row) => {
      const [x, y] = place(column, row).map((v) => Math.min(size - 1, Math.max(0, v))) as [number, number]
      const [i, j] = [Math.floor(x), Math.floor(y)]
      const across = (line: number) => at(image, i, line) * (1 - x + i) + at(image, i + 1, line) * (x - i)
      return across(j) * (1 - y + j) + across(j + 1) * (y - j)
    })
  const soft = (image: Float32Array, sigma: number) => {
    if (sigma === 0) return image
    const gauss = (dx: number, dy: number) => Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma))
    return pixels((column, row) => {
      let [sum, total] = [0, 0]
      for (let dy = -4; dy <= 4; dy++)
        for (let dx = -4; dx <= 4; dx++) {
          sum += gauss(dx, dy) * at(image, column + dx, row + dy)
          total += gauss(dx, dy)
        }
      return sum / total
    })
  }

  const exemplar = (random: Random): LabeledImage => {
    const range = {
      rotation: config.exemplarRotation,
      scale: config.exemplarScale,
      shift: config.exemplarShift,
      elastic: config.elastic,
      flip: config.flip,
    }
    const area = (labels: ArrayLike<number>, c: number) => Array.from(labels).filter((l) => l === c).length
    for (let attempt = 1; ; attempt++) {
      const place = warp(random, attempt < 8 ? range : { ...range, scale: 1, shift: 0 })
      const labels = pixels((column, row) => {
        const [x, y] = place(column, row).map((v) => Math.round(v)) as [number, number]
        return x >= 0 && y >= 0 && x < size && y < size ? data.exemplar.labels[y * size + x]! : 0
      })
      const cut = [1, 2].some((c) => {
        const before = area(data.exemplar.labels, c)
        return before > 0 && area(labels, c) < Math.max(1, (0.5 / config.exemplarScale ** 2) * before)
      })
      if (cut && attempt < 8) continue
      const strength = config.exemplarIntensity
      const gamma = Math.exp(random.uniform(-0.4, 0.4) * strength)
      const gain = 1 + random.uniform(-0.3, 0.3) * strength
      const offset = random.uniform(-0.1, 0.1) * strength
      const image = sampled(data.exemplar.image, place).map((v) => clamp(v ** gamma * gain + offset))
      return { image, labels: Uint8Array.from(labels), known: new Uint8Array(size * size).fill(1) }
    }
  }
  const synthetic = (random: Random): LabeledImage => {
    const { image, labels, known } = exemplar(random)
    const own = config.background === 'exemplar' || (config.background === 'mixed' && random.chance(0.5))
    const source = own ? data.emptied : data.unlabeled[random.integer(data.unlabeled.length)]!
    const background = sampled(source, warp(random, weakRange(config)))
    const rim = pixels((column, row) => {
      for (let y = Math.max(0, row - 3); y <= Math.min(size - 1, row + 3); y++)
        for (let x = Math.max(0, column - 3); x <= Math.min(size - 1, column + 3); x++) if (labels[y * size + x]) return 1
      return 0
    })
    const alpha = soft(rim, 1.5)
    const everywhere = own || config.outsideLabel === 'background'
    return {
      image: image.map((v, i) => alpha[i]! * v + (1 - alpha[i]!) * background[i]!),
      labels,
      known: everywhere ? known : Uint8Array.from(rim),
    }
  }
  const strongly = (image: Float32Array, random: Random) => {
    const range = strongRange(config)
    let x = image
    if (random.chance(0.8)) {
      const brightness = random.uniform(1 - range.jitter, 1 + range.jitter)
      const contrast = random.uniform(1 - range.jitter, 1 + range.jitter)
      const bright = x.map((v) => clamp(v * brightness))
      const mean = bright.reduce((a, b) => a + b, 0) / x.length
      x = bright.map((v) => clamp(contrast * v + (1 - contrast) * mean))
    }
    if (random.chance(0.5) && range.blur > 0) x = soft(x, random.uniform(range.blur / 4, range.blur))
    const gamma = random.chance(0.3) ? random.uniform(0.6, 1.6) : 1
    x = x.map((v) => v ** gamma)
    if (!random.chance(0.3)) return x
    const sigma = random.uniform(0, range.noise)
    return x.map((v) => clamp(v + sigma * random.normal()))
  }

  const stream = (purpose: string, i = 0) => new Random(config.seed, purpose, t, i)
  const list = (count: number) => Array.from({ length: count }, (_, i) => i)
  const { exemplars, synthetics } = labeledShares(config)
  const pick = stream('unlabeled')
  const picked = list(config.batchUnlabeled).map(() => data.unlabeled[pick.integer(data.unlabeled.length)]!)
  const weak = picked.map((image, i) => sampled(image, warp(stream('weak', i), weakRange(config))))
  const plain = weak.map((image, i) => strongly(image, stream('strong', i)))
  const mix = stream('cutmix')
  const partners = mix.permutation(config.batchUnlabeled)
  const strong = plain.map((image, i) => {
    if (!mix.chance(config.cutmix)) return image
    const area = mix.uniform(0.02, 0.4) * size * size
    const ratio = mix.logUniform(1 / 0.3)
    const width = Math.min(size - 1, Math.floor(Math.sqrt(area / ratio)))
    const height = Math.min(size - 1, Math.floor(Math.sqrt(area * ratio)))
    const [left, top] = [mix.integer(size - width), mix.integer(size - height)]
    const inside = (column: number, row: number) => column >= left && column < left + width && row >= top && row < top + height
    return pixels((column, row, i_) => (inside(column, row) ? plain[partners[i]!]![i_]! : image[i_]!))
  })
  return {
    exemplars: list(exemplars).map((i) => exemplar(stream('exemplar', i))),
    synthetics: list(synthetics).map((i) => synthetic(stream('synthetic', i))),
    weak,
    strong,
  }
}

const variants: [string, Partial<Config>][] = [
  ['the defaults', { batchLabeled: 4, batchUnlabeled: 3, cutmix: 1 }],
  ['flips and either background', { flip: true, background: 'mixed', batchLabeled: 5, exemplarShare: 0, cutmix: 0.5 }],
  ['no bending, the literal labels', { elastic: 0, outsideLabel: 'background', strongNoise: 0.3, strongBlur: 4 }],
  ['exemplars only', { synthetic: false, strongJitter: 0, strongBlur: 0, strongNoise: 0, batchUnlabeled: 1 }],
]

/** Largest difference, and the share of values that differ by more than 1e-3: a label may tip over where two pixels are equally near. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): { largest: number; share: number } {
  expect(a.length).toBe(b.length)
  const d = Array.from(a, (v, i) => Math.abs(v - b[i]!))
  return { largest: Math.max(...d), share: d.filter((v) => v > 1e-3).length / d.length }
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, what: string, tolerance: number): void {
  expect(differences(got, want).largest, what).toBeLessThan(tolerance)
}

const flat = (list: ArrayLike<number>[]) => list.flatMap((values) => Array.from(values))

/** Compares tensors with arrays; labels, and what hangs on them, may differ in two of a thousand pixels. */
async function expectViews(got: ViewTensors, want: Pick<Views, 'exemplars' | 'synthetics' | 'weak' | 'strong'>, tolerance: number) {
  const both = [...want.exemplars, ...want.synthetics]
  const S = got.weak.shape[1]
  expect(got.labeled.x.shape).toEqual([both.length, S, S, 1])
  expect(got.labeled.target.shape).toEqual([both.length, S, S])
  expect(got.weak.shape).toEqual([want.weak.length, S, S, 1])
  expect(got.strong.shape).toEqual(got.weak.shape)
  expectClose(await got.weak.data(), flat(want.weak), 'weak', tolerance)
  expectClose(await got.strong.data(), flat(want.strong), 'strong', tolerance)
  const labeled = [
    [got.labeled.x, both.map((s) => s.image)],
    [got.labeled.target, both.map((s) => Float32Array.from(s.labels, (label, i) => (s.known[i] ? label : -1)))],
  ] as const
  for (const [tensor, values] of labeled) expect(differences(await tensor.data(), flat([...values])).share).toBeLessThan(0.002)
}

describe.each(variants)('with %s', (_, settings) => {
  const config = tinyConfig({ size: 32, ...settings })
  const data = tinyData(config, 3)

  test('the images on the host are those of the reference', () => {
    for (let t = 0; t < 4; t++) {
      const got = drawViews(data, config, t)
      const want = reference(data, config, t)
      for (const kind of ['weak', 'strong'] as const) expectClose(flat(got[kind]), flat(want[kind]), kind, 1e-4)
      for (const kind of ['exemplars', 'synthetics'] as const) {
        expect(got[kind].length).toBe(want[kind].length)
        got[kind].forEach((sample, i) => {
          for (const part of ['image', 'labels', 'known'] as const)
            expect(differences(sample[part], want[kind][i]![part]).share, `${kind}, ${part}`).toBeLessThan(0.002)
        })
      }
    }
  })

  test('the numbers of a plan have the shapes that the settings say, at every step', () => {
    for (let t = 0; t < 4; t++) {
      const plan = planViews(data, config, t)
      for (const [name, shape] of Object.entries(planShapes(config))) {
        const values = plan[name as keyof typeof plan]
        expect(values.length, name).toBe(tf.util.sizeFromShape([...shape]))
        expect(values.every(Number.isFinite), name).toBe(true)
      }
      expect(planViews(data, config, t)).toEqual(plan)
    }
  })

  const rendersAsOnHost = async (tolerance: number) => {
    const before = tf.memory().numTensors
    const images = uploadImages(data)
    for (let t = 0; t < 2; t++) {
      const plan = uploadPlan(planViews(data, config, t), config)
      const views = renderViews(images, plan, config)
      await expectViews(views, drawViews(data, config, t), tolerance)
      tf.dispose([Object.values(plan.tensors), [views.weak, views.strong], Object.values(views.labeled)])
    }
    disposeImages(images)
    expect(tf.memory().numTensors).toBe(before)
  }

  describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
    beforeAll(() => useHeapBackend(backend))
    test('the kernels make the images of the host', () => rendersAsOnHost(1e-6))
    test('without kernels they are made on the host', async () => {
      const kernel = tf.getKernel('WarpImages', backend)
      tf.unregisterKernel('WarpImages', backend)
      try {
        await rendersAsOnHost(1e-6)
      } finally {
        tf.registerKernel(kernel)
      }
    })
  })
})

test('whether a warp keeps every class is told without looking at every row, and told right', () => {
  const config = tinyConfig({ size: 32, flip: true })
  const { size, exemplar } = tinyData(config)
  const range: WarpRange = { rotation: 180, scale: 2, shift: 0.4, elastic: 0.1, flip: true }
  const seen = new Set<boolean>()
  for (let seed = 0; seed < 60; seed++) {
    const warp = drawWarp(new Random(seed), size, range)
    const least = [0, 80, 30]
    const count = [0, 0, 0]
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) {
        // The plain warp with the bend left out shows whether the areas are counted; the bend itself is tested above.
        const [a, b, c, d, e, f] = warp.affine as unknown as [number, number, number, number, number, number]
        const [x, y] = [Math.round(a * column + b * row + c), Math.round(d * column + e * row + f)]
        if (x >= 0 && y >= 0 && x < size && y < size) count[exemplar.labels[y * size + x]!]!++
      }
    const straight = { affine: warp.affine, bend: new Float32Array(50) }
    const kept = count[1]! >= 80 && count[2]! >= 30
    expect(keeps(exemplar.labels, size, straight, least)).toBe(kept)
    seen.add(kept)
  }
  expect(seen.size).toBe(2)
})

describe('on WebGPU', () => {
  useSoftwareWebgpu()
  test.each(variants)('the kernels make the images of the host with %s', async (_, settings) => {
    const config = tinyConfig({ size: 32, ...settings })
    const data = tinyData(config, 3)
    const images = uploadImages(data)
    for (let t = 0; t < 2; t++) {
      const plan = uploadPlan(planViews(data, config, t), config)
      const views = renderViews(images, plan, config)
      await expectViews(views, drawViews(data, config, t), 5e-4)
      tf.dispose([Object.values(plan.tensors), [views.weak, views.strong], Object.values(views.labeled)])
    }
    disposeImages(images)
  })
})
