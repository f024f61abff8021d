/** A run as a zip to continue from: kept, or part of what `Export run` writes. */
import { strFromU8 } from 'fflate'
import type { GivenFile } from '../data/given-file'
import { byteText, maxArchiveBytes } from '../data/image-size'
import { InputError } from '../data/input-error'
import { entriesIn, listZip, type ZipEntry } from '../data/zip-file'
import { configFile, json, type Files } from '../export/archive'
import { finite, listOf, oneOf, orNull, record, text, whole, type Shaped } from '../lib/shape'
import { version } from '../lib/version'
import { readConfig, type Config, type StoredConfig } from '../method/config'
import { wholeScore, type diceAlone, type ScoreRow } from '../method/history'
import type { StoredModel } from '../method/model'
import type { Recording } from '../timeline/timeline'
import { areMarks, openCheckpoint, saveCheckpoint, withNaN, type Checkpoint } from './checkpoint'
import { choicesOf, readChoices, type Choices } from './choices'
import { isDomain, type Domain } from './looks'
import type { BackendInfo, PictureId, SampleName } from './events'
import { readExemplars, writeExemplars, type KeptExemplars } from './exemplar-file'
import { factsOf } from './finished-run'
import type { RoleFile } from './given-files'
import { modelsInCheckpoint, modelsInFiles, type StoredNetworks } from './loaded-networks'
import { damagedTimeline, mostTimelineBytes, readTimeline, recordingOf, writeTimeline } from './timeline-file'
import { areRecords } from './run-record'
import { Trainer } from './trainer'

const names = {
  config: 'config.json',
  choices: 'choices.json',
  modelA: 'model-a.safetensors',
  modelB: 'model-b.safetensors',
  exemplars: 'exemplars.safetensors.gz',
  checkpoint: 'checkpoint.safetensors',
  timeline: 'timeline.zip',
  curves: 'curves.json',
} as const

/**
 * The files that a run is continued from, with its images. The same run gives the same bytes.
 * @param run a trainer, or a run that has not begun @param watched the image that the live view follows
 * @param dataset its data set as it is written
 */
export async function continuationOf(
  run: Trainer | Pick<Trainer, 'config' | 'dataset' | 't' | 'recoveries' | 'marks'>,
  backend: BackendInfo,
  watched: PictureId | null,
  dataset = run.dataset,
): Promise<Files> {
  return {
    [names.config]: configFile(factsOf(run, backend, dataset)),
    [names.choices]: json(choicesOf(dataset, watched)),
    [names.exemplars]: writeExemplars(dataset),
    ...(run instanceof Trainer && { [names.checkpoint]: await saveCheckpoint(run) }),
    ...(run instanceof Trainer && run.timeline.length > 0 && { [names.timeline]: writeTimeline(recordingOf(run, dataset)) }),
  }
}

/** What a run can be seen by, and not continued from. It is small, and as no weights are in it the curves stand by themselves. */
export function replayOf(trainer: Trainer, backend: BackendInfo): Files {
  const { dataset, rows, scores, marks } = trainer
  return {
    [names.config]: configFile(factsOf(trainer, backend)),
    [names.timeline]: writeTimeline(recordingOf(trainer, dataset)),
    [names.curves]: new TextEncoder().encode(
      JSON.stringify({ rows, scores, marks }, (_, v: unknown) => (typeof v === 'number' ? short(v) : v)),
    ),
  }
}

/** Four digits are more than a curve shows. */
const short = (v: number) => (Number.isInteger(v) ? v : Number(v.toPrecision(4)))

/** What a zip says of its run. */
export interface RunArchive extends StoredConfig {
  /** The name of the zip. */
  file: string
  /** Of the app that wrote it. */
  version: string
  /** The sample it was trained on, or null for the user's own images, which it does not contain. */
  sample: SampleName | null
  /** How many unlabelled images it had. */
  images: number
  /** Null for a run that had not begun. */
  checkpoint: Checkpoint | null
  /** What further images can be segmented with; null for a run that had not begun. */
  networks: StoredNetworks | null
  /** Null in a zip that was written before choices were, and in one of weights. */
  choices: Choices | null
  exemplars: KeptExemplars
  /** What was kept of its looks; null if nothing was. */
  timeline: Recording | null
  /** Why what was kept cannot be shown. */
  lost: InputError | null
  /** What its checkpoint says of how it went, or what stands in a zip without one; null before the first step. */
  curves: Curves | null
}

export type Curves = Pick<Checkpoint, 'rows' | 'scores' | 'marks'>

/** More than any JSON of ours: the names of a thousand images take 100 kB. */
const mostJsonBytes = 2 ** 24

/** A file of the run: at the top, or in the single folder of a run that was unpacked and zipped again. */
const entryOf = (entries: readonly ZipEntry[], own: string): ZipEntry | undefined =>
  entries.find(({ name }) => name === own || (name.endsWith(`/${own}`) && name.indexOf('/') === name.length - own.length - 1))

