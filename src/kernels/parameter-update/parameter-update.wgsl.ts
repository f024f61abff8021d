import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WgslCall } from '../declaration'
import { launchAll } from '../webgpu/launch'
import { elementOf } from '../webgpu/reduction'
import { beta1, beta2, epsilon, type AdamAttrs, type SgdAttrs } from './parameter-update.twin'

/** Sizes and inputs of both updates: `p` and the other tensors, in order, and the schedule. */
function sizesOf(p: TensorInfo, outputs: string[]) {
  const size = util.sizeFromShape(p.shape)
  const { vector, type } = elementOf(size)
  return { vector, type, threads: size / vector, outputs: outputs.map((name) => ({ name, shape: p.shape, component: vector })) }
}

/** Adam: new parameters, first and second moments, in one launch. */
export function adamWgsl({ inputs, attrs, backend }: WgslCall<'p' | 'g' | 'm' | 'v' | 'schedule', AdamAttrs>) {
  const { p, g, m, v, schedule } = inputs
  const { vector, type, ...sizes } = sizesOf(p, ['pOut', 'mOut', 'vOut'])
  const [pOut, mOut, vOut] = launchAll(backend, {
    ...sizes,
    key: `exemplarAdam_${vector}`,
    inputs: { p, g, m, v, schedule },
    inputComponents: [vector, vector, vector, vector, 1],
    factors: { weightDecay: attrs.weightDecay },
    body: () => `
      let grad = g[index] + uniforms.weightDecay * p[index];
      let mean = ${beta1} * m[index] + ${1 - beta1} * grad;
      let square = ${beta2} * v[index] + ${1 - beta2} * grad * grad;
      mOut[index] = mean;
      vOut[index] = square;
      pOut[index] = p[index] - schedule[0] * schedule[1] * mean / (sqrt(square) * schedule[2] + ${type}(${epsilon}));`,
  }) as [TensorInfo, TensorInfo, TensorInfo]
  return { pOut, mOut, vOut }
}

/** SGD: new parameters and velocity, in one launch. */
export function sgdWgsl({ inputs, attrs, backend }: WgslCall<'p' | 'g' | 'm' | 'schedule', SgdAttrs>) {
  const { p, g, m, schedule } = inputs
  const { vector, ...sizes } = sizesOf(p, ['pOut', 'mOut'])
  const [pOut, mOut] = launchAll(backend, {
    ...sizes,
    key: `exemplarSgd_${vector}`,
    inputs: { p, g, m, schedule },
    inputComponents: [vector, vector, vector, 1],
    factors: { weightDecay: attrs.weightDecay, momentum: attrs.momentum },
    body: () => `
      let velocity = uniforms.momentum * m[index] + g[index] + uniforms.weightDecay * p[index];
      mOut[index] = velocity;
      pOut[index] = p[index] - schedule[0] * velocity;`,
  }) as [TensorInfo, TensorInfo]
  return { pOut, mOut }
}
