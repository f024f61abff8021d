/** Structure sets of radiotherapy (DICOM RTSTRUCT, PS3.3 A.19): contours on the slices of a series. */
import type { DataSet } from 'dicom-parser'
import { hexOf } from '../lib/hex'
import { fillContours, type Structure } from './contours'
import { numberOf, readElements, readHeader, textOf, type DicomElements } from './dicom-header'
import { planesOfVolume } from './dicom-stack'
import { checkVolume } from './image-size'
import { InputError } from './input-error'
import { maxClasses } from './mask-file'
import { makeVolume, spacingOf, type Affine, type Segment, type Triple, type Volume } from './volume'

const structureSetStorage = '1.2.840.10008.5.1.4.1.1.481.3'

export const isStructureSet = ({ data }: DicomElements): boolean =>
  textOf(data, 'x00080016') === structureSetStorage || textOf(data, 'x00080060') === 'RTSTRUCT'

interface StructureSet {
  structures: (Structure & { color: string | null })[]
  /** UIDs of the series and pictures that it refers to, and of its frames of reference. */
  series: Set<string>
  instances: Set<string>
  worlds: Set<string>
  notes: string[]
}

const itemsOf = (data: DataSet, sequence: string): DataSet[] =>
  (data.elements[sequence]?.items ?? []).flatMap(({ dataSet }) => (dataSet ? [dataSet] : []))

/** Points in millimetres, x to the left and y to the back, to RAS+; null unless there are at least three and all are numbers. */
function pointsOf(contour: DataSet): Triple[] | null {
  const numbers = (contour.string('x30060050') ?? '').split('\\').map(Number)
  if (numbers.length < 9 || numbers.length % 3 !== 0 || !numbers.every(Number.isFinite)) return null
  return Array.from({ length: numbers.length / 3 }, (_, i) => [-numbers[3 * i]!, -numbers[3 * i + 1]!, numbers[3 * i + 2]!])
}

/** @throws InputError for a set without a contour, or with more structures than a mask may have */
function parse({ data, file }: DicomElements): StructureSet {
  const refuse = (what: string) => new InputError(`"${file.name}" ${what}`, file.name)
  const [series, instances, worlds] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const refer = (picture: DataSet) => instances.add(textOf(picture, 'x00081155'))
  for (const world of itemsOf(data, 'x30060010')) {
    worlds.add(textOf(world, 'x00200052'))
    for (const study of itemsOf(world, 'x30060012'))
      for (const one of itemsOf(study, 'x30060014')) {
        series.add(textOf(one, 'x0020000e'))
        itemsOf(one, 'x30060016').forEach(refer)
      }
  }
  const drawn = new Map(itemsOf(data, 'x30060039').map((item) => [numberOf(item, 'x30060084'), item]))
  let open = 0
  const found = itemsOf(data, 'x30060020').flatMap((item) => {
    const number = numberOf(item, 'x30060022')
    worlds.add(textOf(item, 'x30060024'))
    const roi = drawn.get(number)
    const contours = (roi ? itemsOf(roi, 'x30060040') : []).flatMap((contour) => {
      itemsOf(contour, 'x30060016').forEach(refer)
      // Points and open lines enclose nothing.
      const points = /^CLOSED/.test(textOf(contour, 'x30060042') || 'CLOSED') ? pointsOf(contour) : null
      if (!points) open++
      return points ? [points] : []
    })
    const rgb = (roi ? textOf(roi, 'x3006002a') : '').split('\\').map(Number)
    const color = rgb.length === 3 && rgb.every((c) => c >= 0 && c <= 255) ? '#' + hexOf(rgb.map(Math.round)) : null
    return contours.length > 0 ? [{ number, name: textOf(item, 'x30060026', data) || `Structure ${number}`, color, contours }] : []
  })
  if (found.length === 0) throw refuse('is a DICOM RTSTRUCT without closed contours; export the structures again.')
  if (found.length >= maxClasses)
    throw refuse(
      `is a DICOM RTSTRUCT of ${found.length} structures, more than the ${maxClasses - 1} that a mask may have; export only those you need.`,
    )
  // Numbers from planning are kept, so that a structure has the same value for all patients of a protocol.
  const numbers = found.map(({ number }) => number)
  const kept = new Set(numbers).size === numbers.length && numbers.every((n) => n !== null && Number.isInteger(n) && n >= 1 && n <= 255)
  for (const set of [series, instances, worlds]) set.delete('')
  return {
    structures: found.map(({ number, ...own }, i) => ({ ...own, value: kept ? number! : i + 1 })),
    series,
    instances,
    worlds,
    notes: open > 0 ? [`${open === 1 ? 'One contour was' : `${open} contours were`} left out, being a point or not closed.`] : [],
  }
}

