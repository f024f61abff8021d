import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { useHostBackend } from '../testing/host-backends.test-support'
import { readSimdKernels, simdFiles } from '../testing/simd-kernels.test-support'
import { hasRelaxedSimd, simd } from './simd'

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
  expect(() => simd()!.call('addBias', { y: 0, bias: 0, M: 1, C: 4 })).toThrow('addBias is given no pixels')
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
