/** Pixels added to a structure on every side. */
export const rimRadius = 3

/** Twin for one label map, -1 where unknown: 1 if any foreground lies within `rimRadius` rows and columns, else 0. */
export function widen(labels: Float32Array, out: Float32Array, size: number): void {
  const across = new Uint8Array(size * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (labels[y * size + x]! > 0) across.fill(1, y * size + Math.max(0, x - rimRadius), y * size + Math.min(size, x + rimRadius + 1))
  out.fill(0)
  for (let y = 0; y < size; y++)
    for (let v = Math.max(0, y - rimRadius); v <= Math.min(size - 1, y + rimRadius); v++)
      for (let x = 0; x < size; x++) if (across[y * size + x]) out[v * size + x] = 1
}
