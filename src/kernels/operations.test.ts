import { beforeAll, describe } from 'vitest'
import { testAgainstStock, testKernels } from './testing/harness.test-support'
import { useHostBackend } from './testing/host-backends.test-support'

describe('on cpu', () => {
  beforeAll(() => useHostBackend('cpu'))
  testKernels('twin')
  testAgainstStock()
})

describe('on wasm', () => {
  beforeAll(() => useHostBackend('wasm'))
  testKernels('simd')
  // On the same backend, and on cpu: on wasm the filter gradient of a stock convolution is ours.
  describe('beside wasm', () => testAgainstStock())
  describe('beside cpu', () => testAgainstStock('cpu'))
})
