import parser from 'dicom-parser'
import { concat } from '../lib/concat'
import { throwLoadError } from '../lib/own-file'
import { writeDicom } from './dicom-elements'
import { explicitBig, syntaxName, type DicomHeader } from './dicom-header'
import { maxVolumeBytes } from './image-size'
import { runPipeline } from './itk-pipeline'
import { InputError } from './input-error'
import type { Samples, Triple } from './volume'
import { putRgb } from './ycbcr'

/** How the samples of a file are laid out. */
export interface PixelLayout {
  photometric: string
  channels: 1 | 3
  allocated: number
  stored: number
  high: number
  signed: boolean
  /** Planar colour: all red samples of a frame, then green, then blue. */
  planar: boolean
  /** Bytes of one frame, uncompressed, as in the file. */
  frameBytes: number
  /** What a sample becomes. */
  type: SamplesType
}

export type SamplesType = { readonly BYTES_PER_ELEMENT: number; new (length: number): Samples; new (buffer: ArrayBuffer): Samples }

const integers: Record<string, SamplesType> = {
  u1: Uint8Array,
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
}

/** @throws InputError for a layout that DICOM does not define or nobody writes */
export function pixelLayoutOf(header: DicomHeader): PixelLayout {
  const { data, rows, columns, pixels, file } = header
  const refuse = (what: string) =>
    new InputError(`"${file.name}" has ${what}, which cannot be read; export it again as plain DICOM.`, file.name)
  const float = { x7fe00008: 32, x7fe00009: 64 }[pixels.tag]
  const allocated = float ?? data.uint16('x00280100') ?? 16
  const stored = Math.min(allocated, data.uint16('x00280101') || allocated)
  const high = Math.min(allocated - 1, Math.max(stored - 1, data.uint16('x00280102') ?? stored - 1))
  const signed = data.uint16('x00280103') === 1
  const channels = data.uint16('x00280002') ?? 1
  const photometric = (data.string('x00280004') ?? (channels === 3 ? 'RGB' : 'MONOCHROME2')).trim()
  if (channels !== 1 && channels !== 3) throw refuse(`${channels} samples per pixel`)
  const type = float ? (float === 32 ? Float32Array : Float64Array) : integers[`${signed && allocated > 1 ? 's' : 'u'}${allocated}`]
  if (!type) throw refuse(`${allocated} bits per sample`)
  if (channels === 3 && allocated !== 8) throw refuse(`colours of ${allocated} bits`)
  // Two chroma samples for two pixels.
  const samples = photometric.endsWith('_422') && pixels.length !== -1 ? 2 * Math.ceil(columns / 2) * 2 * rows : rows * columns * channels
  const frameBytes = allocated === 1 ? (rows * columns) / 8 : (samples * allocated) / 8
  return { photometric, channels, allocated, stored, high, signed, planar: data.uint16('x00280006') === 1, frameBytes, type }
}

/** Colours of a palette, 0..255 each, by sample value; empty for other images. @throws InputError for a segmented or damaged table */
export function paletteOf({ data, file }: DicomHeader, { photometric, signed }: PixelLayout): Triple[] {
  if (photometric !== 'PALETTE COLOR') return []
  const channels = [1, 2, 3].map((n) => {
    const [descriptor, table] = [`x0028110${n}`, data.elements[`x0028120${n}`]]
    if (!data.elements[descriptor] || !table)
      throw new InputError(`"${file.name}" has no readable palette; export it again as RGB or grey.`, file.name)
    const count = data.uint16(descriptor, 0) || 65536
    const first = (signed ? data.int16(descriptor, 1) : data.uint16(descriptor, 1)) ?? 0
    const wide = data.uint16(descriptor, 2) === 16
    // Entries of 8 bits may each take a word.
    const words = wide || table.length >= 2 * count
    const entry = (i: number) => {
      const at = Math.min(Math.max(i - first, 0), count - 1)
      if (!words) return data.byteArray[table.dataOffset + at] ?? 0
      return (data.uint16(`x0028120${n}`, at) ?? 0) >> (wide ? 8 : 0)
    }
    return { size: first + count, entry }
  })
  const [red, green, blue] = channels.map(({ entry }) => entry) as [(i: number) => number, (i: number) => number, (i: number) => number]
  return Array.from({ length: Math.max(1, channels[0]!.size) }, (_, i): Triple => [red(i), green(i), blue(i)])
}

