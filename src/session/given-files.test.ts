import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDicom } from '../data/dicom'
import type { Element } from '../data/dicom-elements'
import { makeDicom, makeStructureSet, type MadeUpStructure } from '../data/dicom.test-support'
import { fillContours } from '../data/contours'
import { fromBytes, type GivenFile } from '../data/given-file'
import '../data/itk-pipeline.test-support'
import { readMask } from '../data/mask-file'
import type { Affine, Triple } from '../data/volume'
import type { FileRole } from '../data/file-roles'
import { readFiles } from '../data/read-files'
import { makeNifti } from '../data/volumes.test-support'
import { writeDicomSeg } from '../export/dicom-seg'
import { writeSegNrrd } from '../export/seg-nrrd'
import { unknown } from '../image/raster'
import { findPython, needs, runPython } from '../lib/python.test-support'
import { framesOf, labelsOn } from './annotations'
import { emptyDataset } from './dataset'
import { readGiven, withFiles } from './given-files'

const [columns, rows, slices] = [40, 30, 6]
/** Turned by 0.3 about the patient's long axis. */
const [cos, sin] = [Math.cos(0.3), Math.sin(0.3)]
const cosines = [cos, sin, 0, -sin, cos, 0]

/** Pictures 1.5 x 2 mm, 4 mm apart. */
const series = (uid = '1.2.3', more: readonly Element[] = []): GivenFile[] =>
  Array.from({ length: slices }, (_, k) =>
    makeDicom({
      name: `ct/${uid}-${k}.dcm`,
      series: uid,
      instance: `${uid}.${100 + k}`,
      columns,
      rows,
      position: [-20, 10, 4 * k],
      pixels: new Int16Array(columns * rows),
      more: [['00200037', 'DS', cosines.join('\\')], ...more],
    }),
  )

/** A voxel of the series in DICOM's millimetres, by hand. */
const place = ([i, j, k]: Triple): Triple => [-20 + 1.5 * i * cos - 2 * j * sin, 10 + 1.5 * i * sin + 2 * j * cos, 4 * k]

interface Drawn extends Omit<MadeUpStructure, 'contours'> {
  /** Points in voxels of the series. */
  contours: Triple[][]
}

interface Refers {
  series?: string
  /** Whether contours name the picture that they lie on. */
  pictures?: boolean
}

const structureSet = (drawn: Drawn[], { series: uid = '1.2.3', pictures = true }: Refers = {}, name = 'rs.dcm'): GivenFile =>
  makeStructureSet(
    name,
    uid,
    drawn.map((one) => ({
      ...one,
      contours: one.contours.map((points) => ({
        points: points.map(place),
        picture: pictures ? `${uid}.${100 + Math.round(points[0]![2])}` : null,
      })),
    })),
  )

const box = (left: number, top: number, right: number, bottom: number, k: number): Triple[] => [
  [left, top, k],
  [right, top, k],
  [right, bottom, k],
  [left, bottom, k],
]

/** A star of `points` corners, whose lines cross each other. */
const star = (x: number, y: number, radius: number, points: number, k: number): Triple[] =>
  Array.from({ length: points }, (_, i) => {
    const angle = (4 * Math.PI * i) / points
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle), k]
  })

const read = (...files: GivenFile[]) =>
  readGiven(
    files.map((file) => ({ role: null, file })),
    [],
    () => {},
  )

/** The mask placed on a series. */
async function onSeries(...files: GivenFile[]) {
  const { given, problems } = await read(...files)
  expect(problems).toEqual([])
  const [mask, image] = ['dicom-seg', 'dicom'].map((kind) => given.map(({ volume }) => volume).filter((volume) => volume.kind === kind)[0]!)
  expect(given.length).toBe(2)
  expect([mask!.size.slice(0, 3), mask!.affine]).toEqual([image!.size.slice(0, 3), image!.affine])
  return mask!
}

