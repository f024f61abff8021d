/** Softmax over the last axis of `logits`, as rows of `columns` numbers; the row's maximum is subtracted first, so nothing overflows. */
export function softmaxTwin(logits: Float32Array, columns: number): Float32Array {
  const out = new Float32Array(logits.length)
  for (let start = 0; start < logits.length; start += columns) {
    const row = logits.subarray(start, start + columns)
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity)
    const sum = row.reduce((a, b) => a + Math.exp(b - top), 0)
    for (let j = 0; j < columns; j++) out[start + j] = Math.exp(row[j]! - top) / sum
  }
  return out
}
