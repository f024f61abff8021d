import type { LossForm } from '../kernels/pixel-loss/pixel-loss.twin'
import type { Config } from './config'
import { supervisedForm, unsupervisedForms } from './losses'
import { labeledShares } from './view-plan'

/** r(t): 0 in warm-up, then exp(-5 (1 - s)^2) with s rising to 1 over the ramp. t counts from 0. */
export function rampAt(t: number, { steps, warmup, ramp }: Config): number {
  const share = t / steps
  if (share < warmup) return 0
  const s = ramp > 0 ? Math.min(1, (share - warmup) / ramp) : 1
  return Math.exp(-5 * (1 - s) ** 2)
}

/**
 * The settings that a longer or shorter run takes its steps by: it begins to teach where it would have, and is as steep, if it had kept the
 * `planned` number of steps; only the learning rate falls to the new end.
 */
export function asPlanned(config: Config, planned: number): Config {
  if (config.steps === planned) return config
  const share = planned / config.steps
  return { ...config, warmup: config.warmup * share, ramp: config.ramp * share }
}

/** One term of the loss: its name, the number of images in each network's batch, and its form. */
export interface Term {
  name: 'exemplar' | 'synthetic' | 'image' | 'feature'
  images: number
  form: LossForm
}

/** How many times the weak views' features are perturbed: once, or for 'each' once per level. */
export const featureViews = (config: Config): number => (config.featurePerturb === 'each' ? 5 : 1)

/** The terms of step t, in the order of their images in the decoders' batch: L_E, L_S, L_ip, L_fp; the last in one part per view. */
export function termsAt(t: number, config: Config): Term[] {
  const { exemplars, synthetics } = labeledShares(config)
  const taught = rampAt(t, config) > 0
  const supervised = supervisedForm(config)
  const unsupervised = unsupervisedForms[config.unsupervisedLoss]
  const feature: Term = { name: 'feature', images: config.batchUnlabeled, form: unsupervised }
  const terms: Term[] = [
    { name: 'exemplar', images: exemplars, form: supervised },
    { name: 'synthetic', images: synthetics, form: supervised },
    { name: 'image', images: config.imageTerm && taught ? config.batchUnlabeled : 0, form: unsupervised },
    ...(config.featureTerm && taught ? Array.from({ length: featureViews(config) }, () => feature) : []),
  ]
  return terms.filter(({ images }) => images > 0)
}
