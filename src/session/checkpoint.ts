import { hexOf, sha256 } from '../lib/hex'
import { either, finite, listOf, mapOf, oneOf, orNull, record, text, whole, type Shape } from '../lib/shape'
import { readSafetensors, writeSafetensors, type StoredTensor } from '../lib/safetensors'
import { ConfigError, readConfig, type StoredConfig } from '../method/config'
import type { Bank, BankEntry } from '../method/bank/bank'
import { networkOf, type StoredModel } from '../method/model'
import type { TrainingData } from '../method/synthesis'
import { wholeScore, type Mark, type Recovery, type ScoreRow, type StepMetrics } from '../method/history'
import type { Shapes } from '../nn/parameters'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import type { Snapshot } from '../timeline/snapshot'
import type { Dataset } from './dataset'
import { domainOf } from './domain'
import { isDomain, type Domain } from './looks'
import type { PictureId } from '../image/picture-id'
import { Trainer } from './trainer'

/** Bytes that are not a checkpoint, or a checkpoint made from other data; one sentence. */
export class CheckpointError extends Error {
  override name = 'CheckpointError'
}

const format = 'exemplar-lab-checkpoint-2'
/** Written before checkpoints had a seal. */
const formerFormat = 'exemplar-lab-checkpoint-1'
const newerFormat = /^exemplar-lab-checkpoint-([3-9]|\d\d+)$/

/** The last tensor of a checkpoint: the SHA-256 of all bytes before it. */
const seal = 'seal'
const sealBytes = 32

/** Of each run's data, made once: a run writes a checkpoint every minute. */
const digests = new WeakMap<TrainingData, Promise<string>>()

/** SHA-256 of what the networks see, so that a run is not silently continued on other images. */
function digest(data: TrainingData): Promise<string> {
  const known = digests.get(data) ?? digestOf(data)
  digests.set(data, known)
  return known
}

async function digestOf({ exemplars, unlabeled }: TrainingData): Promise<string> {
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
export const withNaN = (rows: Record<string, number | null>[]): StepMetrics[] =>
  rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, v]) => [key, v ?? NaN])) as unknown as StepMetrics)

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
  const { bank } = trainer
  const { size } = trainer.config
  bank?.entries.forEach(({ labels }, n) => (tensors[`bank/${n}`] = { shape: [size, size], data: labels }))
  tensors[seal] = { shape: [sealBytes], data: new Uint8Array(sealBytes) }
  const bytes = writeSafetensors(tensors, {
    format,
    config: JSON.stringify(trainer.config),
    classes: String(trainer.net.classes),
    step: String(trainer.t),
    leg: String(trainer.leg),
    rows: plain(trainer.rows),
    // A score made only because the run was interrupted is left out: an uninterrupted run would not have it.
    scores: JSON.stringify(trainer.scores.filter(({ step }) => step % trainer.config.scoreEvery === 0 || step >= trainer.config.steps)),
    ...(trainer.recoveries.length > 0 && { recoveries: JSON.stringify(trainer.recoveries) }),
    ...(trainer.marks.length > 0 && { marks: JSON.stringify(trainer.marks) }),
    data: await digest(trainer.prepared),
    domain: JSON.stringify(domainOf(trainer.dataset, trainer.config, trainer.prepared)),
    pictures: JSON.stringify(picturesOf(trainer.dataset)),
    ...(bank && {
      bank: JSON.stringify({
        ...bank,
        // Whose images they are, the data set says: a file that leaves the page does not.
        entries: bank.entries.map(({ image, fit, wayBack, away }) => ({ image, fit, wayBack, away })),
      }),
    }),
  })
  bytes.set(await sealOf(bytes), bytes.length - sealBytes)
  return bytes
}

const sealOf = async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.subarray(0, bytes.length - sealBytes)))

/** What a checkpoint holds. */
export interface Checkpoint extends StoredConfig {
  classes: number
  step: number
  /** As in a trainer; in a checkpoint saved without it, all steps. */
  leg: number
  rows: StepMetrics[]
  scores: ScoreRow[]
  /** None in a checkpoint saved before runs recovered by themselves. */
  recoveries: Recovery[]
  /** None in a checkpoint saved before runs had marks. */
  marks: Mark[]
  /** What `digest` gave for the data of the run. */
  data: string
  /** What it was trained on; null in a checkpoint saved before it said so. */
  domain: Domain | null
  /** Null in a checkpoint saved before pictures had ids. */
  pictures: PictureId[] | null
  /** Null if there was none yet, or it was off. */
  bank: Bank | null
  tensors: Record<string, StoredTensor>
  /** Not in the file: what was kept of the run's looks lies beside it. */
  timeline?: readonly Snapshot[] | undefined
}

