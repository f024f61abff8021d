import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-backend-webgpu'
import { setEngine, type Engine } from '../engine'
import { add, concat, pad, splitV } from './copies'
import { conv2dBackpropFilter } from './conv2d-backprop-filter'
import * as halves from './halves'
import { identity } from './identity'
import { maxPool, maxPoolGradient } from './max-pool'
import * as pool from './max-pool.wgsl'
import type { Override, WasmCall } from './override'
import { slice } from './slice'
import { softmax } from './softmax'

const onWasm = (kernelName: string, kernel: (call: WasmCall) => tf.TensorInfo | tf.TensorInfo[] | null): Override => ({
  kernelName,
  backendName: 'wasm',
  kernel: (call) => kernel(call as unknown as WasmCall),
})

const onWebgpu = (kernelName: string, kernel: Override['kernel']): Override => ({ kernelName, backendName: 'webgpu', kernel })

/** Replacements for kernels of tfjs that are wrong, copy needlessly, or are missing. */
const overrides: Override[] = [
  onWebgpu('Softmax', softmax),
  onWebgpu('MaxPool', pool.maxPool),
  onWebgpu('MaxPoolGrad', pool.maxPoolGradient),
  onWebgpu('Add', halves.add),
  onWebgpu('Slice', halves.slice),
  onWebgpu('PadV2', halves.pad),
  onWasm('Identity', identity),
  onWasm('Slice', slice),
  onWasm('Concat', concat),
  onWasm('SplitV', splitV),
  onWasm('PadV2', pad),
  onWasm('Add', add),
  onWasm('MaxPool', maxPool),
  onWasm('MaxPoolGrad', maxPoolGradient),
  { ...onWasm('Conv2DBackpropFilter', conv2dBackpropFilter), lacking: true },
]

/** The original kernels of tfjs. */
const stock = new Map<Override, tf.KernelConfig>()

/**
 * Runs everything on our kernels, or only on those of TensorFlow.js, for comparison: operations are then composed of its own, and its kernels
 * are unchanged. The stock Softmax on WebGPU is wrong for more than 65,535 rows unless a square number; no composition uses it (logSoftmax is another
 * kernel). Call it before the first computation, and again to change the engine.
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
    // With the original's setupFunc, which a backend has to call when it opens.
    tf.registerKernel(engine === 'stock' && original ? original : { ...original, kernelName, backendName, kernelFunc })
  }
}
