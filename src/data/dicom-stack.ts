import { dot, minus, planeGeometry, type PlaneGeometry } from './dicom-geometry'
import { frameGroup, numberOf, numbersOf, readHeader, textOf, tooLarge, type DicomHeader } from './dicom-header'
import { maxVolumeBytes } from './image-size'
import { tileGeometries, tilesOf, type Tile } from './dicom-mosaic'
import { checkLength, pixelLayoutOf, type PixelLayout } from './dicom-pixels'
import { InputError } from './input-error'
import type { Triple, Volume } from './volume'

/** One picture of a series. */
export interface DicomPlane {
  header: DicomHeader
  layout: PixelLayout
  frame: number
  /** The picture's part of a mosaic frame; null if it is the whole frame. */
  tile: Tile | null
  geometry: PlaneGeometry | null
  /** What orders pictures at one position, most significant first. */
  time: number[]
  slope: number
  intercept: number
}

/** The pictures of a file: its frames, or the tiles of a mosaic. */
export function planesOf(header: DicomHeader): DicomPlane[] {
  const { data, frames, file, rows, columns } = header
  const layout = pixelLayoutOf(header)
  if (rows * columns * layout.channels * layout.type.BYTES_PER_ELEMENT * frames > maxVolumeBytes) throw tooLarge(file.name)
  checkLength({ header, layout })
  const offsets = numbersOf(data, 'x3004000c', frames)
  const tiles = tilesOf(header)
  const planes = Array.from({ length: frames }, (_, frame) => {
    let geometry = planeGeometry(header, frame)
    // As in dose grids: one position for the file, and each frame's distance from it.
    if (geometry && offsets && frames > 1) {
      const { position, normal } = geometry
      const by = offsets[frame]! - (offsets[0] === 0 ? 0 : offsets[0]!)
      geometry = { ...geometry, position: [0, 1, 2].map((axis) => position[axis]! + by * normal[axis]!) as unknown as Triple }
    }
    const content = frameGroup(header, frame, 'x00209111')
    const transformation = frameGroup(header, frame, 'x00289145')
    const cardiac = frameGroup(header, frame, 'x00189118')
    return {
      header,
      layout,
      frame,
      tile: null,
      geometry,
      time: [
        numberOf(data, 'x00200100') ?? content.uint32('x00209128') ?? 0,
        numberOf(data, 'x00181060') ?? cardiac.double('x00209153') ?? 0,
        numberOf(data, 'x00200013') ?? 0,
        frame,
      ],
      slope: layout.channels === 1 ? (numberOf(transformation, 'x00281053') ?? 1) || 1 : 1,
      intercept: layout.channels === 1 ? (numberOf(transformation, 'x00281052') ?? 0) : 0,
    }
  })
  const [whole] = planes
  if (!tiles || !whole) return planes
  const places = whole.geometry && tileGeometries(header, whole.geometry, tiles)
  return tiles.map((tile, index) => ({ ...whole, tile, geometry: places?.[index] ?? null }))
}

