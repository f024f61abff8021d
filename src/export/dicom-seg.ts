/**
 * Writes a label map as a DICOM SEG on the series that it belongs to (PS3.3 A.51). Our own writer and not dcmqi's (@itk-wasm/dicom 7.6), which
 * - refuses, with a bare number, sources whose UIDs or dates are invalid, as anonymised ones often are ("2.16.0897", "20120000");
 * - drops a segment without pixels and renumbers those after it, so that 3 comes back as 2;
 * - places frames only on a regular grid, so those of an uneven series name no source, and does not support multi-frame sources;
 * - copies name and birth date of the patient;
 * - is 3.8 MB to load.
 */
import { writeDicom, type Element } from '../data/dicom-elements'
import { minus } from '../data/dicom-geometry'
import { frameGroup, numberOf, textOf } from '../data/dicom-header'
import { segFields } from '../data/dicom-identifiers'
import { planesOfVolume, type DicomPlane } from '../data/dicom-stack'
import type { Volume } from '../data/volume'
import { rgbOf } from '../image/palette'
import type { LabelClass } from '../image/raster'
import { concat } from '../lib/concat'
import { version } from '../lib/version'

export interface SegOptions {
  /** Whether the fields that `segFields` lists as `asked` are copied from the source. */
  keepIdentifiers: boolean
  /** Whether the unique identifiers of the images are replaced, unless identifiers are kept. */
  rename?: boolean
  /** The name of the series; " (research use only)" is added. */
  description: string
  /** When it was made; the date of the study by default. */
  made?: Date
}

const research = 'Research use only, not for diagnosis'

/** At most `length` characters, the standard's limit for a value, on one line and without the value separator. */
const short = (text: string, length: number) => [...text.replace(/[\\\r\n\0]/g, ' ')].slice(0, length).join('').trim()

/** A decimal string: at most 16 characters, 12 digits, so that 0.99999999999999 is 1. */
function decimal(value: number): string {
  let text = String(Number(value.toPrecision(12)))
  for (let digits = 11; text.length > 16; digits--) text = String(Number(value.toPrecision(digits)))
  return text
}
const decimals = (values: readonly number[]) => values.map(decimal).join('\\')

const code = (value: string, scheme: string, meaning: string): Element[][] => [
  [
    ['00080100', 'SH', value],
    ['00080102', 'SH', scheme],
    ['00080104', 'LO', meaning],
  ],
]
const structure = code('123037004', 'SCT', 'Anatomical structure')

/** #rrggbb to CIELab as DICOM stores it (PS3.3 C.10.7.1.1), with white point D65, as dcmqi and Slicer read it. */
function labOf(color: string): [number, number, number] {
  const [r, g, b] = rgbOf(color).map((byte) => {
    const c = byte / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29)
  const fx = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const fy = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const fz = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  const word = (part: number) => Math.round(65535 * Math.min(1, Math.max(0, part)))
  return [word((1.16 * fy * 100 - 16) / 100), word((500 * (fx - fy) + 128) / 255), word((200 * (fy - fz) + 128) / 255)]
}

/** A UID derived from content: equal content has equal UIDs, other content different ones. From a UUID (PS3.5 B.2), version 8. */
async function uidOf(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const own = new Uint8Array(await crypto.subtle.digest('SHA-256', content)).subarray(0, 16)
  own[6] = (own[6]! & 0x0f) | 0x80
  own[8] = (own[8]! & 0x3f) | 0x80
  return `2.25.${own.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)}`
}

const uidsOf = (content: Uint8Array<ArrayBuffer>, count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => uidOf(concat([Uint8Array.of(i), content]))))

/** Another UID in the place of each, in every file the same: what belonged together still does (PS3.15, table E.1-1, action U). */
async function replacedUids(uids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const own = async (uid: string) => [uid, uid && (await uidOf(new TextEncoder().encode(`Exemplar Lab ${uid}`)))] as const
  return new Map(await Promise.all([...new Set(uids)].map(own)))
}

