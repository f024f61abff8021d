/** What the pages of a TIFF are (slices, channels or times) and their pixel size, from the description written by microscopes. */
import type { Triple } from './volume'

/** Pages in the order of a volume. */
export interface Arrangement {
  /** For each slice of each frame, all slices of the first frame first, its page from 0. */
  pages: number[]
  slices: number
  frames: number
  /** Whether the frames are channels, rather than times. */
  channels: boolean
  spacing: Triple | null
  /** Whether slices are that far apart: false where that is not said, or where the pages are times or channels of one slice. */
  stepKnown: boolean
  /** A value is slope * sample + intercept. */
  slope: number
  intercept: number
  notes: string[]
}

/** The number of each, and which runs fastest through the pages. */
interface Counts {
  z: number
  c: number
  t: number
  order: string
  /** Names of the channels, where known. */
  names: string[]
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

/**
 * Stacks of slices with channels or times as frames; times of one slice are images like a stack's slices, and its channels are frames too.
 * @param pages number of pages
 */
function arrange(counts: Counts, pages: number): Pick<Arrangement, 'pages' | 'slices' | 'frames' | 'channels' | 'notes'> {
  const { z, c, t, order, names } = counts
  const plain = { pages: range(pages), slices: pages, frames: 1, channels: false }
  if (c * t === 1) return { ...plain, notes: [] }
  const times = z === 1 ? 1 : t
  const [slices, frames] = [z === 1 ? t : z, c * times]
  const strides = { Z: 1, C: 1, T: 1 }
  let stride = 1
  for (const axis of order as unknown as Iterable<'Z' | 'C' | 'T'>) {
    strides[axis] = stride
    stride *= { Z: z, C: c, T: t }[axis]
  }
  const pageOf = (slice: number, frame: number) => {
    const [channel, time] = [frame % c, Math.floor(frame / c)]
    return channel * strides.C + (z === 1 ? slice * strides.T : slice * strides.Z + time * strides.T)
  }
  const called = names.length === c && names.every((name) => name !== '') ? ` (${names.join(', ')})` : ''
  const notes = [
    ...(z === 1 && t > 1 ? ['Its pages are times of one slice, each an image of its own.'] : []),
    ...(c > 1
      ? [
          `It has ${c} channels${called}, read as frames${times > 1 ? ', for each time in turn' : ''}: the first is used unless you choose another.`,
        ]
      : []),
  ]
  return {
    pages: range(frames).flatMap((frame) => range(slices).map((slice) => pageOf(slice, frame))),
    slices,
    frames,
    channels: c > 1 && times === 1,
    notes,
  }
}

/** Millimetres of one unit; NaN if it is not a length, such as a pixel. */
const millimetres = (unit: string): number =>
  ({ nm: 1e-6, um: 1e-3, µm: 1e-3, micron: 1e-3, micrometer: 1e-3, mm: 1, millimeter: 1, cm: 10, m: 1000, inch: 25.4, in: 25.4 })[
    unit
      .trim()
      .toLowerCase()
      // Both signs for micro; micrometre, microns.
      .replace('\u03bc', 'µ')
      .replace('metre', 'meter')
      .replace(/(?<=micron|meter)s$/, '')
  ] ?? NaN

/** The calibration of grey values, 1 and 0 by default. */
const uncalibrated = { slope: 1, intercept: 0 }

/**
 * Slices and frames from OME-XML or ImageJ's description; else every page is a slice.
 * @param pages number in the file @param samples channels of a pixel @param resolution pixels for each unit, of columns and rows
 */
export function arrangementOf(description: string, pages: number, samples: number, resolution: readonly [number, number]): Arrangement {
  if (/<OME\b/.test(description)) return fromOme(description, pages, samples)
  if (description.startsWith('ImageJ=')) return fromImageJ(description, pages, resolution)
  return { ...arrange({ z: pages, c: 1, t: 1, order: 'ZCT', names: [] }, pages), spacing: null, stepKnown: true, ...uncalibrated }
}

/** Sizes that do not match the pages, as in a copy of one page: then each page is a slice. */
const fitting = (counts: Counts, pages: number): Counts =>
  counts.z * counts.c * counts.t === pages ? counts : { z: pages, c: 1, t: 1, order: 'ZCT', names: [] }

function fromOme(description: string, pages: number, samples: number): Arrangement {
  const attribute = (name: string) => new RegExp(`<Pixels[^>]*\\b${name}="([^"]*)"`).exec(description)?.[1]
  const count = (axis: string) => Number(attribute(`Size${axis}`) ?? 1)
  const step = (axis: string) => Number(attribute(`PhysicalSize${axis}`)) * millimetres(attribute(`PhysicalSize${axis}Unit`) ?? 'µm')
  const [x, y, z] = [step('X'), step('Y'), step('Z')]
  const names = [...description.matchAll(/<Channel\b[^>]*?>/g)].map(([channel]) => /\bName="([^"]*)"/.exec(channel)?.[1] ?? '')
  // The channels of a colour picture are within its pixels.
  const c = count('C') % samples === 0 ? count('C') / samples : count('C')
  const order = /^XY([ZCT]{3})$/.exec(attribute('DimensionOrder') ?? '')?.[1] ?? 'ZCT'
  const counts = fitting({ z: count('Z'), c, t: count('T'), order, names }, pages)
  // Some programs do not distinguish stains from slices in OME, even for single pictures: all of them are images.
  const told =
    counts.z === 1 && counts.c > 1
      ? {
          ...arrange({ ...counts, z: pages, c: 1, t: 1 }, pages),
          notes: ['Its pages are times or channels of one slice, each an image of its own.'],
        }
      : arrange(counts, pages)
  return {
    ...told,
    spacing: x > 0 && y > 0 ? [x, y, z > 0 ? z : 1] : null,
    stepKnown: z > 0 && counts.z > 1,
    ...uncalibrated,
  }
}

