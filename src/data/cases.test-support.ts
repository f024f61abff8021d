/**
 * Files as people have them that are easily misread, one of each kind, made here: which mask is of which image, several arrays in one file, and variants of
 * formats. Imported by tests only.
 */
import { makePng } from './files.test-support'
import { writeExif } from './exif'
import { makeDicom } from './dicom.test-support'
import { makeHdf5, type TestArray } from './hdf5.test-support'
import { mincFile } from './minc.test-support'
import { join, makeNifti, makeNpy, makeTiff, pack } from './volumes.test-support'

/** Files by name, with their folders. */
export type Files = Record<string, Uint8Array<ArrayBuffer>>

// Both made by Pillow 9.4: 13 x 9 pixels, a ramp of 20 y + 5 x, and colours with chroma at half the size.
const ramp =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAJAA0BAREA/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAcEAABBAMBAAAAAAAAAAAAAAAAAwQGIjEyoUH/2gAIAQEAAD8AGaxvFOCyMbppwoWvgujof//Z'
const colours =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAJAA0DAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAZEAACAwEAAAAAAAAAAAAAAAAAAgQhMWH/xAAXAQEBAQEAAAAAAAAAAAAAAAAFAgME/8QAGhEAAwADAQAAAAAAAAAAAAAAAAEDBSExYf/aAAwDAQACEQMRAD8AR5fThUwyOH8BaXelqYnPD64SuaociC2loTnw/9k='
const decoded = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))

const side = 24
const pixels = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)] as const)
/** A block of 5 x 9 pixels, and on ground that rises from `dark`, the block brighter. */
const block = (left = 8, columns = 5) => pixels.map(([x, y]) => Number(x >= left && x < left + columns && y >= 6 && y < 15))
const seen = (dark: number) => block().map((inside, i) => dark + 100 * inside + (i % side))
const rowsOf = (values: readonly number[]) => Array.from({ length: values.length / side }, (_, y) => values.slice(y * side, (y + 1) * side))
const png = (values: readonly number[]) => new Uint8Array(makePng('', { rows: rowsOf(values) }).bytes)
const times = (n: number, values: (k: number) => readonly number[]) => Array.from({ length: n }, (_, k) => values(k)).flat()

const scan = (dark: number) =>
  makeNifti(
    [side, side, 2],
    times(2, (k) => seen(dark + k)),
    'i2',
  )
const labels = makeNifti(
  [side, side, 2],
  times(2, () => block()),
  'u1',
)
const hearts = Object.fromEntries([1, 2, 3].map((n) => [`imagesTr/heart_00${n}_0000.nii.gz`, scan(20 * n)]))
const both = (dark: number): Record<string, TestArray> => ({
  image: { shape: [side, side], values: seen(dark).map((v) => v / 200), type: 'f4' },
  label: { shape: [side, side], values: block(), type: 'u1' },
})
/** Three classes, of 45, 9 and 4 voxels in one slice each. */
const classes = [block(), block(14, 1), block(20, 1).map((inside, i) => inside * Number(i < 10 * side))]
const numbers = pixels.map((_, i) => (classes[0]![i] ? 1 : classes[1]![i] ? 2 : classes[2]![i] ? 3 : 0))
const fiji = (...lines: string[]) => ['ImageJ=1.53t', ...lines].join('\n')
const i16 = (values: readonly number[]) => Int16Array.from(values)
const threePlanes = ['1\\0\\0\\0\\1\\0', '0\\1\\0\\0\\0\\-1', '1\\0\\0\\0\\0\\-1'].map((cosines) => [
  ['00209113', 'SQ', [[['00200032', 'DS', '0\\0\\0']]]] as const,
  ['00209116', 'SQ', [[['00200037', 'DS', cosines]]]] as const,
])
const dicom = async (file: ReturnType<typeof makeDicom>) => new Uint8Array(await file.read())

