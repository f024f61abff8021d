import type { FinishedRun, Networks as NetworkFiles, RunFacts } from '../export/finished-run'
import { toOihw, type Hwio } from '../export/oihw'
import type { StoredTensor } from '../lib/safetensors'
import { makePhantoms } from '../data/phantom'
import { putSlice } from '../data/slices'
import type { Volume } from '../data/volume'
import { frameOf, prepareImage } from '../image/frame'
import { countClasses } from '../image/masks'
import { version } from '../lib/version'
import { defaults } from '../method/config'
import type { Mark } from '../method/history'
import type { Inference } from '../method/inference'
import type { StoredModel } from '../method/model'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { annotated } from './annotations'
import { dataHash } from './data-hash'
import { hasChannels, picturesIn, type Dataset, type Picture, type Source } from './dataset'
import { domainOf } from './domain'
import type { Networks, Result } from './networks'
import { referenceOf } from './references'
import { fieldOfAll, scoredImages, scoredWith } from './training-data'
import { preprocessingText, toBytes } from './preparation'
import type { BackendInfo, ExportKind, PictureId, Prediction } from './events'
import { examinationOf } from './examination'
import { Trainer } from './trainer'
import { isInUse, thicknessOf } from './viewed-picture'

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

/** The step after which an exemplar was added; 0 for one that was there from the start. */
const sinceOf = (id: PictureId, marks: readonly Mark[]): number =>
  marks.filter((mark) => mark.what === 'exemplar' && mark.picture === id).at(-1)?.step ?? 0

