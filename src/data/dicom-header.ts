import parser, { type DataSet } from 'dicom-parser'
import { Inflate } from 'fflate'
import { concat } from '../lib/concat'
import { hasPreamble, isExplicit, startsWithElement } from './dicom-mark'
import type { GivenFile } from './given-file'
import { maxVolumeBytes } from './image-size'
import { InputError } from './input-error'

/** The elements of a DICOM file, but not its pixels. */
export interface DicomElements {
  file: GivenFile
  data: DataSet
  /** Transfer syntax UID: how elements and pixels are written. */
  syntax: string
  /** Bytes of a preamble missing from the file, by which offsets in `data` are too large. */
  missing: number
}

/** A DICOM file with a picture: its elements, but not its pixels. */
export interface DicomHeader extends Omit<DicomElements, 'missing'> {
  /** Where the pixels are: value representation, offset and length of the value; length -1 means fragments. */
  pixels: { tag: string; vr: string; offset: number; length: number }
  /** Number of bytes available, and a reader of those between two offsets as in `pixels`. */
  size: number
  read(from: number, to?: number): Promise<Uint8Array<ArrayBuffer>>
  rows: number
  columns: number
  frames: number
}

/** Transfer syntaxes whose pixels are not compressed. */
export const implicitLittle = '1.2.840.10008.1.2'
const explicitLittle = '1.2.840.10008.1.2.1'
const deflated = '1.2.840.10008.1.2.1.99'
export const explicitBig = '1.2.840.10008.1.2.2'

const names: Record<string, string> = {
  [implicitLittle]: 'implicit little-endian',
  [explicitLittle]: 'explicit little-endian',
  [deflated]: 'deflated',
  [explicitBig]: 'big-endian',
  '1.2.840.10008.1.2.4.50': 'JPEG baseline',
  '1.2.840.10008.1.2.4.51': 'JPEG extended',
  '1.2.840.10008.1.2.4.57': 'JPEG lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG lossless',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS, near-lossless',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000 lossless',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
  '1.2.840.10008.1.2.4.201': 'high-throughput JPEG 2000 lossless',
  '1.2.840.10008.1.2.4.202': 'high-throughput JPEG 2000 lossless',
  '1.2.840.10008.1.2.4.203': 'high-throughput JPEG 2000',
  '1.2.840.10008.1.2.5': 'RLE',
}

/** The name of a transfer syntax for messages. */
export const syntaxName = (uid: string): string => names[uid] ?? `transfer syntax ${uid || 'unknown'}`

/** Inflates the rest of a file. @throws InputError for more than `maxVolumeBytes` */
function inflate(bytes: Uint8Array, from: number, name: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  let size = from
  const stream = new Inflate((part) => {
    size += part.length
    if (size > maxVolumeBytes) throw tooLarge(name)
    parts.push(part)
  })
  // In pieces, so that a zip bomb is noticed before it fills the memory.
  for (let at = from; at < bytes.length; at += 65536) stream.push(bytes.subarray(at, at + 65536), at + 65536 >= bytes.length)
  // Offsets remain the file's: its start, then the inflated rest.
  return concat([bytes.subarray(0, from), ...parts])
}

export const tooLarge = (name: string): InputError =>
  new InputError(`"${name}" would take more than ${maxVolumeBytes / 2 ** 30} GiB in memory; export fewer slices or frames of it.`, name)

/** Enough for the elements of most single images; if not, the whole file is read. */
const headBytes = 65536

/** Elements that hold pixels: whole numbers, 32-bit and 64-bit floats. */
const pixelTags = ['x7fe00010', 'x7fe00008', 'x7fe00009']

/** Extended Offset Table and Extended Offset Table Lengths, (7FE0,0001) and (7FE0,0002), as they begin in explicit little-endian. */
const offsetTables = [1, 2].map((element) => [0xe0, 0x7f, element, 0, 0x4f, 0x56])

/** The same bytes with the offset tables as OB: dicom-parser 1.8 does not know OV, and takes what follows for other elements. */
function withKnownOffsets(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let out = bytes
  for (const start of offsetTables)
    for (let at = bytes.indexOf(start[0]!); at >= 0; at = bytes.indexOf(start[0]!, at + 1))
      if (start.every((byte, i) => bytes[at + i] === byte)) {
        if (out === bytes) out = bytes.slice()
        out[at + 5] = 0x42
      }
  return out
}

/**
 * Reads the elements of a DICOM file, up to its pixels if it has any.
 * @throws InputError if it is not DICOM
 */
export async function readElements(file: GivenFile): Promise<DicomElements> {
  const { name } = file
  const refuse = (what: string) => new InputError(`"${name}" ${what}`, name)
  const head = await file.read(0, headBytes)
  if (!hasPreamble(head) && !startsWithElement(head))
    throw refuse('is not DICOM: it has neither the mark "DICM" nor a first element; export it again from the program that made it.')

  // A file that starts with group 0002 is read as if it had a preamble.
  const missing = !hasPreamble(head) && head[0] === 2 ? 132 : 0
  const preamble = new Uint8Array(132)
  preamble.set([68, 73, 67, 77], 128)
  const parse = (bytes: Uint8Array<ArrayBuffer>): DataSet =>
    parser.parseDicom(withKnownOffsets(missing ? concat([preamble, bytes]) : bytes), {
      untilTag: 'x7fe00010',
      // Parsing stops there; its type wrongly says that it returns nothing.
      inflater: ((all: Uint8Array, from: number) => inflate(all, from, name)) as unknown as (all: Uint8Array, from: number) => void,
      ...(hasPreamble(head) || missing ? {} : { TransferSyntaxUID: isExplicit(head) ? explicitLittle : implicitLittle }),
    })
  const holdsPixels = (data: DataSet | null) => data !== null && pixelTags.some((tag) => data.elements[tag])

  let data = attempt(() => parse(head), name)
  // A multi-frame file has longer headers, a deflated one must be read to its end.
  for (const bytes of [2 ** 24, file.size]) {
    if (holdsPixels(data) || file.size <= head.length) break
    if (bytes > maxVolumeBytes) throw tooLarge(name)
    const more = await file.read(0, bytes)
    data = attempt(() => parse(more), name)
  }
  if (!data) throw refuse('is a damaged DICOM file; export it again from the program that made it.')

  const syntax = (data.string('x00020010') ?? (isExplicit(head) ? explicitLittle : implicitLittle)).trim()
  return { file, data, syntax, missing }
}