const count = (samples: ArrayLike<number>, value: number) => Array.from(samples).filter((v) => v === value).length

describe('a structure set of radiotherapy', () => {
  test('lies on its series, with names, colours and numbers, holes and all', async () => {
    const ring = [box(4.5, 4.5, 24.5, 20.5, 2), box(9.5, 8.5, 14.5, 12.5, 2)]
    const drawn = [
      { name: 'Lunge (groß)', number: 7, color: '255\\0\\128', contours: ring },
      { name: 'nothing', number: 8, contours: [] },
      { name: 'Cord', number: 12, contours: [box(29.5, 1.5, 31.5, 3.5, 0), box(29.5, 1.5, 31.5, 3.5, 1)] },
    ]
    const mask = await onSeries(...series(), structureSet(drawn))
    expect(mask).toMatchObject({ kind: 'dicom-seg', modality: 'RTSTRUCT', patient: 'P1', notes: [] })
    expect(mask.segments).toEqual([
      { value: 7, name: 'Lunge (groß)', color: '#ff0080' },
      { value: 12, name: 'Cord', color: null },
    ])
    expect([count(mask.samples, 7), count(mask.samples, 12)]).toEqual([20 * 16 - 5 * 4, 2 * 2 * 2])
    const at = (i: number, j: number, k: number) => mask.samples[i + columns * (j + rows * k)]
    expect([at(5, 5, 2), at(24, 20, 2), at(25, 20, 2), at(10, 9, 2), at(9, 9, 2), at(30, 2, 1), at(30, 2, 2)]).toEqual([
      7, 7, 0, 0, 7, 12, 0,
    ])
  })

  test('where structures overlap the smaller one counts, with a note', async () => {
    const drawn = [
      { name: 'Tumour', contours: [box(9.5, 9.5, 12.5, 12.5, 3)] },
      { name: 'Body', contours: [box(0.5, 0.5, 30.5, 25.5, 3)] },
      { name: 'Table', contours: [box(0.5, 26.5, 30.5, 28.5, 3)] },
    ]
    const mask = await onSeries(...series(), structureSet(drawn))
    expect([1, 2, 3].map((value) => count(mask.samples, value))).toEqual([9, 30 * 25 - 9, 60])
    expect(mask.notes).toEqual(['Structures overlap (Body, Tumour); where they do, the smaller one counts.'])
  })

  test('is placed on the series that it names, not on another in the same place', async () => {
    const set = (refers: Refers) => structureSet([{ name: 'a', contours: [box(1.5, 1.5, 3.5, 3.5, 1)] }], refers)
    for (const refers of [{ series: '1.2.8' }, { series: '1.2.8', pictures: false }]) {
      // The other one lies elsewhere.
      const { given, problems } = await read(...series('1.2.3', [['00280030', 'DS', '1\\1']]), ...series('1.2.8'), set(refers))
      expect(problems).toEqual([])
      const [mask] = given.filter(({ volume }) => volume.kind === 'dicom-seg')
      expect(mask!.volume.spacing![0]).toBeCloseTo(1.5, 6)
      expect(count(mask!.volume.samples, 1)).toBe(4)
    }
    // Only the frame of reference says where it belongs.
    expect(count((await onSeries(...series(), set({ series: '', pictures: false }))).samples, 1)).toBe(4)
  })

  test('without its series is reported by name, and lies on slices of its own', async () => {
    const set = structureSet([{ name: 'a', contours: [1, 2, 4].map((k) => box(0, 0, 20, 10, k)) }])
    const { given, problems } = await read(
      set,
      makeDicom({ series: '1.2.77', pixels: new Int16Array(6), more: [['00200052', 'UI', '9.9']] }),
    )
    expect(given.length).toBe(1)
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^"rs.dcm" holds contours for a DICOM series that is missing; .*\.$/),
    ])
    const [own] = (await readDicom([set])).volumes
    // Contours of 30 x 20 mm on three of the four slices from 4 to 16 mm.
    expect(own).toMatchObject({ modality: 'RTSTRUCT', spacing: [1, 1, 4], notes: [expect.stringContaining('until you give the series')] })
    expect(own!.size[2]).toBe(4)
    expect(Math.abs(count(own!.samples, 1) / (3 * 30 * 20) - 1)).toBeLessThan(0.05)
  })

  test('may have points, lines, other planes and contours outside, which are left out with a note', async () => {
    const good = box(1.5, 1.5, 3.5, 3.5, 1)
    const across = box(1.5, 1.5, 3.5, 3.5, 1).map(([x, y], i): Triple => [x, y, i])
    const drawn = [
      { name: 'a', contours: [good, across, box(1.5, 1.5, 3.5, 3.5, 9), box(5.5, 5.5, 7.5, 7.5, 2.4)] },
      { name: 'isocentre', type: 'POINT', contours: [[[1, 1, 1] as const]] },
    ]
    const mask = await onSeries(...series(), structureSet(drawn))
    expect(count(mask.samples, 1)).toBe(8)
    expect(mask.notes).toEqual([
      'One contour was left out, being a point or not closed.',
      'Some contours lie between slices and are drawn on the nearest slice.',
      'One contour lies outside the slices and was left out.',
      'One contour lies across the slices and was left out.',
    ])
  })

  test('invalid label numbers are renumbered; too many structures, or none, are refused', async () => {
    const drawn = (n: number, number: (i: number) => number): Drawn[] =>
      Array.from({ length: n }, (_, i) => ({ name: `s${i}`, number: number(i), contours: [box(i + 0.5, 1.5, i + 1.5, 2.5, 0)] }))
    const mask = await onSeries(...series(), structureSet(drawn(3, (i) => 1000 * (i + 1))))
    expect(mask.segments.map(({ value }) => value)).toEqual([1, 2, 3])
    expect(await onSeries(...series(), structureSet(drawn(31, (i) => i + 1)))).toMatchObject({ notes: [] })
    for (const [n, says] of [
      [32, '32 structures'],
      [0, 'without closed contours'],
    ] as const) {
      const { problems } = await read(structureSet(drawn(n, (i) => i + 1)))
      expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(says)])
    }
  })
})