/** A date or time of the source, or nothing if invalid. */
const dateOf = (text: string) => (/^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(text) ? text : '')
const timeOf = (text: string) => (/^([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?$/.test(text) ? text : '')

/**
 * Writes labels as a DICOM SEG: binary, a segment for each class but the first, frames only where a segment has pixels (one empty frame if none
 * has). It lies in the source's frame of reference and names the pictures it lies on, by the unique identifiers of its study, series and instances,
 * or with `rename` by others in their place. Everything else that identifies the patient is left out unless `keepIdentifiers`; `source.patient`
 * stands for the patient then.
 * @param source read by `readDicom`, its patient renamed
 * @param labels columns * rows * slices class numbers, on frame `frame` of the source
 * @param classes background first; the number of a segment is the number of its class
 * @throws InputError if the source's files can no longer be read
 */
export async function writeDicomSeg(
  source: Volume,
  labels: Uint8Array,
  frame: number,
  classes: readonly LabelClass[],
  options: SegOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const [columns, rows, slices, sourceFrames] = source.size
  const each = columns * rows
  if (classes.length < 2) throw new Error('A segmentation needs a class besides the background.')
  if (labels.length !== each * slices) throw new Error(`${labels.length} labels do not fit ${columns} x ${rows} x ${slices}.`)
  if (!(frame >= 0 && frame < sourceFrames)) throw new Error(`There is no frame ${frame} among ${sourceFrames}.`)
  const pictures = (await planesOfVolume(source)).slice(frame * slices, (frame + 1) * slices)

  // Which segment has pixels on which slice.
  const counts = Array.from({ length: slices }, () => new Uint32Array(256))
  for (let z = 0; z < slices; z++) for (let i = z * each; i < (z + 1) * each; i++) counts[z]![labels[i]!]!++
  const highest = Math.max(...counts.map((count) => count.reduce((top, n, label) => (n > 0 ? label : top), 0)))
  if (highest >= classes.length) throw new Error(`Label ${highest} is none of ${classes.length} classes.`)
  const segments = classes.slice(1).map((_, i) => i + 1)
  const used = segments.flatMap((segment) => pictures.flatMap((picture, z) => (counts[z]![segment]! > 0 ? [{ segment, picture, z }] : [])))
  const frames = used.length > 0 ? used : [{ segment: 1, picture: pictures[0]!, z: 0 }]

  // Bits continue from frame to frame, lowest first.
  const bits = new Uint8Array(2 * Math.ceil((frames.length * each) / 16))
  let bit = 0
  for (const { segment, z } of frames)
    for (let i = z * each; i < (z + 1) * each; i++, bit++) if (labels[i] === segment) bits[bit >> 3]! |= 1 << (bit & 7)

  const { data } = pictures[0]!.header
  const text = (tag: string) => textOf(data, tag)
  /** A field that is copied if that was asked for; the table says which may be. */
  const asked = (tag: string) => {
    if (segFields.get(tag) !== 'asked') throw new Error(`${tag} is not among the fields that may be copied.`)
    return options.keepIdentifiers ? text(`x${tag}`) : ''
  }
  const studyDate = dateOf(asked('00080020'))
  const made = options.made?.toISOString().replace(/[-:]/g, '')
  const date = made?.slice(0, 8) ?? (studyDate || '19700101')
  const time = made?.slice(9, 15) ?? '000000'
  const instanceOf = ({ header }: DicomPlane) => textOf(header.data, 'x00080018')
  const ofImages = [...pictures.map(instanceOf), ...['x0020000d', 'x0020000e', 'x00200052'].map(text)]
  const replaced = options.rename && !options.keepIdentifiers ? await replacedUids(ofImages) : null
  const named = (uid: string) => replaced?.get(uid) ?? uid
  const instance = (picture: DicomPlane) => named(instanceOf(picture))
  const reference = (picture: DicomPlane): Element[] => [
    ['00081150', 'UI', textOf(picture.header.data, 'x00080016')],
    ['00081155', 'UI', instance(picture)],
  ]
  /** In the place of name and ID. */
  const alias = short(source.patient ?? '', 64)
  const content = JSON.stringify([pictures.map((picture) => [instance(picture), picture.frame]), frame, classes, options, alias])
  const uids = await uidsOf(concat([new TextEncoder().encode(content), labels]), 3)

  const { geometry } = pictures[0]!
  const world = named(text('x00200052'))
  const pointers = [
    ['0062000b', '0062000a', 'ReferencedSegmentNumber'] as const,
    ...(geometry ? [['00200032', '00209113', 'ImagePositionPatient'] as const] : []),
  ]
  const tagNumbers = (tag: string) => [parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16)]
  const gap = source.spacing?.[2] ?? 1
  const even = pictures.every((picture, z) => {
    const before = pictures[z - 1]?.geometry
    return !before || !picture.geometry || Math.abs(Math.hypot(...minus(picture.geometry.position, before.position)) / gap - 1) < 0.02
  })
  const thickness = numberOf(frameGroup(pictures[0]!.header, pictures[0]!.frame, 'x00289110'), 'x00180050') ?? source.spacing?.[2]

  return writeDicom([
    ['00080005', 'CS', 'ISO_IR 192'],
    ['00080008', 'CS', 'DERIVED\\PRIMARY'],
    ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.66.4'],
    ['00080018', 'UI', uids[0]!],
    ['00080020', 'DA', studyDate],
    ['00080021', 'DA', date],
    ['00080023', 'DA', date],
    ['00080030', 'TM', timeOf(asked('00080030'))],
    ['00080031', 'TM', time],
    ['00080033', 'TM', time],
    ['00080050', 'SH', asked('00080050')],
    ['00080060', 'CS', 'SEG'],
    ['00080070', 'LO', 'Exemplar Lab'],
    ['00080090', 'PN', asked('00080090')],
    ['0008103e', 'LO', `${short(options.description, 43)} (research use only)`.trim()],
    ['00081090', 'LO', 'Exemplar Lab'],
    [
      '00081115',
      'SQ',
      [
        [
          ['0008114a', 'SQ', [...new Map(pictures.map((picture) => [instance(picture), reference(picture)])).values()]],
          ['0020000e', 'UI', named(text('x0020000e'))],
        ],
      ],
    ],
    ['00100010', 'PN', options.keepIdentifiers ? asked('00100010') : alias],
    ['00100020', 'LO', options.keepIdentifiers ? asked('00100020') : alias],
    ['00100030', 'DA', dateOf(asked('00100030'))],
    ['00100040', 'CS', asked('00100040')],
    ...(options.keepIdentifiers
      ? []
      : ([
          ['00120062', 'CS', 'YES'],
          ['00120063', 'LO', `Exemplar Lab ${replaced ? 'replaces' : 'copies only'} the UIDs that refer to the images`],
        ] as const)),
    ['00181000', 'LO', '0'],
    ['00181020', 'LO', version],
    ['0020000d', 'UI', named(text('x0020000d'))],
    ['0020000e', 'UI', uids[1]!],
    ['00200010', 'SH', asked('00200010')],
    ['00200011', 'IS', '300'],
    ['00200013', 'IS', '1'],
    ...(world ? [['00200052', 'UI', world] as const, ['00201040', 'LO', asked('00201040')] as const] : []),
    ['00209221', 'SQ', [[['00209164', 'UI', uids[2]!]]]],
    [
      '00209222',
      'SQ',
      pointers.map(([element, group, label]): Element[] => [
        ['00209164', 'UI', uids[2]!],
        ['00209165', 'AT', tagNumbers(element)],
        ['00209167', 'AT', tagNumbers(group)],
        ['00209421', 'LO', label],
      ]),
    ],
    ['00280002', 'US', [1]],
    ['00280004', 'CS', 'MONOCHROME2'],
    ['00280008', 'IS', String(frames.length)],
    ['00280010', 'US', [rows]],
    ['00280011', 'US', [columns]],
    ['00280100', 'US', [1]],
    ['00280101', 'US', [1]],
    ['00280102', 'US', [0]],
    ['00280103', 'US', [0]],
    ...(options.keepIdentifiers ? [] : [['00280303', 'CS', 'REMOVED'] as const]),
    ['00282110', 'CS', text('x00282110') === '01' ? '01' : '00'],
    ['00620001', 'CS', 'BINARY'],
    [
      '00620002',
      'SQ',
      segments.map((segment): Element[] => [
        ['00620003', 'SQ', structure],
        ['00620004', 'US', [segment]],
        ['00620005', 'LO', short(classes[segment]!.name, 64) || `Segment ${segment}`],
        ['00620008', 'CS', 'SEMIAUTOMATIC'],
        ['00620009', 'LO', `Exemplar Lab ${version}`],
        ['0062000d', 'US', labOf(classes[segment]!.color)],
        ['0062000f', 'SQ', structure],
      ]),
    ],
    ['00620013', 'CS', 'NO'],
    ['00700080', 'CS', 'SEGMENTATION'],
    ['00700081', 'LO', research],
    ['00700084', 'PN', ''],
    [
      '52009229',
      'SQ',
      [
        geometry
          ? [
              ['00209116', 'SQ', [[['00200037', 'DS', decimals([...geometry.along, ...geometry.down])]]]],
              [
                '00289110',
                'SQ',
                [
                  [
                    ...(thickness ? [['00180050', 'DS', decimal(thickness)] as const] : []),
                    ...(even && slices > 1 ? [['00180088', 'DS', decimal(gap)] as const] : []),
                    ['00280030', 'DS', decimals([geometry.spacing[1], geometry.spacing[0]])],
                  ],
                ],
              ],
            ]
          : [],
      ],
    ],
    [
      '52009230',
      'SQ',
      frames.map(({ segment, picture, z }): Element[] => [
        [
          '00089124',
          'SQ',
          [
            [
              [
                '00082112',
                'SQ',
                [
                  [
                    ...reference(picture),
                    ...(picture.header.frames > 1 ? [['00081160', 'IS', String(picture.frame + 1)] as const] : []),
                    ['0040a170', 'SQ', code('121322', 'DCM', 'Source image for image processing operation')],
                  ],
                ],
              ],
              ['00089215', 'SQ', code('113076', 'DCM', 'Segmentation')],
            ],
          ],
        ],
        ['00209111', 'SQ', [[['00209157', 'UL', geometry ? [segment, z + 1] : [segment]]]]],
        ...(picture.geometry ? [['00209113', 'SQ', [[['00200032', 'DS', decimals(picture.geometry.position)]]]] as const] : []),
        ['0062000a', 'SQ', [[['0062000b', 'US', [segment]]]]],
      ]),
    ],
    ['7fe00010', 'OB', bits],
  ])
}
