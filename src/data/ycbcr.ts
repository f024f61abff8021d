/** Converts brightness and two colour differences, 0..255 each, to red, green and blue: ITU-R BT.601 in full range, as in JPEG and DICOM. */
export function putRgb(out: Uint8ClampedArray, at: number, y: number, cb: number, cr: number): void {
  out[at] = y + 1.402 * (cr - 128)
  out[at + 1] = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
  out[at + 2] = y + 1.772 * (cb - 128)
}
