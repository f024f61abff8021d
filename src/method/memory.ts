import type { Config } from './config'
import { widthsOf } from './config'
import { layoutsOf, networkOf } from './model'
import { partsOf } from './parts'
import { featureViews } from './schedule'

/** The backend's memory that a run takes, in bytes. */
export interface MemoryNeed {
  /** At its peak, in a step with all terms. */
  bytes: number
  /** The largest single tensor. */
  largest: number
}

/**
 * Bytes of a network's values for one image in units of level 0, S x S with the first width in float32. Level l is S / 2^l a side with 2^l times the
 * width, so a unit there is 2^-l. Where steps are recorded: only what the gradient still needs when the backward pass begins, as memory is shared
 * (buffer-plan.ts). An encoder level keeps two convolutions and their activations, the pooled input, at the two deepest what dropout leaves; a decoder level
 * the join, twice as wide, and the same four, and what is on its way. Elsewhere everything that is made lives as long as the step, gradients apart: measured
 * as all the following (memory.test.ts).
 */
const units = {
  recorded: { encoder: 8.57, decoder: 12.54, taught: 0, taughtInParts: 0 },
  tape: { encoder: 8.27, decoder: 31.3, taught: 23.4, taughtInParts: 10.1 },
  /** BatchNorm is composed of many plain operations. */
  batchNorm: { encoder: 62.3, decoder: 88.7, taught: 66.2, taughtInParts: 0 },
}

/** What the logits of an image cost, in planes of S x S for each class: in one pass, and where a batch is taken in parts, whose logits are all kept. */
const logitPlanes = { recorded: { whole: 1.6, parts: 1.9 }, tape: { whole: 2.1, parts: 4.8 } }

/** Planes of S x S for each image that enters an encoder: its views on the way there. */
const viewPlanes = 4.8

/** How often the trained parameters are there at the peak, in one pass and more where gradients of parts are added: as copies, gradients and updates. */
const parameterCopies = { recorded: { whole: 1, more: 2.15 }, tape: { whole: 3.2, more: 1.9 } }

/**
 * What a run with these settings takes: by a formula whose numbers were measured, within an eighth.
 * @param images how many images stay on the backend
 * @param on the backend; steps are recorded on WebGPU and on wasm
 */
export function memoryOf(
  config: Config,
  { classes, images, on }: { classes: number; images: number; on: 'webgpu' | 'wasm' | 'cpu' },
): MemoryNeed {
  const { size, batchLabeled, batchUnlabeled, imageTerm, featureTerm } = config
  const plane = 4 * size ** 2
  const recorded = on !== 'cpu' && config.norm === 'group'
  // In f16 activations take half, the logits as they are.
  const unit = plane * widthsOf(config)[0]! * (recorded && on === 'webgpu' && config.precision === 'f16' ? 0.5 : 1)
  const parameters = 4 * layoutsOf(networkOf(config, classes)).trained.size
  const state = parameters * (config.optimizer === 'adam' ? 3 : 2)
  const views = featureTerm ? featureViews(config) : 0
  const strong = imageTerm ? 1 : 0
  const parts = partsOf(config)
  const inParts = parts.length > 1

  /** Images of both networks in a batch of so many: those encoded, decoded for a loss, and decoded for pseudo-labels. */
  const imagesOf = (labeled: number, unlabeled: number) => ({
    encoded: 2 * (labeled + (1 + strong) * unlabeled),
    decoded: 2 * (labeled + (strong + views) * unlabeled),
    taught: 2 * unlabeled,
  })
  const all = imagesOf(batchLabeled, batchUnlabeled)
  const part = imagesOf(Math.ceil(batchLabeled / parts.length), Math.ceil(batchUnlabeled / parts.length))

  const kind = recorded ? 'recorded' : 'tape'
  const of = config.norm === 'batch' ? units.batchNorm : units[kind]
  const values = unit * (of.encoder * part.encoded + of.decoder * part.decoded + (inParts ? of.taughtInParts : of.taught) * part.taught)
  const logits = plane * classes * (inParts ? logitPlanes[kind].parts * all.decoded : logitPlanes[kind].whole * part.decoded)
  const copies = parameterCopies[kind]
  const largest = Math.max(unit * Math.max(2 * part.decoded, part.encoded), plane * classes * all.decoded, parameters, images * plane)
  // A network that is larger than the values of its images finds no buffers of theirs for the next state; wasm writes it over the present one.
  const next = recorded && on === 'webgpu' ? Math.max(0, parameters - unit * 2 * part.decoded) * (state / parameters) : 0
  const step =
    values + logits + (recorded ? plane * viewPlanes * all.encoded : 0) + parameters * (copies.whole + (inParts ? copies.more : 0)) + next
  return { bytes: step + state + images * plane, largest }
}
