/** How cameras and scanners say that stored rows must be turned for viewing: the orientation of EXIF and TIFF. */

/**
 * 1 as stored; 2 mirrored left to right; 3 turned by half; 4 mirrored top to bottom; 5 transposed; 6 to be turned a quarter clockwise; 7 transposed
 * across the other diagonal; 8 to be turned a quarter the other way (EXIF 2.32 and TIFF 6.0, tag 274).
 */
export type ExifOrientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const tag = 0x0112

/** A number as an orientation; 1 if invalid, as in viewers. */
export const exifOrientation = (value: unknown): ExifOrientation =>
  [2, 3, 4, 5, 6, 7, 8].includes(Number(value)) ? (Number(value) as ExifOrientation) : 1

/** The orientation in EXIF data, which start with a TIFF header: from APP1 of a JPEG after "Exif", or eXIf of a PNG. */
export function readExif(bytes: Uint8Array): ExifOrientation {
  if (bytes.length < 8) return 1
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = view.getUint16(0) === 0x4949
  const start = view.getUint32(4, little)
  if ((!little && view.getUint16(0) !== 0x4d4d) || start + 2 > bytes.length) return 1
  const entries = view.getUint16(start, little)
  for (let at = start + 2; at + 12 <= bytes.length && at < start + 2 + 12 * entries; at += 12)
    if (view.getUint16(at, little) === tag && view.getUint16(at + 2, little) === 3) return exifOrientation(view.getUint16(at + 8, little))
  return 1
}

/** EXIF data with only this orientation. */
export function writeExif(orientation: ExifOrientation): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(26)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4d, 0x4d, 0, 42])
  view.setUint32(4, 8)
  view.setUint16(8, 1)
  view.setUint16(10, tag)
  view.setUint16(12, 3)
  view.setUint32(14, 1)
  view.setUint16(18, orientation)
  return bytes
}
