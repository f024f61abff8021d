/** A run as a zip to continue from: kept, or part of what `Export run` writes. */
import { strFromU8 } from 'fflate'
import type { GivenFile } from '../data/given-file'
import { byteText, maxArchiveBytes } from '../data/image-size'
import { InputError } from '../data/input-error'
import { isZip, listZip, type ZipEntry } from '../data/zip-file'
import { configFile, json, type Files } from '../export/archive'
import { listOf, oneOf, orNull, record, text } from '../lib/shape'
import { version } from '../lib/version'
import { readConfig, type StoredConfig } from '../method/config'
import { openCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint'
import { choicesOf, readChoices, type Choices } from './choices'
import type { BackendInfo, PictureId, SampleName } from './events'
import { readExemplars, writeExemplars, type KeptExemplars } from './exemplar-file'
import { factsOf } from './finished-run'
import type { RoleFile } from './given-files'
import { Trainer } from './trainer'

const names = {
  config: 'config.json',
  choices: 'choices.json',
  exemplars: 'exemplars.safetensors.gz',
  checkpoint: 'checkpoint.safetensors',
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
  }
}

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
  /** Null in a zip that was written before choices were. */
  choices: Choices | null
  exemplars: KeptExemplars
}

/** More than any JSON of ours: the names of a thousand images take 100 kB. */
const mostJsonBytes = 2 ** 24

/** A file of the run: at the top, or in the single folder of a run that was unpacked and zipped again. */
const entryOf = (entries: readonly ZipEntry[], own: string): ZipEntry | undefined =>
  entries.find(({ name }) => name === own || (name.endsWith(`/${own}`) && name.indexOf('/') === name.length - own.length - 1))

/** Whether a file is an exported run: a zip whose config.json says so. Only the list of any other zip is read. */
export async function isRunArchive(file: GivenFile): Promise<boolean> {
  try {
    if (!isZip(await file.read(0, 4))) return false
    const config = entryOf(await listZip(file), names.config)
    if (!config || config.size > mostJsonBytes) return false
    return (JSON.parse(strFromU8(await config.read())) as { format?: unknown } | null)?.format === 'exemplar-lab-run'
  } catch {
    // Not a zip, or another program's config.json.
    return false
  }
}

/** Separates exported runs from all other files. */
export async function splitRuns(files: readonly RoleFile[]): Promise<{ runs: GivenFile[]; others: RoleFile[] }> {
  const are = await Promise.all(files.map(({ file }) => isRunArchive(file)))
  return { runs: files.filter((_, i) => are[i]).map(({ file }) => file), others: files.filter((_, i) => !are[i]) }
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

/** Opens the zip of a run. @throws InputError if it lacks what is needed to continue; CheckpointError and ConfigError as `openCheckpoint` */
export async function openRunArchive(file: GivenFile): Promise<RunArchive> {
  const { name } = file
  const entries = await listZip(file)
  const read = async (own: string, mostBytes: number): Promise<Uint8Array<ArrayBuffer> | null> => {
    const entry = entryOf(entries, own)
    if (entry && entry.size > mostBytes)
      throw new InputError(`"${name}" is damaged: its ${own} would take ${byteText(entry.size)}; export the run again.`, name)
    return entry ? entry.read() : null
  }
  const [config, choices] = [await read(names.config, mostJsonBytes), await read(names.choices, mostJsonBytes)]
  const packed = await read(names.checkpoint, Math.min(maxArchiveBytes, mostRatio * file.size))
  if (!config || !(packed ?? choices))
    throw new InputError(`"${name}" holds no checkpoint to continue from; use the zip of "Export run", not of weights or masks.`, name)
  const about = parsed(config, names.config, name)
  if (!isAbout(about)) throw damaged(names.config, name)
  const exemplars = await read(names.exemplars, maxArchiveBytes)
  const checkpoint = packed && (await openCheckpoint(packed))
  const { config: settings, unknown, added } = checkpoint ?? readConfig(about.config)
  return {
    ...{ file: name, version: about.version, config: settings, unknown, added, checkpoint },
    ...{ sample: about.data.sample, images: about.data.unlabeled.length },
    choices: choices && readChoices(parsed(choices, names.choices, name), name),
    exemplars: exemplars ? await readExemplars(exemplars, name) : { labels: [], masks: [] },
  }
}

const damaged = (own: string, file: string) => new InputError(`"${file}" has a damaged ${own}; export the run again.`, file)

function parsed(bytes: Uint8Array, own: string, file: string): unknown {
  try {
    return JSON.parse(strFromU8(bytes))
  } catch {
    throw damaged(own, file)
  }
}

/** How the settings of another version differ from those of this one, in words; null if they do not. */
export function differences({ file, version: other, unknown, added, config }: RunArchive): string | null {
  const list = (settings: readonly (readonly [string, unknown])[]) =>
    settings.map(([key, value]) => `${key} = ${JSON.stringify(value).slice(0, 40)}`).join(', ')
  const parts = [
    ...(Object.keys(unknown).length > 0 ? [`settings that are unknown here are left out: ${list(Object.entries(unknown))}`] : []),
    ...(added.length > 0 ? [`of settings that it lacks the defaults are taken: ${list(added.map((key) => [key, config[key]]))}`] : []),
  ]
  return parts.length > 0 ? `"${file}" was saved by version ${other} of Exemplar Lab, and this is ${version}: ${parts.join('; ')}.` : null
}