/** One frame of a file. */
export interface FrameOf {
  header: DicomHeader
  layout: PixelLayout
  /** Counted from 0. */
  frame: number
}

/** Decoded together: an instance of the decoder costs 40 ms, a frame of 512 x 512 in JPEG 2000 90, a small one in RLE 3. */
const batchBytes = 2 ** 24

/**
 * Decodes frames that share one layout, in order.
 * @param take gets the samples of frame `index` of the list: rows * columns * channels, colour as RGB
 * @returns one error for each file that could not be decoded, by the index of a frame of it
 */
export async function readFrames(
  frames: readonly FrameOf[],
  take: (index: number, samples: Samples) => void,
): Promise<Map<number, InputError>> {
  const errors = new Map<number, InputError>()
  let batch: { index: number; frame: FrameOf; bytes: Uint8Array<ArrayBuffer> }[] = []
  const opened: { header?: DicomHeader; read: (frame: number) => Uint8Array<ArrayBuffer> } = { read: () => new Uint8Array(0) }

  const bad = new Set<DicomHeader>()
  const flush = async () => {
    const now = batch
    batch = []
    if (now.length === 0) return
    try {
      const decoded = await decode(now)
      now.forEach(({ index }, i) => take(index, decoded[i]!))
    } catch (error) {
      throwLoadError(error)
      // One of the files is damaged; decoding each alone shows which.
      const headers = new Set(now.map(({ frame }) => frame.header))
      for (const header of headers) {
        const own = now.filter(({ frame }) => frame.header === header)
        try {
          if (headers.size === 1) throw undecodable(header)
          const decoded = await decode(own)
          own.forEach(({ index }, i) => take(index, decoded[i]!))
        } catch (error) {
          throwLoadError(error)
          bad.add(header)
          errors.set(own[0]!.index, undecodable(header))
        }
      }
    }
  }

  for (const [index, frame] of frames.entries()) {
    const { header, layout } = frame
    if (bad.has(header)) continue
    try {
      if (header.pixels.length !== -1) {
        take(index, await readPlain(frame))
        continue
      }
      if (opened.header !== header) Object.assign(opened, { header, read: await openFragments(header) })
      const last = batch[0]
      const decodedBytes = layout.frameBytes
      if (last && (!sameWrapper(last.frame, frame) || (batch.length + 1) * decodedBytes > batchBytes)) await flush()
      batch.push({ index, frame, bytes: opened.read(frame.frame) })
    } catch (error) {
      throwLoadError(error)
      bad.add(header)
      errors.set(index, error instanceof InputError ? error : undecodable(header))
    }
  }
  await flush()
  return errors
}

const undecodable = ({ file, syntax }: DicomHeader) =>
  new InputError(
    `"${file.name}" cannot be decoded (${syntaxName(syntax)}): its pixels are damaged or in an unusual format; export it uncompressed.`,
    file.name,
  )

const cutShort = ({ file }: DicomHeader) =>
  new InputError(`"${file.name}" is cut short: it holds fewer pixels than its header says; copy or export it again.`, file.name)

const sameWrapper = (a: FrameOf, b: FrameOf) =>
  a.header.syntax === b.header.syntax &&
  a.layout.photometric === b.layout.photometric &&
  a.layout.stored === b.layout.stored &&
  a.layout.high === b.layout.high &&
  a.layout.planar === b.layout.planar

/** @throws InputError if an uncompressed file is shorter than its header says. Costs nothing: call it before allocating. */
export function checkLength({ header, layout }: Omit<FrameOf, 'frame'>): void {
  const { pixels, frames, size } = header
  const needed = Math.ceil(layout.frameBytes * frames)
  if (pixels.length !== -1 && (pixels.length < needed || pixels.offset + needed > size)) throw cutShort(header)
}

