import * as tf from '@tensorflow/tfjs-core'
import type { Places, RandomKey } from '../kernels/dropout/dropout'
import { gradientsLike, pack, type Parameters } from '../nn/parameters'
import type { Mode, UNet } from '../nn/unet'
import { layoutsOf, sharesWeights, weightsOf, type Models } from './model'

/** One pass through the networks whose gradient is wanted. */
export interface Pass {
  dropout: RandomKey[]
  /** Which images of the batch it has, if not all. */
  places?: Places
  /** The gradient of the loss by what `forward` returns: the first of the chain. */
  dy: tf.Tensor
  /** Computes something from the named weights of both networks. */
  forward: (theta: Parameters, mode: Mode) => tf.Tensor
}

export interface Gradient {
  gradient: tf.Tensor1D
  /** Running statistics after the pass. */
  buffers: tf.Tensor1D
}

/**
 * tfjs's own gradients, which after an error, such as that of a full memory, keep all that was noted for them: here it is released.
 * @throws whatever f or a kernel throws
 */
export function differentiated(f: () => tf.Tensor, xs: tf.Tensor[], dy: tf.Tensor): { value: tf.Tensor; grads: tf.Tensor[] } {
  try {
    return tf.engine().gradients(f, xs, dy)
  } catch (error) {
    const { state } = tf.engine() as unknown as { state: { activeTape: { saved?: tf.Tensor[] | null }[] | null } }
    for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? [])
    state.activeTape = null
    throw error
  }
}

/**
 * The gradient by all trained parameters, in their flat layout, and the running statistics after the pass. If the kernels allow it the named
 * parameters are parts of the flat tensor and each gradient is written in place; otherwise they are copied out and back. Call it in a tidy,
 * which cleans up.
 */
export function gradientOf(net: UNet, models: Models, { dropout, places, dy, forward }: Pass): Gradient {
  const layouts = layoutsOf(net)
  const written = sharesWeights(net) ? gradientsLike(models.parameters) : undefined
  const theta = weightsOf(net, models, written)
  const running = new Map<string, tf.Tensor>()
  const mode: Mode = { training: true, dropout, ...(places && { places }), running }

  const trained = Object.keys(layouts.trained.shapes)
  const parameters = trained.map((name) => theta[name]!)
  const { grads } = differentiated(() => forward(theta, mode), parameters, dy)
  const named: Parameters = Object.fromEntries(trained.map((name, i) => [name, grads[i]!]))
  const gradient = written ?? pack(named, layouts.trained)
  const buffers = running.size > 0 ? pack(Object.fromEntries(running), layouts.buffers) : tf.clone(models.buffers)
  tf.dispose([...running.values()])
  return { gradient, buffers }
}
