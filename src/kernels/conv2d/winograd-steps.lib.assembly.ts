import { tile8 } from './filter-gradient-tiles.lib.assembly'

/** Bytes of a block of `width` channels of all tiles; with a gap, for at powers of 2 the 16 positions of a tile compete for places in the cache. */
export function blockStep(tiles: i32, width: i32): i32 {
  return (tiles + 4) * (width << 2)
}

/** Bytes of all channels of one position. */
export function positionStep(tiles: i32, C: i32, width: i32): i32 {
  return (C / width) * blockStep(tiles, width) + 64
}

/** Adds the products of V [positions, Cin / 4, tiles, 4] and D [positions, Cout / 8, tiles, 8], summed over the tiles, to [positions, Cin, Cout]. */
export function addProducts(v: usize, d: usize, sums: usize, positions: i32, tiles: i32, Cin: i32, Cout: i32): void {
  const vStep = positionStep(tiles, Cin, 4)
  const dStep = positionStep(tiles, Cout, 8)
  for (let p = 0; p < positions; p++, v += vStep, d += dStep)
    for (let i = 0; i < Cin; i += 4)
      for (let o = 0; o < Cout; o += 8) {
        const to = sums + (((p * Cin + i) * Cout + o) << 2)
        tile8(v + (i >> 2) * blockStep(tiles, 4), d + (o >> 3) * blockStep(tiles, 8), to, 1, 1, tiles, 16, 0, 0, Cout << 2, 4, 8)
      }
}
