import { maxVolumeBytes } from './image-size'
import { spacingOf, type Affine, type Volume } from './volume'

/** Rows of a 3 x 3 matrix. */
type Square = number[][]

const square = (affine: Affine): Square => [0, 1, 2].map((r) => [0, 1, 2].map((c) => affine[r]![c]!))

/** The inverse of a 3 x 3 matrix by cofactors; null if singular. */
export function inverse(m: Square): Square | null {
  const cofactor = (r: number, c: number) => {
    const [a, b] = [(r + 1) % 3, (r + 2) % 3]
    const [p, q] = [(c + 1) % 3, (c + 2) % 3]
    return m[a]![p]! * m[b]![q]! - m[a]![q]! * m[b]![p]!
  }
  const determinant = m[0]![0]! * cofactor(0, 0) + m[0]![1]! * cofactor(0, 1) + m[0]![2]! * cofactor(0, 2)
  if (Math.abs(determinant) < 1e-12) return null
  return [0, 1, 2].map((r) => [0, 1, 2].map((c) => cofactor(c, r) / determinant))
}

/** How far, in voxels, grids may deviate and still count as one. */
const tolerance = 0.1

/** For each axis of one grid a row: the axis of the other that runs along it, as 1 or -1, and where that begins. */
interface Fit {
  turn: Square
  offset: number[]
}

/** How the grid of one volume lies on that of another; null where they do not fit. */
function fitOf(from: Volume, to: Volume): Fit | null {
  const sameSize = [0, 1, 2].every((a) => from.size[a] === to.size[a])
  const back = to.affine && inverse(square(to.affine))
  if (!from.affine || !to.affine || !back)
    return sameSize ? { turn: [0, 1, 2].map((r) => [0, 1, 2].map((c) => Number(c === r))), offset: [0, 0, 0] } : null
  const forth = square(from.affine)
  const shift = [0, 1, 2].map((r) => from.affine![r]![3]! - to.affine![r]![3]!)
  const matrix = [0, 1, 2].map((r) => [0, 1, 2].map((c) => [0, 1, 2].reduce((sum, k) => sum + back[r]![k]! * forth[k]![c]!, 0)))
  const offset = [0, 1, 2].map((r) => [0, 1, 2].reduce((sum, k) => sum + back[r]![k]! * shift[k]!, 0))
  // A step along an axis of length 1 says nothing: it is the thickness of a single slice, or 1. But slices that cross are not on one grid for that.
  const single = [0, 1, 2].filter((c) => from.size[c] === 1)
  const along = single.map((c) => {
    const steps = matrix.map((row) => Math.abs(row[c]!))
    return steps.indexOf(Math.max(...steps))
  })
  const onSingle = [0, 1, 2].filter((r) => to.size[r] === 1)
  // How far two single slices lie apart is told by neither thickness where these differ.
  const isApart = single.some((c, i) => {
    const r = along[i]!
    const [step, away] = [Math.abs(matrix[r]![c]!), Math.abs(offset[r]!)]
    return onSingle.includes(r) && Math.abs(step - 1) > tolerance && Math.min(away, away / step) > tolerance * 2
  })
  if (isApart) return null
  if (along.every((r) => onSingle.includes(r)) || onSingle.every((r) => along.includes(r))) {
    single.forEach((c, i) => matrix.forEach((row, r) => (row[c] = r === along[i] ? Math.sign(row[c]!) : 0)))
    for (const r of onSingle) {
      const step = Math.max(...matrix[r]!.map(Math.abs))
      matrix[r] = matrix[r]!.map((v) => v / step)
      offset[r]! /= step
    }
  }
  // A direction's error of a hundredth grows along the axis: the far corner must fit as well.
  const far = (r: number) => matrix[r]!.reduce((sum, v, c) => sum + Math.abs(v - Math.round(v)) * (from.size[c]! - 1), 0)
  for (const r of [0, 1, 2]) {
    const ones = matrix[r]!.filter((v) => Math.abs(Math.round(v)) === 1).length
    if (ones !== 1 || matrix[r]!.some((v) => Math.abs(Math.round(v)) > 1)) return null
    if (far(r) + Math.abs(offset[r]! - Math.round(offset[r]!)) > tolerance * 2) return null
  }
  return { turn: matrix.map((row) => row.map((v) => Math.round(v))), offset: offset.map((v) => Math.round(v)) }
}

/**
 * Where the voxels of one volume lie on the grid of another: index -> index, axes swapped, mirrored and shifted by whole voxels.
 * Files of equal size are taken to lie on each other if one has no geometry.
 * @returns for a voxel index (i, j, k) of `from` the index in `to`, which may lie outside; null where the grids do not fit
 */
export function alignment(from: Volume, to: Volume): ((i: number, j: number, k: number) => [number, number, number]) | null {
  const fit = fitOf(from, to)
  if (!fit) return null
  const { turn: m, offset: o } = fit
  return (i, j, k) => [0, 1, 2].map((r) => m[r]![0]! * i + m[r]![1]! * j + m[r]![2]! * k + o[r]!) as [number, number, number]
}

/** The lowest and the highest index along each axis that voxels of one volume have on the grid of another; null where the grids do not fit. */
function boxOn(from: Volume, to: Volume): { low: number[]; high: number[] } | null {
  const place = alignment(from, to)
  if (!place) return null
  const a = place(0, 0, 0)
  const b = place(from.size[0] - 1, from.size[1] - 1, from.size[2] - 1)
  return { low: a.map((v, r) => Math.min(v, b[r]!)), high: a.map((v, r) => Math.max(v, b[r]!)) }
}

/** Whether any voxel of `from` lies on the grid of `to`. */
export function overlaps(from: Volume, to: Volume): boolean {
  const box = boxOn(from, to)
  return box !== null && [0, 1, 2].every((r) => box.high[r]! >= 0 && box.low[r]! < to.size[r]!)
}

/**
 * The grid of a volume, extended to hold another. Samples stay, so only size and place of what is returned mean something.
 * @returns null where the grids do not fit, or lie so far apart that a label map of both would be too large
 */
export function gridOfBoth(volume: Volume, other: Volume): Volume | null {
  const [fit, box] = [fitOf(other, volume), boxOn(other, volume)]
  if (!fit || !box) return null
  const { size, affine } = volume
  const low = box.low.map((v) => Math.min(0, v))
  const [columns, rows, slices] = box.high.map((v, r) => Math.max(size[r]!, v + 1) - low[r]!) as [number, number, number]
  if (!affine || [columns, rows, slices].every((n, r) => n === size[r])) return volume
  if (columns * rows * slices * size[3] > maxVolumeBytes) return null
  const steps = fit.turn.map((row, r) => {
    const c = row.findIndex((v) => v !== 0)
    // A single slice does not say where the next one would be.
    const isTold = size[r]! > 1 || other.size[c] === 1
    return [0, 1, 2].map((i) => (isTold ? affine[i]![r]! : row[c]! * other.affine![i]![c]!))
  })
  const moved = affine.map((row, i) => [
    ...steps.map((step) => step[i]!),
    steps.reduce((sum, step, r) => sum + step[i]! * low[r]!, row[3]),
  ]) as unknown as Affine
  return { ...volume, size: [columns, rows, slices, size[3]], affine: moved, spacing: spacingOf(moved) }
}