/** Whether a file is an exported run: a zip whose config.json says so. Only the list of any other zip is read. */
export async function isRunArchive(file: GivenFile): Promise<boolean> {
  const entries = await entriesIn(file)
  return entries !== null && isRun(entries)
}

async function isRun(entries: readonly ZipEntry[]): Promise<boolean> {
  try {
    const config = entryOf(entries, names.config)
    if (!config || config.size > mostJsonBytes) return false
    return (JSON.parse(strFromU8(await config.read())) as { format?: unknown } | null)?.format === 'exemplar-lab-run'
  } catch {
    // Another program's config.json.
    return false
  }
}

/** Separates exported runs, and what is for a run log, from all other files. */
export async function splitRuns(files: readonly RoleFile[]): Promise<{ runs: GivenFile[]; records: GivenFile[]; others: RoleFile[] }> {
  const kindOf = async ({ file }: RoleFile) => {
    const entries = await entriesIn(file)
    if (!entries) return 'other'
    // A record alone has the config.json of a run.
    return areRecords(entries) ? 'records' : (await isRun(entries)) ? 'run' : 'other'
  }
  const kinds = await Promise.all(files.map(kindOf))
  const filesOf = (kind: 'run' | 'records') => files.filter((_, i) => kinds[i] === kind).map(({ file }) => file)
  return { runs: filesOf('run'), records: filesOf('records'), others: files.filter((_, i) => kinds[i] === 'other') }
}

const isAbout = record({
  format: text,
  version: text,
  config: record({}),
  data: record({
    sample: orNull(oneOf<SampleName>('Cardiac phantom', 'Abdominal phantom')),
    unlabeled: listOf((image): image is unknown => image !== null),
  }),
})

/** Weights hardly get smaller by packing, and moments of the first steps, which are zeros, to a third. */
const mostRatio = 8

/** Opens the zip of a run. @throws InputError if it holds neither a state to continue from nor networks; CheckpointError and ConfigError as `openCheckpoint` */
export async function openRunArchive(file: GivenFile): Promise<RunArchive> {
  const entries = await listZip(file)
  return openRunFiles(file.name, mostRatio * file.size, (own) => Promise.resolve(entryOf(entries, own) ?? null))
}

/**
 * Opens the files of a run, wherever they lie.
 * @param name of all of them together @param mostBytes that one with weights may have @param find a file by its name
 * @throws as `openRunArchive`
 */
