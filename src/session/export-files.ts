import { exportFiles, zip, type Files } from '../export/archive'
import { asWritten } from './cases'
import type { BackendInfo, ExportedFile, ExportKind, ExportOptions, PictureId } from './events'
import { finishedRun } from './finished-run'
import { continuationOf } from './run-archive'
import type { Trainer } from './trainer'

/** How masks are written unless asked otherwise. */
export const usualOptions: ExportOptions = { format: 'source', keepIdentifiers: false, rename: false }

/**
 * The files of an export by path.
 * @param watched the image that the live view follows @param tell how many images or files are done; awaited, so that other work gets its turn
 */
export async function filesOf(
  trainer: Trainer,
  backend: BackendInfo,
  what: ExportKind,
  options: ExportOptions,
  watched: PictureId | null,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Files> {
  const dataset = asWritten(trainer.dataset, options)
  const continuation = what === 'run' ? await continuationOf(trainer, backend, watched, dataset) : {}
  return exportFiles(await finishedRun(trainer, backend, what, dataset, tell), what, { ...options, made: new Date() }, continuation, tell)
}

export const zipped = (files: Files, what: ExportKind, step: number): ExportedFile => ({
  name: `exemplar-lab-${what}-step-${step}.zip`,
  bytes: zip(files),
})
