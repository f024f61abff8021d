import * as tf from '@tensorflow/tfjs-core'
import { scheduleOf } from '../kernels/parameter-update/parameter-update.twin'
import { learningRateAt } from '../lib/learning-rate'
import { Random } from '../lib/random'
import { canShare, layoutOf, partOf } from '../nn/parameters'
import type { UNet } from '../nn/unet'
import type { Config } from './config'
import { drawFactors, perturbedLevels } from './feature-perturbation'
import { featureViews, termsAt, type Term } from './schedule'
import { decodedRows, partsOf, rowsOfNetwork, type Part } from './parts'
import { lossScaleOf } from './precision'
import { slopesOf, type StepPlan } from './step'
import type { TrainingData } from './synthesis'
import { planShapes, planViews, type PlanName, type ViewPlan } from './view-plan'
import type { DevicePlan } from './views'

/** Everything that differs between one step and the next, drawn on the host: the terms of its loss, and named numbers with their shapes. */
export interface StepNumbers {
  terms: Term[]
  /** Of each network; the same one twice where they share their draws. */
  views: [ViewPlan, ViewPlan]
  values: Record<string, Float32Array>
  shapes: Record<string, number[]>
}

/** What a number of network k's own views is called. */
const nameOf = (name: string, k: number) => (k === 0 ? name : `B.${name}`)

/** Plans step t, counted from 0: a pure function of (data, config, t). */
export function planStep(net: UNet, data: TrainingData, config: Config, t: number): StepNumbers {
  const terms = termsAt(t, config)
  const first = planViews(data, config, t)
  const views: StepNumbers['views'] = [first, config.draws === 'shared' ? first : planViews(data, config, t, 1)]
  const values: Record<string, Float32Array> = {}
  const shapes: Record<string, number[]> = {}
  const add = (name: string, shape: number[], numbers: Float32Array) => {
    values[name] = numbers
    shapes[name] = shape
  }
  for (const [k, plan] of [...new Set(views)].entries())
    for (const [name, shape] of Object.entries(planShapes(config))) add(nameOf(name, k), [...shape], plan[name as PlanName])
  net.widths.forEach((_, l) => add(`dropout.${l}`, [4], Random.key(config.seed, 'dropout', t, l)))
  if (terms.some(({ name }) => name === 'feature'))
    featureFactors(net, config, t, terms).forEach((factors, l) =>
      factors.forEach((values, p) => add(`features.${p}.${l}`, [values.length / net.widths[l]!, net.widths[l]!], values)),
    )
  const scale = lossScaleOf(net, config)
  const weights = slopesOf(terms, config, t).map((slope) => scale * slope)
  add('weights', [2, weights.length], Float32Array.from([...weights, ...weights]))
  const schedule = scheduleOf(learningRateAt(t, config), t + 1)
  add('schedule', [schedule.length], schedule)
  return { terms, views, values, shapes }
}

/** Factors of g for every image of the decoders' batch, by level and part of the batch: 1 for the images that are not perturbed. */
function featureFactors({ widths }: UNet, config: Config, t: number, terms: Term[]): Float32Array[][] {
  const U = config.batchUnlabeled
  const clean = terms.reduce((sum, { name, images }) => sum + (name === 'feature' ? 0 : images), 0)
  const perNetwork = clean + featureViews(config) * U
  const factors = widths.map((C) => new Float32Array(2 * perNetwork * C).fill(1))
  for (const k of [0, 1]) {
    const random = new Random(config.seed, 'features', t, k)
    perturbedLevels(config.featurePerturb, widths.length, random).forEach((perturbed, view) =>
      widths.forEach((C, l) => {
        const first = k * perNetwork + clean + view * U
        factors[l]!.set(drawFactors(perturbed[l]!, U, C, config.featureDrop, random), first * C)
      }),
    )
  }
  const rows = rowsOfNetwork(terms, config)
  const networks = (values: Float32Array, C: number, part: Part) =>
    [0, 1].flatMap((k) =>
      decodedRows(rows, part).flatMap(([from, to]) => [...values.subarray((k * perNetwork + from) * C, (k * perNetwork + to) * C)]),
    )
  return widths.map((C, l) => partsOf(config).map((part) => Float32Array.from(networks(factors[l]!, C, part))))
}

/** All numbers of a step in one array, laid out by `layoutOf`. */
export function flatten({ values, shapes }: StepNumbers): Float32Array {
  const { offsets, size } = layoutOf(shapes, 1)
  const flat = new Float32Array(size)
  for (const [name, own] of Object.entries(values)) flat.set(own, offsets[name])
  return flat
}

/** Sends the numbers of a step to the backend. The caller disposes of them with `disposeStep`. */
export function uploadStep(numbers: StepNumbers): StepPlan {
  const { values, shapes, views } = numbers
  const { offsets } = layoutOf(shapes, 1)
  const flat = tf.tensor1d(flatten(numbers))
  const tensors = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, partOf(flat, offsets[name]!, shape, canShare())]))
  const parts = [...new Set(Object.keys(shapes).flatMap((name) => /^features\.\d+/.exec(name) ?? []))]
  const levels = (name: string) => [0, 1, 2, 3, 4].filter((l) => tensors[`${name}.${l}`]).map((l) => `${name}.${l}`)
  const planOf = (k: 0 | 1): DevicePlan => ({
    values: views[k],
    tensors: Object.fromEntries(Object.keys(views[k]).map((name) => [name, tensors[nameOf(name, k)]])) as DevicePlan['tensors'],
  })
  const first = planOf(0)
  return {
    views: [first, views[1] === views[0] ? first : planOf(1)],
    dropout: levels('dropout').map((name) => ({ values: values[name]!, tensor: tensors[name] as tf.Tensor1D })),
    factors: parts.map((name) => levels(name).map((level) => tensors[level] as tf.Tensor2D)),
    weights: tensors['weights'] as tf.Tensor2D,
    schedule: tensors['schedule'] as tf.Tensor1D,
    flat,
  }
}

export function disposeStep({ views, dropout, factors, weights, schedule, flat }: StepPlan): void {
  tf.dispose([views.map(({ tensors }) => tensors), dropout.map(({ tensor }) => tensor), factors, weights, schedule, flat])
}
