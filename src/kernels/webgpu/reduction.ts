import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { launch } from './launch'
import { threadsWanted } from './threads-wanted'

/**
 * Reductions in two passes without barriers. In the first, lane k of `lanes` adds up items k, k + lanes, k + 2 lanes ..., so that
 * neighbouring threads read neighbouring values; the second adds up the lanes.
 */

/** Fewer items than this are summed by one thread: a second pass costs more than it saves. */
const fewItems = 256

/**
 * Number of lanes for `items` values, with `others` such sums at the same time. At most the square root of `items`,
 * beyond which the second pass would be the longer one.
 */
export function lanesFor(backend: WebGPUBackend, items: number, others: number): number {
  if (items < fewItems) return 1
  return Math.min(Math.ceil(threadsWanted(backend) / others), Math.floor(Math.sqrt(items)))
}

/** Values per array element of a buffer whose last axis has length `channels`, and the element's WGSL type. */
export function elementOf(channels: number): { vector: 1 | 4; type: string } {
  return channels % 4 === 0 ? { vector: 4, type: 'vec4<f32>' } : { vector: 1, type: 'f32' }
}

/**
 * Sum over the first axis of `partial`, which is consumed: disposed of, or returned reshaped if that axis is 1.
 * @param into the tensor for the sum; if the axis is 1, where `partial` has already been written
 */
export function sumChunks(backend: WebGPUBackend, partial: TensorInfo, outputShape: number[], into?: TensorInfo): TensorInfo {
  if (partial.shape[0] === 1) return { ...partial, shape: outputShape }
  const size = util.sizeFromShape(outputShape)
  const { vector } = elementOf(size)
  const sum = launch(backend, {
    key: `exemplarSumChunks_${vector}`,
    inputs: { partial },
    inputComponents: [vector],
    outputShape,
    outputComponent: vector,
    into,
    threads: size / vector,
    uniforms: { end: (size / vector) * partial.shape[0]! },
    body: () => `
      var sum = partial[index];
      for (var i = index + uniforms.threads; i < uniforms.end; i += uniforms.threads) { sum += partial[i]; }
      result[index] = sum;`,
  })
  backend.disposeData(partial.dataId)
  return sum
}
