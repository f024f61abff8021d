import { exp4 } from '../wasm/exp-log.lib.assembly'
import { gatherPixels, storeSome } from '../wasm/four-pixels.lib.assembly'

/**
 * labels and taught of pseudo-labels.ts, four pixels at a time.
 * @param scratch C vectors
 */
export function pseudoLabels(logits: usize, labels: usize, taught: usize, scratch: usize, batch: i32, pixels: i32, C: i32, tau: f32): void {
  const one = f32x4.splat(1)
  for (let left = batch * pixels; left > 0; left -= 4, logits += C << 4, labels += 16, taught += 16) {
    const some = min(4, left)
    gatherPixels(logits, scratch, C, some)
    let top = v128.load(scratch)
    let best = f32x4.splat(0)
    for (let c = 1; c < C; c++) {
      const z = v128.load(scratch + (c << 4))
      best = v128.bitselect(f32x4.splat(<f32>c), best, f32x4.gt(z, top))
      top = f32x4.pmax(top, z)
    }
    let sum = f32x4.splat(0)
    for (let c = 0; c < C; c++) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(scratch + (c << 4)), top)))
    const sure = f32x4.ge(f32x4.div(one, sum), f32x4.splat(tau))
    storeSome(labels, best, some)
    storeSome(taught, v128.bitselect(best, f32x4.splat(-1), sure), some)
  }
}
