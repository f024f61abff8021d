import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { runKernel } from '../heap'
import { normActivation, normActivationGrad } from '../norm-activation/norm-activation'
import { modelConvCases, modelConvErrors, normals, relativeError } from '../testing/conv-case.test-support'
import { useHeapBackend } from '../testing/heap-backends.test-support'
import { readSimdKernels } from '../testing/simd-kernels.test-support'
import { scheduleOf } from '../parameter-update/parameter-update'
import { upsampleConcat, upsampleConcatGrad } from '../upsample-concat/upsample-concat'
import { simd } from './simd'

beforeAll(async () => {
  await useHeapBackend('wasm')
  expect(simd(), 'the SIMD kernels must be loaded, or the twins are compared with themselves').not.toBeNull()
})

test('the modules bring nothing but code: a memory to work in is all they import, and none has data of its own', async () => {
  for (const shared of [false, true]) {
    const binary = await readSimdKernels(shared)
    expect(WebAssembly.Module.imports(new WebAssembly.Module(binary))).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }])
    // Section 6 holds globals, 11 data; each section is a number, its length in LEB128, and its bytes.
    const sections: number[] = []
    for (let at = 8; at < binary.length;) {
      sections.push(binary[at++]!)
      let length = 0
      for (let shift = 0, more = true; more; shift += 7) {
        length |= (binary[at]! & 127) << shift
        more = binary[at++]! > 127
      }
      at += length
    }
    expect(sections).not.toContain(6)
    expect(sections).not.toContain(11)
  }
})

test('a part of a tensor is the part that tfjs takes on the cpu', async () => {
  const part = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 })
    .chain((shape) => fc.tuple(fc.constant(shape), fc.tuple(...shape.map((n) => fc.nat(n))), fc.tuple(...shape.map((n) => fc.nat(n)))))
    .map(([shape, a, b]) => ({
      shape,
      begin: shape.map((_, i) => Math.min(a[i]!, b[i]!)),
      size: shape.map((_, i) => Math.abs(a[i]! - b[i]!)),
    }))
  await fc.assert(
    fc.asyncProperty(part, fc.constantFrom('float32', 'int32', 'bool'), async ({ shape, begin, size }, dtype) => {
      const count = shape.reduce((product, n) => product * n, 1)
      const values = Array.from({ length: count }, (_, i) => (dtype === 'bool' ? i % 2 : i + 1))
      const x = tf.tensor(values, shape, dtype)
      const y = tf.slice(x, begin, size)
      const places = Array.from({ length: y.size }, (_, i) => {
        let [rest, at, stride] = [i, 0, 1]
        for (let a = shape.length - 1; a >= 0; a--) {
          at += (begin[a]! + (rest % size[a]!)) * stride
          rest = Math.floor(rest / size[a]!)
          stride *= shape[a]!
        }
        return at
      })
      expect(y.shape).toEqual(size)
      expect(Array.from(await y.data(), Number)).toEqual(places.map((at) => values[at]!))
      tf.dispose([x, y])
    }),
  )
})

describe('convolutions and all their gradients', () => {
  test('agree with those of tfjs on the cpu, on small random shapes', async () => {
    await fc.assert(
      fc.asyncProperty(modelConvCases, fc.nat(), async (c, seed) => {
        for (const error of await modelConvErrors(c, seed)) expect(error).toBeLessThan(1e-5)
      }),
      { numRuns: 100 },
    )
  })

  // Several parts to an image, and several images to a part; the last of each incomplete.
  test.each([
    [2, 70, 67, 8, 3, 12],
    [1, 131, 130, 16, 3, 8],
    [1, 150, 151, 1, 3, 8],
    [7, 9, 8, 16, 3, 24],
    [3, 4, 4, 64, 3, 32],
    [2, 33, 31, 8, 1, 3],
    [2, 20, 20, 8, 5, 4],
  ])('and on layers of a U-Net: %i x %i x %i x %i, filter %i, to %i', async (batch, height, width, inChannels, k, outChannels) => {
    const c = { models: 2, batch, height, width, inChannels, k, outChannels, bias: true, inputGradient: true }
    for (const error of await modelConvErrors(c, 4)) expect(error).toBeLessThan(1e-5)
  })
})

