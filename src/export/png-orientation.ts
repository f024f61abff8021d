import { concat } from '../lib/concat'
import { writeExif, type ExifOrientation } from '../data/exif'
import { crc32 } from '../lib/crc32'

/** Signature and header chunk of a PNG. */
const headBytes = 33

/**
 * A PNG with an orientation (chunk eXIf of PNG's third edition), so that it lies on a photo of the same orientation in programs that turn
 * pictures and in those that do not.
 */
export function withOrientation(png: Uint8Array<ArrayBuffer>, orientation: ExifOrientation): Uint8Array<ArrayBuffer> {
  if (orientation === 1) return png
  const body = concat([new TextEncoder().encode('eXIf'), writeExif(orientation)])
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, body.length - 4)
  const checksum = new Uint8Array(4)
  new DataView(checksum.buffer).setUint32(0, crc32(body))
  return concat([png.subarray(0, headBytes), length, body, checksum, png.subarray(headBytes)])
}
