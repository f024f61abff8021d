/** A checksum of 32 bits without sign. @param before the checksum of what came before, to continue */
type Checksum = (bytes: Uint8Array, before?: number) => number

/** @param polynomial its bits in reverse */
function checksumBy(polynomial: number): Checksum {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ polynomial : n >>> 1
    return n
  })
  return (bytes, before = 0) => {
    let crc = ~before
    for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]!) & 255]!
    return ~crc >>> 0
  }
}

/** That of gzip, zip and PNG (RFC 1952, section 8). */
export const crc32 = checksumBy(0xedb88320)

/** Castagnoli's, of TFRecord files (RFC 3720, appendix B.4). */
export const crc32c = checksumBy(0x82f63b78)
