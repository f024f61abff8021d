import { hexOf } from '../lib/hex'
import { affineOf, dot, isParallel, minus, planeGeometry, type PlaneGeometry } from './dicom-geometry'
import { frameGroup, itemOf, numberOf, readHeader, textOf, tooLarge, type DicomHeader } from './dicom-header'
import { maxVolumeBytes } from './image-size'
import { checkLength, pixelLayoutOf, readFrames, type PixelLayout } from './dicom-pixels'
import { planesOfVolume } from './dicom-stack'
import { makeVolume, spacingOf, type Segment, type Triple, type Volume } from './volume'

/** Positions nearer than this, in millimetres, are one slice. */
const samePlace = 0.01

/** One frame of a segmentation: a segment on one slice. */
interface SegFrame {
  frame: number
  /** 0 if the pixels themselves are label values. */
  segment: number
  geometry: PlaneGeometry | null
  /** The source picture: SOP instance UID and frame number from 1, or an empty string. */
  source: string
}

const sourceKey = (instance: string, frame: number) => `${instance} ${frame}`

function framesOf(header: DicomHeader): SegFrame[] {
  const { data, frames } = header
  return Array.from({ length: frames }, (_, frame) => {
    const derivation = frameGroup(header, frame, 'x00089124')
    const image = derivation === data ? null : itemOf(derivation, 'x00082112')
    return {
      frame,
      segment: frameGroup(header, frame, 'x0062000a').uint16('x0062000b') ?? 0,
      geometry: planeGeometry(header, frame),
      source: image ? sourceKey(textOf(image, 'x00081155'), numberOf(image, 'x00081160') ?? 1) : '',
    }
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
    const keys = [...new Set(frames.map(({ source, frame }) => source || String(frame)))]
    slices = frames.map(({ source, frame }) => keys.indexOf(source || String(frame)))
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
 * Puts a DICOM SEG on the series it was made for: by the pictures it names, else by position.
 * @param seg read by `readDicom`, as is `series`
 * @returns a label map for each frame (time point) of the series that it covers; none if it belongs to another series
 * @throws InputError
 */
export async function segmentationOn(seg: Volume, series: Volume): Promise<PlacedLabels[]> {
  if (seg.origin.format !== 'dicom' || series.origin.format !== 'dicom') return []
  if (seg.size[0] !== series.size[0] || seg.size[1] !== series.size[1]) return []
  const header = await readHeader(seg.origin.files[0]!)
  const layout = pixelLayoutOf(header)
  checkLength({ header, layout })
  const pictures = await planesOfVolume(series)
  const bySource = new Map(pictures.map((picture, i) => [sourceKey(textOf(picture.header.data, 'x00080018'), picture.frame + 1), i]))
  const world = textOf(header.data, 'x00200052')
  const lies = (frame: SegFrame) => {
    const named = bySource.get(frame.source)
    if (named !== undefined) return named
    const own = frame.geometry
    return pictures.findIndex(({ geometry, header: { data } }) => {
      if (!own || !geometry || textOf(data, 'x00200052') !== world || !isParallel(own, geometry)) return false
      const away = minus(own.position, geometry.position)
      const sameSpacing = [0, 1].every((i) => Math.abs(own.spacing[i]! / geometry.spacing[i]! - 1) < 0.001)
      return sameSpacing && Math.abs(dot(away, own.normal)) < 0.1 && Math.hypot(...away) < Math.min(...geometry.spacing) / 2
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
