import { exp4, log4 } from './exp-log.lib.assembly'

/** Calls exp4 and log4 for their test: y = e^x and ln x of `count` values, a multiple of 4. */
export function expOf(x: usize, y: usize, count: i32): void {
  for (const end = x + (count << 2); x < end; x += 16, y += 16) v128.store(y, exp4(v128.load(x)))
}
export function logOf(x: usize, y: usize, count: i32): void {
  for (const end = x + (count << 2); x < end; x += 16, y += 16) v128.store(y, log4(v128.load(x)))
}
