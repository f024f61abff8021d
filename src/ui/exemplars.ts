/** What the page works out from the annotated images. */
import { unknown } from '../image/raster'
import type { ExemplarInfo } from '../worker/protocol'

type Labels = Pick<ExemplarInfo, 'labels' | 'from'>

/**
 * Whether training would still be possible without one of the exemplars: every class it shows is shown by another one as well.
 * One without an annotation teaches nothing, so it may go as soon as there is one that does.
 */
export function canRemove(exemplars: readonly Labels[], index: number): boolean {
  const left = new Set(exemplars.flatMap(({ labels, from }, i) => (from === null || i === index ? [] : [...new Set(labels)])))
  if (left.size === 0) return false
  const { labels, from } = exemplars[index]!
  return from === null || [...new Set(labels)].every((label) => label === 0 || label === unknown || left.has(label))
}
