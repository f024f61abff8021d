import { exportFiles, zip, type Files } from '../export/archive'
import { saveCheckpoint } from './checkpoint'
import type { BackendInfo, ExportedFile, ExportKind, ExportOptions } from './events'
import { finishedRun } from './finished-run'
import type { Trainer } from './trainer'

/** How masks are written unless asked otherwise. */
export const usualOptions: ExportOptions = { format: 'source', keepPatient: false }

/** The files of an export by path. @param tell how many images or files are done; awaited, so that other work gets its turn */
export async function filesOf(
  trainer: Trainer,
  backend: BackendInfo,
  what: ExportKind,
  options: ExportOptions,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Files> {
  const checkpoint = what === 'run' ? await saveCheckpoint(trainer) : null
  return exportFiles(await finishedRun(trainer, backend, what, tell), what, { ...options, made: new Date() }, checkpoint, tell)
}

export const zipped = (files: Files, what: ExportKind, step: number): ExportedFile => ({
  name: `exemplar-lab-${what}-step-${step}.zip`,
  bytes: zip(files),
})
