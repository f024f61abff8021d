/** At most `count` + 1 round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`, whole ones. */
export function roundTicks(low: number, high: number, count = 4): number[] {
  const rough = Math.max(1, (high - low) / count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const apart = power * [1, 2, 5, 10].find((m) => m * power >= rough)!
  const ticks: number[] = []
  for (let t = Math.ceil(low / apart) * apart; t <= high; t += apart) ticks.push(t)
  return ticks
}