/** By name; files of one name in the reference files are of the same kind. */
export async function makeCases(): Promise<Record<string, Files>> {
  const tiff = { 256: 13, 257: 9, 258: [8, 8, 8] as const, 259: 7, 262: 6, 277: 3, 278: 9, 279: decoded(colours).length }
  return {
    'nnunet-one-label': { ...hearts, 'labelsTr/heart_003.nii.gz': labels },
    'nnunet-two-labels': { ...hearts, 'labelsTr/heart_002.nii.gz': labels, 'labelsTr/heart_003.nii.gz': labels },
    'kits-folders': {
      ...Object.fromEntries([1, 2, 3].map((n) => [`case_0000${n}/imaging.nii.gz`, scan(20 * n)])),
      'case_00002/segmentation.nii.gz': labels,
    },
    'h5-image-and-label': Object.fromEntries([1, 2, 3].map((n) => [`patient00${n}_frame01_slice_1.h5`, makeHdf5(both(20 * n))])),
    'ycbcr-jpeg': { 'ycbcr-jpeg.tif': makeTiff([[[0]]], 'u1', { tags: tiff, strip: () => decoded(colours) }) },
    onehot: {
      'onehot-scan.nii.gz': makeNifti([side, side, 1], seen(40), 'i2'),
      'onehot-scan_mask.nii.gz': makeNifti(
        [side, side, 1, 4],
        times(4, (c) => numbers.map((own) => Number(own === c))),
        'u1',
      ),
    },
    'enhanced-three-planes': {
      'enhanced-three-planes.dcm': await dicom(
        makeDicom({
          ...{ position: null, rows: 4, columns: 4, pixels: i16(times(3, (k) => Array.from({ length: 16 }, (_, i) => 100 * (k + 1) + i))) },
          more: [
            ['00280008', 'IS', '3'],
            ['52009229', 'SQ', [[['00289110', 'SQ', [[['00280030', 'DS', '2\\2']]]]]]],
            ['52009230', 'SQ', threePlanes],
          ],
        }),
      ),
    },
    'siemens-mosaic': {
      'siemens-mosaic.dcm': await dicom(
        makeDicom({
          ...{
            rows: 8,
            columns: 8,
            pixels: i16(Array.from({ length: 64 }, (_, i) => 100 * (1 + Math.floor((i % 8) / 4) + 2 * Math.floor(i / 32)))),
          },
          more: [
            ['00080008', 'CS', 'ORIGINAL\\PRIMARY\\M\\MOSAIC'],
            ['00180088', 'DS', '5'],
            ['0019100a', 'US', [4]],
          ],
        }),
      ),
    },
    minc2: { 'minc2.mnc': mincFile() },
    'imagej-channels': {
      'imagej-channels.tif': makeTiff(
        [0, 1, 2, 3, 4, 5].map((page) => rowsOf(seen(page % 2 === 0 ? 1000 + 50 * page : 10 + page))),
        'u2',
        {
          tags: { 270: fiji('images=6', 'channels=2', 'slices=3', 'hyperstack=true', 'unit=um', 'spacing=1.5'), 282: [5, 1], 283: [5, 1] },
        },
      ),
    },
    'imagej-one-directory': {
      'imagej-one-directory.tif': makeTiff([rowsOf(seen(0))], 'u2', {
        tags: { 270: fiji('images=3', 'slices=3'), 279: 2 * side * side },
        strip: () =>
          pack(
            times(3, (k) => seen(100 * k)),
            'u2',
          ),
      }),
    },
    exif3: {
      'exif3.jpg': join(
        decoded(ramp).subarray(0, 2),
        Uint8Array.of(0xff, 0xe1),
        pack([2 + 6 + writeExif(3).length], 'u2', false),
        new TextEncoder().encode('Exif\0\0'),
        writeExif(3),
        decoded(ramp).subarray(2),
      ),
      // Upright the ramp falls: its bright end is at the upper left.
      'exif3_mask.png': new Uint8Array(
        makePng('', { rows: Array.from({ length: 9 }, (_, y) => Array.from({ length: 13 }, (_, x) => (x < 5 && y < 3 ? 255 : 0))) }).bytes,
      ),
    },
    float: {
      'float-scan.nii.gz': makeNifti([side, side, 1], seen(40), 'i2'),
      'float-scan_mask.nii.gz': makeNifti(
        [side, side, 1],
        numbers.map((own) => 85 * own),
        'u1',
        { slope: 3 / 255 },
      ),
    },
    'brats2020-slice': {
      'brats2020-slice.h5': makeHdf5({
        image: { shape: [side, side, 4], values: seen(40).flatMap((v) => [0, 1, 2, 3].map((c) => v / 100 + c)), type: 'f8' },
        mask: { shape: [side, side, 3], values: block().flatMap((v) => [v, v, v]), type: 'u1' },
      }),
    },
    'rows-columns-1': { 'rows-columns-1.npy': makeNpy([side, side, 1], block(), 'u1') },
    'two-masks-each': Object.fromEntries(
      [1, 2, 3].flatMap((n) => [
        [`CXR_png/MCUCXR_000${n}_0.png`, png(seen(30 * n))],
        ...['left', 'right'].map((part, i) => [`ManualMask/${part}Mask/MCUCXR_000${n}_0.png`, png(block(4 + 8 * i).map((v) => 255 * v))]),
      ]),
    ),
    'cellpose-cp_masks': Object.fromEntries(
      [1, 2, 3].flatMap((n) => [
        [`well_${n}.png`, png(seen(30 * n))],
        [`well_${n}_cp_masks.png`, png(block().map((v, i) => v * (1 + (i % 5))))],
      ]),
    ),
    nested: {
      'images/patient1/image.png': png(seen(40)),
      'images/patient2/image.png': png(seen(70)),
      'patient2_mask.png': png(block().map((v) => 255 * v)),
    },
  }
}
