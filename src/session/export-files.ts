import { exportFiles, zip, type Files } from '../export/archive'
import type { BackendInfo, ExportedFile, ExportKind, ExportOptions } from './events'
import { finishedRun } from './finished-run'
import type { Trainer } from './trainer'

/** How masks are written unless asked otherwise. */
export const usualOptions: ExportOptions = { format: 'source', keepPatient: false }

/**
 * The files of an export by path.
 * @param continuation what an exported run continues from; see `run-archive.ts` @param tell how many images or files are done; awaited, so that other
 * work gets its turn
 */
export async function filesOf(
  trainer: Trainer,
  backend: BackendInfo,
  what: ExportKind,
  options: ExportOptions,
  continuation: Files,
  tell: (done: number, of: number) => Promise<void>,
): Promise<Files> {
  return exportFiles(await finishedRun(trainer, backend, what, tell), what, { ...options, made: new Date() }, continuation, tell)
}

export const zipped = (files: Files, what: ExportKind, step: number): ExportedFile => ({
  name: `exemplar-lab-${what}-step-${step}.zip`,
  bytes: zip(files),
})
