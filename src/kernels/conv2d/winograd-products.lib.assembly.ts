import { multiplyAdd } from '../wasm/multiply-add.lib.assembly'

/**
 * Products of V [positions, Cin / 4, 4 tiles, 4] and U [positions, Cin, 8], summed over Cin, as [positions, 4 tiles, 8 channels]. Channel by
 * channel: were four made in one turn of the loop, V8 would put the products for each sum one after the other, and sums into memory.
 */
export function multiply(v: usize, u: usize, to: usize, Cin: i32, positions: i32): void {
  const block = Cin << 4
  for (const end = to + (positions << 7); to < end; to += 128) {
    let a0 = f32x4.splat(0)
    let a1 = f32x4.splat(0)
    let b0 = f32x4.splat(0)
    let b1 = f32x4.splat(0)
    let c0 = f32x4.splat(0)
    let c1 = f32x4.splat(0)
    let d0 = f32x4.splat(0)
    let d1 = f32x4.splat(0)
    for (const last = v + block; v < last; v += 48)
      for (const next = v + 16; v < next; v += 4, u += 32) {
        const w0 = v128.load(u)
        const w1 = v128.load(u, 16)
        let x = v128.load32_splat(v)
        a0 = multiplyAdd(x, w0, a0)
        a1 = multiplyAdd(x, w1, a1)
        x = v128.load32_splat(v, 16)
        b0 = multiplyAdd(x, w0, b0)
        b1 = multiplyAdd(x, w1, b1)
        x = v128.load32_splat(v, 32)
        c0 = multiplyAdd(x, w0, c0)
        c1 = multiplyAdd(x, w1, c1)
        x = v128.load32_splat(v, 48)
        d0 = multiplyAdd(x, w0, d0)
        d1 = multiplyAdd(x, w1, d1)
      }
    v128.store(to, a0)
    v128.store(to, a1, 16)
    v128.store(to, b0, 32)
    v128.store(to, b1, 48)
    v128.store(to, c0, 64)
    v128.store(to, c1, 80)
    v128.store(to, d0, 96)
    v128.store(to, d1, 112)
  }
}
