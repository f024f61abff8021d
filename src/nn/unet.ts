import * as tf from '@tensorflow/tfjs-core'
import { conv2d } from '../kernels/conv2d/conv2d'
import { dropout, type Places, type RandomKey } from '../kernels/dropout/dropout'
import { groupNormLeakyRelu } from '../kernels/norm-activation/norm-activation'
import { joinSkip } from '../kernels/upsample-concat/upsample-concat'
import type { Parameters, Shapes } from './parameters'

/**
 * The 2-D U-Net of SSL4MIS and UniMatch: five levels; block = 3x3 conv, norm, LeakyReLU 0.01, dropout, 3x3 conv, norm, LeakyReLU;
 * 2x2 max-pools; up = 1x1 conv, bilinear x2 with corners aligned, join with the skip, block; head = 3x3 conv.
 * Departure: GroupNorm instead of BatchNorm unless asked for.
 *
 * A pass runs both networks at once, each with its own weights: in a batch of 2 B images the first B belong to the first network, and
 * parameters are [2, ...].
 */
export interface UNet {
  /** Channels of the five levels. */
  widths: number[]
  /** Output classes, background included. */
  classes: number
  norm: 'group' | 'batch'
  /** Dropout probability after the first activation of each encoder level. */
  dropout: number[]
}

/**
 * What a pass needs besides weights: in training, a key for the dropout of each level, which images of the batch it has if not all, and a place for
 * new running statistics.
 */
export type Mode = { training: false } | { training: true; dropout: RandomKey[]; places?: Places; running: Map<string, tf.Tensor> }

export const inference: Mode = { training: false }

const slope = 0.01
const levels = [0, 1, 2, 3, 4]

/** Groups of a GroupNorm over `channels`. */
export const groupsOf = (channels: number): number => Math.max(1, Math.min(Math.floor(channels / 4), 8))

/** Names and shapes of all trained parameters; 1,813,764 values for widths 16..256 and 4 classes, as in UniMatch's log. */
export function parameterShapes({ widths, classes }: UNet): Shapes {
  const shapes: Shapes = {}
  const block = (name: string, from: number, to: number) => {
    for (const [n, i] of [
      [1, from],
      [2, to],
    ] as const) {
      shapes[`${name}.conv${n}.weight`] = [3, 3, i, to]
      shapes[`${name}.conv${n}.bias`] = [to]
      shapes[`${name}.norm${n}.weight`] = [to]
      shapes[`${name}.norm${n}.bias`] = [to]
    }
  }
  for (const l of levels) block(`down.${l}`, l === 0 ? 1 : widths[l - 1]!, widths[l]!)
  for (const l of levels.slice(0, 4)) {
    shapes[`squeeze.${l}.weight`] = [1, 1, widths[l + 1]!, widths[l]!]
    shapes[`squeeze.${l}.bias`] = [widths[l]!]
  }
  for (const l of levels.slice(0, 4)) block(`up.${l}`, 2 * widths[l]!, widths[l]!)
  shapes['head.weight'] = [3, 3, widths[0]!, classes]
  shapes['head.bias'] = [classes]
  return shapes
}

/** Running statistics of BatchNorm; nothing for GroupNorm. Updated but not trained. */
export function bufferShapes(net: UNet): Shapes {
  if (net.norm === 'group') return {}
  const norms = Object.entries(parameterShapes(net)).filter(([name]) => /norm\d\.weight$/.test(name))
  return Object.fromEntries(
    norms.flatMap(([name, shape]) => [
      [name.replace('weight', 'running_mean'), shape],
      [name.replace('weight', 'running_var'), shape],
    ]),
  )
}

