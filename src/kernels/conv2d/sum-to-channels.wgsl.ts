import { util } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launch } from '../webgpu/launch'
import { elementOf, lanesFor, sumChunks } from '../webgpu/reduction'
import { gradientPlace } from '../shared-part'

/** The sum over all axes but the last, of each model's share of the first axis apart. */
export function sumToChannelsWgsl({ inputs: { x, bias }, backend }: WgslCall<'x' | 'bias'>) {
  const [models, channels] = bias.shape as [number, number]
  const { vector, type } = elementOf(channels)
  const steps = channels / vector
  const size = util.sizeFromShape(x.shape)
  const lanes = lanesFor(backend, size / models / channels, models * steps)
  const into = gradientPlace(backend, bias)
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
  return { sum: sumChunks(backend, partial, [models, channels], into) }
}
