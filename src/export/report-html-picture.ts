import { encode } from 'fast-png'
import { outlineOf } from '../image/outlines'

/** Base64 of bytes, in pieces: argument lists are limited. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

/** The border of a class as an SVG path between pixel corners, in runs: "M x y h n" and "M x y v n". */
function outline(labels: Uint8Array, size: number, index: number): string {
  const runs = outlineOf(labels, size, size, index)
  let path = ''
  for (let i = 0; i < runs.length; i += 4) {
    const [x, y, toX, toY] = runs.slice(i, i + 4) as [number, number, number, number]
    path += y === toY ? `M${x} ${y}h${toX - x}` : `M${x} ${y}v${toY - y}`
  }
  return path
}

/**
 * A square grey picture with the outlines of its classes, as one self-contained SVG: the picture is a PNG inside it. Each outline
 * has a dark casing, because colour alone does not stand out from grey anatomy.
 * @param grey size * size values 0..255, row-major
 * @param labels class indices; 0 is not drawn
 * @param colors one "#rrggbb" for each class
 * @param says alternative text, already escaped
 */
export function pictureSvg(grey: Uint8Array, labels: Uint8Array, size: number, colors: readonly string[], says: string): string {
  const png = base64(encode({ width: size, height: size, data: grey, depth: 8, channels: 1 }))
  const paths = colors
    .map((_, index) => (index === 0 ? '' : outline(labels, size, index)))
    .map((d, index) => (d === '' ? '' : `<path class="casing" d="${d}"/><path stroke="${colors[index]!}" d="${d}"/>`))
  return (
    `<svg class="picture" role="img" aria-label="${says}" viewBox="0 0 ${size} ${size}">` +
    `<image width="${size}" height="${size}" href="data:image/png;base64,${png}"/>${paths.join('')}</svg>`
  )
}
