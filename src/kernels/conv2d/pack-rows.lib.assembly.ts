/** Rows from `row` on of one image, `paddedWidth` pixels each, with zeros outside the image. A negative `padLeft` leaves pixels out. */
export function packRows(x: usize, to: usize, H: i32, W: i32, C: i32, row: i32, rows: i32, padLeft: i32, paddedWidth: i32): void {
  const skipped = max(0, -padLeft)
  padLeft = max(0, padLeft)
  const width = min(W - skipped, paddedWidth - padLeft)
  const left = (padLeft * C) << 2
  const inside = (width * C) << 2
  const right = ((paddedWidth - padLeft - width) * C) << 2
  for (let r = row; r < row + rows; r++) {
    if (r < 0 || r >= H) memory.fill(to, 0, left + inside + right)
    else {
      memory.fill(to, 0, left)
      memory.copy(to + left, x + (((r * W + skipped) * C) << 2), inside)
      memory.fill(to + left + inside, 0, right)
    }
    to += left + inside + right
  }
}
