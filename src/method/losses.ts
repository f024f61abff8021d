import type { LossForm } from '../kernels/pixel-loss/pixel-loss.twin'
import type { Config } from './config'

/** L_sup = (CE + Dice) / 2 over the pixels with a known label (UniMatch, SSL4MIS, TransUNet). Mean CE over known pixels. */
export const supervisedForm: LossForm = { crossEntropy: 0.5, dice: 0.5, overAll: false }

/** l(P, Yhat, m) on unlabelled pixels: Dice on confident ones, or masked CE divided by all pixels (FixMatch). */
export const unsupervisedForms: Record<Config['unsupervisedLoss'], LossForm> = {
  dice: { crossEntropy: 0, dice: 1, overAll: true },
  ce: { crossEntropy: 1, dice: 0, overAll: true },
}
