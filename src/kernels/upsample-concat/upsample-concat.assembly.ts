/** The decoder's join of upsample-concat.ts for channels in multiples of 4. Bilinear x2, corners aligned. */
import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

/** to[i] = part of the way between two rows of `bytes` bytes. */
function between(top: usize, bottom: usize, share: f32, to: usize, bytes: i32): void {
  const v = f32x4.splat(share)
  for (let i = 0; i < bytes; i += 16) {
    const a = v128.load(top + i)
    v128.store(to + i, multiplyAdd(f32x4.sub(v128.load(bottom + i), a), v, a))
  }
}

/** Position of output `i` of 2n among n inputs. */
function positionOf(i: i32, n: i32): f64 {
  return <f64>(i * (n - 1)) / <f64>(2 * n - 1)
}

/**
 * out [B, 2h, 2w, S + C] of skip [B, 2h, 2w, S] and x [B, h, w, C].
 * @param scratch w C float32, for a row
 */
export function upsampleConcat(skip: usize, x: usize, out: usize, scratch: usize, batch: i32, h: i32, w: i32, S: i32, C: i32): void {
  const skipBytes = S << 2
  const bytes = C << 2
  const rowBytes = w * bytes
  for (let n = 0; n < batch; n++, x += h * rowBytes)
    for (let y = 0; y < 2 * h; y++) {
      const atY = positionOf(y, h)
      const low = <i32>atY
      between(x + low * rowBytes, x + min(low + 1, h - 1) * rowBytes, <f32>(atY - <f64>low), scratch, rowBytes)
      for (let z = 0; z < 2 * w; z++) {
        for (let i = 0; i < skipBytes; i += 16) v128.store(out + i, v128.load(skip + i))
        skip += skipBytes
        out += skipBytes
        const atZ = positionOf(z, w)
        const left = <i32>atZ
        between(scratch + left * bytes, scratch + min(left + 1, w - 1) * bytes, <f32>(atZ - <f64>left), out, bytes)
        out += bytes
      }
    }
}

/** to[i] += factor from[i]. */
function addScaled(from: usize, factor: f32, to: usize, bytes: i32): void {
  const f = f32x4.splat(factor)
  for (let i = 0; i < bytes; i += 16) v128.store(to + i, multiplyAdd(v128.load(from + i), f, v128.load(to + i)))
}

/** dSkip and dx of dOut. */
export function upsampleConcatGrad(dOut: usize, dSkip: usize, dx: usize, scratch: usize, batch: i32, h: i32, w: i32, S: i32, C: i32): void {
  const skipBytes = S << 2
  const bytes = C << 2
  const rowBytes = w * bytes
  memory.fill(dx, 0, batch * h * rowBytes)
  for (let n = 0; n < batch; n++, dx += h * rowBytes)
    for (let y = 0; y < 2 * h; y++) {
      memory.fill(scratch, 0, rowBytes)
      for (let z = 0; z < 2 * w; z++) {
        for (let i = 0; i < skipBytes; i += 16) v128.store(dSkip + i, v128.load(dOut + i))
        dSkip += skipBytes
        dOut += skipBytes
        const atZ = positionOf(z, w)
        const left = <i32>atZ
        const share = <f32>(atZ - <f64>left)
        addScaled(dOut, 1 - share, scratch + left * bytes, bytes)
        addScaled(dOut, share, scratch + min(left + 1, w - 1) * bytes, bytes)
        dOut += bytes
      }
      const atY = positionOf(y, h)
      const low = <i32>atY
      const share = <f32>(atY - <f64>low)
      addScaled(scratch, 1 - share, dx + low * rowBytes, rowBytes)
      addScaled(scratch, share, dx + min(low + 1, h - 1) * rowBytes, rowBytes)
    }
}
