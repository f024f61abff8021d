import { beforeAll, describe } from 'vitest'
import { testAgainstStock, testKernels } from './testing/harness.test-support'
import { useHostBackend } from './testing/host-backends.test-support'
import { relaxedOrNot } from './testing/simd-kernels.test-support'

describe('on cpu', () => {
  beforeAll(() => useHostBackend('cpu'))
  testKernels('twin')
  testAgainstStock()
})

describe.each(relaxedOrNot)('on wasm, relaxed SIMD %s', (relaxed) => {
  beforeAll(() => useHostBackend('wasm', relaxed))
  testKernels('simd')
  // On the same backend, and on cpu: on wasm the filter gradient of a stock convolution is ours.
  describe('beside wasm', () => testAgainstStock())
  describe('beside cpu', () => testAgainstStock('cpu'))
})