/** One uncompressed frame. */
async function readPlain({ header, layout, frame }: FrameOf): Promise<Samples> {
  const { pixels, syntax, rows, columns } = header
  const { allocated, stored, high, signed, photometric, type } = layout
  if (allocated === 1) {
    // Bits continue from frame to frame, lowest first.
    const first = frame * rows * columns
    const bytes = await header.read(pixels.offset + (first >> 3), pixels.offset + Math.ceil((first + rows * columns) / 8))
    if (bytes.length < Math.ceil(((first & 7) + rows * columns) / 8)) throw cutShort(header)
    const out = new Uint8Array(rows * columns)
    for (let i = 0, bit = first & 7; i < out.length; i++, bit++) out[i] = (bytes[bit >> 3]! >> (bit & 7)) & 1
    return out
  }
  const from = pixels.offset + frame * layout.frameBytes
  const bytes = await header.read(from, from + layout.frameBytes)
  if (bytes.length < layout.frameBytes) throw cutShort(header)
  // Big-endian files of 8 bits may also be written as words.
  const width = allocated === 8 && pixels.vr === 'OW' ? 2 : allocated / 8
  if (syntax === explicitBig) for (let i = 0; i + width <= bytes.length; i += width) bytes.subarray(i, i + width).reverse()
  const samples = new type(bytes.buffer)
  // The remaining bits are old-style overlays or unused.
  if (stored < allocated && !(type === Float32Array || type === Float64Array))
    for (let i = 0; i < samples.length; i++) {
      const top = samples[i]! << (31 - high)
      samples[i] = signed ? top >> (32 - stored) : top >>> (32 - stored)
    }
  return layout.channels === 3 ? toRgb(samples as Uint8Array<ArrayBuffer>, photometric, layout.planar, rows, columns) : samples
}

/** Stored colour, by planes or by pixels, to red, green, blue of each pixel; PS3.3 C.7.6.3.1.2. */
function toRgb(
  stored: Uint8Array<ArrayBuffer>,
  photometric: string,
  planar: boolean,
  rows: number,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const pixels = rows * columns
  if (photometric === 'RGB' && !planar) return stored
  const out = new Uint8ClampedArray(3 * pixels)
  const half = 2 * Math.ceil(columns / 2)
  for (let i = 0; i < pixels; i++) {
    let [a, b, c] = [0, 0, 0]
    if (photometric.endsWith('_422')) {
      // For two pixels: Y1 Y2 Cb Cr.
      const x = i % columns
      const pair = ((i - x) / columns) * half * 2 + 4 * (x >> 1)
      ;[a, b, c] = [stored[pair + (x & 1)]!, stored[pair + 2]!, stored[pair + 3]!]
    } else if (planar) [a, b, c] = [stored[i]!, stored[pixels + i]!, stored[2 * pixels + i]!]
    else [a, b, c] = [stored[3 * i]!, stored[3 * i + 1]!, stored[3 * i + 2]!]
    if (photometric.startsWith('YBR_PARTIAL'))
      [a, b, c] = [(255 / 219) * (a - 16), (255 / 224) * (b - 128) + 128, (255 / 224) * (c - 128) + 128]
    if (photometric.startsWith('YBR')) putRgb(out, 3 * i, a, b, c)
    else out.set([a, b, c], 3 * i)
  }
  return new Uint8Array(out.buffer)
}

/** Reads a file's fragments. @returns the compressed bytes of a frame */
async function openFragments(header: DicomHeader): Promise<(frame: number) => Uint8Array<ArrayBuffer>> {
  const { file, frames } = header
  if (file.size > maxVolumeBytes)
    throw new InputError(`"${file.name}" is larger than ${maxVolumeBytes / 2 ** 30} GiB; export fewer frames of it.`, file.name)
  // From the start of the pixels: the elements before are known.
  const { offset } = header.pixels
  const bytes = await header.read(offset)
  const stream = new parser.ByteStream(parser.littleEndianByteArrayParser, bytes, 0)
  const element: parser.Element = { tag: 'x7fe00010', length: 0xffffffff, dataOffset: 0 }
  parser.findEndOfEncapsulatedElement(stream, element, [])
  const fragments = element.fragments ?? []
  const extended = extendedOffsets(header)
  const starts = element.basicOffsetTable?.length ? element.basicOffsetTable : startsOf(bytes, fragments)
  return (frame) => {
    // A frame is one fragment, or those between its start and the next.
    const own = extended
      ? fragments.filter(({ offset: at }) => at === extended[frame])
      : frames === 1
        ? fragments
        : fragments.length === frames
          ? fragments.slice(frame, frame + 1)
          : fragments.filter(({ offset: at }) => at >= (starts[frame] ?? Infinity) && at < (starts[frame + 1] ?? Infinity))
    if (own.length === 0) throw cutShort(header)
    return concat(own.map(({ position, length }) => bytes.subarray(position, position + length)))
  }
}

