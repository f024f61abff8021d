import type { FinishedRun, Networks, RunFacts } from '../export/finished-run'
import { toOihw, type Hwio } from '../export/oihw'
import type { StoredTensor } from '../export/safetensors'
import { makePhantoms } from '../data/phantom'
import { putSlice } from '../data/slices'
import type { Volume } from '../data/volume'
import { frameOf, prepareImage } from '../image/frame'
import { version } from '../lib/version'
import { defaults } from '../method/config'
import { combine, decide, type Inference } from '../method/inference'
import type { StoredModel } from '../method/model'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { annotated } from './annotations'
import { hasChannels, type Dataset, type Picture, type Source } from './dataset'
import { fieldOfAll, scoredImages } from './training-data'
import { preprocessingText, toBytes } from './preparation'
import type { BackendInfo, ExportKind, Prediction } from './events'
import { examination } from './examination'
import { disagreement, type Trainer } from './trainer'

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

/** Facts about a run, known without asking its backend; it may be still to begin. @param dataset its data set as it is written */
export function factsOf(
  { config, dataset: own, t, recoveries, marks }: Pick<Trainer, 'config' | 'dataset' | 't' | 'recoveries' | 'marks'>,
  { backend, adapter }: BackendInfo,
  dataset = own,
): RunFacts {
  const field = fieldOfAll(dataset, config)
  return {
    version,
    config,
    classes: dataset.classes.map(({ name, color, value }) => ({ name, color, value })),
    preprocessing: preprocessingText(config, field),
    backend,
    adapter,
    step: t,
    recoveries,
    marks,
    data: {
      sample: dataset.sample,
      exemplars: annotated(dataset).map(({ picture: { name }, drawn }) => ({ name, from: drawn ? 'drawing' : 'file' })),
      exemplarMask: dataset.exemplarMask?.volume.name ?? null,
      millimetresAcross: field,
      unlabeled: dataset.unlabeled.map(({ name, width, height, spacing }) => ({ name, width, height, ...(spacing && { spacing }) })),
      scored: scoredImages(own).map((i) => dataset.unlabeled[i]!.name),
    },
  }
}

/**
 * Collects what an export of this kind contains; networks and predictions only if needed: networks have to be read from
 * the backend, and predictions cost a pass over every image.
 * @param dataset the run's data set as it is written @param tell how many images are done; awaited, so that other work gets its turn
 */
export async function finishedRun(
  trainer: Trainer,
  backend: BackendInfo,
  what: ExportKind,
  dataset: Dataset,
  tell: (done: number, of: number) => Promise<void>,
): Promise<FinishedRun> {
  return {
    ...factsOf(trainer, backend, dataset),
    networks: what === 'weights' || what === 'run' ? await networks(trainer) : null,
    rows: trainer.rows,
    scores: trainer.scores,
    ...(await predictions(trainer, what, dataset, tell)),
  }
}

/** Both networks, and their predictions for a phantom: weights are shared without any of the user's images. */
async function networks(trainer: Trainer): Promise<Networks> {
  const { config, net } = trainer
  const { size } = config
  const { image } = makePhantoms('cardiac', { seed: 2, patients: 1, slicesPerPatient: 1, size: 128 }).slices[0]!
  const framing = { ...defaults, size }
  const input = prepareImage(image, frameOf({ ...image, spacing: null }, framing, null), framing)
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
  return {
    modelA: named(modelA, net),
    modelB: named(modelB, net),
    testVector: { input: { shape: [1, 1, size, size], data: input }, softmaxA: channelsFirst(A), softmaxB: channelsFirst(B) },
  }
}

/** The volume that labels are written for: the channels of one picture share a mask. */
const gridOf = (volume: Volume): Volume =>
  hasChannels(volume) ? { ...volume, size: [volume.size[0], volume.size[1], volume.size[2], 1], frameMeans: 'time' } : volume

