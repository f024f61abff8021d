import '#gradients'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Webgpu } from '../webgpu/backend'

/** How many cases to test, of `usual`: lavapipe takes seconds to compile a shader, and each shape needs one. */
export const casesHere = (usual: number): number => (process.env['EXEMPLAR_ADAPTER'] === 'lavapipe' ? Math.ceil(usual / 3) : usual)

/**
 * Runs the tests of the calling file on tfjs's WebGPU backend with our kernels, on the software adapter that EXEMPLAR_ADAPTER names. Without an adapter the
 * tests fail with a sentence that says what to install; a test during which the device reports an error fails too.
 */
export function useSoftwareWebgpu(): void {
  let gpu: Webgpu
  const errors: string[] = []
  beforeAll(async () => {
    const { openDawn } = await import('../webgpu/node-adapter')
    gpu = await openDawn({ software: true })
    gpu.device.addEventListener('uncapturederror', (event) => errors.push((event as GPUUncapturedErrorEvent).error.message))
    const { useEngine } = await import('../overrides/overrides')
    useEngine('ours')
    const { openWebgpu } = await import('../webgpu/backend')
    await openWebgpu(gpu, () => 0)
  }, 60_000)
  afterEach(async () => {
    await gpu.device.queue.onSubmittedWorkDone()
    expect(errors.splice(0)).toEqual([])
  })
  afterAll(() => {
    gpu?.device.destroy()
    Reflect.deleteProperty(globalThis.navigator ?? {}, 'gpu')
  })
}
