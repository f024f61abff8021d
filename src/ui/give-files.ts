import { loadFiles } from '../store/commands'
import { importRuns } from '../store/run-log'

/** Gives files to the session, and to the run log those that it exported, which then is shown. */
export async function giveFiles(...given: Parameters<typeof loadFiles>): Promise<void> {
  const runs = await loadFiles(...given)
  if (runs.length > 0 && (await importRuns(runs))) document.getElementById('run-log')?.scrollIntoView({ block: 'nearest' })
}
