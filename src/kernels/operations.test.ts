import { beforeAll, describe } from 'vitest'
import { testAgainstStock, testKernels } from './testing/harness.test-support'
import { useHeapBackend } from './testing/heap-backends.test-support'

describe('on cpu', () => {
  beforeAll(() => useHeapBackend('cpu'))
  testKernels('twin')
  testAgainstStock()
})

describe('on wasm', () => {
  beforeAll(() => useHeapBackend('wasm'))
  testKernels('simd')
  testAgainstStock()
})
