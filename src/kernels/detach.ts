import * as tf from '@tensorflow/tfjs-core'

/**
 * A new tensor with the same values and no gradient: sg() in the paper. tfjs has no stop-gradient, and its own clone is
 * recorded on the tape; a second tensor over the same data is not.
 */
export function detach<T extends tf.Tensor>(x: T): T {
  tf.backend().incRef(x.dataId)
  return tf.engine().makeTensorFromTensorInfo(x) as T
}
