import { loadSome, storeSome } from '../wasm/four-pixels.lib.assembly'

/**
 * rim of labels [batch, size, size], as rim.twin.ts: the largest of 7 x 7 values that are 1 or 0.
 * @param scratch (size + 10) (size + 7) float32: a row with 3 zeros before it and after it, and all rows so widened, with 3 of zeros as well
 */
export function rim(labels: usize, rim: usize, scratch: usize, batch: i32, size: i32): void {
  const line = (size + 4) << 2
  const rows = scratch + ((size + 10) << 2)
  const one = f32x4.splat(1)
  memory.fill(scratch, 0, (size + 10) << 2)
  memory.fill(rows, 0, (size + 6) * line)
  for (let n = 0; n < batch; n++) {
    let to = rows + 3 * line
    for (let y = 0; y < size; y++, to += line) {
      for (let c = 0; c < size; c += 4, labels += 16) {
        const v = v128.and(one, f32x4.gt(loadSome(labels, size - c, 0), f32x4.splat(0)))
        v128.store(scratch + ((c + 3) << 2), v)
      }
      labels -= (-size & 3) << 2
      for (let c = 0; c < size << 2; c += 16) {
        const at = scratch + c
        const low = v128.or(v128.or(v128.load(at), v128.load(at, 4)), v128.load(at, 8))
        const high = v128.or(v128.or(v128.load(at, 16), v128.load(at, 20)), v128.load(at, 24))
        v128.store(to + c, v128.or(v128.or(low, high), v128.load(at, 12)))
      }
    }
    for (let y = 0; y < size; y++) {
      for (let c = 0; c < size; c += 4, rim += 16) {
        const at = rows + y * line + (c << 2)
        let v = v128.load(at)
        for (let r = 1; r < 7; r++) v = v128.or(v, v128.load(at + r * line))
        storeSome(rim, v, size - c)
      }
      rim -= (-size & 3) << 2
    }
  }
}
