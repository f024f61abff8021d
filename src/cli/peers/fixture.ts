/** One training step as plain arrays, for other libraries to compute: images with channels first, convolution kernels as OIHW. */
import * as tf from '@tensorflow/tfjs-core'
import { toOihw, type Hwio } from '../../export/oihw'
import type { Config } from '../../method/config'
import { createModels, disposeModels, networkOf, readModels } from '../../method/model'
import { disposeStep, planStep, uploadStep } from '../../method/plan'
import { learningRateAt } from '../../lib/learning-rate'
import { slopesOf } from '../../method/step'
import { rowsOf } from '../../method/view-plan'
import type { TrainingData } from '../../method/synthesis'
import { disposeImages, renderViews, uploadImages } from '../../method/views'
import { parameterShapes } from '../../nn/unet'

export interface NumberArray {
  shape: number[]
  values: Float32Array
}

/** The step that every library repeats. Its views are made once; ours makes new ones in every step. */
export interface Fixture {
  widths: number[]
  classes: number
  /** Dropout probability after the first activation of each encoder level; each library draws its own. */
  dropout: number[]
  tau: number
  /** Weights of the four terms of L: exemplar, synthetic, image, feature. */
  slopes: number[]
  /** Numbers of exemplars and synthetic images in `labeled`. */
  counts: { exemplars: number; synthetics: number }
  weightDecay: number
  learningRate: number
  /** The parameters of both networks, by name. */
  networks: [Record<string, NumberArray>, Record<string, NumberArray>]
  /** `labeled`, `weak`, `strong`: images [N, 1, S, S]; `target`: [E + P, S, S], -1 where unknown. */
  images: Record<'labeled' | 'target' | 'weak' | 'strong', NumberArray>
  /** Where CutMix pasted, [U, S, S], 0 or 1, and the image that it took, [U]. */
  cutMix: Record<'pasted' | 'partners', NumberArray>
  /** Factors of the perturbed features, for each network and level: [U, C]. */
  factors: [NumberArray[], NumberArray[]]
}

/** Step `t` on the active backend, with all terms, both teachers crossed, features perturbed at all levels, GroupNorm and Adam. */
export async function makeFixture(config: Config, data: TrainingData, t = 0): Promise<Fixture> {
  const net = networkOf(config, data.classes)
  const numbers = planStep(net, data, config, t)
  const plan = uploadStep(numbers)
  const device = uploadImages(data)
  const { weak, own } = renderViews(device, plan.views, config)
  // Peers give both networks the same images.
  const { labeled, strong } = own[0]
  const { E, P, U } = rowsOf(config)
  const S = config.size

  const read = async (tensor: tf.Tensor, shape: number[]): Promise<NumberArray> => ({
    shape,
    values: Float32Array.from(await tensor.data<'float32'>()),
  })
  const images = {
    labeled: await read(labeled.x, [E + P, 1, S, S]),
    target: await read(labeled.target, [E + P, S, S]),
    weak: await read(weak, [U, 1, S, S]),
    strong: await read(strong, [U, 1, S, S]),
  }

  const boxes = numbers.values['boxes']!
  const pasted = new Float32Array(U * S * S)
  for (let i = 0; i < U; i++) {
    const [x, y, width, height] = boxes.subarray(4 * i, 4 * i + 4)
    for (let row = y!; row < y! + height!; row++) pasted.fill(1, (i * S + row) * S + x!, (i * S + row) * S + x! + width!)
  }

  const factorsOf = (k: number): NumberArray[] =>
    net.widths.map((C, l) => {
      const all = numbers.values[`features.0.${l}`]!
      const end = ((k + 1) * all.length) / 2 // the perturbed images come last of each network
      return { shape: [U, C], values: all.slice(end - U * C, end) }
    })

  const models = createModels(net, config)
  const shapes = parameterShapes(net)
  const networks = (await readModels(net, models)).map(({ parameters }) =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, values]) => {
        const shape = shapes[name]!
        if (shape.length !== 4) return [name, { shape, values: values.slice() }]
        const [h, w, i, o] = shape as unknown as Hwio
        return [name, { shape: [o, i, h, w], values: toOihw(values, [h, w, i, o]) }]
      }),
    ),
  ) as Fixture['networks']
  disposeModels(models)
  tf.dispose([labeled.x, labeled.target, weak, strong])
  disposeImages(device)
  disposeStep(plan)

  return {
    widths: net.widths,
    classes: net.classes,
    dropout: net.dropout,
    tau: config.tau,
    slopes: slopesOf(numbers.terms, config, t),
    counts: { exemplars: E, synthetics: P },
    weightDecay: config.weightDecay,
    learningRate: learningRateAt(t, config),
    networks,
    images,
    cutMix: { pasted: { shape: [U, S, S], values: pasted }, partners: { shape: [U], values: numbers.values['partners']!.slice() } },
    factors: [factorsOf(0), factorsOf(1)],
  }
}
