import * as tf from '@tensorflow/tfjs-core'
import { Random } from '../lib/random'
import type { Trained } from '../nn/optimiser'
import { canShare, initialise, layoutOf, unpack, valuesOf, type Layout, type Parameters } from '../nn/parameters'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { widthsOf, type Config } from './config'

/**
 * N_1 and N_2, called A and B on the page, with their optimiser's state: trained parameters are in flat tensors (`layoutsOf`), and so
 * are BatchNorm's running statistics, which are part of the state but not trained.
 */
export interface Models extends Trained {
  buffers: tf.Tensor1D
}

/** The network both models share. */
export const networkOf = (config: Config, classes: number): UNet => ({
  widths: widthsOf(config),
  classes,
  norm: config.norm,
  dropout: [0, 0, 0, config.dropout / 3, config.dropout],
})

export function layoutsOf(net: UNet): { trained: Layout; buffers: Layout } {
  return { trained: layoutOf(parameterShapes(net)), buffers: layoutOf(bufferShapes(net)) }
}

/** Two models of the same structure with different initialisation: with equal weights the cross terms would be self-training. */
export function createModels(net: UNet, config: Config): Models {
  const { trained, buffers } = layoutsOf(net)
  const filled = (layout: Layout) => {
    const values = new Float32Array(layout.size)
    for (const k of [0, 1]) initialise(valuesOf(values, layout, k), layout.shapes, new Random(config.seed, 'weights', k))
    return tf.tensor1d(values)
  }
  return {
    parameters: filled(trained),
    buffers: filled(buffers),
    m: tf.zeros([trained.size]),
    v: config.optimizer === 'adam' ? tf.zeros([trained.size]) : null,
  }
}

export function disposeModels({ parameters, m, v, buffers }: Models): void {
  tf.dispose([parameters, m, buffers])
  v?.dispose()
}

/**
 * The named weights of both networks, [2, ...], as a pass needs them; the caller disposes of them. They share the memory of the flat
 * tensors if supported: BatchNorm is composed of plain operations.
 * @param gradients where to write the gradients of weights that share memory
 */
export const weightsOf = (net: UNet, { parameters, buffers }: Models, gradients?: tf.Tensor1D): Parameters => {
  const layouts = layoutsOf(net)
  return { ...unpack(parameters, layouts.trained, sharesWeights(net), gradients), ...unpack(buffers, layouts.buffers, false) }
}

export const sharesWeights = (net: UNet): boolean => net.norm === 'group' && canShare()

/** The state of one model by group and name, as stored in files. */
export interface StoredModel {
  parameters: Record<string, Float32Array>
  buffers: Record<string, Float32Array>
  m: Record<string, Float32Array>
  v: Record<string, Float32Array>
}

/** Reads the state of both models. */
export async function readModels(net: UNet, models: Models): Promise<[StoredModel, StoredModel]> {
  const { trained, buffers } = layoutsOf(net)
  const [parameters, m, v, running] = await Promise.all(
    [models.parameters, models.m, models.v, models.buffers].map(async (t) => (t ? Float32Array.from(await t.data()) : null)),
  )
  const of = (k: number): StoredModel => ({
    parameters: valuesOf(parameters!, trained, k),
    buffers: valuesOf(running!, buffers, k),
    m: valuesOf(m!, trained, k),
    v: v ? valuesOf(v, trained, k) : {},
  })
  return [of(0), of(1)]
}

/** Models with the state returned by `readModels`; moments that it lacks are 0, as where nothing is trained any more. */
export function writeModels(net: UNet, stored: [StoredModel, StoredModel]): Models {
  const layouts = layoutsOf(net)
  const flat = (layout: Layout, group: keyof StoredModel) => {
    const values = new Float32Array(layout.size)
    stored.forEach((model, k) => {
      for (const [name, own] of Object.entries(valuesOf(values, layout, k)))
        if (group !== 'm' || model.m[name]) own.set(model[group][name]!)
    })
    return tf.tensor1d(values)
  }
  return {
    parameters: flat(layouts.trained, 'parameters'),
    buffers: flat(layouts.buffers, 'buffers'),
    m: flat(layouts.trained, 'm'),
    v: Object.keys(stored[0].v).length > 0 ? flat(layouts.trained, 'v') : null,
  }
}
