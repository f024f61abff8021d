import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { useHostBackend } from '../testing/host-backends.test-support'
import { readSimdKernels, simdFiles } from '../testing/simd-kernels.test-support'
import { hasRelaxedSimd, sharesOf, simd, type Share } from './simd'

beforeAll(() => useHostBackend('wasm'))

test('the modules bring nothing but code: a memory to work in is all they import, and none has data of its own', async () => {
  for (const file of simdFiles) {
    const binary = await readSimdKernels(file)
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

test('relaxed SIMD is found where its module can run', async () => {
  expect(WebAssembly.validate(await readSimdKernels('simd-relaxed.wasm'))).toBe(hasRelaxedSimd())
})

test('a parameter that is given no value is named', () => {
  expect(() => simd()!.call('addBias', { y: 0, bias: 0, batch: 1, C: 4 })).toThrow('addBias is given no pixels')
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

describe('the images of all models', () => {
  test('are shared out once each, in order, and no thread has more than one more than another', () => {
    for (const models of [1, 2, 3])
      for (let images = 1; images <= 20; images++)
        for (let threads = 1; threads <= 8; threads++) {
          const shares = sharesOf(models, images, threads)
          expect(shares).toHaveLength(Math.min(threads, models * images))
          const all = shares
            .flat()
            .flatMap(({ model, first, count }) => Array.from({ length: count }, (_, k) => model * images + first + k))
          expect(all).toEqual(Array.from({ length: models * images }, (_, k) => k))
          const sizes = shares.map((share) => share.reduce((sum, { count }) => sum + count, 0))
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
  })

  test('are cut into blocks of rows where threads do not divide them: each block once, in order, whole images in one call', () => {
    for (const models of [1, 2])
      for (let images = 1; images <= 9; images++)
        for (const blocks of [1, 2, 3, 16])
          for (let threads = 1; threads <= 8; threads++) {
            const shares = sharesOf(models, images, threads, blocks)
            const of = ({ count, blocks: part }: Share) => (part ? part[1] - part[0] : count * blocks)
            const all = shares.flat().flatMap((share) => {
              const from = (share.model * images + share.first) * blocks + (share.blocks?.[0] ?? 0)
              return Array.from({ length: of(share) }, (_, k) => from + k)
            })
            expect(all).toEqual(Array.from({ length: models * images * blocks }, (_, k) => k))
            const sizes = shares.map((share) => share.reduce((sum, part) => sum + of(part), 0))
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
            if ((models * images) % threads === 0) expect(shares.flat().some((share) => share.blocks)).toBe(false)
            // Within a share only the first and the last image of it can be in part, and once for each model.
            for (const share of shares) expect(share.filter((part) => part.blocks).length).toBeLessThanOrEqual(2)
          }
  })

  // One picture of 64 pixels, for one network and for both, has 16 rows of tiles or 64 rows of pixels.
  test.each([1, 2])('give four threads 4 times the speed of one for one image of %i networks', (models) => {
    for (const blocks of [16, 64]) {
      const most = Math.max(
        ...sharesOf(models, 1, 4, blocks).map((share) =>
          share.reduce((sum, { count, blocks: part }) => sum + (part ? part[1] - part[0] : count * blocks), 0),
        ),
      )
      expect((models * blocks) / most).toBe(4)
    }
  })

  // Every convolution and norm of R64 and R128 is of two networks with 8, 12 or 16 images each, and an image is the same work as another.
  test.each([8, 12, 16])(
    'give four threads at least 3.9 times the speed of one by the count of products, %i images to a network',
    (images) => {
      const most = Math.max(...sharesOf(2, images, 4).map((share) => share.reduce((sum, { count }) => sum + count, 0)))
      expect((2 * images) / most).toBeGreaterThan(3.9)
    },
  )
})
