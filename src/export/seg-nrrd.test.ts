import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBytes } from '../data/given-file'
import { readItkImage } from '../data/itk-image'
import '../data/itk-pipeline.test-support'
import { makeVolume, type Affine } from '../data/volume'
import { writeSegNrrd } from './seg-nrrd'

const classes = [
  { name: 'background', color: '#000000' },
  { name: 'Myokard: Größe', color: '#ff0080' },
  { name: 'LV', color: '#0072b2' },
]
const oblique: Affine = [
  [0.1, -1.2, 3, -17.5],
  [-1.1, -0.2, 4, 20],
  [0.4, 0.9, 5, 3.25],
]
const source = (affine: Affine | null, size: readonly [number, number, number, number]) =>
  makeVolume({ name: 'a', kind: 'nifti', size, samples: new Uint8Array(size.reduce((a, b) => a * b)), affine })

test('labels, names, colours and place come back through ITK', async () => {
  const labels = fc.uint8Array({ minLength: 24, maxLength: 24, max: 2 }).map((values) => Uint8Array.from(values))
  await fc.assert(
    fc.asyncProperty(labels, async (own) => {
      const volume = await readItkImage(fromBytes('a.seg.nrrd', writeSegNrrd(source(oblique, [4, 3, 2, 1]), own, 0, classes)))
      expect(volume).toMatchObject({ kind: 'nrrd', size: [4, 3, 2, 1], samples: own, notes: [] })
      expect(volume.segments).toEqual(classes.slice(1).map(({ name, color }, i) => ({ value: i + 1, name, color })))
      volume.affine!.flat().forEach((v, i) => expect(v).toBeCloseTo(oblique.flat()[i]!, 9))
    }),
    { numRuns: 10 },
  )
})

test('header by hand', () => {
  const bytes = writeSegNrrd(source(oblique, [2, 1, 1, 3]), Uint8Array.of(0, 2), 1, classes)
  const end = Buffer.from(bytes).indexOf('\n\n')
  const lines = Buffer.from(bytes.subarray(0, end)).toString().split('\n')
  expect(lines).toContain('sizes: 2 1 1')
  // RAS+ to left-posterior-superior: the first two change sign.
  expect(lines).toContain('space directions: (-0.1,1.1,0.4) (1.2,0.2,0.9) (-3,-4,5)')
  expect(lines).toContain('space origin: (17.5,-20,3.25)')
  expect(lines).toContain('Segment1_Name:=LV')
  expect(lines).toContain('Segment1_LabelValue:=2')
  expect(lines).toContain('Segment1_Color:=0 0.447059 0.698039')
  expect(lines).toContain('SourceFrame:=1')
  expect([...gunzipSync(bytes.subarray(end + 2))]).toEqual([0, 2])
})

test('a picture without a position gets a spacing of 1 mm; labels that do not fit and invalid colours are refused', async () => {
  const volume = await readItkImage(fromBytes('a.nrrd', writeSegNrrd(source(null, [2, 2, 1, 1]), Uint8Array.of(0, 1, 2, 0), 0, classes)))
  expect(volume).toMatchObject({ spacing: [1, 1, 1], samples: Uint8Array.of(0, 1, 2, 0) })
  expect(() => writeSegNrrd(source(null, [2, 2, 1, 1]), new Uint8Array(3), 0, classes)).toThrow('3 labels do not fit')
  expect(() => writeSegNrrd(source(null, [1, 1, 1, 1]), new Uint8Array(1), 0, [classes[0]!, { name: 'x', color: 'red' }])).toThrow('"red"')
})
