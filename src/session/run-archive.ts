import { strFromU8 } from 'fflate'
import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { isZip, listZip, type ZipEntry } from '../data/zip-file'
import type { SampleName } from './events'
import type { RoleFile } from './given-files'

/** What an exported run says about itself. */
export interface RunArchive {
  checkpoint: Uint8Array<ArrayBuffer>
  /** The sample it was trained on, or null for the user's own images, which it does not contain. */
  sample: SampleName | null
  /** How many unlabelled images it had. */
  images: number
}

/** More than any config.json of ours: the names of a thousand images take 100 kB. */
const mostConfigBytes = 2 ** 24

/** A file of the run: at the top, or in the single folder of a run that was unpacked and zipped again. */
const entryOf = (entries: readonly ZipEntry[], own: string): ZipEntry | undefined =>
  entries.find(({ name }) => name === own || (name.endsWith(`/${own}`) && name.indexOf('/') === name.length - own.length - 1))

/** Whether a file is an exported run: a zip whose config.json says so. Only the list of any other zip is read. */
export async function isRunArchive(file: GivenFile): Promise<boolean> {
  try {
    if (!isZip(await file.read(0, 4))) return false
    const config = entryOf(await listZip(file), 'config.json')
    if (!config || config.size > mostConfigBytes) return false
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

/** Opens the zip that `Export run` wrote. @throws InputError if it lacks what is needed to continue */
export async function openRunArchive(file: GivenFile): Promise<RunArchive> {
  const { name } = file
  const entries = await listZip(file)
  const [config, checkpoint] = [entryOf(entries, 'config.json'), entryOf(entries, 'checkpoint.safetensors')]
  if (!config || !checkpoint)
    throw new InputError(`"${name}" holds no checkpoint to continue from; use the zip of "Export run", not of weights or masks.`, name)
  try {
    const { data } = JSON.parse(strFromU8(await config.read())) as { data: { sample: SampleName | null; unlabeled: unknown[] } }
    return { checkpoint: await checkpoint.read(), sample: data.sample, images: data.unlabeled.length }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`"${name}" has a damaged config.json; export the run again.`, name)
  }
}
