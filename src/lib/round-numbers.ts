/** Numbers as people write them: without meaningless digits, and for axes and controls 1, 2 or 5 times a power of ten apart. */

/** The number with this many significant digits; more is rounding noise, as in 0.30000000000000004. */
export const tidy = (v: number, digits = 6): number => Number(v.toPrecision(digits))

/** At most this many intervals between ticks. */
const parts = 4

/** The least 1, 2 or 5 times a power of ten that is not below `rough`, which is above 0. */
export function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  // The tolerance is for quotients such as 0.3 / 3, which is a little more than 0.1.
  return tidy(power * [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9))!, 1)
}

/** A position on a grid, in steps; whole if only rounding separates it from the grid. */
const inSteps = (v: number, step: number): number => (Math.abs(v / step - Math.round(v / step)) < 1e-9 ? Math.round(v / step) : v / step)

const grid = (first: number, last: number, step: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => tidy((first + i) * step, 12))

/**
 * At most five round numbers from `low` to `high`, for an axis with these ends.
 * @param least smallest distance between two of them: 1 for whole numbers
 */
export function ticksWithin(low: number, high: number, least = 0): number[] {
  const step = roundStep(Math.max((high - low) / parts, least) || 1)
  return grid(Math.ceil(inSteps(low, step)), Math.floor(inSteps(high, step)), step)
}

/** At most six round numbers, the first not above `low` and the last not below `high`: they are the ends of an axis without given ones. */
export function ticksAround(low: number, high: number): number[] {
  const step = roundStep((high - low) / parts || Math.abs(low) / parts || 1)
  const first = Math.floor(inSteps(low, step))
  return grid(first, Math.max(first + 1, Math.ceil(inSteps(high, step))), step)
}
