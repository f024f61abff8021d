import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { setEngine } from '../kernels/engine'
import { pixelLosses } from '../kernels/pixel-loss/pixel-loss'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import { unknown } from '../image/raster'
import type { Config } from './config'
import { supervisedForm } from './losses'
import { emptyOut, keeps, weakRange, withBank, type TrainingData } from './synthesis'
import { correctedData, tinyConfig, tinyData } from './tiny-run.test-support'
import { labeledShares, planShapes, planViews, rowsOf, strongRange, type ViewPlan } from './view-plan'
import { disposeImages, renderViews, uploadImages, type DevicePlan, type DevicePlans, type OwnViews, type ViewTensors } from './views'
import { drawViews, imagesOf, type LabeledImage, type Views } from './views-on-host'
import { drawWarp, type WarpRange } from './warp'

/** The plans of only the views; in a step their tensors are part of those from `uploadStep`. */
function uploadPlans(data: TrainingData, config: Config, t: number): DevicePlans {
  const upload = (k: 0 | 1): DevicePlan => {
    const plan = planViews(data, config, t, k)
    const tensors = Object.entries(planShapes(config)).map(([name, shape]) => [
      name,
      tf.tensor(plan[name as keyof ViewPlan], [...shape], 'float32'),
    ])
    return { values: plan, tensors: Object.fromEntries(tensors) as DevicePlan['tensors'] }
  }
  const first = upload(0)
  return [first, config.draws === 'shared' ? first : upload(1)]
}

const disposeViews = ({ weak, own }: ViewTensors, plans: DevicePlans) => tf.dispose([weak, plans.map(({ tensors }) => tensors), own])

const clamp = (v: number) => Math.min(1, Math.max(0, v))

/**
 * The same images computed differently: picture by picture, pixel by pixel, straight from the random streams and in the
 * words of docs/method.md, with neither plan nor kernel.
 */
function reference(data: TrainingData, config: Config, t: number, k: 0 | 1): Pick<Views, 'exemplars' | 'synthetics' | 'weak' | 'strong'> {
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
    // Keys' kernel with a = -0.75, by distance from a grid point.
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

  const exemplar = (random: Random): LabeledImage & { emptied: Float32Array } => {
    const entries = data.bank.map((_, i) => i).filter((i) => config.draws !== 'apart' || i % 2 === k)
    const carried = entries.length > 0 && random.chance(config.atlasShare)
    const pick = (count: number) => (count > 1 ? random.integer(count) : 0)
    const number = carried ? data.exemplars.length + entries[pick(entries.length)]! : pick(data.exemplars.length)
    const own = [...data.exemplars, ...data.bank][number]!
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
        if (at(own.labels, x, y) === unknown) return unknown
        return x >= 0 && y >= 0 && x < size && y < size ? own.labels[y * size + x]! : 0
      })
      const cut = [1, 2].some((c) => {
        const before = area(own.labels, c)
        return before > 0 && area(labels, c) < Math.max(1, (0.5 / config.exemplarScale ** 2) * before)
      })
      if (cut && attempt < 8) continue
      const strength = config.exemplarIntensity
      const gamma = Math.exp(random.uniform(-0.4, 0.4) * strength)
      const gain = 1 + random.uniform(-0.3, 0.3) * strength
      const offset = random.uniform(-0.1, 0.1) * strength
      const image = sampled(own.image, place).map((v) => clamp(v ** gamma * gain + offset))
      const known = Uint8Array.from(labels, (l) => (l === unknown ? 0 : 1))
      return { image, labels: Uint8Array.from(labels, (l) => (l === unknown ? 0 : l)), known, emptied: data.emptied[number]! }
    }
  }
  const pile = data.unlabeled.filter((_, i) => data.pile?.includes(i) ?? true)
  const synthetic = (random: Random): LabeledImage => {
    const { image, labels, known, emptied } = exemplar(random)
    const own = config.background === 'exemplar' || (config.background === 'mixed' && random.chance(0.5))
    const source = own ? emptied : pile[random.integer(pile.length)]!
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
      known: everywhere ? known : known.map((k, i) => Math.min(k, rim[i]!)),
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
  const ofNetwork = (purpose: string, i = 0) => stream(k === 1 && config.draws !== 'shared' ? purpose + ' of B' : purpose, i)
  const list = (count: number) => Array.from({ length: count }, (_, i) => i)
  const { exemplars, synthetics } = labeledShares(config)
  const pick = stream('unlabeled')
  const picked = list(config.batchUnlabeled).map(() => pile[pick.integer(pile.length)]!)
  const weak = picked.map((image, i) => sampled(image, warp(stream('weak', i), weakRange(config))))
  const plain = weak.map((image, i) => strongly(image, ofNetwork('strong', i)))
  const mix = ofNetwork('cutmix')
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
    exemplars: list(exemplars).map((i) => exemplar(ofNetwork('exemplar', i))),
    synthetics: list(synthetics).map((i) => synthetic(ofNetwork('synthetic', i))),
    weak,
    strong,
  }
}

