import { isMature } from './maturity'
import type { Facts } from './facts'
import type { Finding } from './finding'
import { dataFindings } from './data-findings'
import { nextToAnnotate, runFindings } from './run-findings'

/**
 * What seems wrong with a run or its data, the likely cause and one thing to try, the most basic first; then which image to annotate next. It
 * costs nothing but sums of what is known. Thresholds lie beyond all healthy runs that were measured; each says by how much.
 */
export function examine(facts: Facts): Finding[] {
  const found = [...dataFindings(facts), ...(isMature(facts) ? runFindings(facts) : [])]
  const next = nextToAnnotate(facts)
  return next ? [...found, next] : found
}