/** Facts about a run, known without asking its backend; it may be still to begin. @param dataset its data set as it is written */
export function factsOf(
  run: Pick<Networks, 'config' | 'dataset' | 't' | 'recoveries' | 'marks'>,
  { backend, adapter }: BackendInfo,
  dataset = run.dataset,
): RunFacts {
  const { config, dataset: own, t, recoveries, marks } = run
  const field = fieldOfAll(dataset, config)
  const { looks, single, solid } = domainOf(own, config, run instanceof Trainer ? run.prepared : null)
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
    domain: { looks, single, solid },
    data: {
      sample: dataset.sample,
      hash: dataHash(own),
      exemplars: annotated(dataset).map(({ picture: { id, name }, drawn }) => ({
        name,
        from: drawn ? 'drawing' : 'file',
        since: sinceOf(id, marks),
      })),
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
 * @param trained for how many seconds, and since which step
 * @param dataset the run's data set as it is written @param tell how many images are done; awaited, so that other work gets its turn
 */
export async function finishedRun(
  run: Networks,
  backend: BackendInfo,
  what: ExportKind,
  trained: FinishedRun['trained'],
  dataset: Dataset,
  tell: (done: number, of: number) => Promise<void>,
): Promise<FinishedRun> {
  return {
    ...factsOf(run, backend, dataset),
    trained,
    networks: what === 'weights' || what === 'run' ? await networks(run) : null,
    rows: run.rows,
    scores: run.scores,
    patients: Object.fromEntries(dataset.unlabeled.map((picture) => [picture.id, scoredWith(picture)])),
    ...(await predictions(run, what, dataset, tell)),
  }
}

/** Both networks, and their predictions for a phantom: weights are shared without any of the user's images. */
async function networks(run: Networks): Promise<NetworkFiles> {
  const { config, net } = run
  const { size } = config
  const { image } = makePhantoms('cardiac', { seed: 2, patients: 1, slicesPerPatient: 1, size: 128 }).slices[0]!
  const framing = { ...defaults, size }
  const input = prepareImage(image, frameOf({ ...image, spacing: null }, framing, null), framing)
  let one: Inference | null = null
  await run.infer([input], (inference) => (one = inference))
  const { A, B } = one! as Inference
  // S x S x C -> 1 x C x S x S
  const channelsFirst = (values: Float32Array): StoredTensor => {
    const data = new Float32Array(values.length)
    for (let i = 0; i < size * size; i++) for (let c = 0; c < net.classes; c++) data[c * size * size + i] = values[i * net.classes + c]!
    return { shape: [1, net.classes, size, size], data }
  }
  const [modelA, modelB] = await run.stored()
  return {
    modelA: named(modelA, net),
    modelB: named(modelB, net),
    testVector: { input: { shape: [1, 1, size, size], data: input }, softmaxA: channelsFirst(A), softmaxB: channelsFirst(B) },
  }
}

/** The volume that labels are written for: the channels of one picture share a mask. */
export const gridOf = (volume: Volume): Volume =>
  hasChannels(volume) ? { ...volume, size: [volume.size[0], volume.size[1], volume.size[2], 1], frameMeans: 'time' } : volume

/** The label volumes, maps and pictures that this kind of export has. */
async function predictions(
  networks: Networks,
  what: ExportKind,
  dataset: Dataset,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Pick<FinishedRun, 'masks' | 'maps' | 'images' | 'exemplars' | 'findings'>> {
  const masks = new Map<string, FinishedRun['masks'][number]>()
  const maps = new Map<string, FinishedRun['maps'][number]>()
  const images: FinishedRun['images'] = []
  const predicted: Prediction[] = []
  const found = () => ({
    masks: [...masks.values()],
    maps: [...maps.values()],
    images,
    exemplars: what === 'run' ? exemplarsOf(networks, dataset) : [],
    findings: what === 'run' && networks instanceof Trainer ? examinationOf(networks, predicted, dataset) : [],
  })
  if (what === 'weights') return found()
  const pictures = picturesIn(dataset)
  const teaching = new Set(annotated(dataset).map(({ picture }) => picture.id))
  const further = new Set(dataset.further)
  const voxels = ({ size: [x, y, z, t] }: Volume) => x * y * z * t
  const added = <T>(all: Map<string, T>, { id }: Source, make: () => T): T => {
    const known = all.get(id) ?? make()
    all.set(id, known)
    return known
  }
  /** Puts what is of a picture into its volume. If all channels are used, each has been predicted; the first is written. */
  const put = <T extends Uint8Array | Float32Array>({ source, frame, plane, slice }: Picture, into: T, values: T): number | null => {
    const volume = gridOf(source.volume)
    const own = hasChannels(source.volume) ? frame - (source.frame ?? 0) : frame
    if (own >= volume.size[3]) return null
    putSlice(volume, into, plane, slice, own, values)
    return own
  }
  let done = 0
  const next = () => tell(done, pictures.length)
  const numbers = [...pictures.keys()]
  if (what === 'maps') {
    const keep = (inference: Inference, i: number) => {
      const picture = pictures[i]!
      const source = gridOf(picture.source.volume)
      const own = added(maps, picture.source, () => ({
        source,
        disagreement: new Float32Array(voxels(source)),
        probabilities: dataset.classes.slice(1).map(() => new Float32Array(voxels(source))),
      }))
      const { probabilities, disagreement } = networks.mapsOf(i, inference)
      put(picture, own.disagreement, disagreement)
      own.probabilities.forEach((map, c) => put(picture, map, probabilities[c + 1]!))
      done++
    }
    await networks.inferPile(numbers, keep, next)
    return found()
  }
  const keep = (result: Result) => {
    const picture = pictures[result.i]!
    const source = gridOf(picture.source.volume)
    const own = added(masks, picture.source, () => ({
      source,
      labels: new Uint8Array(voxels(source)),
      frames: [],
      images: 0,
      drawn: 0,
      further: false,
    }))
    const { labels } = networks.withAnnotation(result.i, result.predicted)
    const frame = put(picture, own.labels, labels)
    if (frame !== null && !own.frames.includes(frame)) own.frames.push(frame)
    own.images++
    if (teaching.has(picture.id)) own.drawn++
    own.further ||= further.has(picture.source)
    if (what === 'run') {
      const prediction = networks.predictionOf(result)
      predicted.push(prediction)
      const is = { dice: prediction.dice, drawn: teaching.has(picture.id), further: further.has(picture.source) }
      images.push(pictureOf(networks, dataset, picture, result, labels, is))
    }
    done++
  }
  await networks.results(numbers, keep, next)
  return found()
}

/** The annotated images as the networks see them. */
function exemplarsOf(networks: Networks, dataset: Dataset): FinishedRun['exemplars'] {
  return annotated(dataset).map(({ picture: { id, name }, drawn }) => {
    const { input, labels } = networks.exemplarSeen(id)
    return {
      ...{ id, name, from: drawn ? 'drawing' : 'file', since: sinceOf(id, networks.marks) },
      ...{ grey: toBytes(input), labels: known(labels, networks), size: networks.config.size },
    }
  })
}

/** Labels with background where nothing is known. */
const known = (labels: Uint8Array, { net }: Networks) => labels.map((l) => (l < net.classes ? l : 0))

function pictureOf(
  networks: Networks,
  dataset: Dataset,
  picture: Picture,
  { i, seen, disagreement }: Result,
  labels: Uint8Array,
  is: Pick<FinishedRun['images'][number], 'dice' | 'drawn' | 'further'>,
): FinishedRun['images'][number] {
  const { id, name, spacing, source, frame } = picture
  const { volume } = source
  const thickness = isInUse(dataset, picture) ? thicknessOf(dataset, picture) : null
  const called = volume.name + (volume.size[3] > 1 && !hasChannels(volume) ? `, frame ${frame + 1}` : '')
  // What is written has no references.
  const reference = referenceOf(networks.dataset, i)
  return {
    id,
    name,
    ...is,
    grey: toBytes(networks.inputOf(i)),
    labels: seen,
    size: networks.config.size,
    disagreement,
    pixels: countClasses(labels, networks.net.classes),
    pixelMm2: spacing && spacing[0] * spacing[1],
    volume: thickness === null ? null : { id: `${source.id}/${frame}`, name: called, thickness },
    truth: reference && {
      labels: known(networks.labelsSeen(i, reference), networks),
      pixels: countClasses(reference.labels, networks.net.classes),
    },
  }
}
