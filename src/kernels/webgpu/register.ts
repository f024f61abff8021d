import { env, getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import { blur } from './blur'
import { contrast } from './contrast'
import { conv2dBackpropFilter, modelConv2DBackpropFilter } from './conv2d-backprop-filter'
import { conv2d, conv2dBackpropInput, modelConv2D, modelConv2DBackpropInput } from './conv2d'
import { cutMix } from './cut-mix'
import { dropout } from './dropout'
import { gammaNoise } from './gamma-noise'
import { modelSumToChannels } from './model-sum-to-channels'
import { normActivation, normActivationGrad } from './norm-activation'
import { adamUpdate, sgdUpdate } from './parameter-update'
import { knownLabels, paste } from './paste'
import { pixelLoss, pixelLossGrad } from './pixel-loss'
import { agreement, pseudoLabels } from './pseudo-labels'
import { rim } from './rim'
import { scaleChannels } from './scale-channels'
import { softmax } from './softmax'
import { upsampleConcat, upsampleConcatGrad } from './upsample-concat'
import { warpImages, warpLabels } from './warp'
import { flatLike, window } from './window'

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
    ModelConv2D: modelConv2D,
    ModelConv2DBias: modelConv2D,
    ModelConv2DBackpropInput: modelConv2DBackpropInput,
    ModelConv2DBackpropFilter: modelConv2DBackpropFilter(threadsWanted),
    ModelSumToChannels: modelSumToChannels(threadsWanted),
    NormActivation: normActivation(threadsWanted),
    NormActivationGrad: normActivationGrad(threadsWanted),
    UpsampleConcat: upsampleConcat,
    UpsampleConcatGrad: upsampleConcatGrad,
    PixelLoss: pixelLoss(threadsWanted),
    PixelLossGrad: pixelLossGrad,
    PseudoLabels: pseudoLabels,
    Agreement: agreement(threadsWanted),
    ScaleChannels: scaleChannels,
    AdamUpdate: adamUpdate,
    SgdUpdate: sgdUpdate,
    Window: window,
    FlatLike: flatLike,
    WarpImages: warpImages,
    WarpLabels: warpLabels,
    Rim: rim,
    Blur: blur,
    Paste: paste,
    KnownLabels: knownLabels,
    Contrast: contrast,
    GammaNoise: gammaNoise,
    CutMix: cutMix,
    Dropout: dropout,
  })
}

/**
 * Puts the kernels of tfjs and its settings back as they come. Ours of other names stay registered, and hasKernel() hides them. The stock
 * Softmax is wrong beyond 65,535 rows that are no square; nothing composed of plain ops here uses it (logSoftmax is another kernel).
 */
export function restoreStockKernels(): void {
  for (const [kernelName, original] of stock) {
    unregisterKernel(kernelName, backendName)
    registerKernel(original)
  }
  env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', true)
}
