import type * as tf from '@tensorflow/tfjs-core'
import { weightedLoss, type LossForm } from '../kernels/pixel-loss'
import type { Config } from './config'

/** L_sup = (CE + Dice) / 2 over the pixels whose label is known (UniMatch, SSL4MIS, TransUNet). Mean CE over known pixels. */
const supervisedForm: LossForm = { crossEntropy: 0.5, dice: 0.5, overAll: false }

/** l(P, Yhat, m) on unlabelled pixels: Dice on confident ones, or masked CE divided by all pixels (FixMatch). */
const unsupervisedForms: Record<Config['unsupervisedLoss'], LossForm> = {
  dice: { crossEntropy: 0, dice: 1, overAll: true },
  ce: { crossEntropy: 1, dice: 0, overAll: true },
}

/** Logits [B, S, S, C], labels and known [B, S, S]. */
export const supervisedLoss = (logits: tf.Tensor4D, labels: tf.Tensor3D, known: tf.Tensor3D): tf.Scalar =>
  weightedLoss(logits, labels, known, supervisedForm)

/** Logits [B, S, S, C], pseudo-labels and confidence mask [B, S, S]; both must be detached. 0 where no pixel is confident. */
export const unsupervisedLoss = (
  logits: tf.Tensor4D,
  pseudoLabels: tf.Tensor3D,
  mask: tf.Tensor3D,
  form: Config['unsupervisedLoss'],
): tf.Scalar => weightedLoss(logits, pseudoLabels, mask, unsupervisedForms[form])
