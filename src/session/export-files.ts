import { continuationFiles, exportFiles, zip, type Files } from '../export/archive'
import { asWritten } from './cases'
import { saveCheckpoint } from './checkpoint'
import type { Dataset } from './dataset'
import type { BackendInfo, ExportedFile, ExportKind, ExportOptions } from './events'
import { factsOf, finishedRun } from './finished-run'
import type { Trainer } from './trainer'

/** How masks are written unless asked otherwise. */
export const usualOptions: ExportOptions = { format: 'source', keepIdentifiers: false, rename: false }

/** The files that a run is continued from. @param dataset its data set as it is written */
export const continuationOf = async (trainer: Trainer, backend: BackendInfo, dataset?: Dataset): Promise<Files> =>
  continuationFiles(factsOf(trainer, backend, dataset), await saveCheckpoint(trainer))

/** The files of an export by path. @param tell how many images or files are done; awaited, so that other work gets its turn */
export async function filesOf(
  trainer: Trainer,
  backend: BackendInfo,
  what: ExportKind,
  options: ExportOptions,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Files> {
  const dataset = asWritten(trainer.dataset, options)
  const continuation = what === 'run' ? await continuationOf(trainer, backend, dataset) : {}
  return exportFiles(await finishedRun(trainer, backend, what, dataset, tell), what, { ...options, made: new Date() }, continuation, tell)
}

export const zipped = (files: Files, what: ExportKind, step: number): ExportedFile => ({
  name: `exemplar-lab-${what}-step-${step}.zip`,
  bytes: zip(files),
})
