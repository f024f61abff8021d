import type { Config } from './config'
import { termsAt } from './schedule'

/** Share of the encoder in a pass through the network. */
const encoder = 0.5
/** What a step does besides, whatever its images: views, sums, the update of the parameters. */
const beside = 3

/**
 * Work of step t, in passes of one image through both networks: a gradient is two more. The encoder sees each image once (see step.ts). On wasm
 * a step of the preset Quick takes 23 passes before the networks teach each other, and 1.75 times as long then; here these are 23 and 1.78.
 */
export function workOf(t: number, config: Config): number {
  const terms = termsAt(t, config)
  const images = (...names: string[]) => terms.filter(({ name }) => names.includes(name)).reduce((sum, term) => sum + term.images, 0)
  const [labeled, strong, feature] = [images('exemplar', 'synthetic'), images('image'), images('feature')]
  const weak = config.batchUnlabeled
  return beside + 3 * encoder * (labeled + weak + strong) + (1 - encoder) * (3 * (labeled + strong + feature) + weak)
}

/** The first step that learns from unlabelled images, as `rampAt` says, or T. */
export function teachingFrom(config: Config): number {
  const { steps, warmup } = config
  const from = Math.min(steps, Math.ceil(warmup * steps))
  return from > 0 && (from - 1) / steps >= warmup ? from - 1 : from
}
