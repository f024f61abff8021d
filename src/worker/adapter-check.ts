/** A short self-test beside the first run on an adapter. */
import { closeWebgpu } from '../kernels/webgpu/backend'
import { loadOwn } from '../lib/own-file'
import type { Opened } from './opened'

/** What the user is told. */
const sentence = (adapter: string, off: string, now: string, discarded: number, goesOn: boolean): string => {
  const steps =
    discarded === 0
      ? ''
      : discarded === 1
        ? ' The step trained on it is discarded.'
        : ` The ${discarded} steps trained on it are discarded.`
  const next = goesOn ? ' The run has started over by itself.' : discarded > 0 ? ' Start the run again.' : ''
  return `The GPU computes wrongly (${adapter}: ${off}), so ${now} computes from now on.${steps}${next} ?selftest behind the page's address shows more.`
}

/** Whether the GPU computes rightly, tried between the steps of a run; null if it fails meanwhile. If it does not, the session moves to wasm. */
export async function checkAdapter(opened: Opened): Promise<boolean | null> {
  const { session } = opened
  // Not among what every page loads.
  const { shortTest } = await loadOwn('The test of the GPU', () => import('../selftest/short'))
  const verdict = await shortTest((piece) => session.betweenSteps(piece))
  if (verdict.right) session.doubt(false)
  if (verdict.right !== false) return verdict.right
  const { adapter } = opened.backend
  const open = async () => {
    opened.backend = await opened.openHost()
    await closeWebgpu()
    return opened.backend
  }
  await session.moveTo(open, (discarded, goesOn) => sentence(adapter, verdict.off, opened.backend.backend, discarded, goesOn))
  return false
}
