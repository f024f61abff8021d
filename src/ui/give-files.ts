import { loadFiles } from '../store/commands'
import { importRuns } from '../store/run-log'

/** Gives files to the session, and to the run log those that it exported. */
export const giveFiles = async (...given: Parameters<typeof loadFiles>): Promise<void> => giveToLog(await loadFiles(...given))

/** Gives the run log files, if there are any, and shows it. */
export async function giveToLog(runs: readonly File[]): Promise<void> {
  if (runs.length > 0 && (await importRuns(runs))) document.getElementById('run-log')?.scrollIntoView({ block: 'nearest' })
}
