/** Red, green, blue, each 0..255. */
export type Rgb = readonly [number, number, number]

/** Colour of each class; index 0, background, is not painted. */
export type Palette = readonly Rgb[]

/** @param hex #rrggbb */
export function rgbOf(hex: string): Rgb {
  const n = Number.parseInt(hex.slice(1), 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}

export const paletteOf = (classes: readonly { color: string }[]): Palette => classes.map(({ color }) => rgbOf(color))

/** Viridis at nine even places (matplotlib's `_cm_listed.py`); lightness grows evenly, also for the colour-blind. */
export const viridisStops: Palette = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
]

/** Colour of each value 0..255, three bytes each. */
export const viridis: Uint8Array = (() => {
  const table = new Uint8Array(256 * 3)
  for (let v = 0; v < 256; v++) {
    const place = (v / 255) * (viridisStops.length - 1)
    const i = Math.min(Math.floor(place), viridisStops.length - 2)
    for (let c = 0; c < 3; c++)
      table[v * 3 + c] = Math.round(viridisStops[i]![c]! + (place - i) * (viridisStops[i + 1]![c]! - viridisStops[i]![c]!))
  }
  return table
})()

/** Okabe and Ito's reddish purple: neither model's colour. */
export const disagreementColour: Rgb = [204, 121, 167]
export const modelColours = { A: [86, 180, 233], B: [230, 159, 0] } as const satisfies Record<'A' | 'B', Rgb>