test('a structure set with damaged bytes: a volume or one sentence', async () => {
  const whole = await structureSet([{ name: 'a', color: '1\\2\\3', contours: [box(1, 1, 5, 5, 1), box(2, 2, 4, 4, 1)] }]).read()
  const damage = fc.record({
    keep: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
    flips: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 12 }),
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ keep, flips }) => {
      const bytes = whole.slice()
      for (const [at, value] of flips) bytes[at] = value
      const { volumes, problems } = await readDicom([fromBytes('rs.dcm', bytes.slice(0, keep))])
      expect(volumes.length + problems.length).toBe(1)
      for (const { message } of problems) expect(message).toMatch(/^"rs.dcm" .{20,}\.$/)
      for (const { samples, size } of volumes) expect(samples.length).toBe(size.reduce((a, b) => a * b))
    }),
    { numRuns: 60, seed: 5 },
  )
})

const python = findPython('numpy')

/** Angles that lines sweep as seen from the centre of each pixel add up to nothing outside: another rule than crossings of rows. */
const script = `
import json, sys
import numpy as np
task = json.load(sys.stdin)
columns, rows, slices = task['size']
affine = np.array(task['affine'] + [[0, 0, 0, 1]])
back = np.linalg.inv(affine)
y, x = np.mgrid[0:rows, 0:columns]
result = []
for ours, contours in zip(task['ours'], task['contours']):
    inside = np.zeros((slices, rows, columns), int)
    for contour in contours:
        points = (back @ np.c_[np.array(contour), np.ones(len(contour))].T).T[:, :3]
        k = int(round(points[:, 2].mean()))
        turns = np.zeros((rows, columns))
        for a, b in zip(points, np.roll(points, -1, axis=0)):
            p, q = (a[0] - x) + 1j * (a[1] - y), (b[0] - x) + 1j * (b[1] - y)
            turns += np.angle(q * np.conj(p))
        inside[k] += np.abs(np.round(turns / (2 * np.pi))).astype(int)
    theirs = inside % 2 == 1
    ours = np.array(ours).reshape(slices, rows, columns) > 0
    padded = np.pad(theirs, ((0, 0), (1, 1), (1, 1)), mode='edge')
    around = [padded[:, i:i + rows, j:j + columns] for i in range(3) for j in range(3)]
    rim = np.any(around, axis=0) & ~np.all(around, axis=0)
    result.append([int(theirs.sum()), int((ours != theirs).sum()), int(((ours != theirs) & ~rim).sum())])
print(json.dumps(result))
`

