import type * as tf from '@tensorflow/tfjs-core'
import { defineOp } from '../operation'
import { knownLabelsWgsl } from './known-labels.wgsl'

export const knownLabelsOp = defineOp({
  name: 'KnownLabels',
  inputs: ['labels', 'rim', 'outside'],
  outputs: ({ labels }) => ({ out: labels }),
  twin: ({ labels, rim, outside }, { out }, { rim: [, height, width] }) => {
    const pixels = height! * width!
    for (let i = 0; i < rim.length; i++) out[i] = rim[i]! > 0 || outside[Math.floor(i / pixels)]! > 0 ? labels[i]! : -1
  },
  wgsl: knownLabelsWgsl,
})

/**
 * `labels` [n, S, S], -1 where unknown, inside `rim` [n, S, S], and for `outside` [n] = 1 elsewhere in image n; else -1. An unknown pixel of
 * a paste stays unknown outside the rim too, since the soft edge may still show it. No gradient.
 */
export const knownLabels = (labels: tf.Tensor3D, rim: tf.Tensor3D, outside: tf.Tensor): tf.Tensor3D =>
  knownLabelsOp.run({ labels, rim, outside }, {}).out as tf.Tensor3D