export async function openRunFiles(
  name: string,
  mostBytes: number,
  find: (own: string) => Promise<Pick<ZipEntry, 'size' | 'read'> | null>,
): Promise<RunArchive> {
  const read = async (own: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer> | null> => {
    const entry = await find(own)
    if (entry && entry.size > mostBytes)
      throw new InputError(`"${name}" is damaged: its ${own} would take ${byteText(entry.size)}; export the run again.`, name)
    return entry ? entry.read() : null
  }
  const most = Math.min(maxArchiveBytes, mostBytes)
  const [config, choices] = [await read(names.config, mostJsonBytes), await read(names.choices, mostJsonBytes)]
  const packed = await read(names.checkpoint, most)
  const weights = packed ? [] : [await read(names.modelA, most), await read(names.modelB, most)].flatMap((one) => one ?? [])
  const curves = packed ? null : await read(names.curves, mostJsonBytes)
  if (!config || !(packed ?? choices ?? weights[1] ?? curves))
    throw new InputError(
      `"${name}" holds neither networks nor a state to continue from; use the zip of "Export run" or "Export weights".`,
      name,
    )
  const about = parsed(config, names.config, name)
  if (!isAbout(about)) throw damaged(names.config, name)
  const exemplars = await read(names.exemplars, maxArchiveBytes)
  const { timeline, lost } = await timelineIn(find, name)
  const checkpoint = packed && { ...(await openCheckpoint(packed)), timeline: timeline?.snapshots }
  const { config: settings, unknown, added } = checkpoint ?? readConfig(about.config)
  // A folder that was trained into again may have the config.json of the run before.
  const domain = checkpoint?.domain ?? domainIn(about)
  const models = checkpoint ? modelsInCheckpoint(checkpoint) : weights[1] ? modelsIn(weights, settings, domain, name) : null
  if (typeof models === 'string')
    throw new InputError(`In "${name}" the networks lack ${models}, or it is damaged; export the run again.`, name)
  const step = checkpoint?.step ?? Number((about as { step?: unknown }).step)
  const fits = !checkpoint || checkpoint.classes === domain?.classes.length
  return {
    networks: models && domain && fits && step > 0 ? { models, domain, step } : null,
    ...{ file: name, version: about.version, config: settings, unknown, added, checkpoint },
    ...{ sample: about.data.sample, images: about.data.unlabeled.length },
    choices: choices && readChoices(parsed(choices, names.choices, name), name),
    exemplars: exemplars ? await readExemplars(exemplars, name) : { labels: [], masks: [] },
    ...{ timeline, lost, curves: checkpoint ?? (curves && curvesIn(parsed(curves, names.curves, name), name)) },
  }
}

/** A run whose timeline cannot be read is a run all the same. */
async function timelineIn(
  find: Parameters<typeof openRunFiles>[2],
  file: string,
): Promise<{ timeline: Recording | null; lost: InputError | null }> {
  try {
    const entry = await find(names.timeline)
    if (entry && entry.size > mostTimelineBytes) throw damagedTimeline(file)
    return { timeline: entry && (await readTimeline(await entry.read(), file)), lost: null }
  } catch (error) {
    if (error instanceof InputError) return { timeline: null, lost: error }
    throw error
  }
}

const damaged = (own: string, file: string) => new InputError(`"${file}" has a damaged ${own}; export the run again.`, file)

const number = orNull(finite)

const isRow = (value: unknown): value is Record<string, number | null> & { step: number } =>
  record({ step: whole(0) })(value) && Object.values(value).every((v) => number(v) || oneOf('A', 'B')(v))

const isScore = record<Omit<ScoreRow, keyof typeof diceAlone>>({
  ...{ step: whole(0), fit: finite, dice: number, diceA: number, diceB: number, perClass: listOf(number) },
})

/** What a score has had since there is more than Dice. */
const isMore = record<typeof diceAlone>({
  hd95: number,
  hd95PerClass: listOf(number),
  perPatient: listOf(record({ picture: text, dice: listOf(number), hd95: listOf(number) })),
  confidentRight: number,
  calibrationError: number,
})

const isCurves = record({ rows: listOf(isRow), scores: listOf(isScore), marks: areMarks })

function curvesIn(value: unknown, file: string): Curves {
  if (!isCurves(value)) throw damaged(names.curves, file)
  const scores = value.scores.map(wholeScore)
  if (!scores.every((score) => isMore(score))) throw damaged(names.curves, file)
  return { rows: withNaN(value.rows), scores, marks: value.marks }
}

function parsed(bytes: Uint8Array, own: string, file: string): unknown {
  try {
    return JSON.parse(strFromU8(bytes))
  } catch {
    throw damaged(own, file)
  }
}

/** What config.json says of what was learnt from; null where it does not say which classes there are. */
function domainIn(about: Shaped<typeof isAbout>): Domain | null {
  const { classes, domain, data } = about as { classes?: unknown; domain?: object; data: { millimetresAcross?: unknown } }
  const own = { looks: null, single: [], solid: [], ...domain, classes, millimetresAcross: data.millimetresAcross ?? null }
  return isDomain(own) ? own : null
}

function modelsIn(
  weights: Uint8Array<ArrayBuffer>[],
  config: Config,
  domain: Domain | null,
  name: string,
): [StoredModel, StoredModel] | string {
  if (!domain) throw damaged(names.config, name)
  try {
    return modelsInFiles(weights, config, domain.classes.length)
  } catch {
    throw damaged(names.modelA, name)
  }
}

/** How the settings of another version differ from those of this one, in words; null if they do not. */
export function differences({ file, version: other, unknown, added, config }: RunArchive): string | null {
  const list = (settings: readonly (readonly [string, unknown])[]) =>
    settings.map(([key, value]) => `${key} = ${JSON.stringify(value).slice(0, 40)}`).join(', ')
  const parts = [
    ...(Object.keys(unknown).length > 0 ? [`settings that are unknown here are left out: ${list(Object.entries(unknown))}`] : []),
    ...(added.length > 0 ? [`settings that it lacks are as they were without: ${list(added.map((key) => [key, config[key]]))}`] : []),
  ]
  return parts.length > 0 ? `"${file}" was saved by version ${other} of Exemplar Lab, and this is ${version}: ${parts.join('; ')}.` : null
}

/** The same of a checkpoint alone. @param name of its file @throws InputError if it does not say what its networks were trained on, or is damaged */
export function archiveOf(checkpoint: Checkpoint, name: string): RunArchive {
  const { domain, step, config, unknown, added } = checkpoint
  if (!domain)
    throw new InputError(
      `"${name}" was saved before checkpoints said which classes they know: give the folder or the zip of its run.`,
      name,
    )
  const models = modelsInCheckpoint(checkpoint)
  if (typeof models === 'string')
    throw new InputError(`In "${name}" the networks lack ${models}, or it is damaged; take an earlier one.`, name)
  return {
    ...{ file: name, version, config, unknown, added, checkpoint, sample: null, images: 0, choices: null },
    networks: step > 0 ? { models, domain, step } : null,
    exemplars: { labels: [], masks: [] },
    ...{ timeline: null, lost: null, curves: checkpoint },
  }
}
