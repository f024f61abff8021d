/** The short form of the self-test, beside a run. */
import { checksOf, outcomeOf, shortPlan, type Check } from './checks'
import { measured } from './report'

/** Milliseconds after which a piece of it lets the run go on. */
const patience = 50

/** Whether an adapter computes rightly, and what is off; null if it failed, so that nothing can be said. */
export type Verdict = { right: true | null } | { right: false; off: string }

async function tried({ name, run }: Check): Promise<Verdict> {
  try {
    const outcome = await outcomeOf(run)
    if ('refused' in outcome) return { right: false, off: `${name} is refused: ${outcome.refused}` }
    const wrong = outcome.given.find(({ error, tolerance }) => !(error <= tolerance))
    return wrong ? { right: false, off: `${name} is off by ${measured(wrong)}` } : { right: true }
  } catch {
    return { right: null }
  }
}

/**
 * Tests WebGPU on the active adapter, in pieces of some milliseconds.
 * @param turn runs a piece when the backend is free
 */
export async function shortTest(turn: (piece: () => Promise<void>) => Promise<void>): Promise<Verdict> {
  const checks = checksOf(shortPlan('wgsl'))
  let next = checks.next()
  let verdict: Verdict = { right: true }
  const piece = async () => {
    const begun = performance.now()
    for (; verdict.right && !next.done && performance.now() - begun < patience; next = checks.next()) verdict = await tried(next.value)
  }
  while (verdict.right && !next.done) await turn(piece)
  return verdict
}
