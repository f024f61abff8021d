import type { FinishedRun } from '../export/archive'
import { toOihw, type Hwio } from '../export/layout'
import type { StoredTensor } from '../export/safetensors'
import { version } from '../lib/version'
import type { Inference } from '../method/inference'
import type { StoredModel } from '../method/model'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { preprocessingText, scoredImages } from './dataset'
import type { BackendInfo, ExportKind } from './reports'
import type { Trainer } from './trainer'

/** Weights of one model by PyTorch's names, kernels as OIHW. */
function named({ parameters, buffers }: StoredModel, net: UNet): Record<string, StoredTensor> {
  const out: Record<string, StoredTensor> = {}
  const shapes = { ...parameterShapes(net), ...bufferShapes(net) }
  for (const [name, data] of Object.entries({ ...parameters, ...buffers })) {
    const shape = shapes[name]!
    const [h, w, i, o] = shape as [number, number, number, number]
    out[name] = shape.length === 4 ? { shape: [o, i, h, w], data: toOihw(data, shape as unknown as Hwio) } : { shape, data }
  }
  return out
}

/** Collects what an export of this kind is made of; masks only where they are wanted, for they cost a prediction of every image. */
export async function finishedRun(
  trainer: Trainer,
  { backend, adapter }: BackendInfo,
  what: ExportKind,
  pause?: () => Promise<void>,
): Promise<FinishedRun> {
  const { config, dataset, prepared, net } = trainer
  const { size } = config
  const input = prepared.unlabeled[0]!
  let one: Inference | null = null
  await trainer.infer([input], (inference) => (one = inference))
  const { A, B } = one! as Inference
  // S x S x C -> 1 x C x S x S
  const channelsFirst = (values: Float32Array): StoredTensor => {
    const data = new Float32Array(values.length)
    for (let i = 0; i < size * size; i++) for (let c = 0; c < net.classes; c++) data[c * size * size + i] = values[i * net.classes + c]!
    return { shape: [1, net.classes, size, size], data }
  }
  const [modelA, modelB] = await trainer.stored()
  const masks: FinishedRun['masks'] = []
  if (what !== 'weights') {
    const keep = (inference: Inference, i: number) => masks.push({ name: dataset.unlabeled[i]!.name, map: trainer.maskOf(i, inference) })
    await trainer.infer(prepared.unlabeled, keep, pause)
  }
  return {
    version,
    config,
    classes: dataset.classes.map(({ name, color, value }) => ({ name, color, value })),
    preprocessing: preprocessingText(config),
    backend,
    adapter,
    step: trainer.t,
    data: {
      sample: dataset.sample,
      exemplar: dataset.exemplarImage!.name,
      exemplarMask: dataset.exemplarMask!.name,
      unlabeled: dataset.unlabeled.map(({ name, image }) => ({ name, width: image.width, height: image.height })),
      scored: scoredImages(dataset).map((i) => dataset.unlabeled[i]!.name),
    },
    modelA: named(modelA, net),
    modelB: named(modelB, net),
    testVector: { input: { shape: [1, 1, size, size], data: input }, softmaxA: channelsFirst(A), softmaxB: channelsFirst(B) },
    rows: trainer.rows,
    scores: trainer.scores,
    masks,
  }
}
