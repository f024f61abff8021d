import type { UNet } from '../nn/unet'
import type { Config } from './config'
import { disposeModels, readModels, writeModels, type StoredModel } from './model'
import { disposeStep, planStep, uploadStep, type StepNumbers } from './plan'
import type { StepMetrics } from './history'
import { step } from './step'
import { metricsOf } from './step-metrics'
import type { TrainingData } from './synthesis'
import { disposeImages, uploadImages } from './views'

/**
 * Step t of a run on the active backend, from the given states of A and B. Leaves nothing on the backend.
 * @param change alters the numbers that the step reads, before they are sent
 */
export async function runStep(
  net: UNet,
  { data, config, t }: { data: TrainingData; config: Config; t: number },
  before: [StoredModel, StoredModel],
  change: (numbers: StepNumbers) => void = () => {},
): Promise<{ metrics: StepMetrics; after: [StoredModel, StoredModel] }> {
  const numbers = planStep(net, data, config, t)
  change(numbers)
  const plan = uploadStep(numbers)
  const models = writeModels(net, before)
  const images = uploadImages(data)
  const result = step(net, models, images, plan, config, numbers.terms)
  const metrics = metricsOf(await result.scalars.data(), numbers.terms, config, t)
  const after = await readModels(net, result.models)
  result.scalars.dispose()
  for (const state of [models, result.models]) disposeModels(state)
  disposeImages(images)
  disposeStep(plan)
  return { metrics, after }
}

/** The state with SGD at rest: after one step without weight decay its velocity m is the gradient of L. */
export const atRest = (state: StoredModel): StoredModel => ({
  ...state,
  m: Object.fromEntries(Object.entries(state.m).map(([name, v]) => [name, new Float32Array(v.length)])),
  v: {},
})