describe.skipIf(!python)(needs('contours beside an independent rasterisation', python, 'numpy'), () => {
  test('agree within the rim of a pixel', () => {
    const affine: Affine = [
      [-1.5 * cos, 2 * sin, 0.3, 20],
      [-1.5 * sin, -2 * cos, 0.1, -10],
      [0, 0.02, 4, 5],
    ]
    const size = [columns, rows, slices, 1] as const
    const world = ([i, j, k]: Triple) => affine.map((row) => row[0] * i + row[1] * j + row[2] * k + row[3]) as unknown as Triple
    const round = (x: number, y: number, radius: number, k: number): Triple[] =>
      Array.from({ length: 60 }, (_, i) => {
        const angle = (2 * Math.PI * i) / 60
        return [x + radius * Math.cos(angle), y + radius * Math.sin(angle), k]
      })
    const drawn: Triple[][][] = [
      [0, 1, 2, 5].map((k) => round(17.3, 14.2, 5 + k, k)),
      // Rings with an island, on two slices, and beyond the edge.
      [1, 4].flatMap((k) => [round(20, 15, 12.2, k), round(20.4, 15.1, 8.1, k), round(20, 15, 3.3, k), round(39, 29, 5, k)]),
      // Lines that cross: five points have a hole in the middle, which is surrounded twice.
      [star(18.2, 13.7, 12.5, 5, 2), star(19.1, 14.4, 12.9, 7, 3)],
    ]
    const contours = drawn.map((one) => one.map((points) => points.map(world)))
    const ours = contours.map((one) => [...fillContours([{ value: 1, name: 'a', contours: one }], { size, affine }).labels])
    const { status, output } = runPython(python!, ['-c', script], JSON.stringify({ size: size.slice(0, 3), affine, contours, ours }))
    expect(status, output).toBe(0)
    for (const [pixels, different, beyondRim] of JSON.parse(output) as [number, number, number][]) {
      expect(pixels).toBeGreaterThan(100)
      expect(beyondRim).toBe(0)
      expect(different).toBeLessThan(0.02 * pixels)
    }
  })
})

/** A SEG of 4 x 2 pixels of 1 mm with one segment. @param pixels bits of one frame after the other, lowest first */
const makeSeg = (pixels: Uint8Array, shared: Element[], frames: Element[][]): GivenFile =>
  makeDicom({
    ...{ name: 'seg.dcm', series: '1.9', position: null, rows: 2, columns: 4, bits: [1, 1, 0], pixels },
    more: [
      ['00080016', 'UI', '1.2.840.10008.5.1.4.1.1.66.4'],
      ['00080060', 'CS', 'SEG'],
      ['00200052', 'UI', '1.2.5'],
      ['00280008', 'IS', String(frames.length)],
      ['52009229', 'SQ', [[['00289110', 'SQ', [[['00280030', 'DS', '1\\1']]]], ...shared]]],
      ['52009230', 'SQ', frames.map((own): Element[] => [...own, ['0062000a', 'SQ', [[['0062000b', 'US', [1]]]]]])],
      ['00620001', 'CS', 'BINARY'],
      [
        '00620002',
        'SQ',
        [
          [
            ['00620004', 'US', [1]],
            ['00620005', 'LO', 'Liver'],
          ],
        ],
      ],
    ],
  })
