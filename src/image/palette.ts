/** All colours that mean something: of classes, of the models, of disagreement, of confidence. */

/** Red, green, blue, each 0..255. */
export type Rgb = readonly [number, number, number]

/** Colour of each class; index 0, background, is not painted. */
export type Palette = readonly Rgb[]

/** @param hex #rrggbb @throws Error if it is not */
export function rgbOf(hex: string): Rgb {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) throw new Error(`"${hex}" is not a colour like #1f77b4.`)
  const n = Number.parseInt(hex.slice(1), 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

export const paletteOf = (classes: readonly { color: string }[]): Palette => classes.map(({ color }) => rgbOf(color))

/** Viridis at nine even places (matplotlib's `_cm_listed.py`); lightness grows evenly, for colour-blind people too. */
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

/** Colours of the models on light and dark backgrounds; A is drawn solid and B dashed. Pictures do not use them. */
export const modelColours = {
  A: { light: '#00629e', dark: '#5ab4ea' },
  B: { light: '#a34a00', dark: '#f0a63a' },
} as const

/** Crimson: marks on pictures where the models differ. */
export const disagreementColour = '#de1356'

/**
 * Green, salmon, aqua, violet, lime, olive and mauve, in the order in which classes get them. Found by search over sRGB without the blues and
 * oranges of the models: any two of these, the models' colours on one background and crimson lie at least 20 apart (CIEDE2000), and at least 12
 * for people with deuteranopia or protanopia. The first three, which most data sets need, lie 26 and 15 apart. palette.test.ts measures it.
 */
export const classColours = ['#27905a', '#f8a49e', '#95fbe7', '#9e59f6', '#e3ed9f', '#908203', '#bc79a3'] as const

/** The colour of a class that nobody has given one; after seven they start over. Background, 0, is black and not painted. */
export const hueOf = (index: number): string => (index === 0 ? '#000000' : classColours[(index - 1) % classColours.length]!)

/** The outline of what was drawn as unknown, and the stripes that fill it: greys, which no class has. */
export const unknownColour = '#c8c8c8'
export const unknownStripes = ['#d7d7d7', '#2d2d2d'] as const
