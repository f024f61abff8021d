import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { expect, test } from 'vitest'
import { casedOperations } from '../kernels/cases'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { useSoftwareWebgpu } from '../kernels/testing/dawn.test-support'
import { wholePlan } from './checks'
import { sentenceOf } from './report'
import { runSelfTest } from './self-test'

useSoftwareWebgpu()

test('WGSL that is wrong, or that the adapter refuses, is off, and nothing else', { timeout: 120_000 }, async () => {
  const { device } = tf.backend() as WebGPUBackend
  const plain = device.createShaderModule.bind(device)
  device.createShaderModule = (description) => {
    const { label = '', code } = description
    if (/blur/i.test(label)) return plain({ ...description, code: code.replace(/result\[index\] = /, 'result[index] = 0.5 * ') })
    if (/scaleChannels/i.test(label)) return plain({ ...description, code: code.replace('fn main', 'fn mane') })
    return plain(description)
  }
  const operations = casedOperations.filter(({ name }) => /^(blur|contrast|scaleChannels|rim)Op$/.test(name))
  const report = await runSelfTest(
    { backend: 'webgpu', adapter: 'software', software: true },
    {
      place: {},
      openWasm: () => useHostBackend('wasm'),
      tell: () => undefined,
      plan: { ...wholePlan('wgsl'), operations, count: 3 },
    },
  )
  Reflect.deleteProperty(device, 'createShaderModule')
  expect(report.rows.map(({ name, precision, beside, ok }) => `${name} ${precision} ${beside} ${ok}`)).toEqual([
    'blurOp f32 twin false',
    'contrastOp f32 twin true',
    'rimOp f32 twin true',
    'scaleChannelsOp f32 twin false',
    'scaleChannelsOp f32 stock false',
    'blurOp f16 twin false',
    'contrastOp f16 twin true',
    'rimOp f16 twin true',
    'scaleChannelsOp f16 twin false',
    '10 training steps f32 wasm false',
  ])
  expect(report.rows[3]!.worst).toMatch(/^the GPU refused it \(.+\), case \d+ of scaleChannelsOp/)
  expect(report.gpu).toMatchObject({ vendor: expect.any(String) })
  expect(sentenceOf(report)).toContain(`vendor ${report.gpu['vendor']}`)
  expect(tf.getBackend()).toBe('webgpu')
})