/** With a bank of three, whose labels say which. */
const bankedData: typeof tinyData = (config, unlabeled) => {
  const data = correctedData(config, unlabeled)
  const { labels } = data.exemplars[1]!
  return withBank(
    data,
    [2, 0, 1].map((image, n) => ({ image, labels: labels.map((l, i) => (i % config.size < 5 * n ? 0 : l)) })),
  )
}

const variants: [string, Partial<Config>, typeof tinyData?][] = [
  ['the defaults', { batchLabeled: 4, batchUnlabeled: 3, cutmix: 1 }],
  ['flips and either background', { flip: true, background: 'mixed', batchLabeled: 5, exemplarShare: 0, cutmix: 0.5 }],
  ['no bending, the literal labels', { elastic: 0, outsideLabel: 'background', strongNoise: 0.3, strongBlur: 4 }],
  ['exemplars only', { synthetic: false, strongJitter: 0, strongBlur: 0, strongNoise: 0, batchUnlabeled: 1 }],
  ['two exemplars and unknown pixels', { background: 'mixed', batchLabeled: 6, flip: true }, correctedData],
  [
    'the same with the literal labels',
    { outsideLabel: 'background', batchLabeled: 6, exemplarShare: 0.3, exemplarShift: 0.3 },
    correctedData,
  ],
  ['draws of its own for each network', { draws: 'own', background: 'mixed', batchLabeled: 6, batchUnlabeled: 3 }, bankedData],
  ['the bank in halves', { draws: 'apart', batchLabeled: 6, atlasShare: 0.8 }, bankedData],
  [
    'an exemplar among the unlabelled images',
    { background: 'mixed', batchUnlabeled: 4 },
    (config, n) => ({ ...tinyData(config, n), pile: [0, 2] }),
  ],
]