function compare(a: number[], b: number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

/** Positions closer than this, in millimetres, are the same: files repeat them digit by digit. */
const samePlace = 0.01

export interface Stack {
  /** Slice by slice, all slices of the first frame first. */
  planes: DicomPlane[]
  slices: number
  frames: number
  step: Triple | null
  notes: string[]
}

/** Sorts pictures by position along the normal, then by time. */
export function stack(group: readonly DicomPlane[]): Stack {
  const byTime = [...group].sort((a, b) => compare(a.time, b.time))
  const first = byTime[0]!
  if (!byTime.every(({ geometry }) => geometry)) {
    const moving = isMoving(first.header)
    return { planes: byTime, slices: moving ? 1 : group.length, frames: moving ? group.length : 1, step: null, notes: [] }
  }
  const { normal } = first.geometry!
  const distance = (plane: DicomPlane) => dot(plane.geometry!.position, normal)
  const byPlace = [...byTime].sort((a, b) => distance(a) - distance(b))
  const places: DicomPlane[][] = []
  for (const plane of byPlace) {
    const last = places.at(-1)
    if (last && distance(plane) - distance(last[0]!) < samePlace) last.push(plane)
    else places.push([plane])
  }
  for (const place of places) place.sort((a, b) => compare(a.time, b.time))
  const frames = places[0]!.length
  if (places.some((place) => place.length !== frames)) {
    const counts = [...new Set(places.map((place) => place.length))].sort((a, b) => a - b)
    const note = `Some positions have ${counts.slice(0, -1).join(', ')} pictures and others ${counts.at(-1)}, so each picture is a slice of its own, without a position in the patient.`
    return { planes: places.flat(), slices: group.length, frames: 1, step: null, notes: [note] }
  }
  const planes = Array.from({ length: frames }, (_, frame) => places.map((place) => place[frame]!)).flat()
  if (places.length === 1) {
    const measures = frameGroup(first.header, first.frame, 'x00289110')
    const thickness = [numberOf(measures, 'x00180088'), numberOf(measures, 'x00180050')].find((n) => n !== null && n > 0) ?? 1
    return { planes, slices: 1, frames, step: normal.map((n) => n * thickness) as unknown as Triple, notes: [] }
  }
  return { planes, slices: places.length, frames, ...regularStep(places.map((place) => place[0]!.geometry!)) }
}

/** Whether frames without a position show one place over time: ultrasound, angiography, endoscopy, and whatever has a frame rate. */
const isMoving = ({ data }: DicomHeader) =>
  ['x00181063', 'x00181065', 'x00180040', 'x00082144'].some((tag) => data.elements[tag]) ||
  ['US', 'XA', 'RF', 'ES', 'IVUS'].includes(textOf(data, 'x00080060'))

/** The mean step between positions, and notes on uneven ones. */
function regularStep(places: PlaneGeometry[]): { step: Triple; notes: string[] } {
  const origin = places[0]!.position
  const whole = minus(places.at(-1)!.position, origin)
  const distances = places.map(({ position, normal }) => dot(minus(position, origin), normal))
  const gaps = distances.slice(1).map((d, i) => d - distances[i]!)
  const typical = [...gaps].sort((a, b) => a - b)[gaps.length >> 1]!
  const step = whole.map((d) => d / (places.length - 1)) as unknown as Triple
  const notes: string[] = []
  const missing = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / typical) - 1), 0)
  const mm = (n: number) => `${Number(n.toFixed(2))} mm`
  if (gaps.some((gap) => Math.abs(gap - typical) > 0.02 * typical + samePlace)) {
    const even = gaps.every((gap) => Math.abs(gap / typical - Math.round(gap / typical)) < 0.1)
    if (missing > 0 && even)
      notes.push(
        `Slices are ${mm(typical)} apart but ${missing === 1 ? 'one is' : `${missing} are`} missing; a spacing of ${mm(Math.hypot(...step))} is used.`,
      )
    else
      notes.push(
        `Slices are unevenly spaced, ${mm(Math.min(...gaps))} to ${mm(Math.max(...gaps))}; a spacing of ${mm(Math.hypot(...step))} is used.`,
      )
  }
  const off = Math.max(
    ...places.map(({ position }, k) => {
      const along = minus(position, origin).map(
        (d, axis) => d - (distances[k]! / (distances.at(-1)! || 1)) * whole[axis]!,
      ) as unknown as Triple
      return Math.hypot(...along)
    }),
  )
  if (off > Math.min(...places[0]!.spacing)) notes.push(`Slices are shifted relative to each other by up to ${mm(off)}, which is ignored.`)
  return { step, notes }
}

/**
 * The pictures of a volume read from DICOM, in the order of its samples: slice by slice, all slices of the first frame first.
 * @throws InputError for a volume from other files, or if its files can no longer be read
 */
export async function planesOfVolume({ origin, size, name }: Volume): Promise<DicomPlane[]> {
  const planes: DicomPlane[] = []
  if (origin.format === 'dicom')
    for (const file of origin.files)
      planes.push(...planesOf(await readHeader(file)).filter(({ frame }) => origin.frames?.includes(frame) ?? true))
  if (planes.length !== size[2] * size[3])
    throw new InputError(`"${name}" was not read from one DICOM picture for each slice; load the series again.`, name)
  return stack(planes).planes
}