const derivedFrom = (...instances: string[]): Element => [
  '00089124',
  'SQ',
  [[['00082112', 'SQ', instances.map((instance): Element[] => [['00081155', 'UI', instance]])]]],
]
const positionOf = (position: string): Element => ['00209113', 'SQ', [[['00200032', 'DS', position]]]]
const orientationOf = (cosines: string): Element => ['00209116', 'SQ', [[['00200037', 'DS', cosines]]]]

test('a DICOM SEG of several series is a mask on each, and each is of its own', async () => {
  const plane = (name: string, series: string, cosines: string, first: number) =>
    makeDicom({
      ...{ name, series, instance: `${series}.1`, rows: 2, columns: 4, pixels: Int16Array.from({ length: 8 }, (_, i) => first + i) },
      more: [
        ['00200037', 'DS', cosines],
        ['00280030', 'DS', '1\\1'],
      ],
    })
  const [axial, sagittal] = ['1\\0\\0\\0\\1\\0', '0\\1\\0\\0\\0\\-1']
  const frame = (instance: string, cosines: string) => [derivedFrom(instance), positionOf('0\\0\\0'), orientationOf(cosines)]
  const seg = makeSeg(Uint8Array.of(0b00000011, 0b11100000), [], [frame('1.7.1', axial!), frame('1.8.1', sagittal!)])
  const files = [plane('a/1.dcm', '1.7', axial!, 100), plane('b/1.dcm', '1.8', sagittal!, 200), seg]
  const { given } = await readGiven(
    files.map((file) => ({ role: null, file })),
    [],
    () => {},
  )
  const masks = given.flatMap(({ volume }) => (volume.kind === 'dicom-seg' ? [volume] : []))
  expect(masks.map(({ name, samples }) => [name, [...samples]])).toEqual([
    ['seg.dcm', [1, 1, 0, 0, 0, 0, 0, 0]],
    ['seg (2).dcm', [0, 0, 0, 0, 0, 1, 1, 1]],
  ])
  const images = given.flatMap(({ volume }) => (volume.kind === 'dicom' ? [volume] : []))
  expect(masks.map(({ affine }) => affine)).toEqual(images.map(({ affine }) => affine))
})

describe('a DICOM SEG that names its pictures', () => {
  const pictures = [0, 1].map((k) =>
    makeDicom({
      ...{ name: `ct/${k}.dcm`, instance: `1.3.${k}`, rows: 2, columns: 4, position: [10, 20, 5 * k], pixels: new Int16Array(8) },
      more: [['00280030', 'DS', '1\\1']],
    }),
  )
  /** What is on the two slices of the series. */
  const onPictures = async (seg: GivenFile) => {
    const { given } = await read(...pictures, seg)
    const [mask, image] = ['dicom-seg', 'dicom'].map((kind) => given.find(({ volume }) => volume.kind === kind)!.volume)
    return [...labelsOn(readMask(mask!), image!)]
  }
  const [first, second, none] = [
    [1, 1, 0, 0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0, 0, 0, 1],
    [0, 0, 0, 0, 0, 0, 0, 0],
  ]
  const pixels = Uint8Array.of(0b00010011, 0b10000100)

  test('but is turned against them lies where its own positions say', async () => {
    const turned = (z: number, instance: string) => [derivedFrom(instance), positionOf(`13\\21\\${z}`)]
    const seg = makeSeg(pixels, [orientationOf('-1\\0\\0\\0\\-1\\0')], [turned(0, '1.3.0'), turned(5, '1.3.1')])
    expect(await onPictures(seg)).toEqual([...[...first!].reverse(), ...[...second!].reverse()])
  })

  test('all for all frames has each frame on the slice that its position says', async () => {
    const shared = [orientationOf('1\\0\\0\\0\\1\\0'), derivedFrom('1.3.0', '1.3.1')]
    const at = (z: number) => [positionOf(`10\\20\\${z}`)]
    expect(await onPictures(makeSeg(pixels, shared, [at(0), at(5)]))).toEqual([...first!, ...second!])
    expect(await onPictures(makeSeg(pixels, shared, [at(5), at(0)]))).toEqual([...second!, ...first!])
    // The labels may be of slices of another thickness.
    expect(await onPictures(makeSeg(pixels.slice(0, 2), shared, [at(4)]))).toEqual([...none!, ...first!])
  })

  test('all for all frames, without positions, has a slice for each frame', async () => {
    const seg = makeSeg(pixels, [derivedFrom('1.3.0', '1.3.1')], [[], []])
    const { volumes } = await readDicom([seg])
    expect(volumes[0]).toMatchObject({ size: [4, 2, 2, 1], samples: Uint8Array.from([...first!, ...second!]) })
  })
})

