/** Twin for one image [H, W, C]: copies the box (x, y, width, height) of `source` into `out`; a width of 0 copies nothing. */
export function copyBox<T extends Float32Array | Uint8Array>(
  source: T,
  out: T,
  width: number,
  channels: number,
  box: ArrayLike<number>,
): void {
  const [x, y, w, h] = [box[0]!, box[1]!, box[2]!, box[3]!]
  for (let row = y; row < y + h; row++) {
    const from = (row * width + x) * channels
    out.set(source.subarray(from, from + w * channels), from)
  }
}
