/** How an exemplar compares with the pile. */
import { correlation } from '../method/bank/pose'
import { meanOf, type PictureFacts } from './facts'

/** All parts of a coarse picture. */
const everywhere = new Uint8Array(64).fill(1)

/** The picture turned by quarters, 1 to 3, and mirrored if asked. */
function turned(coarse: Float32Array, quarters: number, mirrored: boolean): Float32Array {
  return coarse.map((_, i) => {
    let [x, y] = [mirrored ? 7 - (i % 8) : i % 8, Math.floor(i / 8)]
    for (let n = 0; n < quarters; n++) [x, y] = [y, 7 - x]
    return coarse[y * 8 + x]!
  })
}

const turns = [0, 1, 2, 3].flatMap((quarters) => [false, true].map((mirrored) => ({ quarters, mirrored })))

export interface Likeness {
  /** Correlation with the mean of the pile. */
  upright: number
  /** Share of the pile that it fits best as it is, and by how much it fits the middle one better turned or mirrored. */
  fits: number
  turned: number
  /** How far its brightness is from the pile's, in standard deviations of the pile's, of at least `leastSpread`. */
  brightness: number
  /** Its pixel, its side in millimetres and, where nobody says millimetres, in pixels, over the pile's median. */
  pixel: number
  side: number
  columns: number
}

/** Piles of one patient are more alike than brightness matters. */
const leastSpread = 0.05

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

export function likenessOf(picture: PictureFacts, pile: readonly PictureFacts[]): Likeness {
  const typical = new Float32Array(64)
  for (const { coarse } of pile) coarse.forEach((v, i) => (typical[i]! += v / pile.length))
  const brightnesses = pile.map(({ coarse }) => meanOf([...coarse]))
  const mean = meanOf(brightnesses)
  const spread = Math.sqrt(meanOf(brightnesses.map((v) => (v - mean) ** 2)))
  const over = (of: (one: PictureFacts) => number | null) => {
    const [own, others] = [of(picture), pile.map(of).filter((v) => v !== null)]
    return own === null || others.length === 0 ? 1 : own / median(others)
  }
  const longest = ({ width, height, spacing }: PictureFacts) => spacing && Math.max(width * spacing[0], height * spacing[1])
  const ways = turns.map(({ quarters, mirrored }) => turned(picture.coarse, quarters, mirrored))
  const ahead = pile.map(({ coarse }) => {
    const [own = 0, ...others] = ways.map((way) => correlation(way, coarse, everywhere))
    return Math.max(...others) - own
  })
  return {
    upright: correlation(picture.coarse, typical, everywhere),
    fits: ahead.filter((v) => v <= 0).length / pile.length,
    turned: median(ahead),
    brightness: Math.abs(meanOf([...picture.coarse]) - mean) / Math.max(spread, leastSpread),
    pixel: over(({ spacing }) => spacing && spacing[0]),
    side: over(longest),
    columns: over(({ width, height, spacing }) => (spacing ? null : Math.max(width, height))),
  }
}
