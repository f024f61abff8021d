import { transpose } from '../wasm/four-pixels.lib.assembly'

/** Output channels `first` to `last` of a filter as [(last - first) / width, taps, Cin, width], zeros beyond Cout. */
export function packFilter(
  filter: usize,
  to: usize,
  taps: i32,
  Cin: i32,
  Cout: i32,
  width: i32,
  mirrored: bool,
  first: i32,
  last: i32,
): void {
  const acrossOut = mirrored ? Cin : 1
  const acrossIn = mirrored ? 1 : Cout
  for (let from = first; from < last; from += width) {
    const some = min(width, Cout - from)
    for (let t = 0; t < taps; t++) {
      const tap = filter + (((mirrored ? taps - 1 - t : t) * Cin * Cout + from * acrossOut) << 2)
      let i = 0
      if (mirrored && some == 8)
        for (; i + 4 <= Cin; i += 4, to += 128) {
          transpose(tap + (i << 2), acrossOut << 2, to, 32)
          transpose(tap + ((i + 4 * acrossOut) << 2), acrossOut << 2, to + 16, 32)
        }
      for (; i < Cin; i++, to += width << 2) {
        const source = tap + ((i * acrossIn) << 2)
        if (!mirrored && some == 8) {
          v128.store(to, v128.load(source))
          v128.store(to, v128.load(source, 16), 16)
        } else for (let o = 0; o < width; o++) store<f32>(to + (o << 2), o < some ? load<f32>(source + ((o * acrossOut) << 2)) : 0)
      }
    }
  }
}
