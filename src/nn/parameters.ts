import * as tf from '@tensorflow/tfjs-core'
import type { Random } from '../lib/random'

/** Named tensors of one network; whoever makes them disposes of them. */
export type Parameters = Record<string, tf.Tensor>

/** Shapes by name. Names are PyTorch's; convolution kernels are HWIO here and OIHW in files. */
export type Shapes = Record<string, number[]>

/** Number of values in all tensors of `shapes`. */
export const countOf = (shapes: Shapes): number => Object.values(shapes).reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0)

/**
 * PyTorch's default initialisation: convolution weights and biases uniform in ±1 / sqrt(fan-in), norms at weight 1 and bias 0,
 * running statistics at mean 0 and variance 1.
 */
export function initialise(shapes: Shapes, random: Random): Parameters {
  const parameters: Parameters = {}
  let bound = 1
  for (const [name, shape] of Object.entries(shapes)) {
    const values = new Float32Array(tf.util.sizeFromShape(shape))
    if (/norm\d\.(weight|running_var)$/.test(name)) values.fill(1)
    else if (!/norm\d\./.test(name)) {
      // A bias follows its kernel and shares its fan-in.
      if (shape.length === 4) bound = 1 / Math.sqrt(shape[0]! * shape[1]! * shape[2]!)
      for (let i = 0; i < values.length; i++) values[i] = random.uniform(-bound, bound)
    }
    parameters[name] = tf.tensor(values, shape, 'float32')
  }
  return parameters
}

export function dispose(...groups: Parameters[]): void {
  for (const group of groups) tf.dispose(Object.values(group))
}
