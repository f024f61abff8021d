/**
 * Winograd's convolutions with 4 x 4 tiles, F(2 x 2, 3 x 3) and F(3 x 3, 2 x 2): a tile of x becomes 16 values V = B' x B, which the
 * convolution and the gradient of its filter share. There are 16 products for each pair of channels where there would be 36.
 */

/** One tile row of x, four channels: V of `tiles` tiles, tile t at (t / 4) groupStep + (t % 4) 16, position p at p positionStep. */
export function transformRow(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  W: i32,
  pixel: i32,
  column: i32,
  tiles: i32,
  first: i32,
  to: usize,
  groupStep: i32,
  positionStep: i32,
): void {
  const zero = f32x4.splat(0)
  let a0 = zero
  let a1 = zero
  let a2 = zero
  let a3 = zero
  let b0 = zero
  let b1 = zero
  let b2 = zero
  let b3 = zero
  const rowStep = 4 * positionStep
  for (let t = -1; t < tiles; t++, column += 2) {
    // The next two columns of the tile; the two before are those of the tile before.
    let c0 = zero
    let c1 = zero
    let c2 = zero
    let c3 = zero
    let d0 = zero
    let d1 = zero
    let d2 = zero
    let d3 = zero
    if (<u32>column < <u32>W) {
      const at = column * pixel
      const x0 = v128.load(row0 + at)
      const x1 = v128.load(row1 + at)
      const x2 = v128.load(row2 + at)
      const x3 = v128.load(row3 + at)
      c0 = f32x4.sub(x0, x2)
      c1 = f32x4.add(x1, x2)
      c2 = f32x4.sub(x2, x1)
      c3 = f32x4.sub(x1, x3)
    }
    if (<u32>(column + 1) < <u32>W) {
      const at = (column + 1) * pixel
      const x0 = v128.load(row0 + at)
      const x1 = v128.load(row1 + at)
      const x2 = v128.load(row2 + at)
      const x3 = v128.load(row3 + at)
      d0 = f32x4.sub(x0, x2)
      d1 = f32x4.add(x1, x2)
      d2 = f32x4.sub(x2, x1)
      d3 = f32x4.sub(x1, x3)
    }
    if (t >= 0) {
      const tile = first + t
      let at = to + (tile >> 2) * groupStep + ((tile & 3) << 4)
      v128.store(at, f32x4.sub(a0, c0))
      v128.store(at + positionStep, f32x4.add(b0, c0))
      v128.store(at + 2 * positionStep, f32x4.sub(c0, b0))
      v128.store(at + 3 * positionStep, f32x4.sub(b0, d0))
      at += rowStep
      v128.store(at, f32x4.sub(a1, c1))
      v128.store(at + positionStep, f32x4.add(b1, c1))
      v128.store(at + 2 * positionStep, f32x4.sub(c1, b1))
      v128.store(at + 3 * positionStep, f32x4.sub(b1, d1))
      at += rowStep
      v128.store(at, f32x4.sub(a2, c2))
      v128.store(at + positionStep, f32x4.add(b2, c2))
      v128.store(at + 2 * positionStep, f32x4.sub(c2, b2))
      v128.store(at + 3 * positionStep, f32x4.sub(b2, d2))
      at += rowStep
      v128.store(at, f32x4.sub(a3, c3))
      v128.store(at + positionStep, f32x4.add(b3, c3))
      v128.store(at + 2 * positionStep, f32x4.sub(c3, b3))
      v128.store(at + 3 * positionStep, f32x4.sub(b3, d3))
    }
    a0 = c0
    a1 = c1
    a2 = c2
    a3 = c3
    b0 = d0
    b1 = d1
    b2 = d2
    b3 = d3
  }
}

/**
 * V of `rows` tile rows of images that lie one after the other, from tile row `row` of all on, `tileRows` of each image and `tileColumns`
 * tiles in each. `zeros` holds a row of them.
 */
export function transformImages(
  x: usize,
  zeros: usize,
  H: i32,
  W: i32,
  C: i32,
  tileRows: i32,
  tileColumns: i32,
  padTop: i32,
  padLeft: i32,
  row: i32,
  rows: i32,
  to: usize,
  groupStep: i32,
  positionStep: i32,
  blockStep: i32,
): void {
  const pixel = C << 2
  const line = W * pixel
  for (let k = 0; k < rows; k++) {
    const image = x + ((row + k) / tileRows) * H * line
    const r = 2 * ((row + k) % tileRows) - padTop
    const row0 = <u32>r < <u32>H ? image + r * line : zeros
    const row1 = <u32>(r + 1) < <u32>H ? image + (r + 1) * line : zeros
    const row2 = <u32>(r + 2) < <u32>H ? image + (r + 2) * line : zeros
    const row3 = <u32>(r + 3) < <u32>H ? image + (r + 3) * line : zeros
    for (let c = 0; c < pixel; c += 16)
      transformRow(
        row0 + c,
        row1 + c,
        row2 + c,
        row3 + c,
        W,
        pixel,
        -padLeft,
        tileColumns,
        k * tileColumns,
        to + (c >> 4) * blockStep,
        groupStep,
        positionStep,
      )
  }
}
