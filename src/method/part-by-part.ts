import * as tf from '@tensorflow/tfjs-core'
import type { Places, RandomKey } from '../kernels/dropout/dropout'
import type { Parameters } from '../nn/parameters'
import type { Mode, UNet } from '../nn/unet'
import { assembled, countIn, some, type Range } from './batch'
import { differentiated, gradientOf, type Gradient } from './gradient'
import { weightsOf, type Models } from './model'
import { decodedRows, encodedRows, type Part, type Rows } from './parts'

/** Pseudo-labels of weak views, and those of them that are taught: [2 U, S, S] each. */
export interface Taught {
  labels: tf.Tensor3D
  taught: tf.Tensor3D
}

/** The lines of step.ts, for some images or for all. */
export interface Passes {
  featuresOf: (theta: Parameters, mode: Mode, part: Part) => tf.Tensor4D[]
  taughtBy: (theta: Parameters, mode: Mode, F: tf.Tensor4D[], part: Part) => Taught
  logitsOf: (theta: Parameters, mode: Mode, F: tf.Tensor4D[], part: Part) => tf.Tensor4D
  /** [2, terms], of all images. */
  lossesOf: (z: tf.Tensor4D, taught: Taught) => tf.Tensor2D
}

/** A step's batch, and what it is taken in. */
export interface Batch {
  /** Images of both networks that the encoders get. */
  count: number
  rows: Rows
  parts: Part[]
  dropout: RandomKey[]
  /** The weight of each loss in L. */
  weights: tf.Tensor2D
}

/** Where some images of each network lie among all `count` of both. */
function placesIn(count: number, ranges: readonly Range[]): Places {
  const own = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))
  const images = [0, count / 2].flatMap((first) => own.map((i) => first + i))
  return { images, tensor: tf.tensor1d(images) }
}

/** The gradient of a step whose batch is in one part. */
export function atOnce(net: UNet, models: Models, { parts, dropout, weights }: Batch, passes: Passes): Gradient {
  const [all] = parts as [Part]
  const forward = (theta: Parameters, mode: Mode) => {
    const F = passes.featuresOf(theta, mode, all)
    const taught = passes.taughtBy(theta, mode, F, all)
    return passes.lossesOf(passes.logitsOf(theta, mode, F, all), taught)
  }
  return gradientOf(net, models, { dropout, dy: weights, forward })
}

/**
 * The same for a batch in several parts, of which one at a time is in memory. The losses need the logits of all images, so these come first,
 * without a tape, and each part passes a second time for its gradient.
 */
export function partByPart(net: UNet, models: Models, { count, rows, parts, dropout, weights }: Batch, passes: Passes): Gradient {
  const { featuresOf, taughtBy, logitsOf, lossesOf } = passes
  const places = parts.map((part) => placesIn(count, encodedRows(rows, part)))
  const decoded = parts.map((part) => decodedRows(rows, part))
  // In warm-up a part of unlabelled images alone has nothing to learn from.
  const learns = parts.map((_, p) => countIn(decoded[p]!) > 0)

  const theta = weightsOf(net, models)
  const seen = parts.map((part, p): Partial<Taught> & { z?: tf.Tensor4D } =>
    tf.tidy(() => {
      const mode: Mode = { training: true, dropout, places: places[p]!, running: new Map() }
      const F = featuresOf(theta, mode, part)
      // With fewer unlabelled images than parts some have none.
      const teaches = countIn([part.unlabeled]) > 0
      return { ...(teaches && taughtBy(theta, mode, F, part)), ...(learns[p] && { z: logitsOf(theta, mode, F, part) }) }
    }),
  )
  const whole = <T extends tf.Tensor>(of: (part: (typeof seen)[number]) => T | undefined, ranges: (p: number) => Range[]): T =>
    assembled(seen.flatMap((part, p) => (of(part) ? [{ x: of(part)!, ranges: ranges(p) }] : [])))
  const weak = (p: number) => [parts[p]!.unlabeled]
  const taught = { labels: whole(({ labels }) => labels, weak), taught: whole(({ taught }) => taught, weak) }
  const z = whole(
    ({ z }) => z,
    (p) => decoded[p]!,
  )
  const [dz] = differentiated(() => lossesOf(z, taught), [z], weights).grads as [tf.Tensor4D]

  let gradient: tf.Tensor1D | null = null
  for (const [p, part] of parts.entries()) {
    if (!learns[p]) continue
    const before: tf.Tensor1D | null = gradient
    const forward = (theta: Parameters, mode: Mode) => logitsOf(theta, mode, featuresOf(theta, mode, part), part)
    gradient = tf.tidy(() => {
      const own = gradientOf(net, models, { dropout, places: places[p]!, dy: some(dz, decoded[p]!), forward }).gradient
      return before ? tf.add(before, own) : own
    })
    before?.dispose()
  }
  return { gradient: gradient!, buffers: tf.clone(models.buffers) }
}
