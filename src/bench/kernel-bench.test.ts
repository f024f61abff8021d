import { expect, it } from 'vitest'
import { networkOf } from '../method/model'
import { parameterShapes } from '../nn/unet'
import { convLayers, textOf } from './kernel-bench'
import { stepSizes } from './report'
import { configOf } from './step-bench'

it('lists every convolution of R64 once, with its image size', () => {
  const config = configOf(stepSizes.R64)
  const net = networkOf(config, 4)
  const found = convLayers(net, config.size, 8)
  const texts = found.map(({ shape }) => textOf(shape))
  expect(new Set(texts).size).toBe(texts.length)
  // 18 in the blocks, 4 squeezes and the head.
  expect(found.reduce((sum, { layers }) => sum + layers, 0)).toBe(23)
  expect(found.filter(({ first }) => first).map(({ shape }) => textOf(shape))).toEqual(['8x64x64x1 * 3x3x1x8'])
  // The last of the encoder, the squeeze below it, the join at the top, the head.
  for (const text of ['8x4x4x128 * 3x3x128x128', '8x4x4x128 * 1x1x128x64', '8x64x64x16 * 3x3x16x8', '8x64x64x8 * 3x3x8x4'])
    expect(texts).toContain(text)
  const weights = found.reduce((sum, { shape: s, layers }) => sum + layers * s.filter ** 2 * s.inChannels * s.outChannels, 0)
  const kernels = Object.values(parameterShapes(net)).filter((shape) => shape.length === 4)
  expect(weights).toBe(kernels.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b), 0))
})