/** BatchNorm with eps 1e-5 and momentum 0.1 (as PyTorch counts it), and LeakyReLU. Composed of stock operations: an option for comparison. */
function batchNormLeakyRelu(p: Parameters, name: string, x: tf.Tensor4D, mode: Mode): tf.Tensor4D {
  const [B, H, W, C] = x.shape
  const networks = p[`${name}.weight`]!.shape[0]!
  const each = tf.reshape(x, [networks, -1, C])
  const own = (part: string) => tf.expandDims(p[`${name}.${part}`]!, 1)
  let mean = p[`${name}.running_mean`] ? own('running_mean') : null
  let variance = p[`${name}.running_var`] ? own('running_var') : null
  if (mode.training) {
    const batch = tf.moments(each, 1, true)
    const count = (B / networks) * H * W
    for (const [key, now] of [
      ['running_mean', batch.mean],
      ['running_var', tf.mul(batch.variance, count / Math.max(1, count - 1))],
    ] as const) {
      const before = mode.running.get(`${name}.${key}`)
      const next = tf.add(tf.mul(before ?? p[`${name}.${key}`]!, 0.9), tf.mul(tf.squeeze(now, [1]), 0.1))
      mode.running.set(`${name}.${key}`, tf.keep(next))
      before?.dispose()
    }
    mean = batch.mean
    variance = batch.variance
  }
  const xhat = tf.mul(tf.sub(each, mean!), tf.rsqrt(tf.add(variance!, 1e-5)))
  return tf.reshape(tf.leakyRelu(tf.add(tf.mul(xhat, own('weight')), own('bias')), slope), [B, H, W, C])
}

/** A convolution's bias [2, C] in a form that broadcasts to x [2 B, H, W, C]. */
const addBias = (x: tf.Tensor4D, bias: tf.Tensor2D): tf.Tensor4D =>
  tf.reshape(tf.add(tf.reshape(x, [bias.shape[0], -1, bias.shape[1]]), tf.expandDims(bias, 1)), x.shape)

function block(net: UNet, p: Parameters, name: string, x: tf.Tensor4D, mode: Mode, level: number | null): tf.Tensor4D {
  for (const n of [1, 2]) {
    // The images that enter a network need no gradient.
    const inputGradient = !(name === 'down.0' && n === 1)
    const z = conv2d(x, p[`${name}.conv${n}.weight`] as tf.Tensor5D, undefined, { inputGradient })
    const bias = p[`${name}.conv${n}.bias`] as tf.Tensor2D
    if (net.norm === 'batch') x = batchNormLeakyRelu(p, `${name}.norm${n}`, addBias(z, bias), mode)
    else {
      const gamma = p[`${name}.norm${n}.weight`] as tf.Tensor2D
      const beta = p[`${name}.norm${n}.bias`] as tf.Tensor2D
      x = groupNormLeakyRelu(z, bias, gamma, beta, groupsOf(z.shape[3]), slope)
    }
    if (n === 1 && mode.training && level !== null && net.dropout[level]! > 0)
      x = dropout(x, mode.dropout[level]!, net.dropout[level]!, mode.places)
  }
  return x
}

/** Encoders f: images [2 B, S, S, 1] -> features of five levels, [2 B, S / 2^l, S / 2^l, widths[l]]. */
export function encode(net: UNet, p: Parameters, x: tf.Tensor4D, mode: Mode): tf.Tensor4D[] {
  const features: tf.Tensor4D[] = []
  for (const l of levels) {
    if (l > 0) x = tf.maxPool(x, 2, 2, 'valid')
    x = block(net, p, `down.${l}`, x, mode, l)
    features.push(x)
  }
  return features
}

/** Decoders h: features of five levels -> logits [2 B, S, S, classes]. */
export function decode(net: UNet, p: Parameters, features: tf.Tensor4D[], mode: Mode): tf.Tensor4D {
  let x = features[4]!
  for (const l of [3, 2, 1, 0]) {
    const squeezed = conv2d(x, p[`squeeze.${l}.weight`] as tf.Tensor5D, p[`squeeze.${l}.bias`] as tf.Tensor2D)
    x = block(net, p, `up.${l}`, joinSkip(features[l]!, squeezed), mode, null)
  }
  return conv2d(x, p['head.weight'] as tf.Tensor5D, p['head.bias'] as tf.Tensor2D)
}
