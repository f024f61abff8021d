import { concat } from '../lib/concat'
import { hexOf } from '../lib/hex'
import { throwLoadError } from '../lib/own-file'
import { isSeveral } from './detached'
import type { GivenFile } from './given-file'
import { maxVolumeBytes } from './image-size'
import { runPipeline } from './itk-pipeline'
import { InputError } from './input-error'
import { makeVolume, spacingOf, type Affine, type Samples, type Segment, type Volume } from './volume'

/** An image from ITK: x to the left, y to the back, z up. */
interface ItkImage {
  imageType: { dimension: number; componentType: string; pixelType: string; components: number }
  origin: number[]
  spacing: number[]
  /** Row by row; a column is the direction of an axis. */
  direction: Float64Array
  size: number[]
  data: Samples | BigInt64Array | BigUint64Array
  metadata: Map<string, unknown>
}

/** Bytes of a sample by type name in NRRD and MetaImage. */
const sampleBytes: readonly (readonly [RegExp, number])[] = [
  [/^(u?int8(_t)?|(un)?signed char|uchar|char|MET_U?CHAR(_ARRAY)?)$/i, 1],
  [/^(u?int16(_t)?|u?short( int)?|(un)?signed short( int)?|MET_U?SHORT(_ARRAY)?)$/i, 2],
  [/^(u?int32(_t)?|u?int|(un)?signed int|float|MET_U?INT(_ARRAY)?|MET_U?LONG(_ARRAY)?|MET_FLOAT(_ARRAY)?)$/i, 4],
  [/^(u?int64(_t)?|u?longlong|u?long long( int)?|(un)?signed long long( int)?|double|MET_U?LONG_LONG|MET_DOUBLE(_ARRAY)?)$/i, 8],
]

interface TextHeader {
  kind: 'nrrd' | 'mha'
  sizes: number[]
  /** Numbers of axes that it gives, usually one. ITK loops without end for one below 0. */
  axes: number[]
  /** Samples of one voxel that do not form an axis. */
  channels: number
  type: string
  /** Name of the file that holds the samples, if separate. */
  detached: string | null
  /** Bytes of that file before the samples; -1 if they are at its end. */
  skip: number
  /** The text, and whether what follows is compressed. */
  text: string
  packed: boolean
  /** Whether the file gives a position. */
  placed: boolean
  spaced: boolean
}

