/** What stays of a run for comparison: settings, curves, scores and masks, without networks, pixels and names of images. As files, those of an exported run. */
import { strFromU8, strToU8 } from 'fflate'
import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { isZip, listZip, type ZipEntry } from '../data/zip-file'
import { json, seenName, type Files } from '../export/archive'
import { readMetricsCsv, writeMetricsCsv } from '../export/metrics-csv'
import { mostMaskBytes, readSeenMasks, writeSeenMasks, type SeenMasks } from '../export/predictions-file'
import { finite, listOf, oneOf, orNull, record, text, whole } from '../lib/shape'
import { restOf } from '../lib/mark'
import { version } from '../lib/version'
import { ConfigError, readConfig, type Config } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import { dataHash } from './data-hash'
import type { BackendInfo, Prediction, SampleName } from './events'
import type { Trainer } from './trainer'

export interface RunRecord {
  /** What somebody called it; null for nothing. */
  name: string | null
  /** Of the app that trained it. */
  version: string
  config: Config
  backend: string
  adapter: string
  /** Steps taken. */
  step: number
  state: 'paused' | 'stopped' | 'finished'
  sample: SampleName | null
  /** See `dataHash`; null in a run that was exported before there was one. */
  data: string | null
  classes: { name: string; color: string }[]
  /** Seconds that it trained; null where nobody counted all of them. */
  seconds: number | null
  rows: StepMetrics[]
  scores: ScoreRow[]
  /** Null where there are none, or too many. */
  masks: SeenMasks | null
}

/** Beside the folders of an export of the run log. */
export const aboutName = 'README.txt'

const names = { config: 'config.json', summary: 'summary.json', curves: 'metrics.csv', masks: seenName } as const

/** The record of a run as it stands. @param seconds as in `RunRecord` @param predictions of its present weights, by image */
export function recordOf(
  { config, dataset, t, marks, rows, scores }: Trainer,
  { backend, adapter }: BackendInfo,
  seconds: number | null,
  predictions: readonly Pick<Prediction, 'image' | 'labels'>[],
): RunRecord {
  const masks = { size: config.size, labels: new Map(predictions.map(({ image, labels }) => [image, labels])) }
  return {
    ...{ name: null, version, config, backend, adapter, step: t, state: restOf(t, config.steps, marks) },
    ...{ sample: dataset.sample, data: dataHash(dataset), seconds, rows },
    // Whose image it is, a record does not say.
    scores: scores.map((score) => ({ ...score, perPatient: [] })),
    classes: dataset.classes.map(({ name, color }) => ({ name, color })),
    masks: predictions.length > 0 ? masks : null,
  }
}

/** The files of a record, by the names that they have in an exported run. */
export function recordFiles(run: RunRecord): Files {
  const { name, version, config, backend, adapter, step, state, sample, data, classes, seconds, rows, scores } = run
  const masks = run.masks && writeSeenMasks(run.masks)
  const last = scores.at(-1)
  return {
    [names.config]: json({
      ...{ format: 'exemplar-lab-run', version, config, classes, seed: config.seed, backend, adapter, step, state },
      data: { sample, hash: data },
    }),
    [names.summary]: json({
      ...{ name, steps: step, seconds, backend, adapter, fit: last?.fit ?? null },
      ...(last && last.dice !== null && { dice: { mean: last.dice, perClass: last.perClass } }),
    }),
    [names.curves]: new TextEncoder().encode(writeMetricsCsv(rows, scores)),
    ...(masks && { [names.masks]: masks }),
  }
}

const isAbout = record({
  format: oneOf('exemplar-lab-run'),
  version: text,
  config: record({}),
  classes: listOf(record({ name: text, color: text })),
  backend: text,
  adapter: text,
  step: whole(1),
  data: record({ sample: orNull(oneOf<SampleName>('Cardiac phantom', 'Abdominal phantom')) }),
})

/** Of a JSON file, or of the curves of 100,000 steps. */
const mostTextBytes = 2 ** 26

/** A file of a run, wherever it lies. */
type Entry = Pick<ZipEntry, 'name' | 'size' | 'read'>

/**
 * The records in files: exported runs, what `npm run train` wrote, and what `recordFiles` did, as zips that hold one or many, or as the files of one.
 * @returns them, and what is wrong with those that cannot be read
 */
