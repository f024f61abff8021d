/** Whole files to damage, by the reader that they are for: small ones made here, and the reference files beside the repository, where they are. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync, unzipSync, zipSync } from 'fflate'
import { makeCases } from '../../data/cases.test-support'
import { makeDicom, makeStructureSet } from '../../data/dicom.test-support'
import { makePng } from '../../data/files.test-support'
import { makeMgh, makeNifti, makeNpy, makeTiff } from '../../data/volumes.test-support'
import { concat } from '../../lib/concat'
import { crc32 } from '../../lib/crc32'

type Bytes = Uint8Array<ArrayBuffer>

/** A file, or what is inside of it: what is damaged is packed again, so that damage reaches what lies behind a checksum. */
export interface Sample {
  name: string
  bytes: Bytes
  pack?: (bytes: Bytes) => Bytes
}

/** What readers are told apart by. */
export type Kind = 'png' | 'jpeg' | 'tiff' | 'dicom' | 'nifti' | 'nrrd' | 'numpy' | 'hdf5' | 'minc' | 'mgh' | 'zip'

const kindOf: Record<string, Kind> = {
  ...{
    png: 'png',
    jpg: 'jpeg',
    tif: 'tiff',
    dcm: 'dicom',
    nii: 'nifti',
    gz: 'nifti',
    nrrd: 'nrrd',
    mha: 'nrrd',
    npy: 'numpy',
    npz: 'numpy',
  },
  ...{ h5: 'hdf5', mnc: 'minc', mgh: 'mgh', mgz: 'mgh', zip: 'zip' },
}

/** Above this a file is mutated too seldom where it matters. */
const mostBytes = 100_000

const shared = new URL('../../../../shared/data', import.meta.url).pathname

const text = (content: string, data: Uint8Array): Bytes => concat([new TextEncoder().encode(content), data])

const gzipped = (bytes: Uint8Array): Bytes => gzipSync(bytes, { mtime: 0 }) as Bytes
const zipped = (content: Record<string, Uint8Array>): Bytes => zipSync(content, { mtime: new Date(1980, 0, 1) }) as Bytes

/** A PNG with the checksum of every chunk made right again. */
function withChecksums(bytes: Bytes): Bytes {
  const out = bytes.slice()
  const view = new DataView(out.buffer)
  for (let at = 8; at + 12 <= out.length;) {
    const end = at + 8 + view.getUint32(at)
    if (end + 4 > out.length) break
    view.setUint32(end, crc32(out.subarray(at + 4, end)))
    at = end + 4
  }
  return out
}

const nrrd = (encoding: 'raw' | 'gzip', data: Uint8Array) =>
  text(
    [
      ...['NRRD0005', 'type: short', 'dimension: 3', 'sizes: 3 2 2', 'space: left-posterior-superior'],
      ...['space directions: (0.5,0,0) (0,0.5,0) (0,0,2)', 'space origin: (1,2,3)', `encoding: ${encoding}`, 'endian: little'],
      ...['Segment0_LabelValue:=1', 'Segment0_Name:=liver', 'Segment0_Color:=1 0 0', 'Segment0_Layer:=0', '', ''],
    ].join('\n'),
    encoding === 'raw' ? data : gzipSync(data),
  )

const metaImage = (fields: string[], data: Uint8Array) =>
  text(
    ['ObjectType = Image', 'NDims = 3', 'DimSize = 3 2 2', 'ElementType = MET_SHORT', ...fields, 'ElementDataFile = LOCAL', ''].join('\n'),
    data,
  )