/** Reads the text before the samples, or null if there is none. */
function parseHeader(head: Uint8Array): TextHeader | null {
  const text = new TextDecoder('latin1').decode(head)
  const isNrrd = text.startsWith('NRRD')
  // A header with detached samples may end with the file.
  const end = (isNrrd ? /\r?\n(?=\r?\n)|$(?<=\ndata ?file:[^\0]*)/i : /ElementDataFile[ \t]*=.*(\r?\n|$)/).exec(text)
  if (!end) return null
  const header = text.slice(0, end.index + end[0].length)
  const lines = header.split(/\r?\n/)
  const fields = new Map(
    lines.flatMap((line): [string, string][] => {
      const [, key, value] = (isNrrd ? /^([^:#]+): (.*)$/ : /^\s*(\w+)\s*=\s*(.*)$/).exec(line) ?? []
      return key === undefined ? [] : [[key.trim().toLowerCase(), value!.trim()]]
    }),
  )
  const numbers = (key: string) => (fields.get(key) ?? '').split(/\s+/).filter(Boolean).map(Number)
  const axes = [...header.matchAll(/^\s*(?:NDims|dimension)\s*[=:](.*)$/gim)].map(([, n]) => Number(n))
  if (isNrrd)
    return {
      kind: 'nrrd',
      sizes: numbers('sizes'),
      axes,
      channels: 1,
      type: fields.get('type') ?? '',
      detached: fields.get('data file') ?? fields.get('datafile') ?? null,
      skip: numbers('byte skip')[0] ?? numbers('byteskip')[0] ?? 0,
      text: header,
      packed: (fields.get('encoding') ?? 'raw').toLowerCase() !== 'raw',
      placed: fields.has('space directions'),
      spaced: fields.has('spacings') || fields.has('space directions'),
    }
  const data = fields.get('elementdatafile') ?? ''
  return {
    kind: 'mha',
    sizes: numbers('dimsize'),
    axes,
    channels: numbers('elementnumberofchannels')[0] ?? 1,
    type: fields.get('elementtype') ?? '',
    detached: data.toUpperCase() === 'LOCAL' ? null : data,
    skip: numbers('headersize')[0] ?? 0,
    text: header,
    packed: /^true$/i.test(fields.get('compresseddata') ?? ''),
    placed: ['transformmatrix', 'orientation', 'rotation', 'offset', 'position', 'origin'].some((key) => fields.has(key)),
    spaced: fields.has('elementspacing'),
  }
}

/**
 * Reads NRRD (.nrrd, Slicer's .seg.nrrd, .nhdr) or MetaImage (.mha, .mhd) with ITK. A list or vector at each voxel becomes frames, red, green and blue of 8 bits
 * become channels; the layers of a .seg.nrrd become one label map.
 * @param other the file that holds the samples of a .mhd or .nhdr
 * @throws InputError for a damaged file, one whose sample file is missing, or more than 1 GiB of samples; checked before they are read
 */
export async function readItkImage(file: GivenFile, other: GivenFile | null = null): Promise<Volume> {
  const { name } = file
  const refuse = (what: string) => new InputError(`"${name}" ${what}`, name)
  // Segments take a few hundred characters each.
  const header = parseHeader(await file.read(0, 2 ** 20))
  const damaged = () => refuse('is a damaged NRRD or MetaImage file; save it again from the program that made it.')
  if (!header) throw damaged()
  if (header.detached !== null && isSeveral(header.detached))
    throw refuse(`keeps its samples in several files ("${header.detached}"); save it as one file, as .nrrd or .mha.`)
  if (header.detached !== null && !other)
    throw refuse(`keeps its samples in another file ("${header.detached}"); give both together, or save it as one file, as .nrrd or .mha.`)
  const width = sampleBytes.find(([pattern]) => pattern.test(header.type))?.[1]
  if (!width) throw refuse(`has samples of type "${header.type}", which cannot be read; save it with integers or floats.`)
  const count = header.sizes.reduce((a, b) => a * b, header.channels)
  const { sizes, axes } = header
  if (sizes.length === 0 || !(count >= 1) || !sizes.every(Number.isInteger) || axes.some((n) => n !== sizes.length)) throw damaged()
  if (count * width > maxVolumeBytes) throw refuse('holds more than 1 GiB of samples; crop it or scale it down first.')

  const path = header.kind === 'mha' ? 'image.mha' : 'image.nrrd'
  let image: ItkImage
  try {
    const pipeline = header.kind === 'mha' ? 'meta-read-image' : 'nrrd-read-image'
    const outputs = [{ type: 'JsonCompatible' as never }, { type: 'Image' as never }]
    // Without the compressed size ITK silently returns zeros.
    const own = header.kind === 'mha' && header.packed ? { ...header, skip: header.text.length } : null
    const bytes =
      header.detached !== null
        ? await attached(header, other!, count * width)
        : own
          ? await attached(own, file, count * width)
          : await file.read()
    const inputs = [{ type: 'BinaryFile' as never, data: { path, data: bytes } }]
    image = (await runPipeline(pipeline, [path, '0', '1'], outputs, inputs))[1] as ItkImage
    if (image.data.length !== count) throw new Error(`${image.data.length} samples instead of ${count}`)
  } catch (error) {
    throwLoadError(error)
    if (error instanceof InputError) throw error
    throw damaged()
  }
  return toVolume(name, header, image)
}

/**
 * Joins a header and its detached samples into one file.
 * @param length bytes of the unpacked samples
 * @throws InputError if some are missing, or if lines or unpacked bytes come before them
 */
async function attached({ kind, text, skip, packed }: TextHeader, other: GivenFile, length: number): Promise<Uint8Array<ArrayBuffer>> {
  if (/^line ?skip: *[^0\s]/im.test(text) || (kind === 'nrrd' && packed && skip !== 0))
    throw new InputError(`"${other.name}" has data before its samples, which is not supported; save it as a single .nrrd file.`, other.name)
  if (!packed && other.size < Math.max(0, skip) + length)
    throw new InputError(`"${other.name}" is cut short: it holds fewer samples than its header says; copy or save it again.`, other.name)
  const samples = await other.read(skip < 0 ? other.size - length : skip)
  const lines = text
    .split(/\r?\n/)
    .filter(
      (line) => !/^\s*(data ?file|byte ?skip|line ?skip|HeaderSize|CompressedDataSize|ElementDataFile)\s*[:=]/i.test(line) && line !== '',
    )
  const size = packed ? [`CompressedDataSize = ${samples.length}`] : []
  const head = kind === 'nrrd' ? [...lines, '', ''] : [...lines, ...size, 'ElementDataFile = LOCAL', '']
  return concat([new TextEncoder().encode(head.join('\n')), samples])
}

function toVolume(name: string, { kind, placed, spaced }: TextHeader, image: ItkImage): Volume {
  const { components, pixelType, dimension } = image.imageType
  const [columns = 1, rows = 1, slices = 1, times = 1] = image.size
  if (dimension > 4 || image.size.slice(4).some((n) => n > 1))
    throw new InputError(`"${name}" has more than four axes; save it with four or fewer.`, name)
  const voxels = columns * rows * slices * times
  // Copied: ITK's output is shared memory, and samples here cannot be 64-bit integers.
  const data =
    image.data instanceof BigInt64Array || image.data instanceof BigUint64Array ? Float64Array.from(image.data, Number) : image.data.slice()
  const notes: string[] = []

  // MetaImage does not say what three values mean.
  const colour = (components === 3 || components === 4) && data instanceof Uint8Array && (pixelType.startsWith('RGB') || kind === 'mha')
  let samples: Samples = data
  let frames = times
  if (components > 1 && !colour) {
    frames = times * components
    samples = data.slice()
    for (let c = 0; c < components; c++) for (let i = 0; i < voxels; i++) samples[c * voxels + i] = data[i * components + c]!
  }

  const found = segmentsOf(image.metadata)
  let segments: Segment[] = found
  const layers = new Set(found.map(({ layer }) => layer))
  if (found.length > 0 && frames > 1 && [...layers].every((layer) => layer < frames)) {
    const merged = found.length > 255 ? new Uint16Array(voxels) : new Uint8Array(voxels)
    found.forEach(({ layer, value }, k) => {
      for (let i = 0; i < voxels; i++) if (samples[layer * voxels + i] === value) merged[i] = k + 1
    })
    samples = merged
    frames = 1
    segments = found.map((segment, k) => ({ ...segment, value: k + 1 }))
    notes.push('Segments lie in several layers and were renumbered; where they overlap, the last one counts.')
  } else if (components > 1 && !colour) notes.push(`Each voxel holds ${components} values, read as frames.`)

  const [dx = 1, dy = 1, dz = 1] = image.spacing
  const steps = placed && dimension >= 3 ? affineOf(image) : null
  const usable = [dx, dy, dz].every((mm) => mm > 0) && [dx, dy, dz, ...(steps ?? []).flat()].every(Number.isFinite)
  if (!usable) notes.push('The file has a spacing or a position that cannot be, which is ignored.')
  const affine = usable ? steps : null
  // As `writeSegNrrd` names it.
  const frame = Number(image.metadata.get('SourceFrame') ?? 0)
  return makeVolume({
    name,
    kind,
    size: [columns, rows, slices, frames],
    firstFrame: Number.isSafeInteger(frame) && frame >= 0 ? frame : 0,
    samples,
    channels: colour ? (components as 3 | 4) : 1,
    alpha: colour && components === 4,
    affine,
    spacing: affine ? spacingOf(affine) : spaced && usable ? [dx, dy, dz] : null,
    segments: segments.map(({ value, name: called, color }) => ({ value, name: called, color })),
    notes,
  })
}

/** ITK's direction, spacing and origin to RAS+: its first two coordinates change sign. */
function affineOf({ direction, spacing, origin, imageType }: ItkImage): Affine {
  const row = (axis: number, sign: number): Affine[0] => {
    const at = (column: number) => sign * direction[axis * imageType.dimension + column]! * spacing[column]! + 0
    return [at(0), at(1), at(2), sign * origin[axis]! + 0]
  }
  return [row(0, -1), row(1, -1), row(2, 1)]
}

/** The segments that Slicer wrote into the header: names, label values, layers, colours 0..1. */
function segmentsOf(metadata: Map<string, unknown>): (Segment & { layer: number })[] {
  const text = (key: string) => (metadata.has(key) ? String(metadata.get(key)) : null)
  const segments: (Segment & { layer: number })[] = []
  for (let i = 0; text(`Segment${i}_LabelValue`) !== null || text(`Segment${i}_Name`) !== null; i++) {
    const value = Number(text(`Segment${i}_LabelValue`) ?? i + 1)
    const rgb = (text(`Segment${i}_Color`) ?? '').split(/\s+/).filter(Boolean).map(Number)
    const bytes = rgb.map((c) => Math.round(255 * Math.min(1, Math.max(0, c))))
    const color = rgb.length === 3 && rgb.every(Number.isFinite) ? '#' + hexOf(bytes) : null
    segments.push({ value, name: text(`Segment${i}_Name`) ?? `Segment ${value}`, color, layer: Number(text(`Segment${i}_Layer`) ?? 0) })
  }
  return segments
}
