import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeVolume, type Volume } from '../data/volume'
import { defaults, makeConfig } from '../method/config'
import { emptyDataset, makeSources, picturesOf, type Source } from './dataset'
import { apartFrom, looksOf, sharesOf, sourcesLike, unlikeText } from './domain'
import { isDomain, type Looks } from './looks'
import { prepare } from './training-data'

const whole = (size: number) => ({ rect: { x: 0, y: 0, width: size, height: size }, inner: { x: 0, y: 0, width: size, height: size } })
const pictures = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 }).map((all) => Float32Array.from(all))

test('shares rise to 1, do not depend on the order of pixels, and leave out what is beside the image', () => {
  fc.assert(
    fc.property(pictures, (input) => {
      const shares = sharesOf(input, whole(8), 8)
      shares.forEach((share, k) => expect(share).toBe([...input].filter((v) => v <= (k + 1) / 16).length / 64))
      expect(sharesOf(input.slice().reverse(), whole(8), 8)).toEqual(shares)
      const inner = { x: 2, y: 3, width: 4, height: 2 }
      const painted = input.map((v, i) => (i % 8 >= 2 && i % 8 < 6 && i >= 24 && i < 40 ? v : 1 - v))
      expect(sharesOf(painted, { ...whole(8), inner }, 8)).toEqual(sharesOf(input, { ...whole(8), inner }, 8))
    }),
  )
})

test('the distance of grey values is one of a metric, and by how much all pixels became brighter', () => {
  const of = (input: Float32Array) => sharesOf(input, whole(8), 8)
  fc.assert(
    fc.property(pictures, pictures, pictures, (a, b, c) => {
      const [A, B, C] = [of(a), of(b), of(c)]
      expect(apartFrom(A, A)).toBe(0)
      expect(apartFrom(A, B)).toBe(apartFrom(B, A))
      expect(apartFrom(A, C)).toBeLessThanOrEqual(apartFrom(A, B) + apartFrom(B, C) + 1e-12)
    }),
  )
  const dark = Float32Array.from({ length: 64 }, (_, i) => (i % 8) / 16 + 1 / 32)
  expect(apartFrom(of(dark), of(dark.map((v) => v + 0.25)))).toBeCloseTo(0.25)
})

const looks: Looks = {
  ...{ width: [200, 256], height: [200, 256], spacing: null, seen: null, plane: null, channels: [] },
  ...{ shares: new Array<number>(15).fill(0.5), spread: 0.1 },
}
const inMm: Looks = { ...looks, spacing: [0.7, 0.9], seen: [300, 360] }
const volume = (side: number, spacing: number | null): Volume => ({
  ...makeVolume({ name: 'x.nii', kind: 'nifti', size: [side, side, 1, 1], samples: new Uint8Array(side * side) }),
  spacing: spacing === null ? null : [spacing, spacing, 5],
})
const say = (one: Volume, of: Looks, share = 0.5) =>
  unlikeText([{ source: makeSources([one])[0]!, shares: [new Array<number>(15).fill(share)] }], of, defaults)

test.each([
  ['as large', volume(210, null), looks, []],
  ['a little larger', volume(300, null), looks, []],
  [
    'larger',
    volume(512, null),
    looks,
    ['In size unlike the images learnt from: "x.nii" is 512 x 512 pixels, they are 200 to 256 x 200 to 256. Look at its mask first.'],
  ],
  ['as large in millimetres, in finer pixels', volume(600, 0.55), inMm, []],
  [
    'of coarser pixels',
    volume(100, 3),
    inMm,
    ['In spacing unlike the images learnt from: "x.nii" has pixels of 3 mm, they have pixels of 0.7 to 0.9 mm. Look at its mask first.'],
  ],
  [
    'of a smaller part',
    volume(200, 0.8),
    inMm,
    ['In size unlike the images learnt from: "x.nii" shows 160 mm, they show 300 to 360 mm. Look at its mask first.'],
  ],
  [
    'without a spacing',
    volume(256, null),
    inMm,
    ['In spacing unlike the images learnt from: "x.nii" does not say how large a pixel is, they do. Look at its mask first.'],
  ],
  [
    'with a spacing',
    volume(256, 1),
    looks,
    ['In spacing unlike the images learnt from: "x.nii" says how large a pixel is, they do not. Look at its mask first.'],
  ],
])('an image %s', (_, one, of, expected) => {
  expect(say(one, of)).toEqual(expected)
})

