/** Means with their intervals. */
import { percentile } from '../method/metrics'
import { Random } from '../lib/random'

/** A mean with the ends of its 95 % interval; NaN where there are too few values. */
export interface Estimate {
  n: number
  mean: number
  sd: number
  low: number
  high: number
}

/**
 * Share of Student's t distribution with whole `df` degrees of freedom that lies within -t..t. Abramowitz and Stegun, Handbook of Mathematical Functions,
 * 26.7.3 and 26.7.4.
 */
function shareWithin(t: number, df: number): number {
  const angle = Math.atan(t / Math.sqrt(df))
  const odd = df % 2 === 1
  let term = odd ? Math.cos(angle) : 1
  let sum = df > 1 ? term : 0
  for (let k = odd ? 3 : 2; k < df; k += 2) {
    term *= ((k - 1) / k) * Math.cos(angle) ** 2
    sum += term
  }
  const series = Math.sin(angle) * sum
  return odd ? (2 / Math.PI) * (angle + series) : series
}

/** Quantile of Student's t distribution at 97.5 %, with whole `df`, at least 1. */
export function tQuantile(df: number): number {
  let [low, high] = [0, 13]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (shareWithin(middle, df) < 0.95) low = middle
    else high = middle
  }
  return high
}

/** Mean, sample standard deviation, and Student's 95 % interval of the mean; of paired differences, the paired t interval. */
export function estimateOf(values: readonly number[]): Estimate {
  const n = values.length
  const mean = values.reduce((sum, v) => sum + v, 0) / n
  const sd = n > 1 ? Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1)) : NaN
  const half = n > 1 ? (tQuantile(n - 1) * sd) / Math.sqrt(n) : NaN
  return { n, mean, sd, low: mean - half, high: mean + half }
}

const draws = 2000

/** A value, and how much it counts in a mean. */
export interface Weighted {
  value: number
  weight: number
}

/**
 * 95 % percentile bootstrap of the weighted mean of all members: they are drawn with replacement within each group, which keeps its share. NaN if a
 * group is a single member, of which nothing tells how it scatters. The same values give the same interval.
 */
export function bootstrap(groups: readonly (readonly Weighted[])[]): { low: number; high: number } {
  const some = groups.filter((group) => group.length > 0)
  if (some.length === 0 || some.some((group) => group.length < 2)) return { low: NaN, high: NaN }
  const random = new Random(0, 'bootstrap')
  const shares = some.map((group) => group.reduce((sum, { weight }) => sum + weight, 0))
  const means = Array.from({ length: draws }, () => {
    const ofGroups = some.map((group) => {
      let [sum, weights] = [0, 0]
      for (let i = 0; i < group.length; i++) {
        const { value, weight } = group[Math.floor(random.uniform(0, group.length))]!
        sum += weight * value
        weights += weight
      }
      return sum / weights
    })
    return ofGroups.reduce((sum, mean, i) => sum + shares[i]! * mean, 0) / shares.reduce((a, b) => a + b)
  })
  return { low: percentile(means, 2.5), high: percentile(means, 97.5) }
}
