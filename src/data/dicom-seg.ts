import type { DataSet } from 'dicom-parser'
import { hexOf } from '../lib/hex'
import { affineOf, dot, isParallel, minus, planeGeometry, type PlaneGeometry } from './dicom-geometry'
import { frameGroup, numberOf, readHeader, textOf, tooLarge, type DicomHeader } from './dicom-header'
import { maxVolumeBytes } from './image-size'
import { checkLength, pixelLayoutOf, readFrames, type PixelLayout } from './dicom-pixels'
import { planesOfVolume, type DicomPlane } from './dicom-stack'
import { makeVolume, spacingOf, type Segment, type Triple, type Volume } from './volume'

/** Positions nearer than this, in millimetres, are one slice. */
const samePlace = 0.01

/** A file that a frame was made from: its SOP instance UID and which of its frames, from 1; none where all are meant. */
interface SourceFile {
  instance: string
  frames: ReadonlySet<number>
}

/** One frame of a segmentation: a segment on one slice. */
interface SegFrame {
  frame: number
  /** 0 if the pixels themselves are label values. */
  segment: number
  geometry: PlaneGeometry | null
  sources: readonly SourceFile[]
  /** Its sources as text; empty if it names none, or if another frame of its segment names the same, which then do not tell the slice. */
  slice: string
}

function framesOf(header: DicomHeader): SegFrame[] {
  const { frames } = header
  // All frames may share one long list.
  const lists = new Map<DataSet, { sources: SourceFile[]; text: string }>()
  const sourcesOf = (derivation: DataSet) => {
    const known = lists.get(derivation)
    if (known) return known
    const sources = (derivation.elements['x00082112']?.items ?? []).flatMap(({ dataSet: item }): SourceFile[] => {
      const numbers = (item?.string('x00081160') ?? '').split('\\').map(Number)
      return item ? [{ instance: textOf(item, 'x00081155'), frames: new Set(numbers.filter((number) => number > 0)) }] : []
    })
    const list = { sources, text: sources.map(({ instance, frames }) => [instance, ...frames].join(' ')).join() }
    lists.set(derivation, list)
    return list
  }
  const found = Array.from({ length: frames }, (_, frame) => ({
    frame,
    segment: frameGroup(header, frame, 'x0062000a').uint16('x0062000b') ?? 0,
    geometry: planeGeometry(header, frame),
    named: sourcesOf(frameGroup(header, frame, 'x00089124')),
  }))
  const uses = new Map<string, number>()
  const keyOf = ({ segment, named }: (typeof found)[number]) => `${segment} ${named.text}`
  for (const one of found) uses.set(keyOf(one), (uses.get(keyOf(one)) ?? 0) + 1)
  return found.map((one) => {
    const { frame, segment, geometry, named } = one
    return { frame, segment, geometry, sources: named.sources, slice: uses.get(keyOf(one)) === 1 ? named.text : '' }
  })
}

/** CIELab as DICOM stores it (PS3.3 C.10.7.1.1) to #rrggbb, with white point D65, as dcmqi and Slicer write it. */
function colorOf(lab: readonly [number, number, number]): string {
  const l = (lab[0] / 65535) * 100
  const [a, b] = [(lab[1] / 65535) * 255 - 128, (lab[2] / 65535) * 255 - 128]
  const fy = (l + 16) / 116
  const inverse = (t: number) => (t > 6 / 29 ? t ** 3 : 3 * (6 / 29) ** 2 * (t - 4 / 29))
  const [x, y, z] = [0.95047 * inverse(fy + a / 500), inverse(fy), 1.08883 * inverse(fy - b / 200)]
  const linear = [
    3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
    -0.969266 * x + 1.8760108 * y + 0.041556 * z,
    0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
  ]
  const byte = (c: number) => Math.round(255 * Math.min(1, Math.max(0, c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)))
  return '#' + hexOf(linear.map(byte))
}

function segmentsOf({ data }: DicomHeader): Segment[] {
  return (data.elements['x00620002']?.items ?? []).flatMap(({ dataSet: item }) => {
    const value = item?.uint16('x00620004')
    if (!item || value === undefined) return []
    const lab = [0, 1, 2].map((i) => item.uint16('x0062000d', i))
    const color = lab.every((n) => n !== undefined) ? colorOf(lab as [number, number, number]) : null
    return [{ value, name: textOf(item, 'x00620005', data) || `Segment ${value}`, color }]
  })
}