export async function readRecords(files: readonly GivenFile[]): Promise<{ records: RunRecord[]; problems: InputError[] }> {
  const [records, problems]: [RunRecord[], InputError[]] = [[], []]
  const noting = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
    }
  }
  const loose: Entry[] = []
  for (const file of files) {
    if (!isZip(await file.read(0, 4))) loose.push({ name: file.name, size: file.size, read: () => file.read() })
    else
      await noting(async () => {
        const entries = await listZip(file)
        const folders = foldersIn(entries)
        if (folders.length === 0) throw noRun(file.name)
        for (const folder of folders) await noting(async () => void records.push(await readRecord(entries, folder, file.name)))
      })
  }
  const folders = foldersIn(loose)
  if (loose.length > 0 && folders.length === 0) problems.push(noRun(loose[0]!.name))
  for (const folder of folders) await noting(async () => void records.push(await readRecord(loose, folder, `${folder}config.json`)))
  return { records, problems }
}

/** Whether a zip holds records and nothing more, as the run log exports them. @param listed what it lists */
export function areRecords(listed: readonly Pick<Entry, 'name'>[]): boolean {
  const entries = listed.map(({ name }) => name).filter((name) => !name.endsWith('/'))
  const whole = new Set(entries)
  const folders = entries.flatMap((name) => folderOf(name) ?? [])
  const own = new Set(folders.flatMap((folder) => Object.values(names).map((name) => folder + name)))
  return (
    folders.length > 0 &&
    entries.every((name) => own.has(name) || name === aboutName) &&
    folders.every((folder) => whole.has(folder + names.curves))
  )
}

const noRun = (file: string) =>
  new InputError(
    `"${file}" is no run: choose the zip of "Export run", of "Export" in Run log, or the files that npm run train wrote.`,
    file,
  )

/** The folders that hold a run, each with its slash. */
const foldersIn = (entries: readonly Entry[]): string[] => entries.flatMap(({ name }) => folderOf(name) ?? [])

/** Of a config.json its folder with a slash, or nothing at the top; null of any other file. */
const folderOf = (name: string): string | null => (/(^|\/)config\.json$/.test(name) ? name.slice(0, -names.config.length) : null)

/** @throws InputError */
async function readRecord(entries: readonly Entry[], folder: string, file: string): Promise<RunRecord> {
  const read = async (own: string, mostBytes = mostTextBytes) => {
    const entry = entries.find(({ name }) => name === folder + own)
    if (entry && entry.size > mostBytes) throw new Error(`${own} is too large.`)
    return entry ? entry.read() : null
  }
  const parsed = async (own: string) => JSON.parse(strFromU8((await read(own)) ?? strToU8('null'))) as unknown
  try {
    const [about, summary, curves, masks] = [
      await parsed(names.config),
      await parsed(names.summary),
      await read(names.curves),
      await read(names.masks, mostMaskBytes),
    ]
    if (!isAbout(about) || !curves) throw new Error('It is no run.')
    const { version, backend, adapter, step, classes, data } = about
    const { hash } = data as { hash?: unknown }
    const { seconds, name } = Object(summary) as { seconds?: unknown; name?: unknown }
    const { config } = readConfig(about.config)
    const { state } = about as { state?: unknown }
    return {
      ...{ version, config, backend, adapter, step, sample: data.sample },
      classes: classes.map(({ name, color }) => ({ name, color })),
      ...{ name: text(name) && name !== '' ? name.slice(0, longestName) : null, seconds: finite(seconds) ? seconds : null },
      state: isState(state) ? state : restOf(step, config.steps, []),
      data: text(hash) && /^[\da-f]{16}$/.test(hash) ? hash : null,
      ...readMetricsCsv(strFromU8(curves)),
      masks: masks && (await readSeenMasks(masks)),
    }
  } catch (error) {
    const why = error instanceof ConfigError ? ` (${error.message})` : ''
    throw new InputError(`The run "${folder.slice(0, -1) || file}" in "${file}" cannot be read${why}; export it again.`, file)
  }
}

/** Of a run, in characters. */
export const longestName = 80

const isState = oneOf('paused', 'stopped', 'finished')
