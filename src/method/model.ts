import { Random } from '../lib/random'
import { disposeMoments, noMoments, type Moments } from '../nn/optimiser'
import { dispose, initialise, type Parameters } from '../nn/parameters'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { widthsOf, type Config } from './config'

/** N_k with what its optimiser remembers. Buffers are BatchNorm's running statistics: part of the state, not trained. */
export interface Model {
  parameters: Parameters
  buffers: Parameters
  moments: Moments
}

/** N_1 and N_2, called A and B on the page. */
export type Models = [Model, Model]

/** The network both models share. */
export const networkOf = (config: Config, classes: number): UNet => ({
  widths: widthsOf(config),
  classes,
  norm: config.norm,
  dropout: [0, 0, 0, config.dropout / 3, config.dropout],
})

/** Two models of the same structure with different initialisation: with equal weights the cross terms would be self-training. */
export function createModels(net: UNet, config: Config): Models {
  const create = (k: number): Model => {
    const parameters = initialise(parameterShapes(net), new Random(config.seed, 'weights', k))
    const buffers = initialise(bufferShapes(net), new Random(config.seed))
    return { parameters, buffers, moments: noMoments(parameters, config.optimizer) }
  }
  return [create(0), create(1)]
}

export function disposeModels(models: Models): void {
  for (const { parameters, buffers, moments } of models) {
    dispose(parameters, buffers)
    disposeMoments(moments)
  }
}
