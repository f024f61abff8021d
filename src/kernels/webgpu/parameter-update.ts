import { util } from '@tensorflow/tfjs-core'
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { beta1, beta2, epsilon, type AdamAttrs, type SgdAttrs } from '../parameter-update'
import { launch } from './launch'
import { elementOf } from './reduction'

/** One output of an update, value by value. What changes from step to step is a factor, so that nothing is compiled again. */
function map(
  backend: unknown,
  name: string,
  inputs: Record<string, TensorInfo>,
  factors: Record<string, number>,
  value: string,
): TensorInfo {
  const { shape } = Object.values(inputs)[0]!
  const size = util.sizeFromShape(shape)
  const { vector } = elementOf(size)
  return launch(backend as WebGPUBackend, {
    key: `exemplar${name}_${vector}`,
    inputs,
    inputComponents: Object.keys(inputs).map(() => vector),
    outputShape: shape,
    outputComponent: vector,
    threads: size / vector,
    factors,
    body: () => `
      ${Object.keys(inputs)
        .map((input) => `let ${input}i = ${input}[index];`)
        .join('\n')}
      result[index] = ${value};`,
  })
}

/** AdamUpdate: new parameter, first and second moment. */
export const adamUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const { p, g, m, v } = inputs as Record<'p' | 'g' | 'm' | 'v', TensorInfo>
  const { learningRate, weightDecay, t } = attrs as unknown as AdamAttrs
  const grad = '(gi + uniforms.weightDecay * pi)'
  const first = map(backend, 'AdamFirst', { g, p, m }, { weightDecay }, `${beta1} * mi + ${1 - beta1} * ${grad}`)
  const second = map(backend, 'AdamSecond', { g, p, v }, { weightDecay }, `${beta2} * vi + ${1 - beta2} * ${grad} * ${grad}`)
  const size = learningRate / (1 - beta1 ** t)
  const root = 1 / Math.sqrt(1 - beta2 ** t)
  const next = `pi - uniforms.size * mi / (sqrt(vi) * uniforms.root + ${epsilon})`
  return [map(backend, 'AdamParameter', { p, m: first, v: second }, { size, root }, next), first, second]
}

/** SgdUpdate: new parameter and velocity. */
export const sgdUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const { p, g, m } = inputs as Record<'p' | 'g' | 'm', TensorInfo>
  const { learningRate, weightDecay, momentum } = attrs as unknown as SgdAttrs
  const velocity = map(
    backend,
    'SgdVelocity',
    { p, g, m },
    { momentum, weightDecay },
    'uniforms.momentum * mi + gi + uniforms.weightDecay * pi',
  )
  return [map(backend, 'SgdParameter', { p, m: velocity }, { learningRate }, 'pi - uniforms.learningRate * mi'), velocity]
}
