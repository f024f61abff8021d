/** Structures that are drawn as contours on slices, filled into a label map. */
import { inverse } from './alignment'
import type { Affine, Triple, Volume } from './volume'

/** A structure as radiotherapy draws it. */
export interface Structure {
  /** Its label. */
  value: number
  name: string
  /** Closed lines, each on one slice, of points in millimetres, RAS+. */
  contours: readonly (readonly Triple[])[]
}

/** A point in a slice, in pixels; whole numbers are the centres of pixels. */
type Point = readonly [x: number, y: number]

/** Contours of one structure on one plane, and how far along the slices it lies. */
interface ContourPlane {
  place: number
  polygons: Point[][]
}

/** Contours whose points leave their plane by more than this fraction of a slice have another orientation. */
const flatness = 0.5

/** Planes closer than this fraction of a slice are one. */
const samePlane = 0.01

/**
 * Fills contours by the even-odd rule: a pixel belongs to a structure if its centre is within an odd number of its contours, so that a contour within
 * another is a hole. Where structures overlap the smaller one counts, or a body outline would hide everything in it.
 * @returns labels of columns * rows * slices, the structures that overlap, by name, and what a user should know
 */
export function fillContours(
  structures: readonly Structure[],
  { size: [columns, rows, slices], affine }: { size: Volume['size']; affine: Affine },
): { labels: Uint8Array<ArrayBuffer>; notes: string[] } {
  const back = inverse([0, 1, 2].map((r) => [0, 1, 2].map((c) => affine[r]![c]!)))
  const labels = new Uint8Array(columns * rows * slices)
  if (!back) return { labels, notes: [] }
  const toVoxel = (point: Triple): Triple => {
    const away = [0, 1, 2].map((r) => point[r]! - affine[r]![3])
    return [0, 1, 2].map((r) => back[r]![0]! * away[0]! + back[r]![1]! * away[1]! + back[r]![2]! * away[2]!) as unknown as Triple
  }
  const left = { across: 0, outside: 0, between: 0 }
  const drawn = structures.map((structure) => {
    const planes: ContourPlane[] = []
    for (const contour of structure.contours) {
      const points = contour.map(toVoxel)
      const places = points.map(([, , k]) => k)
      if (Math.max(...places) - Math.min(...places) > flatness) {
        left.across++
        continue
      }
      const place = places.reduce((a, b) => a + b) / places.length
      const plane = planes.find((other) => Math.abs(other.place - place) < samePlane)
      const polygon = points.map(([x, y]): Point => [x, y])
      if (plane) plane.polygons.push(polygon)
      else planes.push({ place, polygons: [polygon] })
    }
    // Of several planes on one slice, as when drawn on thinner slices, the nearest counts.
    const nearest = new Map<number, ContourPlane>()
    for (const plane of planes) {
      const slice = Math.round(plane.place)
      if (slice < 0 || slice >= slices) left.outside += plane.polygons.length
      else {
        if (Math.abs(plane.place - slice) > 0.25) left.between++
        const other = nearest.get(slice)
        if (!other || Math.abs(plane.place - slice) < Math.abs(other.place - slice)) nearest.set(slice, plane)
      }
    }
    const runs = [...nearest].flatMap(([slice, { polygons }]) => runsOf(polygons, columns, rows).map((at) => at + slice * columns * rows))
    let voxels = 0
    for (let i = 0; i < runs.length; i += 2) voxels += runs[i + 1]! - runs[i]!
    return { structure, runs, voxels }
  })

  const overlaps = new Set<number>()
  const nameOf = new Map(structures.map(({ value, name }) => [value, name]))
  for (const { structure, runs } of [...drawn].sort((a, b) => b.voxels - a.voxels))
    for (let i = 0; i < runs.length; i += 2)
      for (let at = runs[i]!; at < runs[i + 1]!; at++) {
        if (labels[at] !== 0) overlaps.add(labels[at]!).add(structure.value)
        labels[at] = structure.value
      }
  const called = [...overlaps].map((value) => nameOf.get(value)!)
  const some = called.length > 4 ? `${called.slice(0, 4).join(', ')} and ${called.length - 4} more` : called.join(', ')
  return {
    labels,
    notes: [
      ...(called.length > 0 ? [`Structures overlap (${some}); where they do, the smaller one counts.`] : []),
      ...(left.between > 0 ? ['Some contours lie between slices and are drawn on the nearest slice.'] : []),
      ...(left.outside > 0 ? [leftOut(left.outside, 'outside')] : []),
      ...(left.across > 0 ? [leftOut(left.across, 'across')] : []),
    ],
  }
}

const leftOut = (count: number, where: string) =>
  count === 1 ? `One contour lies ${where} the slices and was left out.` : `${count} contours lie ${where} the slices and were left out.`

/** Start and end of each run of pixels within an odd number of polygons, row by row; the end is exclusive. */
function runsOf(polygons: readonly (readonly Point[])[], columns: number, rows: number): number[] {
  const crossings: number[][] = Array.from({ length: rows }, () => [])
  for (const polygon of polygons)
    for (let i = 0; i < polygon.length; i++) {
      const [a, b] = [polygon[i]!, polygon[(i + 1) % polygon.length]!]
      const [upper, lower] = a[1] < b[1] ? [a, b] : [b, a]
      // Includes its upper end but not its lower one, so that a corner on a row is crossed once.
      for (let y = Math.max(0, Math.ceil(upper[1])); y < Math.min(rows, lower[1]); y++)
        crossings[y]!.push(upper[0] + ((y - upper[1]) / (lower[1] - upper[1])) * (lower[0] - upper[0]))
    }
  const runs: number[] = []
  for (const [y, xs] of crossings.entries()) {
    xs.sort((a, b) => a - b)
    for (let i = 0; i + 1 < xs.length; i += 2) {
      const [from, to] = [Math.max(0, Math.ceil(xs[i]!)), Math.min(columns, Math.ceil(xs[i + 1]!))]
      if (to > from) runs.push(y * columns + from, y * columns + to)
    }
  }
  return runs
}
