import { env, getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import { addBias, sumToChannels } from './add-bias'
import { confidence } from './confidence'
import { conv2dBackpropFilter } from './conv2d-backprop-filter'
import { conv2d, conv2dBackpropInput } from './conv2d'
import { normActivation, normActivationGrad } from './norm-activation'
import { adamUpdate, sgdUpdate } from './parameter-update'
import { pixelLoss } from './pixel-loss'
import { scaleChannels } from './scale-channels'
import { softmax } from './softmax'
import { upsampleConcat, upsampleConcatGrad } from './upsample-concat'

const backendName = 'webgpu'

/** The kernels of tfjs as they were before the first override. */
const stock = new Map<string, KernelConfig>()

/** Replaces a kernel by what `make` returns, given the stock one to fall back to. */
function replace(kernelName: string, make: (stock: KernelFunc) => KernelFunc): void {
  const original = stock.get(kernelName) ?? getKernel(kernelName, backendName)
  if (!original) throw new Error(`The WebGPU backend of tfjs has no kernel ${kernelName}.`)
  stock.set(kernelName, original)
  unregisterKernel(kernelName, backendName)
  registerKernel({ ...original, kernelFunc: make(original.kernelFunc) })
}

/** Registers kernels that tfjs does not have, each under the name of its twin. */
function add(kernels: Record<string, KernelFunc>): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (getKernel(kernelName, backendName)) unregisterKernel(kernelName, backendName)
    registerKernel({ kernelName, backendName, kernelFunc })
  }
}

/**
 * Overrides the WebGPU kernels of tfjs that are wrong or hopelessly slow, and adds those of our own operations. May be called again, also with another value.
 * @param software true on a software adapter: there the convolutions are replaced too. On a real GPU the tiled ones of tfjs are kept.
 */
export function registerWebgpuKernels(software: boolean): void {
  const threadsWanted = software ? 1024 : 16_384
  replace('Softmax', () => softmax)
  replace('Conv2DBackpropFilter', conv2dBackpropFilter(threadsWanted))
  replace('Conv2D', software ? conv2d : (kernel) => kernel)
  replace('Conv2DBackpropInput', software ? conv2dBackpropInput : (kernel) => kernel)
  // The stock gradient of the input is tiled only if this is off. Tiles need barriers: on SwiftShader they made it 4 times slower.
  env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', software)
  add({
    NormActivation: normActivation(threadsWanted),
    NormActivationGrad: normActivationGrad(threadsWanted),
    AddBias: addBias,
    SumToChannels: sumToChannels(threadsWanted),
    UpsampleConcat: upsampleConcat,
    UpsampleConcatGrad: upsampleConcatGrad,
    PixelLoss: pixelLoss(threadsWanted),
    Confidence: confidence,
    ScaleChannels: scaleChannels,
    AdamUpdate: adamUpdate,
    SgdUpdate: sgdUpdate,
  })
}