/** Largest difference, and the share of values that differ by more than 1e-3: a label may flip where two pixels are equally near. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>): { largest: number; share: number } {
  expect(a.length).toBe(b.length)
  const d = Array.from(a, (v, i) => Math.abs(v - b[i]!))
  return { largest: Math.max(...d), share: d.filter((v) => v > 1e-3).length / d.length }
}

function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, what: string, tolerance: number): void {
  expect(differences(got, want).largest, what).toBeLessThan(tolerance)
}

const flat = (list: ArrayLike<number>[]) => list.flatMap((values) => Array.from(values))

/** Compares tensors with arrays; labels, and what depends on them, may differ in two of a thousand pixels. */
async function expectViews(
  got: OwnViews & Pick<ViewTensors, 'weak'>,
  want: Pick<Views, 'exemplars' | 'synthetics' | 'weak' | 'strong'>,
  tolerance: number,
) {
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

/** The kernels' images equal the host's in the first two steps. */
async function expectAsOnHost(data: TrainingData, config: Config, tolerance: number): Promise<void> {
  const before = tf.memory().numTensors
  const images = uploadImages(data)
  for (let t = 0; t < 2; t++) {
    const plans = uploadPlans(data, config, t)
    const views = renderViews(images, plans, config)
    for (const k of [0, 1] as const) await expectViews({ weak: views.weak, ...views.own[k] }, drawViews(data, config, t, k), tolerance)
    disposeViews(views, plans)
  }
  disposeImages(images)
  expect(tf.memory().numTensors).toBe(before)
}

/** One to three exemplars, each with blocks of any class or unknown, some uniform; settings that reach every branch. */
const annotations = fc.record({
  blocks: fc.array(
    fc.oneof(
      fc.array(fc.constantFrom(0, 1, 2, unknown), { minLength: 16, maxLength: 16 }),
      fc.constantFrom(0, 1, unknown).map((l) => new Array<number>(16).fill(l)),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  seed: fc.nat(1e6),
  background: fc.constantFrom('unlabeled' as const, 'exemplar' as const, 'mixed' as const),
  outsideLabel: fc.constantFrom('unknown' as const, 'background' as const),
})

const rendersAnyAnnotation = (tolerance: number, numRuns: number) =>
  fc.assert(
    fc.asyncProperty(annotations, async ({ blocks, ...settings }) => {
      const config = tinyConfig({ size: 16, batchLabeled: 4, ...settings })
      const random = new Random(settings.seed)
      const exemplars = blocks.map((classes) => ({
        image: Float32Array.from({ length: 256 }, () => random.uniform()),
        labels: Uint8Array.from({ length: 256 }, (_, i) => classes[(i >> 6) * 4 + ((i >> 2) & 3)]!),
      }))
      const emptied = exemplars.map(({ image, labels }) => emptyOut(image, labels, 16))
      const data = { ...tinyData(config, 2), exemplars, emptied }
      const { exemplars: E, synthetics } = drawViews(data, config, 0)
      for (const { labels, known } of [...E, ...synthetics])
        labels.forEach((l, i) => expect(known[i] === 1 ? l <= 2 : known[i] === 0 && l <= 2).toBe(true))
      await expectAsOnHost(data, config, tolerance)
    }),
    { numRuns, seed: 11 },
  )

/** The labelled terms, forward and backward: the logits at unknown pixels have no effect, all others do. */
async function expectUnknownTeachesNothing(): Promise<void> {
  const config = tinyConfig({ size: 16, batchLabeled: 4, background: 'mixed' })
  const images = uploadImages(correctedData(config))
  const plans = uploadPlans(images.data, config, 1)
  const views = renderViews(images, plans, config)
  const { labeled } = views.own[0]
  const target = tf.concat([labeled.target, labeled.target]) // of both networks
  const truth = await target.data()
  expect(new Set(truth)).toEqual(new Set([-1, 0, 1, 2]))
  const { exemplars, synthetics } = labeledShares(config)
  const groups = [exemplars, synthetics].map((images) => ({ images, form: supervisedForm(config) }))
  const random = new Random(4)
  const logits = Float32Array.from({ length: 3 * truth.length }, () => random.normal())
  const elsewhere = logits.map((v, i) => (truth[Math.floor(i / 3)]! < 0 ? v * 40 - 7 : v))
  const tensor = (values: Float32Array) => tf.tensor4d(values, [8, 16, 16, 3])
  const [z, other] = [tensor(logits), tensor(elsewhere)]
  for (const engine of ['stock', 'ours'] as const) {
    setEngine(engine)
    const losses = (z: tf.Tensor) => pixelLosses(z as tf.Tensor4D, target, 2, groups)
    const run = tf.tidy(() => [losses(z), losses(other), tf.grad(losses)(z)] as const)
    const [loss, same, gradient] = await Promise.all(run.map((t) => t.data()))
    expect(loss!.every((v) => Number.isFinite(v) && v > 0)).toBe(true)
    expectClose(same!, loss!, 'losses', 1e-6)
    gradient!.forEach((g, i) => expect(Number.isFinite(g) && (g === 0) === truth[Math.floor(i / 3)]! < 0).toBe(true))
    tf.dispose([...run])
  }
  disposeImages(images)
  disposeViews(views, plans)
  tf.dispose([target, z, other])
}

describe.each(variants)('with %s', (_, settings, make = tinyData) => {
  const config = tinyConfig({ size: 32, ...settings })
  const data = make(config, 3)

  test('the host’s images equal the reference', () => {
    for (const [t, k] of [0, 1, 2, 3].flatMap((t) => [[t, 0] as const, [t, 1] as const])) {
      const got = drawViews(data, config, t, k)
      const want = reference(data, config, t, k)
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

  test('the numbers of a plan have the shapes that the settings give, at every step', () => {
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

  describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
    beforeAll(() => useHostBackend(backend))
    test('the kernels make the images of the host', () => expectAsOnHost(data, config, 1e-6))
    test('with the stock engine the host makes them', async () => {
      setEngine('stock')
      try {
        await expectAsOnHost(data, config, 1e-6)
      } finally {
        setEngine('ours')
      }
    })
  })
})

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))
  test('the kernels make the images of the host, whatever is annotated', () => rendersAnyAnnotation(1e-6, 20))
  test('unknown pixels teach nothing', expectUnknownTeachesNothing)
})

/** The norm of an array and its product with random numbers: any changed number moves them, but rounding of an exponential hardly does. */
function digest(arrays: ArrayLike<number>[]): [norm: number, product: number] {
  const random = new Random(1)
  let [squares, product] = [0, 0]
  for (const array of arrays)
    for (let i = 0; i < array.length; i++) {
      squares += array[i]! ** 2
      product += array[i]! * random.uniform(-1, 1)
    }
  return [Math.sqrt(squares), product]
}

// Digests of the numbers and pixels of six steps, taken from the code that supported only one exemplar: a run with one exemplar has to stay as
// it was.
test.each([
  [
    {},
    {
      source: [13.190906, -1.11733651],
      affine: [21.6862246, -6.40972911],
      bend: [6.86712783, 3.20381486],
      tone: [8.06115798, 5.54297604],
      edge: [3.67423461, 0.814863682],
      outside: [2.44948974, -0.842080832],
      jitter: [4.83917229, 3.85269394],
      blur: [2.41353472, -0.197995803],
      boxes: [33.5708207, 37.7507617],
      partners: [2.44948974, 0.543242455],
      noise: [3.58539565, -0.136529687],
      draws: [250874.667, -87031.8809],
      images: [21.2662306, 7.59694988],
      labels: [44.6766158, -3.5832231],
      known: [53.2165388, 27.1143765],
      weak: [18.2082479, 6.89955344],
      strong: [16.9756343, 2.37294857],
    },
  ],
  [
    { size: 32, flip: true, background: 'mixed', batchLabeled: 5, exemplarShare: 0, cutmix: 0.5, batchUnlabeled: 3 },
    {
      source: [15.7162336, 8.88819909],
      affine: [229.632408, -7.99025629],
      bend: [21.4841846, 7.82035283],
      tone: [12.144966, 4.98080025],
      edge: [7.34846923, 0.898240328],
      outside: [4.58257569, -1.17404771],
      jitter: [6.05529089, 2.04042893],
      blur: [2.79640108, 1.49871383],
      boxes: [93.5200513, 136.358021],
      partners: [5.47722558, -1.78789616],
      noise: [4.24111671, -1.31031436],
      draws: [296520.111, -218526.138],
      images: [63.8311885, -4.15461831],
      labels: [135.070352, -45.1505357],
      known: [165.039389, 85.0020912],
      weak: [43.8623785, 1.61675789],
      strong: [44.8208586, 4.90711401],
    },
  ],
  [
    { size: 32, elastic: 0, outsideLabel: 'background', background: 'exemplar', seed: 7, exemplarIntensity: 0.5, batchLabeled: 4 },
    {
      source: [10.7703296, 15.0913062],
      affine: [62.1642102, -46.6686086],
      bend: [0, 0],
      tone: [9.92135799, 2.63814361],
      edge: [5.19615242, 2.11343122],
      outside: [4.89897949, 3.59777343],
      jitter: [4.91127434, 3.04197638],
      blur: [2.10642729, 1.53498391],
      boxes: [64.9692235, -20.9198327],
      partners: [2.44948974, 0.411979079],
      noise: [3.5001969, -0.173739151],
      draws: [273980.233, -13746.2872],
      images: [51.5176488, 12.4640892],
      labels: [120.681399, -23.6700513],
      known: [156.767344, 115.464764],
      weak: [35.2563183, 29.5297754],
      strong: [35.8097283, 29.5495637],
    },
  ],
] as [Partial<Config>, Record<string, [number, number]>][])(
  'with one exemplar every number and every pixel is as before (%#)',
  (settings, expected) => {
    const config = tinyConfig(settings)
    const data = tinyData(config, 3)
    const steps = [0, 1, 2, 3, 4, 5]
    const plans = steps.map((t) => planViews(data, config, t))
    const views = steps.map((t) => drawViews(data, config, t))
    const labeled = views.flatMap(({ exemplars, synthetics }) => [...exemplars, ...synthetics])
    const { noise, ...others } = planShapes(config)
    // Gamma and sigma would vanish beside the 16-bit words that select the draws of the noise.
    const ofNoise = (isDraw: boolean) => plans.map((plan) => plan.noise.filter((_, i) => i % noise[1] >= 2 === isDraw))
    const found: Record<string, [number, number]> = {
      ...Object.fromEntries(Object.keys(others).map((name) => [name, digest(plans.map((plan) => plan[name as keyof ViewPlan]))])),
      noise: digest(ofNoise(false)),
      draws: digest(ofNoise(true)),
      images: digest(labeled.map(({ image }) => image)),
      labels: digest(labeled.map(({ labels }) => labels)),
      known: digest(labeled.map(({ known }) => known)),
      weak: digest(views.flatMap(({ weak }) => weak)),
      strong: digest(views.flatMap(({ strong }) => strong)),
    }
    expect(Object.keys(found)).toEqual(Object.keys(expected))
    for (const [name, [norm, product]] of Object.entries(expected)) {
      expect(Math.abs(found[name]![0] - norm), name).toBeLessThanOrEqual(5e-6 * norm)
      expect(Math.abs(found[name]![1] - product), name).toBeLessThanOrEqual(5e-6 * norm)
    }
  },
)

test('each of two exemplars is drawn half the time, with its labels, and emptied under its own structures', () => {
  const config = tinyConfig({ background: 'exemplar', batchLabeled: 4, exemplarIntensity: 0 })
  const base = tinyData(config)
  // The first is dark with only class 1, the second bright with only class 2.
  const exemplars = [1, 2].map((c) => ({
    image: new Float32Array(256).fill(0.3 * c),
    labels: base.exemplars[0]!.labels.map((l) => Math.min(l, 1) * c),
  }))
  const data = { ...base, exemplars, emptied: exemplars.map(({ image, labels }) => emptyOut(image, labels, 16)) }
  const drawn = { exemplars: [0, 0], synthetics: [0, 0] }
  for (let t = 0; t < 250; t++) {
    const views = drawViews(data, config, t)
    for (const kind of ['exemplars', 'synthetics'] as const)
      for (const { image, labels } of views[kind]) {
        const c = labels.includes(1) ? 1 : 2
        expect(labels.every((l) => l === 0 || l === c)).toBe(true)
        expectClose(image, new Float32Array(256).fill(0.3 * c), kind, 1e-5)
        drawn[kind][c - 1]!++
      }
  }
  // 500 draws of each kind: five standard deviations are 56.
  for (const [first, second] of Object.values(drawn)) {
    expect(first! + second!).toBe(500)
    expect(Math.abs(first! - 250)).toBeLessThan(56)
  }
})

test('an image of the bank is drawn as often as asked for, with its own labels, also for pastes', () => {
  const base = tinyData(tinyConfig(), 3)
  const carried = base.exemplars[0]!.labels.map((l) => (l === 2 ? 0 : l))
  const data = withBank(base, [
    { image: 1, labels: carried },
    { image: 2, labels: carried },
  ])
  expect(imagesOf(data).slice(1, 3)).toEqual([base.unlabeled[1], base.unlabeled[2]])
  for (const [share, least, most] of [
    [0, 0, 0],
    [0.6, 0.5, 0.7],
    [1, 1, 1],
  ] as const) {
    const config = tinyConfig({ atlasShare: share, batchLabeled: 4 })
    const { E, P } = rowsOf(config)
    const drawn = Array.from({ length: 200 }, (_, t) => [...planViews(data, config, t).source.subarray(0, E + P)]).flat()
    const fromBank = drawn.filter((source) => source > 0).length / drawn.length
    expect(fromBank).toBeGreaterThanOrEqual(least)
    expect(fromBank).toBeLessThanOrEqual(most)
    if (share > 0) expect(new Set(drawn.filter((source) => source > 0))).toEqual(new Set([1, 2]))
  }
  const { exemplars, synthetics } = drawViews(data, tinyConfig({ atlasShare: 1 }), 3)
  for (const { labels } of [...exemplars, ...synthetics]) expect(labels).not.toContain(2)
})

test('with own draws A sees what both saw, B something else, and both the same weak views', () => {
  const given: Partial<Config> = { batchLabeled: 6, batchUnlabeled: 3, cutmix: 1 }
  const data = bankedData(tinyConfig(given), 3)
  const [shared, own, apart] = (['shared', 'own', 'apart'] as const).map((draws) => tinyConfig({ ...given, draws }))
  const { labeled, weak } = rowsOf(own!)
  const rows = ({ source, affine }: ViewPlan, { first, count }: { first: number; count: number }) => [
    source.subarray(first, first + count),
    affine.subarray(6 * first, 6 * (first + count)),
  ]
  const drawn = { A: new Set<number>(), B: new Set<number>() }
  for (let t = 0; t < 40; t++) {
    const of = (config: Config, k: 0 | 1) => planViews(data, config, t, k)
    expect(of(shared!, 1)).toEqual(of(shared!, 0))
    expect(of(own!, 0)).toEqual(of(shared!, 0))
    const [A, B] = [of(own!, 0), of(own!, 1)]
    for (const name of ['affine', 'bend', 'tone', 'boxes', 'noise'] as const) expect(B[name], name).not.toEqual(A[name])
    expect(rows(B, labeled)).not.toEqual(rows(A, labeled))
    expect(rows(B, weak)).toEqual(rows(A, weak))
    for (const [k, letter] of ['A', 'B'].entries())
      of(apart!, k as 0 | 1)
        .source.subarray(0, labeled.count)
        .forEach((source) => drawn[letter as 'A' | 'B'].add(source))
  }
  // Two exemplars of the user, then the bank: the first and third for A, the second for B.
  expect([...drawn.A].sort()).toEqual([0, 1, 2, 4])
  expect([...drawn.B].sort()).toEqual([0, 1, 3])
})

test('an emptied exemplar shows only known background', () => {
  const config = tinyConfig({ size: 32 })
  for (const { image, labels } of correctedData(config).exemplars) {
    // Foreground and unknown pixels make no difference.
    const other = image.map((v, i) => (labels[i] === 0 ? v : 1 - v))
    const emptied = emptyOut(image, labels, 32)
    expect(emptyOut(other, labels, 32)).toEqual(emptied)
    labels.forEach((l, i) => l === 0 && expect(emptied[i]).toBe(image[i]))
    expect(
      emptyOut(
        image,
        labels.map((l) => l || unknown),
        32,
      ),
    ).toEqual(new Float32Array(1024))
  }
})

test('unknown pixels neither keep a class in the picture nor count as lost', () => {
  const labels = new Uint8Array(16).fill(unknown)
  const still = { affine: Float32Array.of(1, 0, 0, 0, 1, 0), bend: new Float32Array(50) }
  labels[5] = 1
  expect(keeps(labels, 4, still, [0, 1])).toBe(true)
  expect(keeps(labels, 4, still, [0, 2])).toBe(false)
  // An exemplar with only unknown pixels can be drawn too.
  const config = tinyConfig()
  const none = { ...tinyData(config), exemplars: [{ image: new Float32Array(256), labels: new Uint8Array(256).fill(unknown) }] }
  expect(drawViews(none, config, 0).exemplars[0]!.known).toEqual(new Uint8Array(256))
})

test('whether a warp keeps every class is decided correctly without checking every row', () => {
  const config = tinyConfig({ size: 32, flip: true })
  const data = tinyData(config)
  const { size } = data
  const { labels } = data.exemplars[0]!
  const range: WarpRange = { rotation: 180, scale: 2, shift: 0.4, elastic: 0.1, flip: true }
  const seen = new Set<boolean>()
  for (let seed = 0; seed < 60; seed++) {
    const warp = drawWarp(new Random(seed), size, range)
    const least = [0, 80, 30]
    const count = [0, 0, 0]
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++) {
        // The warp without the bend shows whether the areas are counted; the bend itself is tested above.
        const [a, b, c, d, e, f] = warp.affine as unknown as [number, number, number, number, number, number]
        const [x, y] = [Math.round(a * column + b * row + c), Math.round(d * column + e * row + f)]
        if (x >= 0 && y >= 0 && x < size && y < size) count[labels[y * size + x]!]!++
      }
    const straight = { affine: warp.affine, bend: new Float32Array(50) }
    const kept = count[1]! >= 80 && count[2]! >= 30
    expect(keeps(labels, size, straight, least)).toBe(kept)
    seen.add(kept)
  }
  expect(seen.size).toBe(2)
})

describe('on WebGPU', () => {
  useSoftwareWebgpu()
  test.each(variants)('the kernels make the images of the host with %s', (_, settings, make = tinyData) => {
    const config = tinyConfig({ size: 32, ...settings })
    return expectAsOnHost(make(config, 3), config, 5e-4)
  })
  test('and whatever is annotated', () => rendersAnyAnnotation(5e-4, 8))
  test('unknown pixels teach nothing', expectUnknownTeachesNothing)
})
