import { encode } from 'fast-png'

/** Base64 of bytes, in pieces: an argument list has its limit. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

/** The border of a class as an SVG path between pixel corners, in runs: "M x y h n" and "M x y v n". */
function outline(labels: Uint8Array, size: number, index: number): string {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < size && y < size && labels[y * size + x] === index
  const runs: string[] = []
  for (const [isEdge, from] of [
    [(line: number, k: number) => inside(k, line) !== inside(k, line - 1), (line: number, k: number) => `M${k} ${line}h`],
    [(line: number, k: number) => inside(line, k) !== inside(line - 1, k), (line: number, k: number) => `M${line} ${k}v`],
  ] as const)
    for (let line = 0; line <= size; line++)
      for (let k = 0, start = -1; k <= size; k++) {
        const edge = k < size && isEdge(line, k)
        if (edge && start < 0) start = k
        if (!edge && start >= 0) {
          runs.push(`${from(line, start)}${k - start}`)
          start = -1
        }
      }
  return runs.join('')
}

/**
 * A square grey picture with the outlines of its classes, as one SVG that needs nothing else: the picture is a PNG within it. Each outline
 * has a dark casing, because colour alone does not stand out from grey anatomy.
 * @param grey size * size values 0..255, row-major
 * @param labels class indices, 0 is not drawn
 * @param colors one "#rrggbb" for each class
 * @param says what a reader who does not see it is told, escaped already
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
