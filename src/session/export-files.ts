import { InputError } from '../data/input-error'
import { exportFiles, zip, type Files } from '../export/archive'
import { archiveName } from './archive-name'
import { asWritten } from './cases'
import type { BackendInfo, ExportedFile, ExportKind, ExportOptions, PictureId } from './events'
import { finishedRun } from './finished-run'
import { LoadedNetworks } from './loaded-networks'
import type { Networks } from './networks'
import { continuationOf } from './run-archive'
import type { Speed } from './speed'
import { Trainer } from './trainer'

/** How masks are written unless asked otherwise. */
export const usualOptions: ExportOptions = { format: 'source', keepIdentifiers: false, rename: false }

/**
 * The files of an export by path.
 * @param watched the image that the live view follows @param speed how long the run was trained @param tell how many images or files are done; awaited, so that other work gets its turn
 */
export async function filesOf(
  networks: Networks,
  backend: BackendInfo,
  what: ExportKind,
  options: ExportOptions,
  watched: PictureId | null,
  { from, spent }: Speed,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Files> {
  if (networks instanceof LoadedNetworks && (what === 'run' || what === 'weights'))
    throw new InputError('These networks come from a file, which has all of their run: export the masks or maps of what they segment.', '')
  const dataset = asWritten(networks.dataset, options)
  const continuation = networks instanceof Trainer && what === 'run' ? await continuationOf(networks, backend, watched, dataset) : {}
  const trained = spent > 0 ? { seconds: spent, from } : null
  const run = await finishedRun(networks, backend, what, trained, dataset, tell)
  return exportFiles(run, what, { ...options, made: new Date() }, continuation, tell)
}

export const zipped = (files: Files, what: ExportKind, networks: Networks): ExportedFile => ({
  name: `${archiveName(what, networks, new Date())}.zip`,
  bytes: zip(files),
})