async function made(): Promise<Record<string, Bytes>> {
  const numbers = Array.from({ length: 24 }, (_, i) => 3 * i)
  const pixels = Int16Array.from({ length: 6 }, (_, i) => 50 * i)
  const samples = new Uint8Array(Int16Array.from({ length: 12 }, (_, i) => i - 5).buffer)
  const dicom = async (own: Parameters<typeof makeDicom>[0]) => makeDicom(own).read()
  return {
    ...Object.assign({}, ...Object.values(await makeCases())),
    'grey.png': makePng('', {
      rows: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    }).bytes as Bytes,
    'colours.png': makePng('', { rows: [[0, 1, 2, 1]], type: 3, depth: 4, palette: [0, 0, 0, 255, 0, 0, 0, 255, 0] }).bytes as Bytes,
    'rgba.png': makePng('', { rows: [[1, 2, 3, 255, 4, 5, 6, 255]], type: 6 }).bytes as Bytes,
    'a.tif': makeTiff(
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [
          [7, 8, 9],
          [1, 2, 3],
        ],
      ],
      'u2',
    ),
    'b.tif': makeTiff(
      [
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
      'u1',
      { big: true, deflate: true, predictor: true },
    ),
    'a.nii': makeNifti([4, 3, 2], numbers, 'i2', {
      slope: 2,
      intercept: 1,
      sform: [
        [1, 0, 0, 3],
        [0, 1, 0, 4],
        [0, 0, 2, 5],
      ],
    }),
    'b.nii': makeNifti([4, 3, 2], numbers, 'f4', { version: 2, big: true }),
    'a.npy': makeNpy([2, 3, 4], numbers, 'i2', { fortran: true }),
    'b.npy': makeNpy([3, 4, 2], numbers, 'f8', { big: true }),
    'a.mgh': makeMgh(numbers, 'i2', 4),
    'raw.nrrd': nrrd('raw', samples),
    'gzip.nrrd': nrrd('gzip', samples),
    'a.mha': metaImage(['ElementSpacing = 1 1 2', 'Offset = 0 0 0'], samples),
    'a.dcm': await dicom({
      pixels,
      instance: '1.2.3.1',
      more: [
        ['00281052', 'DS', '-1024'],
        ['00281053', 'DS', '2'],
        ['00080005', 'CS', 'ISO_IR 100'],
      ],
    }),
    'cine.dcm': await dicom({ pixels: Int16Array.from({ length: 12 }, (_, i) => i), position: null, more: [['00280008', 'IS', '2']] }),
    'rgb.dcm': await dicom({
      bits: [8, 8, 0],
      pixels: Uint8Array.from({ length: 18 }, (_, i) => 9 * i),
      more: [
        ['00280002', 'US', [3]],
        ['00280004', 'CS', 'RGB'],
        ['00280006', 'US', [1]],
      ],
    }),
    'structures.dcm': await makeStructureSet('', '1.2.3', [
      {
        name: 'heart',
        color: '255\\0\\0',
        contours: [
          {
            points: [
              [0, 0, 0],
              [3, 0, 0],
              [3, 2, 0],
              [0, 2, 0],
            ],
            picture: '1.2.3.1',
          },
        ],
      },
    ]).read(),
    'a.npz': zipped({ 'image.npy': makeNpy([2, 3], [1, 2, 3, 4, 5, 6], 'i2'), 'label.npy': makeNpy([2, 3], [0, 1, 0, 1, 0, 1], 'u1') }),
    'a.zip': zipped({
      'a.png': makePng('', {
        rows: [
          [1, 2],
          [3, 4],
        ],
      }).bytes,
      'masks/a.png': makePng('', {
        rows: [
          [0, 1],
          [0, 1],
        ],
      }).bytes,
    }),
  }
}

const below = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)) : []

/** The reference files that are small enough. */
const given = (): [name: string, bytes: Bytes][] =>
  ['formats', 'cases', 'sunnybrook/dicom/SCD0000101']
    .flatMap((folder) => below(join(shared, folder)))
    .filter((path) => statSync(path).isFile() && statSync(path).size <= mostBytes && !/\.tif\.npy$/.test(path))
    .sort()
    .map((path) => [path.slice(shared.length + 1), new Uint8Array(readFileSync(path))])

/** The samples of each kind. Packed ones are there twice: as they are, and with their inside to be damaged. */
export async function samplesByKind(): Promise<Record<Kind, Sample[]>> {
  const found = Object.fromEntries([...new Set(Object.values(kindOf))].map((kind) => [kind, [] as Sample[]])) as Record<Kind, Sample[]>
  for (const [name, bytes] of [...Object.entries(await made()), ...given()]) {
    const kind = kindOf[/[^.]*$/.exec(name)![0]]
    if (!kind) continue
    found[kind].push({ name, bytes })
    if (kind === 'png') found[kind].push({ name, bytes, pack: withChecksums })
    if (kind === 'nifti' || kind === 'mgh')
      found[kind].push({ name, bytes: bytes[0] === 0x1f ? new Uint8Array(gunzipSync(bytes)) : bytes, pack: gzipped })
    if (kind === 'zip' || /\.npz$/.test(name)) {
      const inside = unzipSync(bytes)
      const [first] = Object.keys(inside).filter((entry) => !entry.endsWith('/'))
      if (first) found[kind].push({ name, bytes: inside[first]!.slice(), pack: (damaged) => zipped({ ...inside, [first]: damaged }) })
    }
  }
  return found
}