describe('DICOM SEGs of single frames of a cine, as an export writes them', () => {
  // Two slices at two times.
  const cine = [0, 1, 2, 3].map((n) =>
    makeDicom({
      ...{
        name: `cine/${n}.dcm`,
        instance: `1.4.${n}`,
        position: [0, 0, 8 * (n % 2)],
        pixels: Int16Array.from({ length: 6 }, (_, i) => 7 * n + i),
      },
      more: [['00200100', 'IS', String(n < 2 ? 1 : 2)]],
    }),
  )
  const classes = ['background', 'wall', 'lumen'].map((name, i) => ({ name, color: `#00000${i}` }))
  const [early, late] = [Uint8Array.of(0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 1, 0), Uint8Array.of(2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1)]
  const written = async (table = [classes, classes]) => {
    const [image] = (await readDicom(cine)).volumes
    return Promise.all(
      [early, late].map(async (labels, frame) =>
        fromBytes(
          `cine_mask-frame-${frame + 1}.dcm`,
          await writeDicomSeg(image!, labels, frame, table[frame]!, { keepIdentifiers: false, description: '' }),
        ),
      ),
    )
  }

  test('are one mask of these frames, dropped or given', async () => {
    const { given } = await read(...(await written()), ...cine)
    const [mask, ...others] = given.filter(({ volume }) => volume.kind === 'dicom-seg').map(({ volume }) => volume)
    const image = given.find(({ volume }) => volume.kind === 'dicom')!.volume
    expect([others, mask!.name, mask!.notes]).toEqual([
      [],
      'cine_mask-frame-1.dcm',
      ['Read as one mask with "cine_mask-frame-2.dcm", which is of other frames.'],
    ])
    expect(framesOf(readMask(mask!), image)).toEqual(new Set([0, 1]))
    expect([...labelsOn(readMask(mask!), image)]).toEqual([...early, ...late])
    for (const [ofImage, ofMask] of [
      [null, null],
      ['exemplar-image', 'exemplar-mask'],
    ] as const) {
      const files = [...cine.map((file) => ({ role: ofImage, file })), ...(await written()).map((file) => ({ role: ofMask, file }))]
      const { dataset, problems } = await withFiles(emptyDataset, files, () => {})
      expect(problems).toEqual([])
      const places = dataset.exemplars.map(({ picture: { frame, slice } }) => `${frame} ${slice}`)
      expect(places.sort()).toEqual(['0 0', '0 1', '1 0', '1 1'])
    }
  })

  test('stay apart where their segments differ, and where one is the mask and another the reference', async () => {
    const masks = async (table: (typeof classes)[], ...roles: (FileRole | null)[]) => {
      const files = (await written(table)).map((file, i) => ({ role: roles[i] ?? null, file }))
      const { given } = await readGiven([...files, ...cine.map((file) => ({ role: null, file }))], [], () => {})
      return given.filter(({ volume }) => volume.kind === 'dicom-seg').length
    }
    expect(await masks([classes, classes])).toBe(1)
    expect(await masks([classes, classes.map((own, i) => (i === 1 ? { ...own, name: 'plaque' } : own))])).toBe(2)
    expect(await masks([classes, classes], 'exemplar-mask', 'reference')).toBe(2)
  })
})

