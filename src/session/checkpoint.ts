import { sha256 } from '../lib/hex'
import { readSafetensors, writeSafetensors, type StoredTensor } from '../export/safetensors'
import { makeConfig, type Config } from '../method/config'
import { networkOf, writeModels, type StoredModel } from '../method/model'
import type { TrainingData } from '../method/synthesis'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { Shapes } from '../nn/parameters'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import type { Dataset } from './dataset'
import type { PictureId } from './picture-id'
import { Trainer } from './trainer'

/** Bytes that are not a checkpoint, or a checkpoint made from other data; one sentence. */
export class CheckpointError extends Error {
  override name = 'CheckpointError'
}

const format = 'exemplar-lab-checkpoint-1'

/** SHA-256 of what the networks see, so that a run is not silently continued on other images. */
async function digest({ exemplars, unlabeled }: TrainingData): Promise<string> {
  const pictures = [...exemplars.flatMap(({ image, labels }) => [image, Float32Array.from(labels)]), ...unlabeled]
  const all = new Float32Array(pictures.reduce((sum, p) => sum + p.length, 0))
  let at = 0
  for (const picture of pictures) {
    all.set(picture, at)
    at += picture.length
  }
  return sha256(all)
}

/** The pictures that a run knows, each once. */
const picturesOf = ({ exemplars, unlabeled }: Dataset): PictureId[] => [
  ...new Set([...exemplars.map(({ picture }) => picture.id), ...unlabeled.map(({ id }) => id)]),
]

/** NaN, which JSON lacks, marks a term that is off. */
const plain = (rows: StepMetrics[]) => JSON.stringify(rows)
const withNaN = (json: string): StepMetrics[] =>
  (JSON.parse(json) as Record<string, number | null>[]).map(
    (row) => Object.fromEntries(Object.entries(row).map(([key, v]) => [key, v ?? NaN])) as unknown as StepMetrics,
  )

const shapesOf = (net: UNet): Shapes => ({ ...parameterShapes(net), ...bufferShapes(net) })

/**
 * The whole state of a run as a safetensors file: settings, weights, moments, running statistics, step and series. The random state
 * need not be stored: every draw is a function of seed, purpose and step.
 */
export async function saveCheckpoint(trainer: Trainer): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: Record<string, StoredTensor> = {}
  const shapes = shapesOf(trainer.net)
  for (const [k, model] of (await trainer.stored()).entries())
    for (const [group, values] of Object.entries(model))
      for (const [name, data] of Object.entries(values as StoredModel['m']))
        tensors[`${'AB'[k]}/${group}/${name}`] = { shape: shapes[name]!, data }
  return writeSafetensors(tensors, {
    format,
    config: JSON.stringify(trainer.config),
    classes: String(trainer.net.classes),
    step: String(trainer.t),
    rows: plain(trainer.rows),
    // A score made only because the run was interrupted is left out: an uninterrupted run would not have it.
    scores: JSON.stringify(trainer.scores.filter(({ step }) => step % trainer.config.scoreEvery === 0 || step >= trainer.config.steps)),
    data: await digest(trainer.prepared),
    pictures: JSON.stringify(picturesOf(trainer.dataset)),
  })
}

/** The settings in a checkpoint, needed to prepare the data before it is restored. @throws CheckpointError */
export function configOf(bytes: Uint8Array): Config {
  return makeConfig(JSON.parse(parse(bytes).metadata['config']!) as Partial<Config>)
}

/** The settings and curves in a checkpoint, for a run whose data are missing. @throws CheckpointError */
export function seriesOf(bytes: Uint8Array): { config: Config; rows: StepMetrics[]; scores: ScoreRow[] } {
  const { metadata } = parse(bytes)
  return { config: configOf(bytes), rows: withNaN(metadata['rows']!), scores: JSON.parse(metadata['scores']!) as ScoreRow[] }
}

function parse(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  try {
    const file = readSafetensors(bytes)
    if (file.metadata['format'] === format) return file
  } catch {
    // Falls through to the sentence below: the details would help nobody.
  }
  throw new CheckpointError('This is not a checkpoint of Exemplar Lab; choose the file checkpoint.safetensors that a run wrote.')
}

/** How many of a checkpoint's pictures a data set lacks, in words; empty if none, or if it was saved before pictures had ids. */
function lackOf(pictures: string | undefined, dataset: Dataset): string {
  const [all, here] = [JSON.parse(pictures ?? '[]') as PictureId[], new Set(picturesOf(dataset))]
  const lacking = all.filter((id) => !here.has(id)).length
  return lacking > 0 ? `: ${lacking} of its ${all.length} images are missing` : ''
}

/** A trainer that continues exactly where `saveCheckpoint` stopped. @throws CheckpointError */
export async function restoreCheckpoint(bytes: Uint8Array, dataset: Dataset, prepared: TrainingData): Promise<Trainer> {
  const { tensors, metadata } = parse(bytes)
  const config = configOf(bytes)
  if (metadata['data'] !== (await digest(prepared)))
    throw new CheckpointError(
      `The checkpoint was made from other images or masks${lackOf(metadata['pictures'], dataset)}; give the same files, or start without it.`,
    )
  const net = networkOf(config, Number(metadata['classes']))
  const [trained, buffers] = [parameterShapes(net), bufferShapes(net)]
  const model = (k: string): StoredModel => {
    const group = (name: string, of: Shapes) =>
      Object.fromEntries(
        Object.entries(of).map(([key, shape]) => {
          const stored = tensors[`${k}/${name}/${key}`]
          if (!stored || stored.shape.join() !== shape.join())
            throw new CheckpointError(`The checkpoint lacks ${k}/${name}/${key}; it is damaged.`)
          return [key, stored.data as Float32Array]
        }),
      )
    return {
      parameters: group('parameters', trained),
      buffers: group('buffers', buffers),
      m: group('m', trained),
      v: config.optimizer === 'adam' ? group('v', trained) : {},
    }
  }
  const models = writeModels(net, [model('A'), model('B')])
  const trainer = new Trainer(dataset, prepared, config, models)
  trainer.t = Number(metadata['step'])
  trainer.rows.push(...withNaN(metadata['rows']!))
  trainer.scores.push(...(JSON.parse(metadata['scores']!) as ScoreRow[]))
  return trainer
}
