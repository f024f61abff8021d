import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { testKernels } from '../testing/harness.test-support'

useSoftwareWebgpu()

testKernels('wgsl', 16)
