import { writeDicom, type Element } from './dicom-elements'
import { fromBytes, type GivenFile } from './given-file'

/** A test's description of a synthetic file; tags as "ggggeeee". */
export interface MadeUp {
  name?: string
  series?: string
  instance?: string
  rows?: number
  columns?: number
  position?: readonly number[] | null
  /** Bits allocated, bits stored, signed. */
  bits?: readonly [number, number, number]
  /** Bytes of the pixels, or little-endian 16-bit samples. */
  pixels: Uint8Array | Int16Array | Uint16Array
  /** Transfer syntax of the pixels; explicit little-endian by default. */
  syntax?: string
  /** Further elements, or others in place of these. */
  more?: readonly Element[]
}

let made = 0

/** A small DICOM file: MR, 16 bits signed by default, axial, columns 1.5 mm and rows 2 mm apart. */
export function makeDicom(own: MadeUp): GivenFile {
  const { series = '1.2.3', rows = 2, columns = 3, position = [0, 0, 0], bits = [16, 16, 1], pixels, more = [] } = own
  const instance = own.instance ?? `1.2.3.${++made}`
  const elements: Element[] = [
    ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.4'],
    ['00080018', 'UI', instance],
    ['00080060', 'CS', 'MR'],
    ['00100010', 'PN', 'Doe^Jane'],
    ['00100020', 'LO', 'P1'],
    ['0020000d', 'UI', '1.2.4'],
    ['0020000e', 'UI', series],
    ...(position
      ? ([
          ['00200032', 'DS', position.join('\\')],
          ['00200037', 'DS', '1\\0\\0\\0\\1\\0'],
          ['00200052', 'UI', '1.2.5'],
        ] as const)
      : []),
    ['00280002', 'US', [1]],
    ['00280004', 'CS', 'MONOCHROME2'],
    ['00280010', 'US', [rows]],
    ['00280011', 'US', [columns]],
    ['00280030', 'DS', '2\\1.5'],
    ['00280100', 'US', [bits[0]]],
    ['00280101', 'US', [bits[1]]],
    ['00280102', 'US', [bits[1] - 1]],
    ['00280103', 'US', [bits[2]]],
    ['7fe00010', bits[0] > 8 ? 'OW' : 'OB', new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)],
  ]
  const replaced = new Map([...elements, ...more].map((element) => [element[0], element]))
  const sorted = [...replaced.values()].sort(([a], [b]) => (a < b ? -1 : 1))
  return fromBytes(own.name ?? `scan/${instance}.dcm`, writeDicom(sorted, own.syntax))
}

/** A structure as contours of points in DICOM's millimetres. */
export interface MadeUpStructure {
  name: string
  /** Counted from 1 by default. */
  number?: number
  color?: string
  /** CLOSED_PLANAR by default. */
  type?: string
  /** The picture is named by its instance. */
  contours: { points: readonly (readonly [number, number, number])[]; picture: string | null }[]
}

const sequence = (tag: string, items: Element[][]): Element => [tag, 'SQ', items]

/** An RTSTRUCT in the frame of reference of `makeDicom`. @param series that it refers to; it names none if empty */
export function makeStructureSet(name: string, series: string, structures: readonly MadeUpStructure[]): GivenFile {
  const contour = ({ points, picture }: MadeUpStructure['contours'][number], type: string): Element[] => [
    ...(picture ? [sequence('30060016', [[['00081155', 'UI', picture]]])] : []),
    ['30060042', 'CS', type],
    ['30060046', 'IS', String(points.length)],
    [
      '30060050',
      'DS',
      points
        .flat()
        .map((mm) => mm.toFixed(6))
        .join('\\'),
    ],
  ]
  return fromBytes(
    name,
    writeDicom([
      ['00080005', 'CS', 'ISO_IR 192'],
      ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.481.3'],
      ['00080018', 'UI', '1.2.9'],
      ['00080060', 'CS', 'RTSTRUCT'],
      ['00100020', 'LO', 'P1'],
      ['30060002', 'SH', 'plan'],
      sequence('30060010', [
        [['00200052', 'UI', '1.2.5'], ...(series ? [sequence('30060012', [[sequence('30060014', [[['0020000e', 'UI', series]]])]])] : [])],
      ]),
      sequence(
        '30060020',
        structures.map(({ name, number }, i): Element[] => [
          ['30060022', 'IS', String(number ?? i + 1)],
          ['30060024', 'UI', '1.2.5'],
          ['30060026', 'LO', name],
        ]),
      ),
      sequence(
        '30060039',
        structures.map(({ number, color, type = 'CLOSED_PLANAR', contours }, i): Element[] => [
          ...(color ? [['3006002a', 'IS', color] as const] : []),
          sequence(
            '30060040',
            contours.map((one) => contour(one, type)),
          ),
          ['30060084', 'IS', String(number ?? i + 1)],
        ]),
      ),
    ]),
  )
}
