import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import { setEngine, type Engine } from '../engine'
import { conv2dBackpropFilter } from './conv2d-backprop-filter'
import { identity } from './identity'
import { maxPoolGradient } from './max-pool'
import type { Override, WasmCall } from './override'
import { slice } from './slice'
import { softmax } from './softmax'

const onWasm = (kernelName: string, kernel: (call: WasmCall) => tf.TensorInfo | null): Override => ({
  kernelName,
  backendName: 'wasm',
  kernel: (call) => kernel(call as unknown as WasmCall),
})

/** The kernels of tfjs that are wrong, copy without need, or are missing. */
const overrides: Override[] = [
  { kernelName: 'Softmax', backendName: 'webgpu', kernel: softmax },
  onWasm('Identity', identity),
  onWasm('Slice', slice),
  onWasm('MaxPoolGrad', maxPoolGradient),
  { ...onWasm('Conv2DBackpropFilter', conv2dBackpropFilter), lacking: true },
]

/** The kernels of tfjs as they were before the first override. */
const stock = new Map<Override, tf.KernelConfig>()

/**
 * Runs everything on our kernels, or on those of TensorFlow.js alone, for comparison: operations are composed of its own then, and its kernels
 * are as they come. The stock Softmax on WebGPU is wrong beyond 65,535 rows that are no square; no composition uses it (logSoftmax is another
 * kernel). To be called before the first computation, and again whenever the engine is to change.
 */
export function useEngine(engine: Engine): void {
  setEngine(engine)
  for (const override of overrides) {
    const { kernelName, backendName, kernel, lacking } = override
    const current = tf.getKernel(kernelName, backendName)
    const original = stock.get(override) ?? (lacking ? undefined : current)
    if (original) stock.set(override, original)
    if (current) tf.unregisterKernel(kernelName, backendName)
    const kernelFunc: tf.KernelFunc = (call) => kernel(call) ?? original!.kernelFunc(call)
    // With the original's setupFunc, which a backend that is not open yet has to call.
    tf.registerKernel(engine === 'stock' && original ? original : { ...original, kernelName, backendName, kernelFunc })
  }
}
