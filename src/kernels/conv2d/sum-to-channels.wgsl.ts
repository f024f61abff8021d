import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from '../webgpu/launch'
import { elementOf, lanesFor, sumChunks } from '../webgpu/reduction'
import { gradientPlace } from '../webgpu/window'

/** ModelSumToChannels: the sum over all axes but the last, of each model's share of the first axis apart. */
export const modelSumToChannels =
  (threadsWanted: number): KernelFunc =>
  (params) => {
    const { x, parameter } = params.inputs as Record<'x' | 'parameter', TensorInfo>
    const { models } = params.attrs as unknown as { models: number }
    const backend = params.backend as WebGPUBackend
    const channels = x.shape.at(-1)!
    const { vector, type } = elementOf(channels)
    const steps = channels / vector
    const size = util.sizeFromShape(x.shape)
    const lanes = lanesFor(size / models / channels, models * steps, threadsWanted)
    const into = gradientPlace(backend, parameter)
    const partial = launch(backend, {
      key: `exemplarModelSumToChannels_${vector}`,
      inputs: { x },
      inputComponents: [vector],
      outputShape: [lanes, models, channels],
      into: lanes === 1 ? into : undefined,
      outputComponent: vector,
      threads: lanes * models * steps,
      uniforms: { models, steps, lanes, perModel: size / vector / models },
      body: () => `
        let model = (index / uniforms.steps) % uniforms.models;
        let lane = index / (uniforms.steps * uniforms.models);
        let end = (model + 1) * uniforms.perModel;
        var sum = ${type}();
        for (var i = model * uniforms.perModel + lane * uniforms.steps + index % uniforms.steps; i < end; i += uniforms.lanes * uniforms.steps) { sum += x[i]; }
        result[index] = sum;`,
    })
    return sumChunks(backend, partial, [models, channels], into)
  }