/** Writes the frames into a label map. `slices` has each frame's slice, or -1. @throws InputError */
async function paint(header: DicomHeader, layout: PixelLayout, frames: readonly SegFrame[], slices: readonly number[], count: number) {
  const { rows, columns, data, file } = header
  const each = rows * columns
  const segments = segmentsOf(header)
  const wide = layout.allocated === 16 || segments.some(({ value }) => value > 255)
  if (each * count * (wide ? 2 : 1) > maxVolumeBytes) throw tooLarge(file.name)
  const samples = wide ? new Uint16Array(each * count) : new Uint8Array(each * count)
  const fractional = textOf(data, 'x00620001') === 'FRACTIONAL'
  const half = fractional ? (data.uint16('x0062000e') ?? 255) / 2 : 0
  let overlaps = false
  const wanted = frames.filter((_, i) => slices[i]! >= 0)
  const targets = slices.filter((slice) => slice >= 0)
  const errors = await readFrames(
    wanted.map(({ frame }) => ({ header, layout, frame })),
    (index, mask) => {
      const { segment } = wanted[index]!
      const at = targets[index]! * each
      for (let i = 0; i < each; i++) {
        const value = mask[i]!
        if (!(value > half)) continue
        overlaps ||= samples[at + i] !== 0
        samples[at + i] = segment || value
      }
    },
  )
  for (const error of errors.values()) throw error
  const notes = [
    ...(overlaps ? ['Segments overlap; where they do, the last one counts.'] : []),
    ...(fractional ? ['Segments are fractional; values above half count.'] : []),
  ]
  return { samples, notes, segments }
}

/**
 * A DICOM SEG as a label map: on the slices from its first to its last, with their affine. `segmentationOn` puts it on a series.
 * @throws InputError
 */
export async function readSegmentation(header: DicomHeader): Promise<Volume> {
  const { data, file, rows, columns } = header
  const layout = pixelLayoutOf(header)
  checkLength({ header, layout })
  const frames = framesOf(header)
  const first = frames[0]!.geometry
  const notes: string[] = []

  let slices: number[]
  let count: number
  let step: Triple | null = null
  let lowest = first
  if (first && frames.every(({ geometry }) => geometry && isParallel(geometry, first))) {
    const distances = frames.map(({ geometry }) => dot(geometry!.position, first.normal))
    const places = [...distances].sort((a, b) => a - b).filter((d, i, all) => i === 0 || d - all[i - 1]! > samePlace)
    const gaps = places.slice(1).map((d, i) => d - places[i]!)
    const measures = frameGroup(header, 0, 'x00289110')
    const between = numberOf(measures, 'x00180088') ?? 0
    // Slices without labels may be missing: the file's spacing counts if it divides the gaps.
    const fits = (gap: number) => gaps.every((g) => Math.abs(g / gap - Math.round(g / gap)) < 0.05)
    const smallest = Math.min(...gaps)
    const gap = between > samePlace && fits(between) ? between : gaps.length > 0 && fits(smallest) ? smallest : 0
    lowest = frames[distances.indexOf(Math.min(...distances))]!.geometry!
    if (gap > 0) {
      slices = distances.map((d) => Math.round((d - places[0]!) / gap))
      count = Math.max(...slices) + 1
    } else {
      slices = distances.map((d) => places.findIndex((place) => Math.abs(place - d) <= samePlace))
      count = places.length
      if (count > 1) notes.push('Slices are unevenly spaced.')
    }
    const highest = frames[distances.indexOf(Math.max(...distances))]!.geometry!
    const thickness = between > 0 ? between : (numberOf(measures, 'x00180050') ?? 1) || 1
    step =
      count > 1
        ? (minus(highest.position, lowest.position).map((d) => d / (count - 1)) as unknown as Triple)
        : (first.normal.map((n) => n * thickness) as unknown as Triple)
  } else {
    // Without positions a slice is a source picture, in order of first use; without those, a frame.
    const own = frames.map(({ slice, frame }) => slice || String(frame))
    const keys = [...new Set(own)]
    slices = own.map((key) => keys.indexOf(key))
    count = keys.length
  }
  const painted = await paint(header, layout, frames, slices, count)
  const affine = lowest && step ? affineOf(lowest, step) : null
  return makeVolume({
    name: file.name,
    kind: 'dicom-seg',
    patient: textOf(data, 'x00100020') || null,
    size: [columns, rows, count, 1],
    samples: painted.samples,
    spacing: affine && spacingOf(affine),
    affine,
    modality: 'SEG',
    segments: painted.segments,
    notes: [...notes, ...painted.notes],
    origin: { format: 'dicom', files: [file] },
  })
}