const tensorOf = (values: Float32Array, shape: number[]) => tf.tensor(values, shape, 'float32')

/** Runs a kernel on tensors of the values given, and returns its outputs' values. */
function outputsOf(kernel: string, inputs: Record<string, [Float32Array, number[]]>, attrs: object): Float32Array[] {
  return tf.tidy(() => {
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, [values, shape]]) => [name, tensorOf(values, shape)]))
    return runKernel(kernel, tensors, attrs).map((t) => t.dataSync<'float32'>())
  })
}

const images = fc.record({
  B: fc.integer({ min: 1, max: 3 }),
  H: fc.integer({ min: 1, max: 13 }),
  W: fc.integer({ min: 1, max: 13 }),
})

test('norm and activation agree with their twins, also far from 0', () => {
  const shapes = fc.record({
    M: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2, 3, 8),
    perGroup: fc.constantFrom(1, 3, 4, 8),
    mean: fc.constantFrom(0, 30),
  })
  fc.assert(
    fc.property(images, shapes, fc.nat(), ({ B: images, H, W }, { M, groups, perGroup, mean }, seed) => {
      const B = M * images
      const C = groups * perGroup
      const shape = [B, H, W, C]
      const size = B * H * W * C
      const random = new Random(seed)
      const x = normals(random, size).map((v) => v + mean)
      const [bias, gamma, beta, dy] = [M * C, M * C, M * C, size].map((n) => normals(random, n)) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ]
      const attrs = { groups, slope: 0.01 }
      const y = new Float32Array(size)
      const stats = new Float32Array(B * groups * 2)
      normActivation(x, bias, gamma, beta, y, stats, shape, attrs)
      // Where x is constant over a group xhat is only noise; and where u is nearly 0, float32 and float64 may see two signs of it.
      for (let i = 1; i < stats.length; i += 2) fc.pre(stats[i]! < 10)
      fc.pre(y.every((v) => Math.abs(v) > 1e-6))

      const inputs = { x: [x, shape], bias: [bias, [M, C]], gamma: [gamma, [M, C]], beta: [beta, [M, C]] } as Record<
        string,
        [Float32Array, number[]]
      >
      const forward = outputsOf('NormActivation', inputs, attrs)
      expect(relativeError(forward[0]!, y)).toBeLessThan(2e-5)
      expect(relativeError(forward[1]!, stats)).toBeLessThan(1e-5)

      const want = [size, M * C, M * C, M * C].map((n) => new Float32Array(n)) as [Float32Array, Float32Array, Float32Array, Float32Array]
      normActivationGrad(dy, x, bias, gamma, beta, stats, ...want, shape, attrs)
      const got = outputsOf('NormActivationGrad', { ...inputs, dy: [dy, shape], stats: [stats, [B, groups, 2]] }, attrs)
      got.forEach((values, i) => expect(relativeError(values, want[i]!), `output ${i}`).toBeLessThan(1e-4))
    }),
    { numRuns: 150 },
  )
})

test('the join of the decoder and its gradient agree with their twins', () => {
  const channels = fc.record({ S: fc.constantFrom(1, 3, 4, 8, 12), C: fc.constantFrom(2, 4, 8, 16) })
  fc.assert(
    fc.property(images, channels, fc.nat(), ({ B, H, W }, { S, C }, seed) => {
      const [skipShape, xShape, outShape] = [
        [B, 2 * H, 2 * W, S],
        [B, H, W, C],
        [B, 2 * H, 2 * W, S + C],
      ] as [number[], number[], number[]]
      const random = new Random(seed)
      const [skip, x, dOut] = [skipShape, xShape, outShape].map((s) => normals(random, tf.util.sizeFromShape(s))) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ]
      const out = new Float32Array(dOut.length)
      upsampleConcat(skip, x, out, skipShape, xShape)
      const forward = outputsOf('UpsampleConcat', { skip: [skip, skipShape], x: [x, xShape] }, {})
      expect(relativeError(forward[0]!, out)).toBeLessThan(1e-5)
      const [dSkip, dx] = [new Float32Array(skip.length), new Float32Array(x.length)]
      upsampleConcatGrad(dOut, dSkip, dx, skipShape, xShape)
      const backward = outputsOf('UpsampleConcatGrad', { dOut: [dOut, outShape] }, { skipShape, xShape })
      expect(relativeError(backward[0]!, dSkip)).toBe(0)
      expect(relativeError(backward[1]!, dx)).toBeLessThan(1e-5)
    }),
    { numRuns: 150 },
  )
})

