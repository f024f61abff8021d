/** Source index and weight of the second neighbour for each of `2 n` outputs, corners aligned. */
function taps(n: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const out = 2 * n
  const low = new Int32Array(out)
  const high = new Int32Array(out)
  const weight = new Float64Array(out)
  for (let i = 0; i < out; i++) {
    const at = (i * (n - 1)) / (out - 1)
    low[i] = Math.floor(at)
    high[i] = Math.min(low[i]! + 1, n - 1)
    weight[i] = at - low[i]!
  }
  return { low, high, weight }
}

/** Forward twin: out [B, 2h, 2w, S + C] holds the skip [B, 2h, 2w, S], then x [B, h, w, C] upsampled by two, bilinear, corners aligned. */
export function upsampleConcat(skip: Float32Array, x: Float32Array, out: Float32Array, skipShape: number[], xShape: number[]): void {
  const [B, h, w, C] = xShape as [number, number, number, number]
  const S = skipShape[3]!
  const rows = taps(h)
  const columns = taps(w)
  const row = new Float64Array(w * C)
  let o = 0
  let s = 0
  for (let n = 0; n < B; n++) {
    for (let y = 0; y < 2 * h; y++) {
      const top = (n * h + rows.low[y]!) * w * C
      const bottom = (n * h + rows.high[y]!) * w * C
      const v = rows.weight[y]!
      for (let i = 0; i < w * C; i++) row[i] = x[top + i]! + (x[bottom + i]! - x[top + i]!) * v
      for (let z = 0; z < 2 * w; z++) {
        for (let c = 0; c < S; c++) out[o++] = skip[s++]!
        const left = columns.low[z]! * C
        const right = columns.high[z]! * C
        const u = columns.weight[z]!
        for (let c = 0; c < C; c++) out[o++] = row[left + c]! + (row[right + c]! - row[left + c]!) * u
      }
    }
  }
}

/** Backward twin: splits dOut into the skip's gradient and x's. */
export function upsampleConcatGrad(dOut: Float32Array, dSkip: Float32Array, dx: Float32Array, skipShape: number[], xShape: number[]): void {
  const [B, h, w, C] = xShape as [number, number, number, number]
  const S = skipShape[3]!
  const rows = taps(h)
  const columns = taps(w)
  const row = new Float64Array(w * C)
  dx.fill(0)
  let o = 0
  let s = 0
  for (let n = 0; n < B; n++) {
    for (let y = 0; y < 2 * h; y++) {
      row.fill(0)
      for (let z = 0; z < 2 * w; z++) {
        for (let c = 0; c < S; c++) dSkip[s++] = dOut[o++]!
        const left = columns.low[z]! * C
        const right = columns.high[z]! * C
        const u = columns.weight[z]!
        for (let c = 0; c < C; c++) {
          const g = dOut[o++]!
          row[left + c]! += g * (1 - u)
          row[right + c]! += g * u
        }
      }
      const top = (n * h + rows.low[y]!) * w * C
      const bottom = (n * h + rows.high[y]!) * w * C
      const v = rows.weight[y]!
      for (let i = 0; i < w * C; i++) {
        dx[top + i]! += row[i]! * (1 - v)
        dx[bottom + i]! += row[i]! * v
      }
    }
  }
}
