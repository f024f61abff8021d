import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from './launch'
import { elementOf, lanesFor, sumChunks } from './reduction'

/** AddBias: y = x + bias, the bias along the last axis. */
export const addBias: KernelFunc = ({ inputs, backend }) => {
  const { x, bias } = inputs as Record<'x' | 'bias', TensorInfo>
  const channels = bias.shape[0]!
  const { vector } = elementOf(channels)
  return launch(backend as WebGPUBackend, {
    key: `exemplarAddBias_${vector}`,
    inputs: { x, bias },
    inputComponents: [vector, vector],
    outputShape: x.shape,
    outputComponent: vector,
    threads: util.sizeFromShape(x.shape) / vector,
    uniforms: { steps: channels / vector },
    body: () => `result[index] = x[index] + bias[index % uniforms.steps];`,
  })
}

/** SumToChannels: the sum over all axes but the last. */
export const sumToChannels =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { x } = params.inputs as Record<'x', TensorInfo>
    const backend = params.backend as WebGPUBackend
    const channels = x.shape.at(-1)!
    const { vector, type } = elementOf(channels)
    const steps = channels / vector
    const size = util.sizeFromShape(x.shape)
    const lanes = lanesFor(size / channels, steps, threadsWanted)
    const partial = launch(backend, {
      key: `exemplarSumToChannels_${vector}`,
      inputs: { x },
      inputComponents: [vector],
      outputShape: [lanes, channels],
      outputComponent: vector,
      threads: lanes * steps,
      uniforms: { end: size / vector },
      body: () => `
        var sum = ${type}();
        for (var i = index; i < uniforms.end; i += uniforms.threads) { sum += x[i]; }
        result[index] = sum;`,
    })
    return sumChunks(backend, partial, [channels])
  }