test('the gradient of the max-pool goes to the first of equal values', () => {
  fc.assert(
    fc.property(images, fc.constantFrom(4, 8, 12), fc.nat(), ({ B, H, W }, C, seed) => {
      fc.pre(H > 1 && W > 1)
      const random = new Random(seed)
      const [h, w] = [Math.floor(H / 2), Math.floor(W / 2)]
      // Whole numbers, so that many are equal.
      const x = Float32Array.from({ length: B * H * W * C }, () => random.integer(3) - 1)
      const y = new Float32Array(B * h * w * C)
      const dy = normals(random, y.length)
      const dx = new Float32Array(x.length)
      for (let o = 0; o < y.length; o++) {
        const c = o % C
        const column = Math.floor(o / C) % w
        const row = Math.floor(o / C / w) % h
        const n = Math.floor(o / C / w / h)
        const at = (r: number, q: number) => ((n * H + 2 * row + r) * W + 2 * column + q) * C + c
        const window = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)]
        y[o] = Math.max(...window.map((i) => x[i]!))
        dx[window.find((i) => x[i] === y[o])!]! += dy[o]!
      }
      const inputs = { dy: [dy, [B, h, w, C]], input: [x, [B, H, W, C]], output: [y, [B, h, w, C]] } as Record<
        string,
        [Float32Array, number[]]
      >
      const got = outputsOf('MaxPoolGrad', inputs, { filterSize: 2, strides: 2, pad: 'valid' })
      expect(got[0]).toEqual(dx)
    }),
    { numRuns: 100 },
  )
})

test('an Adam update of any length agrees with the formula', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1000 }), fc.nat(), (length, t, seed) => {
      const random = new Random(seed)
      const [p, g, m] = [0, 1, 2].map(() => normals(random, length)) as [Float32Array, Float32Array, Float32Array]
      const v = normals(random, length).map((value) => value * value)
      const attrs = { learningRate: 0.01, weightDecay: 0.1 }
      const schedule = scheduleOf(attrs.learningRate, t)
      const inputs = Object.fromEntries(
        Object.entries({ p, g, m, v, schedule }).map(([name, values]) => [name, [values, [values.length]]]),
      ) as Record<string, [Float32Array, number[]]>
      const got = outputsOf('AdamUpdate', inputs, attrs)
      for (let i = 0; i < length; i++) {
        const grad = g[i]! + attrs.weightDecay * p[i]!
        const first = 0.9 * m[i]! + 0.1 * grad
        const second = 0.999 * v[i]! + 0.001 * grad * grad
        const change = (attrs.learningRate * (first / (1 - 0.9 ** t))) / (Math.sqrt(second / (1 - 0.999 ** t)) + 1e-8)
        expect(got[0]![i]).toBeCloseTo(p[i]! - change, 4)
        expect(got[1]![i]).toBeCloseTo(first, 5)
        expect(got[2]![i]).toBeCloseTo(second, 5)
      }
    }),
  )
})

test('kernels find their tensors again after the memory has grown, and leave nothing in it', async () => {
  const c = { models: 2, batch: 1, height: 16, width: 16, inChannels: 8, outChannels: 8, k: 3, bias: true, inputGradient: true }
  expect(Math.max(...(await modelConvErrors(c, 1)))).toBeLessThan(1e-5)
  const before = tf.memory().numTensors
  const large = tf.zeros([64, 1024, 1024])
  expect(Math.max(...(await modelConvErrors(c, 2)))).toBeLessThan(1e-5)
  large.dispose()
  expect(tf.memory().numTensors).toBe(before)
})
