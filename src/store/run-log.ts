/** The runs that have ended in this browser or were imported: what the page asks of them. The worker has them, see src/keeping/run-log.ts. */
import { nearestPreset, parameters, type Group, type Key } from '../method/config'
import type { LoggedRun, PictureId } from '../worker/protocol'
import { save } from './commands'
import { ask } from './connection'
import { pageStore } from './page-store'
import { addProblem } from './state'
import { compareIn } from './viewer'

export const renameRun = (id: string, name: string): Promise<void | undefined> => ask('edit-logged', { id, name: name || null })

export const pinRun = (id: string, pinned: boolean): Promise<void | undefined> => ask('edit-logged', { id, pinned })

/** @returns whether they are gone; if not, why is shown */
export async function deleteRuns(ids: readonly string[]): Promise<boolean> {
  await ask('remove-logged', { ids: [...ids] })
  return !pageStore.getState().log.runs.some(({ id }) => ids.includes(id))
}

/** Saves runs as one zip. */
export async function exportRuns(ids: string[]): Promise<void> {
  const file = await ask('export-logged', { ids })
  if (file) save(file)
}

/** What was last done to the run log, in words. */
export const sayOfLog = (saidOfLog: string): void => pageStore.setState({ saidOfLog })

/** Adds the runs in files. @returns how many; undefined if there is none in them, which is shown */
export async function importRuns(files: readonly File[]): Promise<number | undefined> {
  const given = files.map((file) => ({ name: file.webkitRelativePath || file.name, blob: file }))
  const found = await ask('import-logged', { files: given })
  for (const problem of found?.problems ?? []) pageStore.setState((state) => addProblem(state, problem))
  if (found) sayOfLog(`Imported ${found.count} ${found.count === 1 ? 'run' : 'runs'}.`)
  return found?.count
}

/** What runs are compared for is named first. */
const groups: readonly Group[] = ['Teaching', 'Perturbation', 'Synthesis', 'Network', 'Optimiser', 'Run', 'Data', 'Masks']

/** What a run is called: by its name, or by the settings in which it differs from a preset. */
export function nameOf({ name, config }: Pick<LoggedRun, 'name' | 'config'>): string {
  if (name) return name
  const { preset, differing } = nearestPreset(config)
  const place = (key: Key) => groups.indexOf(parameters[key].group)
  const others = (Object.keys(differing) as Key[]).filter((key) => key !== 'seed').sort((a, b) => place(a) - place(b))
  const shown = others.slice(0, 2).map((key) => `${key} ${String(config[key])}`)
  const more = others.length > shown.length ? [`${others.length - shown.length} more`] : []
  return [...shown, ...more, preset, `seed ${config.seed}`].join(', ')
}

/** Why the masks of two runs cannot be laid side by side on the images that are loaded; null if they can. */
export function hindersMasks([a, b]: readonly [LoggedRun, LoggedRun], data: string | null): string | null {
  if (a.masks === 0 || b.masks === 0) return 'One of them has no masks.'
  if (a.data === null || a.data !== b.data) return 'They learnt from different data.'
  if (a.data !== data) return 'Load the images of these runs to compare their masks.'
  return a.config.size === b.config.size ? null : 'They see images at different sizes.'
}

/** Opens the images on which two runs differ, the most different first, with the masks of both. */
export async function compareMasks(runs: readonly [LoggedRun, LoggedRun]): Promise<void> {
  const found = await ask('compare-logged', { ids: [runs[0].id, runs[1].id] })
  const here = new Set<PictureId>(pageStore.getState().dataset?.unlabeled.map(({ id }) => id))
  const pictures = found?.map(({ picture }) => picture).filter((picture) => here.has(picture)) ?? []
  if (pictures[0]) compareIn(runs, pictures[0], pictures)
}