/** The same for a file with a picture. @throws InputError if it has no pixels, or impossible ones */
export const readHeader = async (file: GivenFile): Promise<DicomHeader> => headerOf(await readElements(file))

/** The header of a picture from its elements. @throws InputError as `readHeader` */
export function headerOf({ file, data, syntax, missing }: DicomElements): DicomHeader {
  const refuse = (what: string) => new InputError(`"${file.name}" ${what}`, file.name)
  const tag = pixelTags.find((own) => data.elements[own])
  if (!tag) {
    const kind = data.string('x00080060')
    throw refuse(`is DICOM without a picture${kind ? ` (modality ${kind})` : ''}; leave it out.`)
  }
  const element = data.elements[tag]!
  const rows = data.uint16('x00280010') ?? 0
  const columns = data.uint16('x00280011') ?? 0
  const frames = Math.max(1, data.intString('x00280008') || 1)
  if (rows === 0 || columns === 0) throw refuse(`has a size of ${columns} x ${rows} pixels, so it holds no image; export it again.`)

  const held = data.byteArray as Uint8Array<ArrayBuffer>
  return {
    file,
    data,
    syntax,
    pixels: {
      tag,
      vr: element.vr ?? 'OW',
      offset: syntax === deflated ? element.dataOffset : element.dataOffset - missing,
      length: element.hadUndefinedLength || element.length === 0xffffffff ? -1 : element.length,
    },
    size: syntax === deflated ? held.length : file.size,
    read: syntax === deflated ? (from, to) => Promise.resolve(held.slice(from, to)) : (from, to) => file.read(from, to),
    rows,
    columns,
    frames,
  }
}

/** dicom-parser's result, or null if it fails: it throws strings, plain objects and Errors. */
function attempt(parse: () => DataSet, name: string): DataSet | null {
  try {
    return parse()
  } catch (error) {
    const cause = error instanceof InputError ? error : (error as { exception?: unknown } | null)?.exception
    if (cause instanceof InputError && cause.file === name) throw cause
    return null
  }
}

/** The elements of item `index` of a sequence, or null. */
export const itemOf = (data: DataSet, sequence: string, index = 0): DataSet | null =>
  data.elements[sequence]?.items?.[index]?.dataSet ?? null

/** The elements of one frame: from its functional group, the shared one, or the file itself, as in a plain image. `macro` is the group's sequence. */
export const frameGroup = ({ data }: DicomHeader, frame: number, macro: string): DataSet => {
  const groups = [itemOf(data, 'x52009230', frame), itemOf(data, 'x52009229')]
  for (const group of groups) {
    const found = group && itemOf(group, macro)
    if (found) return found
  }
  return data
}

/** Numbers of a decimal or integer string, null if there are fewer than `count` or any is invalid. */
export function numbersOf(data: DataSet, tag: string, count: number): number[] | null {
  const values = (data.string(tag) ?? '').split('\\').map((text) => (text.trim() === '' ? NaN : Number(text)))
  return values.length >= count && values.slice(0, count).every(Number.isFinite) ? values.slice(0, count) : null
}

/** A single number of a decimal or integer string, or null. */
export const numberOf = (data: DataSet, tag: string): number | null => numbersOf(data, tag, 1)?.[0] ?? null

/** Encodings by DICOM's name (PS3.3 C.12.1.1.2) where TextDecoder uses another. */
const encodings: Record<string, string> = {
  ISO_IR_13: 'shift_jis',
  ISO_IR_100: 'iso-8859-1',
  ISO_IR_101: 'iso-8859-2',
  ISO_IR_109: 'iso-8859-3',
  ISO_IR_110: 'iso-8859-4',
  ISO_IR_126: 'iso-8859-7',
  ISO_IR_127: 'iso-8859-6',
  ISO_IR_138: 'iso-8859-8',
  ISO_IR_144: 'iso-8859-5',
  ISO_IR_148: 'iso-8859-9',
  ISO_IR_166: 'windows-874',
  ISO_IR_192: 'utf-8',
  ISO_2022_IR_87: 'iso-2022-jp',
  ISO_2022_IR_149: 'euc-kr',
  GB18030: 'gb18030',
  GBK: 'gbk',
}

/** The text of an element in the file's character set, trimmed; empty if missing. `root` holds the character set if `data` is an item. */
export function textOf(data: DataSet, tag: string, root: DataSet = data): string {
  const element = data.elements[tag]
  if (!element) return ''
  const bytes = data.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
  const sets = (root.string('x00080005') ?? '').split('\\').map(
    (set) =>
      encodings[
        set
          .trim()
          .replaceAll(' ', '_')
          .replace(/ISO_2022_(IR_1(?!49))/, 'ISO_$1')
      ],
  )
  return new TextDecoder(sets.filter((set) => set !== undefined).at(-1) ?? 'iso-8859-1')
    .decode(bytes)
    .replace(/[\0 ]+$/, '')
    .trim()
}