/** The label volumes, maps and pictures that this kind of export has. */
async function predictions(
  trainer: Trainer,
  what: ExportKind,
  dataset: Dataset,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Pick<FinishedRun, 'masks' | 'maps' | 'images' | 'exemplars' | 'findings'>> {
  const { config, prepared, net } = trainer
  const { size } = config
  const masks: FinishedRun['masks'] = []
  const maps: FinishedRun['maps'] = []
  const images: FinishedRun['images'] = []
  if (what === 'weights') return { masks, maps, images, exemplars: [], findings: [] }
  const predicted: Prediction[] = []
  const voxels = ({ size: [x, y, z, t] }: Volume) => x * y * z * t
  const probabilityMaps = (source: Volume) => dataset.classes.slice(1).map(() => new Float32Array(voxels(source)))
  // The images of a source follow each other.
  let last: Source | null = null
  let volume: Volume
  const keep = (inference: Inference, i: number) => {
    const picture = dataset.unlabeled[i]!
    const { source } = picture
    if (source !== last) {
      last = source
      volume = gridOf(source.volume)
      if (what === 'maps')
        maps.push({ source: volume, disagreement: new Float32Array(voxels(volume)), probabilities: probabilityMaps(volume) })
      else masks.push({ source: volume, labels: new Uint8Array(voxels(volume)), frames: [] })
    }
    // If all channels are used, each has been predicted; the first is written.
    const frame = hasChannels(source.volume) ? picture.frame - (source.frame ?? 0) : picture.frame
    const put = <T extends Uint8Array | Float32Array>(into: T, values: T) => {
      if (frame < volume.size[3]) putSlice(volume, into, picture.plane, picture.slice, frame, values)
    }
    if (what === 'maps') {
      const { probabilities, disagreement } = trainer.mapsOf(i, inference)
      put(maps.at(-1)!.disagreement, disagreement)
      maps.at(-1)!.probabilities.forEach((map, c) => put(map, probabilities[c + 1]!))
      return
    }
    const result = trainer.resultOf(i, inference)
    const mask = masks.at(-1)!
    put(mask.labels, result.labels)
    if (frame < volume.size[3] && !mask.frames.includes(frame)) mask.frames.push(frame)
    if (what !== 'run') return
    images.push(pictureOf(trainer, picture, i, inference, result.labels))
    predicted.push(trainer.predictionOf(i, inference))
  }
  const of = prepared.unlabeled.length
  let done = 0
  const keepOne = (inference: Inference, i: number) => {
    keep(inference, i)
    done++
  }
  await trainer.inferPile([...prepared.unlabeled.keys()], keepOne, () => tell(done, of))
  const teaching = annotated(dataset)
  const exemplars =
    what === 'run'
      ? prepared.exemplars.map(({ image, labels }, n) => ({
          id: teaching[n]!.picture.id,
          name: teaching[n]!.picture.name,
          grey: toBytes(image),
          labels: labels.map((l) => (l < net.classes ? l : 0)),
          size,
        }))
      : []
  const findings = what === 'run' ? examination(dataset, config, prepared, { trainer, predictions: predicted }) : []
  return { masks, maps, images, exemplars, findings }
}

function pictureOf(
  trainer: Trainer,
  { name, spacing }: Picture,
  i: number,
  inference: Inference,
  labels: Uint8Array,
): FinishedRun['images'][number] {
  const { prepared, net, config } = trainer
  const pixels = new Array<number>(net.classes).fill(0)
  for (const l of labels) pixels[l]!++
  return {
    name,
    grey: toBytes(prepared.unlabeled[i]!),
    labels: decide(combine(inference, config.inference), net.classes).labels,
    size: config.size,
    disagreement: disagreement(decide(inference.A, net.classes).labels, decide(inference.B, net.classes).labels),
    dice: trainer.diceOf(i, inference),
    pixels,
    areaMm2: spacing && pixels.map((count) => count * spacing[0] * spacing[1]),
  }
}
