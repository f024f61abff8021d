/** Where values and steps lie in a chart whose axes are plain or logarithmic. What is drawn is the place: a library draws straight axes of it. */
import { ticksAround, ticksWithin, tidy } from '../lib/round-numbers'

export interface Scale {
  /** The place of a value; null where it has none. */
  place: (v: number) => number | null
  /** The value at a place. */
  value: (place: number) => number
  /** The ends of the axis, and its ticks, as places. */
  domain: readonly [number, number]
  ticks: readonly number[]
}

const identity = { place: (v: number) => (Number.isFinite(v) ? v : null), value: (place: number) => place }
const logarithm = { place: (v: number) => (v > 0 ? Math.log10(v) : null), value: (place: number) => 10 ** place }

/** At most about six of 1, 2, 5 times powers of ten between two values, both above 0, or only of powers where those are many. */
function logTicks(low: number, high: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const every = Math.ceil((last - first + 1) / 6)
  const factors = last - first <= 2 ? [1, 2, 5] : [1]
  const all = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((_, i) => i % every === 0)
  const ticks = all
    .flatMap((power) => factors.map((factor) => tidy(factor * 10 ** power)))
    .filter((v) => v >= low * 0.999 && v <= high * 1.001)
  return ticks.length > 1 ? ticks : ticksWithin(low, high).filter((v) => v > 0)
}

/**
 * Where an axis of steps ends while a run goes on: with room for up to 1/32 of its length, so that most steps leave the axis as it is; never beyond the planned
 * end, if the run has not passed it.
 */
export function endWithRoom(first: number, last: number, planned = Infinity): number {
  const unit = 2 ** Math.max(0, Math.floor(Math.log2((last - first + 1) / 32)))
  const end = Math.ceil(last / unit) * unit
  return last <= planned ? Math.min(end, planned) : end
}

/** Whether two scales say the same. */
export const sameScale = (a: Scale, b: Scale): boolean => a.place === b.place && String([a.domain, a.ticks]) === String([b.domain, b.ticks])

/** The scale of steps from one to another. */
export function stepScale(from: number, to: number, log: boolean): Scale {
  const low = log ? Math.max(1, from) : from
  const high = Math.max(to, low + 1)
  const form = log ? logarithm : identity
  const ticks = log ? logTicks(low, high) : ticksWithin(low, high, 1)
  return { ...form, domain: [form.place(low)!, form.place(high)!], ticks: ticks.map((v) => form.place(v)!) }
}

/**
 * The scale of values that lie between two.
 * @param limits the ends that are asked for on a plain axis; without them round numbers enclose all values
 * @param lowestPositive the least value above 0, where a logarithmic axis begins
 */
export function valueScale(
  { lowest, highest, lowestPositive }: { lowest: number; highest: number; lowestPositive: number },
  limits: readonly [number | ((lowest: number) => number), number] | undefined,
  log: boolean,
): Scale {
  if (log) {
    const low = Number.isFinite(lowestPositive) ? lowestPositive : 0.1
    const high = Math.max(highest, low * 1.1)
    const ticks = logTicks(low, high)
    return { ...logarithm, domain: [Math.log10(low), Math.log10(high)], ticks: ticks.map((v) => Math.log10(v)) }
  }
  if (limits) {
    const [low, high] = limits
    const domain = [typeof low === 'number' ? low : low(lowest), high] as const
    return { ...identity, domain, ticks: ticksWithin(...domain) }
  }
  const ticks = lowest <= highest ? ticksAround(lowest, highest) : [0, 1]
  return { ...identity, domain: [ticks[0]!, ticks.at(-1)!], ticks }
}

/** The share of an axis, 0 to 1, at which a place lies. */
export const shareOf = ({ domain: [low, high] }: Scale, place: number): number => (place - low) / (high - low)
export const placeAt = ({ domain: [low, high] }: Scale, share: number): number => low + share * (high - low)
