/** Groups of tiles in a box that scrolls, as rows of tiles under the heads of their groups: where each row is, and which are in sight. */

export interface Row {
  group: number
  /** Its first tile in the group, and the one after its last; both 0 for the group's head. */
  first: number
  end: number
  /** CSS pixels from the top of all. */
  top: number
  height: number
}

interface Group {
  /** How many tiles it has. */
  count: number
  /** Height of its head in CSS pixels, 0 for none. */
  head: number
}

/** @param pitch from the top of one row of tiles to the next, in CSS pixels */
export function layRows(groups: readonly Group[], columns: number, pitch: number): { rows: Row[]; height: number } {
  const rows: Row[] = []
  let top = 0
  const add = (row: Omit<Row, 'top'>) => {
    rows.push({ ...row, top })
    top += row.height
  }
  groups.forEach(({ count, head }, group) => {
    if (head > 0) add({ group, first: 0, end: 0, height: head })
    for (let first = 0; first < count; first += columns) add({ group, first, end: Math.min(count, first + columns), height: pitch })
  })
  return { rows, height: top }
}

/** The rows that are seen, and those within half of what is seen above and below. */
export function rowsInSight(rows: readonly Row[], top: number, height: number): Row[] {
  const more = height / 2
  return rows.filter((row) => row.top + row.height > top - more && row.top < top + height + more)
}