describe('seg.nrrd files of single frames of a time series', () => {
  const size = [3, 2, 2, 4]
  const voxels = 12
  const scan = fromBytes('heart.nii', makeNifti(size, [...Array(4 * voxels).keys()], 'i2'))
  const table = ['background', 'wall', 'lumen'].map((name, i) => ({ name, color: `#00000${i}` }))
  const labels = (seed: number) => Uint8Array.from({ length: voxels }, (_, i) => (i * seed) % 3)
  const written = async (frame: number, of: GivenFile = scan) => {
    const [image] = (await readFiles([of])).volumes
    return fromBytes(`heart_mask-frame-${frame + 1}.seg.nrrd`, writeSegNrrd(image!, labels(frame + 1), frame, table))
  }
  const masked = async (image: GivenFile, ...files: GivenFile[]) => {
    const { dataset, problems } = await withFiles(
      emptyDataset,
      [image, ...files].map((file) => ({ role: null, file })),
      () => {},
    )
    const { exemplarMask: mask, exemplarSource: source } = dataset
    return { mask: mask!, image: source!.volume, problems: problems.map(({ message }) => message) }
  }

  test('lie on the frame that they name', async () => {
    const { mask, image, problems } = await masked(scan, await written(1))
    expect(problems).toEqual([])
    expect(framesOf(mask, image)).toEqual(new Set([1]))
    const untold = Array<number>(voxels).fill(unknown)
    expect([...labelsOn(mask, image)]).toEqual([...untold, ...labels(2), ...untold, ...untold])
  })

  test('of several frames are one mask', async () => {
    const { mask, image, problems } = await masked(scan, await written(3), await written(1))
    expect(problems).toEqual([])
    expect(mask.given.notes).toEqual(['Read as one mask with "heart_mask-frame-2.seg.nrrd", which is of other frames.'])
    expect(framesOf(mask, image)).toEqual(new Set([1, 3]))
    const untold = Array<number>(voxels).fill(unknown)
    expect([...labelsOn(mask, image)]).toEqual([...untold, ...labels(2), ...untold, ...labels(4)])
  })

  test('that were cut out as images of their own stay with these', async () => {
    const cut = (frame: number) => fromBytes(`heart-frame-${frame + 1}.nii`, makeNifti([3, 2, 2, 1], [...Array(voxels).keys()], 'i2'))
    const named = async (frame: number) => ({ ...(await written(frame)), name: `heart-frame-${frame + 1}.seg.nrrd` })
    const { given } = await read(cut(1), cut(3), await named(1), await named(3))
    expect(given.map(({ volume }) => [volume.name, volume.size[3]])).toEqual(
      ['heart-frame-2.nii', 'heart-frame-4.nii', 'heart-frame-2.seg.nrrd', 'heart-frame-4.seg.nrrd'].map((name) => [name, 1]),
    )
  })

  test('lie on an image of one frame, and are refused on one that lacks theirs', async () => {
    const cut = (frames: number) => fromBytes('heart.nii', makeNifti([3, 2, 2, frames], [...Array(frames * voxels).keys()], 'i2'))
    const { mask, image } = await masked(cut(1), await written(3))
    expect([...labelsOn(mask, image)]).toEqual([...labels(4)])
    const { given } = await read(await written(3), cut(2))
    expect(() => labelsOn(readMask(given[0]!.volume), given[1]!.volume)).toThrow(
      'The mask "heart_mask-frame-4.seg.nrrd" is of frame 4, but its image "heart.nii" has 2 frames; give a mask of one of these.',
    )
  })
})
