import * as tf from '@tensorflow/tfjs-core'
import type { RandomKey } from '../kernels/dropout/dropout'
import { gradientsLike, pack, type Parameters } from '../nn/parameters'
import type { Mode, UNet } from '../nn/unet'
import { layoutsOf, sharesWeights, weightsOf, type Models } from './model'

/** The result of a forward pass: the losses of both networks, and numbers for the log, without a gradient. */
interface Pass {
  losses: tf.Tensor2D
  scalars: tf.Tensor1D
}

/**
 * The gradient of a weighted sum of losses by all trained parameters, in their flat layout, and the running statistics after
 * the pass. If the kernels allow it the named parameters are parts of the flat tensor and each gradient is written in place;
 * otherwise they are copied out and back. Call it in a tidy, which cleans up; `scalars` are kept beyond it.
 *
 * @param weights weight of each loss in the sum, [2, losses]: the first gradient of the chain, so that the sum itself costs nothing
 * @param forward computes the losses from the named weights of both networks
 */
export function gradientOf(
  net: UNet,
  models: Models,
  { weights, dropout }: { weights: tf.Tensor2D; dropout: RandomKey[] },
  forward: (theta: Parameters, mode: Mode) => Pass,
): { gradient: tf.Tensor1D; buffers: tf.Tensor1D; scalars: tf.Tensor1D } {
  const layouts = layoutsOf(net)
  const written = sharesWeights(net) ? gradientsLike(models.parameters) : undefined
  const theta = weightsOf(net, models, written)
  const running = new Map<string, tf.Tensor>()
  let scalars: tf.Tensor1D | null = null
  const losses = (): tf.Tensor => {
    const pass = forward(theta, { training: true, dropout, running })
    scalars = tf.keep(pass.scalars)
    return pass.losses
  }

  const trained = Object.keys(layouts.trained.shapes)
  const parameters = trained.map((name) => theta[name]!)
  const { grads } = tf.engine().gradients(losses, parameters, weights)
  const named: Parameters = Object.fromEntries(trained.map((name, i) => [name, grads[i]!]))
  const gradient = written ?? pack(named, layouts.trained)
  const buffers = running.size > 0 ? pack(Object.fromEntries(running), layouts.buffers) : tf.clone(models.buffers)
  tf.dispose([...running.values()])
  return { gradient, buffers, scalars: scalars! }
}
