import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { beta1, beta2, epsilon, type AdamAttrs, type SgdAttrs } from './parameter-update'
import { launchAll } from '../webgpu/launch'
import { elementOf } from '../webgpu/reduction'

/** What both have in common: values of `p` and others, one after the other, and the schedule. */
function sizesOf(p: TensorInfo, outputs: string[]) {
  const size = util.sizeFromShape(p.shape)
  const { vector, type } = elementOf(size)
  return { vector, type, threads: size / vector, outputs: outputs.map((name) => ({ name, shape: p.shape, component: vector })) }
}

/** AdamUpdate: new parameters, first and second moments, in one launch. */
export const adamUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const { p, g, m, v, schedule } = inputs as Record<'p' | 'g' | 'm' | 'v' | 'schedule', TensorInfo>
  const { vector, type, ...sizes } = sizesOf(p, ['pOut', 'mOut', 'vOut'])
  return launchAll(backend as WebGPUBackend, {
    ...sizes,
    key: `exemplarAdam_${vector}`,
    inputs: { p, g, m, v, schedule },
    inputComponents: [vector, vector, vector, vector, 1],
    factors: { weightDecay: (attrs as unknown as AdamAttrs).weightDecay },
    body: () => `
      let grad = g[index] + uniforms.weightDecay * p[index];
      let mean = ${beta1} * m[index] + ${1 - beta1} * grad;
      let square = ${beta2} * v[index] + ${1 - beta2} * grad * grad;
      mOut[index] = mean;
      vOut[index] = square;
      pOut[index] = p[index] - schedule[0] * schedule[1] * mean / (sqrt(square) * schedule[2] + ${type}(${epsilon}));`,
  })
}

/** SgdUpdate: new parameters and velocity, in one launch. */
export const sgdUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const { p, g, m, schedule } = inputs as Record<'p' | 'g' | 'm' | 'schedule', TensorInfo>
  const { vector, ...sizes } = sizesOf(p, ['pOut', 'mOut'])
  const { weightDecay, momentum } = attrs as unknown as SgdAttrs
  return launchAll(backend as WebGPUBackend, {
    ...sizes,
    key: `exemplarSgd_${vector}`,
    inputs: { p, g, m, schedule },
    inputComponents: [vector, vector, vector, 1],
    factors: { weightDecay, momentum },
    body: () => `
      let velocity = uniforms.momentum * m[index] + g[index] + uniforms.weightDecay * p[index];
      mOut[index] = velocity;
      pOut[index] = p[index] - schedule[0] * velocity;`,
  })
}
