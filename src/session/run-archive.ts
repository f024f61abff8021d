import { strFromU8, unzip } from 'fflate'
import { InputError } from '../data/input-error'
import type { GivenFile } from '../data/given-file'
import { isRunArchive } from '../data/zip-file'
import type { SampleName } from './events'
import type { RoleFile } from './given-files'

/** What a run that was exported says of itself. */
export interface RunArchive {
  checkpoint: Uint8Array<ArrayBuffer>
  /** The sample that it was trained on, or null for somebody's own images, which are not in it. */
  sample: SampleName | null
  /** How many unlabelled images it had. */
  images: number
}

/** Tells runs that were exported from all other files. */
export async function splitRuns(files: readonly RoleFile[]): Promise<{ runs: GivenFile[]; others: RoleFile[] }> {
  const are = await Promise.all(files.map(({ file }) => isRunArchive(file).catch(() => false)))
  return { runs: files.filter((_, i) => are[i]).map(({ file }) => file), others: files.filter((_, i) => !are[i]) }
}

/** Opens the zip that `Export run` wrote. @throws InputError for one that lacks what is needed to go on */
export async function openRunArchive(file: GivenFile): Promise<RunArchive> {
  const { name } = file
  const wanted = /(^|\/)(config\.json|checkpoint\.safetensors)$/
  const bytes = await file.read()
  const files = await new Promise<Record<string, Uint8Array>>((resolve, reject) =>
    unzip(bytes, { filter: (entry) => wanted.test(entry.name) }, (error, all) => (error ? reject(error) : resolve(all))),
  ).catch(() => {
    throw new InputError(`"${name}" is a damaged zip; export the run again.`, name)
  })
  const entry = (path: string) => Object.entries(files).find(([key]) => key === path || key.endsWith(`/${path}`))?.[1]
  const [config, checkpoint] = [entry('config.json'), entry('checkpoint.safetensors')]
  if (!config || !checkpoint)
    throw new InputError(`"${name}" holds no checkpoint to go on from; use the zip of "Export run", not that of weights or masks.`, name)
  try {
    const { data } = JSON.parse(strFromU8(config)) as { data: { sample: SampleName | null; unlabeled: unknown[] } }
    return { checkpoint: checkpoint as Uint8Array<ArrayBuffer>, sample: data.sample, images: data.unlabeled.length }
  } catch {
    throw new InputError(`"${name}" has a damaged config.json; export the run again.`, name)
  }
}