const segmentsOf = ({ structures }: StructureSet): Segment[] => structures.map(({ value, name, color }) => ({ value, name, color }))

/** Pixels across a structure set without its series: at most this many, of 1 mm or more. */
const mostAcross = 512

/**
 * A structure set as a label map on axial slices of its own, until its series is given; `structuresOn` puts it on that.
 * @throws InputError
 */
export function readStructures(elements: DicomElements): Volume {
  const { data, file } = elements
  const set = parse(elements)
  const points = set.structures.flatMap(({ contours }) => contours.flat())
  const [low, high] = [Math.min, Math.max].map((end) =>
    [0, 1, 2].map((axis) => points.reduce((a, p) => end(a, p[axis]!), points[0]![axis]!)),
  )
  const places = [...new Set(set.structures.flatMap(({ contours }) => contours.map(([first]) => Number(first![2].toFixed(2)))))].sort(
    (a, b) => a - b,
  )
  const gaps = places.slice(1).map((z, i) => z - places[i]!)
  const gap = gaps.length > 0 ? Math.max(Math.min(...gaps), (high![2]! - low![2]!) / mostAcross) : 1
  const pixel = Math.max(1, (high![0]! - low![0]!) / mostAcross, (high![1]! - low![1]!) / mostAcross)
  const count = (axis: number, step: number) => Math.ceil((high![axis]! - low![axis]!) / step - 1e-6) + 1
  const size = [count(0, pixel), count(1, pixel), count(2, gap), 1] as const
  checkVolume(file.name, size, 1)
  // As DICOM's slices: columns to the left, rows to the back.
  const affine: Affine = [
    [-pixel, 0, 0, high![0]!],
    [0, -pixel, 0, high![1]!],
    [0, 0, gap, low![2]!],
  ]
  const { labels, notes } = fillContours(set.structures, { size, affine })
  return makeVolume({
    name: file.name,
    kind: 'dicom-seg',
    patient: textOf(data, 'x00100020') || null,
    size,
    samples: labels,
    affine,
    spacing: spacingOf(affine),
    modality: 'RTSTRUCT',
    segments: segmentsOf(set),
    notes: ['Its contours are drawn on slices of their own until you give the series that they belong to.', ...set.notes, ...notes],
    origin: { format: 'dicom', files: [file] },
  })
}

/**
 * A structure set on the series it was drawn on: the one with most of the pictures it names, else the series it names, else one in
 * its frame of reference.
 * @param set read by `readStructures` @param volumes among them DICOM series
 * @returns labels in the grid of that series; null if it is not among them
 * @throws InputError
 */
export async function structuresOn(set: Volume, volumes: readonly Volume[]): Promise<Volume | null> {
  if (set.origin.format !== 'dicom') return null
  const parsed = parse(await readElements(set.origin.files[0]!))
  let best: { image: Volume; affine: Affine; told: number[]; score: number } | null = null
  for (const image of volumes) {
    if (image.kind !== 'dicom' || image.origin.format !== 'dicom' || !image.affine) continue
    const { data } = await readHeader(image.origin.files[0]!)
    const named = parsed.series.has(textOf(data, 'x0020000e'))
    const pictures = named || parsed.series.size === 0 ? await planesOfVolume(image) : []
    const told = [...pictures.keys()].filter((i) => parsed.instances.has(textOf(pictures[i]!.header.data, 'x00080018')))
    const score = told.length > 0 ? 2 + told.length : named ? 2 : parsed.worlds.has(textOf(data, 'x00200052')) ? 1 : 0
    if (score > (best?.score ?? 0)) best = { image, affine: image.affine, told, score }
  }
  if (!best) return null
  const { image, affine, told } = best
  const [columns, rows, slices, frames] = image.size
  const { labels, notes } = fillContours(parsed.structures, { size: image.size, affine })
  // Of several time points, those whose pictures it names, else the first.
  const times = [...new Set(told.map((i) => Math.floor(i / slices)))]
  const samples = new Uint8Array(columns * rows * slices * frames)
  for (const time of times.length > 0 ? times : [0]) samples.set(labels, time * labels.length)
  return {
    ...set,
    size: image.size,
    samples,
    affine,
    spacing: image.spacing,
    segments: segmentsOf(parsed),
    notes: [...parsed.notes, ...notes],
  }
}
