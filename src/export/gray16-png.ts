import { encode } from 'fast-png'

/**
 * A map of values 0..1, row-major, as a grey PNG of 16 bits: 1 is 65535. Values beyond are clamped, NaN becomes 0.
 * @throws Error if the map has not width * height values
 */
export function writeGray16Png(width: number, height: number, map: Float32Array): Uint8Array<ArrayBuffer> {
  if (map.length !== width * height) throw new Error(`A map of ${width} x ${height} cannot have ${map.length} values.`)
  // Typed arrays turn NaN into 0.
  const data = new Uint16Array(map.length)
  for (let i = 0; i < map.length; i++) data[i] = Math.round(Math.min(1, Math.max(0, map[i]!)) * 65535)
  // Maps hardly get smaller without filters, and more effort takes three times as long: 9 ms instead of 31 for 256 x 256.
  return new Uint8Array(encode({ width, height, data, depth: 16, channels: 1 }, { zlib: { level: 1 } }))
}
