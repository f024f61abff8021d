import { gzipSync, zlibSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { isDetachedHeader, samplesFileOf } from './detached'
import { fromBytes } from './given-file'
import './itk-pipeline.test-support'
import { readFiles } from './read-files'

const bytes = (text: string) => new TextEncoder().encode(text)
const file = (name: string, content: string | Uint8Array) =>
  fromBytes(name, typeof content === 'string' ? bytes(content) : (content as Uint8Array<ArrayBuffer>))
const values = Int16Array.from({ length: 12 }, (_, i) => 100 * i - 300)
const samples = new Uint8Array(values.buffer)
const padded = (before: number, after = 0) => Uint8Array.from([...new Uint8Array(before).fill(9), ...samples, ...new Uint8Array(after)])

const mhd = (...fields: string[]) =>
  [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    'DimSize = 3 2 2',
    'ElementSpacing = 1 2 4',
    'Offset = 1 2 3',
    'ElementType = MET_SHORT',
    ...fields,
    '',
  ].join('\n')
const nhdr = (...fields: string[]) =>
  [
    'NRRD0004',
    '# made by hand',
    'type: short',
    'dimension: 3',
    'space: left-posterior-superior',
    'sizes: 3 2 2',
    'space directions: (1,0,0) (0,2,0) (0,0,4)',
    'endian: little',
    'space origin: (1,2,3)',
    ...fields,
  ].join('\n')

describe('a header and its samples, given together', () => {
  test.each<[string, string, string, string, Uint8Array]>([
    ['MetaImage', 'p/a.mhd', mhd('ElementDataFile = a.raw'), 'p/a.raw', samples],
    ['MetaImage, packed', 'p/a.mhd', mhd('CompressedData = True', 'ElementDataFile = A.zraw'), 'p/a.zraw', zlibSync(samples)],
    ['MetaImage, after some bytes', 'a.mhd', mhd('HeaderSize = 5', 'ElementDataFile = ./a.raw'), 'a.raw', padded(5)],
    ['MetaImage, at the end', 'a.mhd', mhd('HeaderSize = -1', 'ElementDataFile = data/a.raw'), 'data/a.raw', padded(7)],
    ['MetaImage, by a path of another machine', 'p/a.mhd', mhd('ElementDataFile = C:\\scans\\a.raw').trimEnd(), 'p/a.raw', samples],
    ['NRRD', 'p/a.nhdr', nhdr('encoding: raw', 'data file: a.raw', '', ''), 'p/a.raw', samples],
    ['NRRD without an empty line at its end', 'p/a.nhdr', nhdr('encoding: gzip', 'data file: a.raw.gz'), 'p/a.raw.gz', gzipSync(samples)],
    ['NRRD, at the end', 'a.nhdr', nhdr('encoding: raw', 'byte skip: -1', 'datafile: a.raw', ''), 'a.raw', padded(3)],
    ['NRRD, after some bytes', 'a.nhdr', nhdr('encoding: raw', 'byte skip: 3', 'data file: a.raw', ''), 'a.raw', padded(3, 2)],
  ])('%s', async (_, name, header, other, data) => {
    for (const files of [
      [file(name, header), file(other, data)],
      [file(other, data), file(name, header)],
    ]) {
      const { volumes, problems } = await readFiles(files)
      expect(problems.map(({ message }) => message)).toEqual([])
      expect(volumes).toMatchObject([{ name, size: [3, 2, 2, 1], samples: values, spacing: [1, 2, 4] }])
      expect(volumes[0]!.affine!.map((row) => row[3])).toEqual([-1, -2, 3])
    }
  })

  test.each<[string, [string, string | Uint8Array][], RegExp]>([
    ['alone', [['a.mhd', mhd('ElementDataFile = a.raw')]], /in another file \("a.raw"\); give both together/],
    ['in several files', [['a.mhd', mhd('ElementDataFile = a%02d.raw 1 2 1')]], /several files/],
    ['listed', [['a.nhdr', nhdr('encoding: raw', 'data file: LIST', 'a.raw', 'b.raw', '')]], /several files/],
    [
      'cut short',
      [
        ['a.nhdr', nhdr('encoding: raw', 'data file: a.raw', '')],
        ['a.raw', samples.slice(1)],
      ],
      /"a.raw" is cut short/,
    ],
    [
      'after some lines',
      [
        ['a.nhdr', nhdr('encoding: raw', 'line skip: 2', 'data file: a.raw', '')],
        ['a.raw', samples],
      ],
      /"a.raw" has data before its samples/,
    ],
    ['itself', [['a.mhd', mhd('ElementDataFile = a.mhd')]], /give both together/],
  ])('%s: a sentence', async (_, files, says) => {
    const { volumes, problems } = await readFiles(files.map(([name, content]) => file(name, content)))
    expect(volumes).toEqual([])
    expect(problems.map(({ message }) => message)).toEqual([expect.stringMatching(says)])
  })
})

test('which headers are detached, and where they say their samples are', () => {
  expect(['a.hdr', 'a.MHD', 'b/a.nhdr', 'a.mha', 'a.nrrd', 'a.raw'].filter(isDetachedHeader)).toEqual(['a.hdr', 'a.MHD', 'b/a.nhdr'])
  const said = (name: string, text: string) => samplesFileOf(name, bytes(text))
  expect(said('x/a.hdr', '')).toBe('x/a.img')
  expect(said('x/a.mhd', 'NDims = 3\nElementDataFile = LOCAL\n')).toBeNull()
  expect(said('x/a.mhd', 'NDims = 3\n')).toBeNull()
  expect(said('x/a.nhdr', 'NRRD0004\ndatafile: y/a.raw\n')).toBe('x/y/a.raw')
})