/** Reads a checkpoint and checks its seal. @throws CheckpointError if it is none, or damaged; ConfigError for settings that are not ours */
export async function openCheckpoint(bytes: Uint8Array<ArrayBuffer>): Promise<Checkpoint> {
  const { tensors, metadata } = parse(bytes)
  const damaged = new CheckpointError('The checkpoint is damaged: its bytes are not those that were written; take an earlier one.')
  if (metadata['format'] === format && hexOf(await sealOf(bytes)) !== hexOf(bytes.subarray(-sealBytes))) throw damaged
  try {
    const of = (key: string) => JSON.parse(metadata[key] ?? 'null') as unknown
    const [config, rows, scores, pictures, domain] = [of('config'), of('rows'), of('scores'), of('pictures'), of('domain')]
    const [recoveries, marks] = [of('recoveries') ?? [], of('marks') ?? []]
    const [classes, step] = [Number(metadata['classes']), Number(metadata['step'] || NaN)]
    const leg = metadata['leg'] === undefined ? null : Number(metadata['leg'])
    const isWhole = whole(2)(classes) && whole(0)(step) && orNull(whole(1))(leg) && metadata['data']
    if (!orNull(isDomain)(domain) || (domain && domain.classes.length !== classes)) throw damaged
    const areLists = Array.isArray(rows) && Array.isArray(scores) && orNull(Array.isArray)(pictures)
    if (!record({})(config) || !isWhole || !areLists || !areRecoveries(recoveries) || !areMarks(marks)) throw damaged
    const settings = readConfig(config)
    return {
      ...settings,
      ...{
        classes,
        step,
        leg: leg ?? settings.config.steps,
        rows: withNaN(rows),
        scores: (scores as ScoreRow[]).map(wholeScore),
      },
      ...{ recoveries, marks },
      ...{
        data: metadata['data']!,
        domain,
        pictures: pictures as PictureId[] | null,
        bank: bankOf(of('bank') as Bank | null, tensors),
        tensors,
      },
    }
  } catch (error) {
    throw error instanceof ConfigError ? error : damaged
  }
}

const areRecoveries = listOf(
  record<Recovery>({ step: whole(0), reached: whole(0), why: oneOf('loss', 'backend', 'worker'), learningRate: finite }),
)

export const areMarks: Shape<Mark[]> = listOf(
  either(
    record({ step: whole(0), what: oneOf('teaching', 'stopped', 'resumed') }),
    either(
      record({ step: whole(0), what: oneOf('exemplar', 'removed', 'unbanked'), picture: text }),
      either(
        record({ step: whole(0), what: oneOf('steps'), to: whole(1), learningRate: finite }),
        record({ step: whole(0), what: oneOf('setting'), values: mapOf(either(text, either(finite, oneOf(true, false)))) }),
      ),
    ),
  ),
)

/** A bank as it was saved, its labels with it. */
function bankOf(bank: Bank | null, tensors: Record<string, StoredTensor>): Bank | null {
  const labelsOf = (n: number) => tensors[`bank/${n}`]!.data as BankEntry['labels']
  // Older ones had none along a stack, and did not tell the poses.
  return (
    bank && {
      ...bank,
      reach: bank.reach ?? null,
      entries: bank.entries.map((entry, n) => ({ ...entry, away: entry.away ?? 0, labels: labelsOf(n) })),
    }
  )
}

/** Whether bytes are of a checkpoint, damaged or not. */
export function isCheckpoint(bytes: Uint8Array): boolean {
  try {
    parse(bytes)
    return true
  } catch {
    return false
  }
}

/** @throws CheckpointError */
function parse(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  let found = ''
  try {
    const file = readSafetensors(bytes)
    found = file.metadata['format'] ?? ''
    if ([format, formerFormat].includes(found)) return file
  } catch {
    // Falls through to the sentence below: the details would help nobody.
  }
  throw new CheckpointError(
    newerFormat.test(found)
      ? 'The checkpoint was written by a newer version of Exemplar Lab than this one; open it with that version.'
      : 'This is not a checkpoint of Exemplar Lab, or it is cut off; choose the file checkpoint.safetensors that a run wrote.',
  )
}

/** How many of a checkpoint's pictures a data set lacks, in words; empty if none, or if it was saved before pictures had ids. */
function lackOf(pictures: PictureId[] | null, dataset: Dataset): string {
  const [all, here] = [pictures ?? [], new Set(picturesOf(dataset))]
  const lacking = all.filter((id) => !here.has(id)).length
  return lacking > 0 ? `: ${lacking} of its ${all.length} images are missing` : ''
}

/** A trainer that continues exactly where `saveCheckpoint` stopped. @throws CheckpointError */
export async function restoreCheckpoint(from: Checkpoint, dataset: Dataset, prepared: TrainingData): Promise<Trainer> {
  const { tensors, config } = from
  if (from.data !== (await digest(prepared)))
    throw new CheckpointError(
      `The checkpoint was made from other images or masks${lackOf(from.pictures, dataset)}; give the same files, or start without it.`,
    )
  const net = networkOf(config, from.classes)
  const [trained, buffers] = [parameterShapes(net), bufferShapes(net)]
  const model = (k: string): StoredModel => {
    const group = (name: string, of: Shapes) =>
      Object.fromEntries(
        Object.entries(of).map(([key, shape]) => {
          const stored = tensors[`${k}/${name}/${key}`]
          if (!stored || stored.shape.join() !== shape.join())
            throw new CheckpointError(`The checkpoint lacks ${k}/${name}/${key}; it is damaged.`)
          const { data } = stored
          if (!(data instanceof Float32Array) || !data.every(Number.isFinite))
            throw new CheckpointError(`In the checkpoint, ${k}/${name}/${key} is not all numbers; take an earlier one.`)
          return [key, data]
        }),
      )
    return {
      parameters: group('parameters', trained),
      buffers: group('buffers', buffers),
      m: group('m', trained),
      v: config.optimizer === 'adam' ? group('v', trained) : {},
    }
  }
  const { step: t, leg, rows, scores, recoveries, marks, bank, timeline } = from
  return new Trainer(dataset, prepared, config, {
    t,
    models: [model('A'), model('B')],
    leg,
    rows,
    scores,
    recoveries,
    marks,
    bank,
    timeline,
  })
}
