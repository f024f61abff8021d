import type { Random } from '../../lib/random'
import type { Cases } from '../testing/cases'
import { normal, sizesOf } from '../testing/values'
import { normActivation } from './norm-activation.twin'

/** Inputs and the twin's outputs; null where a gradient would be noise. */
function drawn(random: Random, i: number) {
  const { models: M, images, height, width, channels: C } = sizesOf(random, i)
  const possible = [1, 2, 3, 5].filter((groups) => C % groups === 0)
  const groups = possible[random.integer(possible.length)]!
  const attrs = { groups, slope: 0.01 }
  const x = normal(random, M * images, height, width, C)
  // Far from 0, where squares would cancel.
  const mean = i === 2 || i === 3 ? 1e3 : i % 4 === 0 ? 30 : 0
  for (let v = 0; v < x.values.length; v++) x.values[v]! += mean
  const inputs = { x, bias: normal(random, M, C), gamma: normal(random, M, C), beta: normal(random, M, C) }
  const y = new Float32Array(x.values.length)
  const stats = { values: new Float32Array(M * images * groups * 2), shape: [M * images, groups, 2] }
  const [bias, gamma, beta] = [inputs.bias.values, inputs.gamma.values, inputs.beta.values]
  normActivation({ x: x.values, bias, gamma, beta }, { y, stats: stats.values }, x.shape, attrs)
  // If x is nearly constant over a group everything cancels; and if u is nearly 0, roundings may disagree on its sign.
  const noisy = (height * width * C) / groups < 3 || stats.values.some((v, k) => k % 2 === 1 && v >= 10)
  if (noisy || (mean < 1e3 && y.some((v) => Math.abs(v) < 1e-6))) return null
  return { inputs, attrs, stats, tolerance: mean === 1e3 ? 1e-3 : 0, wrongStock: mean === 1e3 ? ['cpu', 'wasm', 'webgpu'] : [] }
}

export const cases = {
  normActivationOp: { draw: drawn, simd: 2e-5, wgsl: 1e-4 },
  normActivationGradOp: {
    draw: (random, i) => {
      const made = drawn(random, i)
      return made && { ...made, inputs: { dy: normal(random, ...made.inputs.x.shape), ...made.inputs, stats: made.stats } }
    },
    simd: 1e-4,
    wgsl: 1e-4,
  },
} satisfies Record<string, Cases>
