/** Bytes of a block of `width` channels of all tiles; with a gap, for at powers of 2 the 16 positions of a tile compete for places in the cache. */
export function blockStep(tiles: i32, width: i32): i32 {
  return (tiles + 4) * (width << 2)
}

/** Bytes of all channels of one position. */
export function positionStep(tiles: i32, C: i32, width: i32): i32 {
  return (C / width) * blockStep(tiles, width) + 64
}