/** A label map on one frame of a series. */
export interface PlacedLabels {
  frame: number
  /** Of the series' columns * rows * slices. */
  labels: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>
}

/**
 * Puts a DICOM SEG on the series it was made for: by the pictures it names, unless positions say otherwise, else by position.
 * @param seg read by `readDicom`, as is `series`
 * @returns a label map for each frame (time point) of the series that it covers; none if it belongs to another series, or lies on this one turned
 * @throws InputError
 */
export async function segmentationOn(seg: Volume, series: Volume): Promise<PlacedLabels[]> {
  if (seg.origin.format !== 'dicom' || series.origin.format !== 'dicom') return []
  if (seg.size[0] !== series.size[0] || seg.size[1] !== series.size[1]) return []
  const header = await readHeader(seg.origin.files[0]!)
  const layout = pixelLayoutOf(header)
  checkLength({ header, layout })
  const pictures = await planesOfVolume(series)
  const byInstance = new Map<string, number[]>()
  for (const [i, { header: own }] of pictures.entries()) {
    const instance = textOf(own.data, 'x00080018')
    const others = byInstance.get(instance)
    if (others) others.push(i)
    else byInstance.set(instance, [i])
  }
  const world = textOf(header.data, 'x00200052')
  /** Millimetres along the normal to a picture whose pixels are the frame's own, infinite to any other. */
  const distance = (own: PlaneGeometry, { geometry }: DicomPlane): number => {
    if (!geometry || !isParallel(own, geometry)) return Infinity
    const away = minus(own.position, geometry.position)
    const along = dot(away, own.normal)
    return Math.sqrt(Math.max(0, dot(away, away) - along ** 2)) < Math.min(...geometry.spacing) / 2 ? Math.abs(along) : Infinity
  }
  const halfSlice = (series.spacing?.[2] ?? 1) / 2
  const lies = ({ geometry: own, sources, slice }: SegFrame): number => {
    const named = sources.flatMap(({ instance, frames }) =>
      (byInstance.get(instance) ?? []).filter((i) => frames.size === 0 || frames.has(pictures[i]!.frame + 1)),
    )
    if (!own || named.some((i) => !pictures[i]!.geometry)) return slice !== '' && named.length === 1 ? named[0]! : -1
    // Of a list of all pictures it is the nearest one; and labels that are turned against the pictures name them all the same.
    const distances = named.map((i) => distance(own, pictures[i]!))
    const nearest = Math.min(...distances)
    if (nearest <= halfSlice) return named[distances.indexOf(nearest)]!
    return pictures.findIndex((picture) => {
      const { geometry } = picture
      if (!geometry || textOf(picture.header.data, 'x00200052') !== world) return false
      const sameSpacing = [0, 1].every((i) => Math.abs(own.spacing[i]! / geometry.spacing[i]! - 1) < 0.001)
      return sameSpacing && distance(own, picture) < Math.min(0.1, ...geometry.spacing.map((mm) => mm / 2))
    })
  }
  const slices = series.size[2]
  const frames = framesOf(header)
  const found = frames.map(lies)
  const covered = [...new Set(found.filter((i) => i >= 0).map((i) => Math.floor(i / slices)))].sort((a, b) => a - b)
  const placed: PlacedLabels[] = []
  for (const frame of covered) {
    const target = found.map((i) => (Math.floor(i / slices) === frame ? i % slices : -1))
    placed.push({ frame, labels: (await paint(header, layout, frames, target, slices)).samples })
  }
  return placed
}
