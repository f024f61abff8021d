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
  testAgainstStock()
})
