import type { LossForm } from '../kernels/pixel-loss/pixel-loss.twin'
import type { Config } from './config'

/**
 * L_sup = (CE + Dice) / 2 over the pixels with a known label (UniMatch, SSL4MIS, TransUNet). Mean CE over known pixels, where a pixel of a class that n
 * pixels of the batch have counts n^-classBalance.
 */
export const supervisedForm = ({ classBalance }: Config): LossForm => ({
  crossEntropy: 0.5,
  dice: 0.5,
  overAll: false,
  balance: classBalance,
})

/** l(P, Yhat, m) on unlabelled pixels: Dice on confident ones, or masked CE divided by all pixels (FixMatch). */
export const unsupervisedForms: Record<Config['unsupervisedLoss'], LossForm> = {
  dice: { crossEntropy: 0, dice: 1, overAll: true, balance: 0 },
  ce: { crossEntropy: 1, dice: 0, overAll: true, balance: 0 },
}
