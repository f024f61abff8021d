/** The three operations of a convolution: the result, the gradient of the images, the gradient of the filter. */
export const convOps = ['forward', 'input', 'filter'] as const
export type ConvOp = (typeof convOps)[number]

/** A thread computes `rows` x `cols` neighbouring pixels of `blocks` x 4 output channels, all held in registers. */
export interface DirectTile {
  rows: number
  cols: number
  blocks: number
}

/**
 * A workgroup computes `pixels` x `channels` values, a thread `perThread` pixels x 4 channels of them. All are powers of two, and there are
 * pixels / perThread x channels / 4 threads.
 */
export interface ConvTile {
  pixels: number
  channels: number
  perThread: number
}

/**
 * A workgroup computes `weights` x `channels` values of the filter, a thread `perThread` x 4 of them, where a row of the filter is one tap and
 * one input channel. All are powers of two and multiples of 4.
 */
export interface FilterTile {
  weights: number
  channels: number
  perThread: 4 | 8
}

/** Forms of a convolution and of its gradient for the images; `null` is the direct form with the tile it chooses itself. */
export const convVariants = {
  direct: null,
  'direct small': { rows: 2, cols: 4, blocks: 1 },
  'tiled 128x16': { pixels: 128, channels: 16, perThread: 8 },
  'tiled 64x32': { pixels: 64, channels: 32, perThread: 4 },
  'tiled 64x64': { pixels: 64, channels: 64, perThread: 4 },
  'tiled 128x64': { pixels: 128, channels: 64, perThread: 8 },
} satisfies Record<string, ConvTile | DirectTile | null>

/** Forms of the gradient for the filter. */
export const filterVariants = {
  direct: null,
  'tiled 32x16': { weights: 32, channels: 16, perThread: 4 },
  'tiled 64x32': { weights: 64, channels: 32, perThread: 4 },
  'tiled 64x64': { weights: 64, channels: 64, perThread: 4 },
} satisfies Record<string, FilterTile | null>

export type ConvVariant = keyof typeof convVariants
export type FilterVariant = keyof typeof filterVariants
export const variantsOf = {
  forward: Object.keys(convVariants) as ConvVariant[],
  input: Object.keys(convVariants) as ConvVariant[],
  filter: Object.keys(filterVariants) as FilterVariant[],
}

/** What decides which form is the fastest: pixels of all images, and channels of x and y. */
export interface ConvShape {
  pixels: number
  inChannels: number
  outChannels: number
}

/** The best form for a shape, and for those nearer to it than to another shape of the table. A table is plain data, to be stored. */
export interface Choice extends ConvShape {
  variant: string
}
export type VariantTable = Record<ConvOp, Choice[]>

const everywhere = (variant: ConvVariant & FilterVariant): Choice[] => [{ pixels: 1, inChannels: 1, outChannels: 1, variant }]

/** On a software adapter barriers cost 15 to 20 times what they save, so everything is direct. */
export const softwareTable: VariantTable = { forward: everywhere('direct'), input: everywhere('direct'), filter: everywhere('direct') }

/** For a GPU not measured yet. A guess by the arithmetic of each form; no GPU was at hand to check it. */
export const unmeasuredTable: VariantTable = {
  forward: [
    { pixels: 65536, inChannels: 8, outChannels: 8, variant: 'direct small' },
    { pixels: 16384, inChannels: 32, outChannels: 32, variant: 'tiled 64x32' },
  ],
  input: [
    { pixels: 65536, inChannels: 8, outChannels: 8, variant: 'direct small' },
    { pixels: 16384, inChannels: 32, outChannels: 32, variant: 'tiled 64x32' },
  ],
  filter: [
    { pixels: 65536, inChannels: 4, outChannels: 4, variant: 'direct' },
    { pixels: 16384, inChannels: 32, outChannels: 32, variant: 'tiled 64x32' },
  ],
}

let table = softwareTable

/** Makes the kernels follow a table from now on; returns the one before. */
export function useVariants(next: VariantTable): VariantTable {
  const before = table
  table = next
  return before
}

/** The forms of an operation that the kernels follow now, each once; unknown names, which count as direct, are left out. */
export const variantsInUse = (op: ConvOp): string[] =>
  (variantsOf[op] as string[]).filter((name) => table[op].some(({ variant }) => variant === name))

/** Makes one form serve all shapes of an operation, as in tests and measurements; the others stay. */
export const withVariant = (base: VariantTable, op: ConvOp, variant: string): VariantTable => ({
  ...base,
  [op]: [{ pixels: 1, inChannels: 1, outChannels: 1, variant }],
})

const octaves = (a: number, b: number) => Math.abs(Math.log2(a / b))

function nearest(op: ConvOp, shape: ConvShape): string {
  const distance = (c: Choice) =>
    octaves(c.pixels, shape.pixels) + octaves(c.inChannels, shape.inChannels) + octaves(c.outChannels, shape.outChannels)
  return table[op].reduce((best, c) => (distance(c) < distance(best) ? c : best)).variant
}

/** The form that the table names for this shape; an unknown name, as from a newer version's table, counts as direct. */
export function convVariant(op: 'forward' | 'input', shape: ConvShape): ConvTile | DirectTile | null {
  return (convVariants as Record<string, ConvTile | DirectTile | null>)[nearest(op, shape)] ?? null
}

/** The same for the gradient of the filter. */
export function filterVariant(shape: ConvShape): FilterTile | null {
  return (filterVariants as Record<string, FilterTile | null>)[nearest('filter', shape)] ?? null
}
