import { ask } from './connection'
import { pageStore } from './page-store'
import { heldFiles } from './present-run'

/**
 * Brings what the page holds back in a new worker, which has been asked for `init` and loaded nothing.
 * @returns whether that is a run that has begun
 */
export async function bringBack(): Promise<boolean> {
  for (const files of heldFiles()) await ask('load-files', { files })
  return pageStore.getState().status.step > 0
}