/** The lines of ImageJ's description, "slices=3"; text is escaped as in Java. */
const fieldsOf = (description: string): Map<string, string> =>
  new Map(
    description.split(/\r?\n/).flatMap((line): [string, string][] => {
      const [, key, value] = /^\s*(\w+)=(.*)$/.exec(line) ?? []
      const plain = value?.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
      return key === undefined ? [] : [[key, plain!]]
    }),
  )

/** The number of images according to ImageJ, which may follow the first without their own pages; 1 by default. */
export function imagesOf(description: string): number {
  const images = description.startsWith('ImageJ=') ? Number(fieldsOf(description).get('images') ?? 1) : 1
  return Number.isInteger(images) && images > 1 ? images : 1
}

function fromImageJ(description: string, pages: number, [across, down]: readonly [number, number]): Arrangement {
  const fields = fieldsOf(description)
  const count = (key: string) => {
    const n = Number(fields.get(key) ?? 1)
    return Number.isInteger(n) && n > 0 ? n : 1
  }
  const unit = fields.get('unit') ?? ''
  const [x, y] = [millimetres(unit) / across, millimetres(fields.get('yunit') ?? unit) / down]
  // Left out if 1, and below 0 for some stages.
  const z = Math.abs(Number(fields.get('spacing') ?? 1)) * millimetres(fields.get('zunit') ?? unit)
  const counts = fitting({ z: count('slices'), c: count('channels'), t: count('frames'), order: 'CZT', names: [] }, pages)
  const told = arrange(counts, pages)
  // ImageJ's function 0 is a straight line, which it uses to keep signed numbers.
  const [line, c0, c1] = [fields.get('cf') === '0', Number(fields.get('c0')), Number(fields.get('c1'))]
  const calibrated = line && Number.isFinite(c0) && Number.isFinite(c1) && c1 !== 0
  const images = imagesOf(description)
  return {
    ...told,
    spacing: x > 0 && y > 0 && x < Infinity && y < Infinity ? [x, y, z > 0 ? z : 1] : null,
    stepKnown: z > 0 && counts.z > 1,
    ...(calibrated ? { slope: c1, intercept: c0 } : uncalibrated),
    notes: [
      ...told.notes,
      ...(images === pages || images === 1 ? [] : [`Its ImageJ description says ${images} images, but it holds ${pages}.`]),
      ...(fields.has('cf') && !calibrated ? ['Its calibration of grey values is not a straight line and is not applied.'] : []),
    ],
  }
}
