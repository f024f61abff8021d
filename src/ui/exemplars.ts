/** What the page works out from the annotated images. */
import { unknown } from '../image/raster'
import type { ExemplarInfo } from '../worker/protocol'

type Shown = Pick<ExemplarInfo, 'shows' | 'from'>

/**
 * Whether training would still be possible without one of the exemplars: every class it shows is shown by another one as well.
 * One without an annotation teaches nothing, so it may go as soon as there is one that does.
 */
export function canRemove(exemplars: readonly Shown[], index: number): boolean {
  const left = new Set(exemplars.flatMap(({ shows, from }, i) => (from === null || i === index ? [] : shows)))
  if (left.size === 0) return false
  const { shows, from } = exemplars[index]!
  return from === null || shows.every((label) => label === 0 || label === unknown || left.has(label))
}