/**
 * Where frames begin by the Extended Offset Table, whose offsets have 64 bits and each of which is a fragment (PS3.3 C.7.6.3.1.8); null without one,
 * or if it is not of all frames.
 */
function extendedOffsets({ data, frames }: DicomHeader): number[] | null {
  const element = data.elements['x7fe00001']
  if (!element || element.length !== 8 * frames) return null
  const view = new DataView(data.byteArray.buffer, data.byteArray.byteOffset + element.dataOffset, element.length)
  return Array.from({ length: frames }, (_, frame) => Number(view.getBigUint64(8 * frame, true)))
}

/**
 * Where the frames of a file without offset table begin: at each fragment that starts a JPEG after one that ended one. RLE frames are a fragment
 * each and never reach this.
 */
function startsOf(bytes: Uint8Array, fragments: readonly parser.Fragment[]): number[] {
  const marker = (at: number) => bytes[at]! * 256 + bytes[at + 1]!
  // Start of image of JPEG and JPEG-LS, start of codestream of JPEG 2000; all end with FFD9, and one byte of padding may follow.
  const begins = ({ position }: parser.Fragment) => [0xffd8, 0xff4f].includes(marker(position))
  const ends = ({ position, length }: parser.Fragment) => [2, 3].some((back) => marker(position + length - back) === 0xffd9)
  return fragments.flatMap((fragment, i) => (i === 0 || (begins(fragment) && ends(fragments[i - 1]!)) ? [fragment.offset] : []))
}

/**
 * Decodes frames of one layout with GDCM, wrapped as a file with only what the decoder needs: slopes, palettes and geometry are ours.
 * @throws what the decoder throws, such as a bare number
 */
async function decode(batch: readonly { frame: FrameOf; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Samples[]> {
  const { header, layout } = batch[0]!.frame
  const { rows, columns, syntax } = header
  const { allocated, channels, type } = layout
  const rle = syntax === '1.2.840.10008.1.2.5'
  // The decoder converts JPEG's colours, but not RLE's.
  const photometric = channels === 1 ? 'MONOCHROME2' : rle ? 'RGB' : layout.photometric
  const wrapped = writeDicom(
    [
      ['00080016', 'UI', `1.2.840.10008.5.1.4.1.1.7.${channels === 3 ? 4 : allocated === 8 ? 2 : 3}`],
      ['00080018', 'UI', '2.25.1'],
      ['0020000d', 'UI', '2.25.2'],
      ['0020000e', 'UI', '2.25.3'],
      ['00280002', 'US', [channels]],
      ['00280004', 'CS', photometric],
      ...(channels === 3 ? [['00280006', 'US', [layout.planar ? 1 : 0]] as const] : []),
      ['00280008', 'IS', String(batch.length)],
      ['00280010', 'US', [rows]],
      ['00280011', 'US', [columns]],
      ['00280100', 'US', [allocated]],
      ['00280101', 'US', [layout.stored]],
      ['00280102', 'US', [layout.high]],
      ['00280103', 'US', [layout.signed ? 1 : 0]],
      ['7fe00010', allocated > 8 ? 'OW' : 'OB', { fragments: batch.map(({ bytes }) => bytes) }],
    ],
    syntax,
  )
  const path = 'wrapped.dcm'
  const outputs = [{ type: 'Image' as never }, { type: 'JsonCompatible' as never }]
  const inputs = [{ type: 'BinaryFile' as never, data: { path, data: wrapped } }]
  const [image] = (await runPipeline(
    'read-image-dicom-file-series',
    ['0', '1', '--input-images', path, '--single-sorted-series'],
    outputs,
    inputs,
  )) as [{ data: Samples }]
  const each = rows * columns * channels
  if (image.data.length !== each * batch.length) throw new Error(`${image.data.length} samples instead of ${each * batch.length}`)
  return batch.map((_, i) => {
    const part = image.data.subarray(i * each, (i + 1) * each)
    const samples = new type(each)
    samples.set(part)
    return rle && channels === 3 ? toRgb(samples as Uint8Array<ArrayBuffer>, layout.photometric, false, rows, columns) : samples
  })
}
