/** Square tiles in rows that fill a scrolling box, or one tall entry a row: where each is, and which of thousands are in sight. */

/** Least side of a tile and the gap between two, in CSS pixels. */
const [least, gap] = [46, 4]

export interface Tiles {
  columns: number
  /** From one tile to the next, across and down. */
  pitch: number
  side: number
  /** Of all rows. */
  height: number
}

/** @param width inner width of the box in CSS pixels; 0 before it is measured gives one column */
export function layTiles(count: number, width: number): Tiles {
  const columns = Math.max(1, Math.floor((width + gap) / (least + gap)))
  const side = Math.max(1, (width - gap * (columns - 1)) / columns)
  const rows = Math.ceil(count / columns)
  return { columns, pitch: side + gap, side, height: Math.max(0, rows * (side + gap) - gap) }
}

/** The tiles in sight, and a row more above and below: the first, and the one after the last. */
export function tilesInSight(
  { columns, pitch }: Pick<Tiles, 'columns' | 'pitch'>,
  count: number,
  top: number,
  height: number,
): [first: number, end: number] {
  const row = Math.max(0, Math.floor(top / pitch) - 1)
  const end = Math.ceil((top + height) / pitch) + 1
  return [Math.min(count, row * columns), Math.min(count, Math.max(row, end) * columns)]
}