test('grey values are unlike where they are farther away than any of those learnt from by half', () => {
  expect(say(volume(210, null), looks, 0.62)).toEqual([])
  expect(say(volume(210, null), looks, 0.7)).toEqual([
    'In grey values unlike the images learnt from: "x.nii" is 19 % of the range from black to white away from their mean, they are 10 % at most. Look at its mask first.',
  ])
})

const block = (name: string, frames: number, own: Partial<Volume> = {}) =>
  makeVolume({ name, kind: 'npy', size: [6, 5, 4, frames], samples: new Uint8Array(120 * frames).fill(name.length), ...own })
/** With rows five times as far apart as columns and slices, cut along them by default: coronal with geometry. */
const apart: Partial<Volume> = { spacing: [1, 5, 1] }
const placed: Partial<Volume> = {
  ...apart,
  affine: [
    [1, 0, 0, 0],
    [0, 5, 0, 0],
    [0, 0, 1, 0],
  ],
}

/** How further volumes are cut by what files keep of a run on others. */
function cutAsRun(run: readonly [Volume, Partial<Source>][], further: readonly Volume[]) {
  const config = makeConfig({ size: 16 })
  const sources = run.map(([one, choice]) => ({ ...makeSources([one])[0]!, ...choice }))
  const dataset = { ...emptyDataset, sources, unlabeled: sources.flatMap(picturesOf) }
  const kept: unknown = JSON.parse(JSON.stringify(looksOf(dataset, config, prepare(dataset, config))))
  expect(isDomain({ classes: [], millimetresAcross: null, looks: kept, single: [], solid: [] })).toBe(true)
  return sourcesLike(further, kept as Looks, sources).map(({ axis, frame }) => [axis, frame])
}

test.each<[string, [Volume, Partial<Source>][], Volume, [axis: number, frame: number | null]]>([
  ['as usual', [[block('a', 1), {}]], block('x', 1), [2, null]],
  ['along its own widest spacing, after volumes as usual', [[block('a', 1), {}]], block('x', 1, apart), [1, null]],
  [
    'along columns, as all',
    [
      [block('a', 1), { axis: 0 }],
      [block('bb', 1), { axis: 0 }],
    ],
    block('x', 1),
    [0, null],
  ],
  [
    'as stored, as all by choice',
    [
      [block('a', 1), {}],
      [block('bb', 1, apart), { axis: 2 }],
    ],
    block('x', 1, apart),
    [2, null],
  ],
  [
    'as usual, after volumes that differ',
    [
      [block('a', 1), { axis: 0 }],
      [block('bb', 1), {}],
    ],
    block('x', 1),
    [2, null],
  ],
  ['in the plane, if geometry tells it', [[block('a', 1, placed), { axis: 0 }]], block('x', 1, placed), [0, null]],
  ['at all frames, as all', [[block('a', 3), { frame: null }]], block('x', 7), [2, null]],
  [
    'at the sixth frame, as all',
    [
      [block('a', 7), { frame: 5 }],
      [block('bb', 1), {}],
    ],
    block('x', 8),
    [2, 5],
  ],
  ['at the first frame, without a sixth', [[block('a', 7), { frame: 5 }]], block('x', 3), [2, 0]],
  [
    'at the first frame, after series that differ',
    [
      [block('a', 7), { frame: 5 }],
      [block('bb', 7), { frame: null }],
    ],
    block('x', 7),
    [2, 0],
  ],
  ['whole, without frames', [[block('a', 7), { frame: 5 }]], block('x', 1), [2, null]],
  ['in its first channel, after series', [[block('a', 7), { frame: 5 }]], block('x', 7, { frameMeans: 'channel' }), [2, 0]],
])('a further volume is cut %s', (_, run, further, expected) => {
  expect(cutAsRun(run, [further])).toEqual([expected])
})

test('what was kept before it said axis and frame is read, and what is neither is not', () => {
  const of = (more: object) => isDomain({ classes: [], millimetresAcross: null, looks: { ...looks, ...more }, single: [], solid: [] })
  expect([{}, { axis: 1 }, { frame: null }, { frame: 5 }].map(of)).toEqual([true, true, true, true])
  expect([{ axis: 3 }, { axis: null }, { frame: -1 }, { frame: 'all' }].map(of)).toEqual([false, false, false, false])
  expect(sourcesLike([block('x', 3)], looks, []).map(({ axis, frame }) => [axis, frame])).toEqual([[2, 0]])
})
