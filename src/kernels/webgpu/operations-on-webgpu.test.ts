import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '#gradients'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { beforeAll, describe } from 'vitest'
import { casesHere, useSoftwareWebgpu } from '../testing/dawn.test-support'
import { testAgainstStock, testKernels } from '../testing/harness.test-support'
import { setSoftware } from './threads-wanted'

useSoftwareWebgpu()

describe('with the kernels of a software adapter', () => {
  testKernels('wgsl', casesHere(16))
  testAgainstStock('cpu', casesHere(16))
})

describe('with activations in halves', () => testKernels('wgsl', 16, 'f16'))

// Few and small: each needs many pipelines.
describe('as the stock engine runs them', () => testAgainstStock('webgpu', casesHere(4), 4))

describe('with the kernels of a real GPU', () => {
  beforeAll(() => {
    const backend = tf.backend() as WebGPUBackend
    setSoftware(backend, false)
    return () => setSoftware(backend, true)
  })
  testKernels('wgsl', casesHere(16))
})
