import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import type { KernelConfig, KernelFunc } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import { contrast } from '../contrast/contrast.wgsl'
import { modelConv2DBackpropFilter } from '../conv2d/filter-gradient.wgsl'
import { modelConv2D, modelConv2DBackpropInput } from '../conv2d/conv2d.wgsl'
import { cutMix } from '../cut-mix/cut-mix.wgsl'
import { dropout } from '../dropout/dropout.wgsl'
import { gammaNoise } from '../gamma-noise/gamma-noise.wgsl'
import { modelSumToChannels } from '../conv2d/sum-to-channels.wgsl'
import { normActivation, normActivationGrad } from '../norm-activation/norm-activation.wgsl'
import { adamUpdate, sgdUpdate } from '../parameter-update/parameter-update.wgsl'
import { knownLabels, paste } from '../paste/paste.wgsl'
import { pixelLoss, pixelLossGrad } from '../pixel-loss/pixel-loss.wgsl'
import { agreement, pseudoLabels } from '../pseudo-labels/pseudo-labels.wgsl'
import { rim } from '../rim/rim.wgsl'
import { scaleChannels } from '../scale-channels/scale-channels.wgsl'
import { softmax } from '../overrides/softmax'
import { upsampleConcat, upsampleConcatGrad } from '../upsample-concat/upsample-concat.wgsl'
import { warpImages, warpLabels } from '../warp/warp.wgsl'
import { flatLike, window } from './window'

const backendName = 'webgpu'

/** Softmax of tfjs as it was before the override. */
let stockSoftmax: KernelConfig | undefined

function use(kernel: KernelConfig): void {
  if (getKernel(kernel.kernelName, backendName)) unregisterKernel(kernel.kernelName, backendName)
  registerKernel(kernel)
}

/**
 * Adds the kernels of our own operations to the WebGPU backend, each under the name of its twin, and mends the one of tfjs that is wrong. May
 * be called again, also with another value.
 * @param software true on a software adapter, which has few threads to keep busy
 */
export function registerWebgpuKernels(software: boolean): void {
  const threadsWanted = software ? 1024 : 16_384
  stockSoftmax ??= getKernel('Softmax', backendName)
  const kernels: Record<string, KernelFunc> = {
    Softmax: softmax,
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
    Paste: paste,
    KnownLabels: knownLabels,
    Contrast: contrast,
    GammaNoise: gammaNoise,
    CutMix: cutMix,
    Dropout: dropout,
  }
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) use({ kernelName, backendName, kernelFunc })
}

/**
 * Puts the kernel of tfjs back as it comes. Ours of other names stay registered, and hasKernel() hides them. The stock Softmax is wrong beyond
 * 65,535 rows that are no square; nothing composed of plain ops here uses it (logSoftmax is another kernel).
 */
export function restoreStockKernels(): void {
  if (stockSoftmax) use(stockSoftmax)
}
