/** Heights of a histogram's bars, 0..1, proportional to log(1 + count); the highest is 1 unless all are empty. */
export function barHeights(counts: readonly number[]): number[] {
  const top = Math.log1p(Math.max(0, ...counts))
  return counts.map((n) => (top > 0 ? Math.log1p(n) / top : 0))
}

/** Where a value lies between min and max, 0..1; values outside are moved to the nearer end. */
export function place(value: number, min: number, max: number): number {
  return max > min ? Math.min(1, Math.max(0, (value - min) / (max - min))) : 0
}
