import { describe, expect, test, vi } from 'vitest'
import { turnUpright } from '../data/upright'
import { makeVolume, type Volume } from '../data/volume'
import { unknown } from '../image/raster'
import { digestOf } from '../lib/digest'
import { annotationOf, exemplarAt, withAnnotation, withoutExemplar, withSlices } from './annotations'
import { digestOfVolume, emptyDataset, picturesOf, type Dataset } from './dataset'
import { withVolumes } from './given-volumes'
import { hasReference, referenceOf } from './references'
import { sampleDataset } from './samples'
import { patientsOf, scoredImages, scoredWith, stacksOf } from './training-data'

vi.mock('../lib/digest', { spy: true })

const image = (name: string, size: Volume['size'] = [2, 2, 1, 1], first = 1): Volume =>
  makeVolume({
    name,
    kind: 'nifti',
    size,
    samples: Float32Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => first + i),
  })

const mask = (name: string, labels: number[], size: Volume['size'] = [2, 2, 1, 1]): Volume =>
  makeVolume({ name, kind: 'nifti', size, samples: Uint8Array.from(labels) })

function loaded(...given: Parameters<typeof withVolumes>[1][number][]): Dataset {
  const { dataset, problems } = withVolumes(emptyDataset, given)
  expect(problems).toEqual([])
  return dataset
}

/** A stack of three slices, of which the mask marks the first two with 1 and 2. */
const stacked = () =>
  loaded(
    { role: 'exemplar-image', volume: image('stack.nii', [2, 2, 3, 1]) },
    { role: 'exemplar-mask', volume: mask('stack-mask.nii', [0, 1, 1, 0, 0, 2, 2, 0, 0, 0, 0, 0], [2, 2, 3, 1]) },
  )

const labelsOf = (dataset: Dataset) => dataset.exemplars.map((exemplar) => [...annotationOf(dataset, exemplar)!.labels])

describe('exemplars', () => {
  test('removed ones stay removed when other slices are chosen, and waiting ones stay', () => {
    const dataset = withoutExemplar(stacked(), 0)
    const id = dataset.exemplarSource!.id
    const thinned = withSlices(dataset, id, { every: 2 })
    expect(thinned.sources[0]).toMatchObject({ axis: 2, frame: null, every: 2 })
    // Two slices lie along this axis.
    expect(withSlices(withSlices(dataset, id, { every: 3 }), id, { axis: 0 }).sources[0]).toMatchObject({ axis: 0, every: 2 })
    expect(labelsOf(thinned)).toEqual([[0, 2, 2, 0]])
    expect(thinned.unlabeled).toHaveLength(2)
    expect(labelsOf(withSlices(dataset, id, { axis: 1, frame: null, every: 1 })).length).toBeGreaterThan(0)

    const waiting = loaded(
      { role: 'exemplar-image', volume: image('one.nii') },
      { role: 'unlabeled', volume: image('more.nii', [2, 2, 3, 1]) },
    )
    const more = waiting.sources[0]!.id
    expect(withSlices(waiting, more, { axis: 2, frame: null, every: 2 }).exemplars).toHaveLength(1)
  })

  test('a mask turned as the file, not as it is seen, is refused with the reason', () => {
    const { problems } = withVolumes(emptyDataset, [
      { role: 'exemplar-image', volume: turnUpright(image('p.jpg', [3, 2, 1, 1]), 6) },
      { role: 'exemplar-mask', volume: mask('m.png', [0, 1, 0, 0, 0, 0], [3, 2, 1, 1]) },
    ])
    expect(problems.map(({ message }) => message)).toEqual([
      'The mask "m.png" is 3 x 2 pixels, but its image "p.jpg" is 2 x 3, turned upright as its EXIF says; give a mask of the same size and place.',
    ])
  })

  test('the mask chooses the plane of the exemplar that it lies on', () => {
    const axial: Volume['affine'] = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 3, 0],
    ]
    const coronal: Volume['affine'] = [
      [1, 0, 0, 0],
      [0, 0, 3, 0],
      [0, 1, 0, 0],
    ]
    const of = (name: string, affine: Volume['affine']) => ({ ...image(name), affine })
    for (const [affine, name] of [[axial, 'a axial.dcm'] as const, [coronal, 'a coronal.dcm'] as const]) {
      const dataset = loaded(
        { role: 'exemplar-image', volume: of('a axial.dcm', axial) },
        { role: 'exemplar-image', volume: of('a coronal.dcm', coronal) },
        { role: 'exemplar-mask', volume: { ...mask('seg.dcm', [0, 1, 1, 0]), affine } },
      )
      expect(dataset.exemplars.map(({ picture }) => picture.name)).toEqual([name])
    }
  })

  test('a mask lies on every channel, and the exemplar uses the chosen one', () => {
    const channels = (name: string) => ({ ...image(name, [2, 2, 2, 3]), frameMeans: 'channel' as const })
    const dataset = loaded(
      { role: 'exemplar-image', volume: channels('a.tif') },
      { role: 'exemplar-mask', volume: mask('a-mask.tif', [0, 1, 1, 0, 0, 0, 0, 0], [2, 2, 2, 1]) },
      { role: 'unlabeled', volume: channels('b.tif') },
      { role: 'reference', volume: mask('b.tif', [1, 0, 0, 1, 0, 0, 0, 0], [2, 2, 2, 1]) },
    )
    expect(dataset.exemplars.map(({ picture }) => picture.frame)).toEqual([0])
    const third = withSlices(dataset, dataset.sources[0]!.id, { axis: 2, frame: 2, every: 1 })
    expect(third.exemplars.map(({ picture }) => picture.frame)).toEqual([2])
    expect(labelsOf(third)).toEqual([[0, 1, 1, 0]])
    const [, , first] = third.unlabeled
    expect([first!.name, first!.frame]).toEqual(['b_z1', 2])
    expect([...referenceOf(third, 2)!.labels]).toEqual([1, 0, 0, 1])
  })

  test('a mask with nothing left does not come back with labels drawn since', () => {
    let dataset = withoutExemplar(withoutExemplar(stacked(), 0), 0)
    expect(dataset.exemplarMask).toBeNull()
    const [picture] = dataset.unlabeled
    dataset = withAnnotation(dataset, picture!, { width: 2, height: 2, labels: Uint8Array.of(1, 0, 0, 0) }, [
      { name: 'background', color: '#000000' },
      { name: 'organ', color: '#ff0000' },
    ])
    dataset = withSlices(dataset, dataset.exemplarSource!.id, { axis: 2, frame: null, every: 2 })
    expect(labelsOf(dataset)).toEqual([[1, 0, 0, 0]])
  })

  test('drawn ones are not replaced by a pair that is dropped or chosen', () => {
    const pile = loaded({ role: 'unlabeled', volume: image('a.nii') })
    const drawn = withAnnotation(pile, pile.unlabeled[0]!, { width: 2, height: 2, labels: Uint8Array.of(1, 0, 0, 0) }, [
      { name: 'background', color: '#000000' },
      { name: 'organ', color: '#ff0000' },
    ])
    const dropped = withVolumes(drawn, [
      { role: null, volume: image('b.nii', [2, 2, 1, 1], 7) },
      { role: null, volume: mask('b_mask.nii', [0, 1, 1, 0]) },
    ])
    expect(dropped.problems).toEqual([])
    expect(labelsOf(dropped.dataset)).toEqual([[1, 0, 0, 0]])
    expect(dropped.dataset.unlabeled.map(({ name }) => name)).toEqual(['a.nii', 'b.nii'])
    expect(referenceOf(dropped.dataset, 1)!.labels).toEqual(Uint8Array.of(0, 1, 1, 0))

    const chosen = withVolumes(drawn, [{ role: 'exemplar-image', volume: image('b.nii') }])
    expect(chosen.dataset).toBe(drawn)
    expect(chosen.problems.map(({ message }) => message)).toEqual([
      '"b.nii" was not used, for it would replace the exemplars that you drew: remove those first.',
    ])
  })

  test('an image of the same name and size is not the exemplar unless it holds the same', () => {
    const given = [
      { role: 'exemplar-image' as const, volume: image('scan.nii') },
      { role: 'exemplar-mask' as const, volume: mask('m.nii', [0, 1, 1, 0]) },
    ]
    const other = loaded(...given, { role: 'unlabeled', volume: image('scan.nii', [2, 2, 1, 1], 7) })
    expect(exemplarAt(other, other.unlabeled[0]!)).toBeUndefined()
    const same = loaded(...given, { role: 'unlabeled', volume: image('scan.nii') })
    expect(exemplarAt(same, same.unlabeled[0]!)).toBe(same.exemplars[0])
  })
})

describe('sources and pictures', () => {
  const ids = (dataset: Dataset) => dataset.unlabeled.map(({ id }) => id)

  test('are named by their content, so a file is the same at the next visit, even under another name', () => {
    const [stack, again, moved, other] = [
      image('s.nii', [2, 2, 2, 1]),
      image('s.nii', [2, 2, 2, 1]),
      image('folder/s.nii', [2, 2, 2, 1]),
      image('s.nii', [2, 2, 2, 1], 2),
    ].map((volume) => loaded({ role: 'unlabeled', volume }))
    const [first, second] = ids(stack!)
    expect(first).toMatch(/^[0-9a-f]{16}\/2\/0\/0$/)
    expect(second).toBe(first!.replace('/0/0', '/1/0'))
    expect(ids(again!)).toEqual(ids(stack!))
    expect(ids(moved!)).toEqual(ids(stack!))
    expect(ids(other!)).not.toContain(first)
    const turned = {
      ...image('s.nii', [2, 2, 2, 1]),
      affine: [
        [-1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
      ],
    } as unknown as Volume
    expect(ids(loaded({ role: 'unlabeled', volume: turned }))).not.toContain(first)
  })

  test('with two names are two, though their content is the same', () => {
    const twice = loaded({ role: 'unlabeled', volume: image('a.nii') }, { role: 'unlabeled', volume: image('b.nii') })
    const [a, b] = ids(twice)
    expect(b).toBe(a!.replace('/', '-2/'))
    const more = withVolumes(twice, [
      { role: 'exemplar-image', volume: image('b.nii') },
      { role: 'unlabeled', volume: image('c.nii') },
    ]).dataset
    expect(more.exemplars[0]!.picture.id).toBe(b)
    expect(ids(more)).toEqual([a, b, a!.replace('/', '-3/')])
  })
})

describe('labels', () => {
  const withReference = () =>
    loaded(
      { role: 'exemplar-image', volume: image('e.nii') },
      { role: 'exemplar-mask', volume: mask('e-m.nii', [0, 1, 2, 2]) },
      { role: 'unlabeled', volume: image('u.nii', [2, 2, 1, 1], 7) },
      { role: 'reference', volume: mask('u.nii', [0, 0, 2, 2]) },
    )

  test('one keeps its value when another is removed or it is given another name', () => {
    const dataset = withReference()
    const { picture } = dataset.exemplars[0]!
    const [background, , second] = dataset.classes
    const labels = { width: 2, height: 2, labels: Uint8Array.of(0, 0, 1, 1) }
    const fewer = withAnnotation(dataset, picture, labels, [background!, second!])
    expect(fewer.classes.map(({ name, value }) => [name, value])).toEqual([
      ['background', '0'],
      ['class 2', '2'],
    ])
    expect(referenceOf(fewer, 0)!.labels).toEqual(Uint8Array.of(0, 0, 1, 1))
    const renamed = withAnnotation(dataset, picture, labels, [background!, { ...second!, name: 'liver' }, second!])
    expect(renamed.classes.map(({ value }) => value)).toEqual(['0', '1', '2'])
  })

  test('two of one name keep their own values', () => {
    const dataset = withReference()
    const { picture } = dataset.exemplars[0]!
    const twice = dataset.classes.map((info) => (info.index === 0 ? info : { ...info, name: 'liver' }))
    const drawn = withAnnotation({ ...dataset, classes: twice }, picture, { width: 2, height: 2, labels: Uint8Array.of(0, 0, 1, 2) }, twice)
    expect(drawn.classes.map(({ value }) => value)).toEqual(['0', '1', '2'])
  })

  test('a reference with a value that is no longer a class is ignored without an error', () => {
    const dataset = withReference()
    const [background, first] = dataset.classes
    const labels = { width: 2, height: 2, labels: Uint8Array.of(0, 1, 0, 0) }
    const fewer = withAnnotation(dataset, dataset.exemplars[0]!.picture, labels, [background!, first!])
    expect(hasReference(fewer, 0)).toBe(false)
    const sample = sampleDataset('Cardiac phantom')
    expect(hasReference(sample, 0)).toBe(true)
    expect(hasReference(withoutExemplar(sample, 0), 0)).toBe(false)
  })

  test('a reference does not score frames that it lacks or leaves empty', () => {
    const size = [2, 2, 1, 3] as const
    const dataset = loaded(
      { role: 'exemplar-image', volume: image('e.nii') },
      { role: 'exemplar-mask', volume: mask('e-m.nii', [0, 1, 1, 1]) },
      { role: 'unlabeled', volume: image('cine.nii', size) },
      { role: 'unlabeled', volume: image('other.nii', size, 50) },
      { role: 'reference', volume: mask('cine.nii', [0, 1, 1, 0]) },
      { role: 'reference', volume: mask('other.nii', [0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0], size) },
    )
    const all = dataset.sources.reduce((set, { id }) => withSlices(set, id, { axis: 2, frame: null, every: 1 }), dataset)
    expect(all.unlabeled).toHaveLength(6)
    expect(all.unlabeled.map((_, i) => hasReference(all, i))).toEqual([true, false, false, true, false, true])
    expect(scoredImages(all)).toEqual([0, 3, 5])
    expect(referenceOf(all, 1)).toBeNull()
    expect([...referenceOf(all, 5)!.labels]).toEqual([1, 1, 0, 0])
  })

  test('a mask of one frame teaches nothing about the others', () => {
    const dataset = loaded(
      { role: 'exemplar-image', volume: image('cine.nii', [2, 2, 1, 3]) },
      { role: 'exemplar-mask', volume: mask('m.nii', [0, 1, 1, 0]) },
    )
    expect(labelsOf(dataset)).toEqual([[0, 1, 1, 0]])
    expect(labelsOf(dataset).flat()).not.toContain(unknown)
    expect(picturesOf({ ...dataset.exemplarSource!, frame: null })).toHaveLength(3)
  })
})

test('a volume’s slices are scored together, whatever patient its name suggests, except the exemplar’s', () => {
  const size: Volume['size'] = [2, 2, 2, 1]
  const labels = [0, 1, 1, 0, 0, 1, 0, 0]
  const dataset = loaded(
    { role: 'exemplar-image', volume: image('case_0001.nii', size) },
    { role: 'exemplar-mask', volume: mask('case_0001_mask.nii', [0, 1, 1, 0, 0, 0, 0, 0], size) },
    ...[2, 3].map((n) => ({ role: 'unlabeled' as const, volume: image(`case_000${n}.nii`, size, n) })),
    ...[1, 2, 3].map((n) => ({ role: 'reference' as const, volume: mask(`case_000${n}_mask.nii`, labels, size) })),
  )
  const scored = scoredImages(dataset).map((i) => dataset.unlabeled[i]!)
  expect(scored.map((picture) => [picture.name, scoredWith(picture)])).toEqual([
    ['case_0002_z1', 'case_0002.nii'],
    ['case_0002_z2', 'case_0002.nii'],
    ['case_0003_z1', 'case_0003.nii'],
    ['case_0003_z2', 'case_0003.nii'],
  ])
  const [cine] = loaded({ role: 'unlabeled', volume: image('p_1.nii', [2, 2, 2, 3]) }).unlabeled
  const [flat] = loaded({ role: 'unlabeled', volume: image('p_1.nii') }).unlabeled
  expect([scoredWith(cine!), scoredWith(flat!)]).toEqual(['p_1.nii, frame 1', 'p'])
})

test('volumes that all seem to be of the exemplar’s patient are a patient each for the bank, single images are not', () => {
  const pile = (names: string[], size: Volume['size']) =>
    patientsOf(
      loaded(
        { role: 'exemplar-image', volume: image('case_0001.nii', size) },
        { role: 'exemplar-mask', volume: mask('case_0001_mask.nii', size[2] > 1 ? [0, 1, 1, 0, 0, 0, 0, 0] : [0, 1, 1, 0], size) },
        ...names.map((name, i) => ({ role: 'unlabeled' as const, volume: image(name, size, i + 2) })),
      ),
    )
  const all = pile(['case_0002.nii', 'case_0003.nii'], [2, 2, 2, 1])
  expect([...new Set(all.patients)]).toEqual(['case_0001.nii', 'case_0002.nii', 'case_0003.nii'])
  expect([...all.own]).toEqual(['case_0001.nii'])
  const flat = pile(['case_0002.nii', 'case_0003.nii'], [2, 2, 1, 1])
  expect([flat.patients, [...flat.own]]).toEqual([['case', 'case'], ['case']])
  const other = pile(['case_0002.nii', 'p7_0003.nii'], [2, 2, 2, 1])
  expect([[...new Set(other.patients)], [...other.own]]).toEqual([['case', 'p7'], ['case']])
})

test('a mask decoded for sorting is not decoded again', () => {
  let decoded = 0
  const dropped = (name: string, labels: number[]): Volume => {
    const volume = mask(name, labels)
    const { palette } = volume
    // Decoding looks at the palette once.
    return Object.defineProperty(volume, 'palette', {
      get: () => {
        decoded++
        return palette
      },
    })
  }
  const masks = [dropped('a_mask.nii', [0, 1, 2, 0]), dropped('b_mask.nii', [0, 1, 1, 0])]
  const dataset = loaded(...[image('a.nii'), image('b.nii', [2, 2, 1, 1], 9), ...masks].map((volume) => ({ role: null, volume })))
  expect([dataset.exemplars.length, dataset.partners.size]).toEqual([1, 1])
  expect(decoded).toBe(2)
})

describe('the stack that an exemplar lies in', () => {
  /** Slice and frame of what lies before and after each exemplar. */
  const around = (dataset: Dataset) =>
    stacksOf(dataset).map((ways) =>
      ways.map((way) =>
        way.map((i) => {
          const { slice, frame } = dataset.unlabeled[i]!
          return `${slice}/${frame}`
        }),
      ),
    )
  /** A mask that marks these of `slices` slices of 2 x 2 pixels. */
  const marked = (name: string, slices: number, which: number[]) =>
    mask(
      name,
      Array.from({ length: 4 * slices }, (_, i) => Number(which.includes(i >> 2) && i % 2 === 1)),
      [2, 2, slices, 1],
    )

  test('is the slices of its volume to either side, the nearest first, up to another exemplar', () => {
    const of = (which: number[]) =>
      loaded(
        { role: 'exemplar-image', volume: image('a.nii', [2, 2, 6, 1]) },
        { role: 'exemplar-mask', volume: marked('a-mask.nii', 6, which) },
        { role: 'unlabeled', volume: image('b.nii', [2, 2, 6, 1], 7) },
        { role: 'unlabeled', volume: image('a.nii', [2, 2, 6, 1]) },
      )
    expect(around(of([2]))).toEqual([
      [
        ['1/0', '0/0'],
        ['3/0', '4/0', '5/0'],
      ],
    ])
    expect(around(of([1, 4]))).toEqual([
      [['0/0'], ['2/0', '3/0']],
      [['3/0', '2/0'], ['5/0']],
    ])
    const { id } = of([2]).sources[1]!
    expect(around(withSlices(of([2]), id, { axis: 2, frame: null, every: 2 }))).toEqual([[['0/0'], ['4/0']]])
  })

  test('is the frames of a cine of one slice, and in a volume in time the slices of the same time', () => {
    const cine = loaded(
      { role: 'exemplar-image', volume: image('cine.nii', [2, 2, 1, 4]) },
      { role: 'exemplar-mask', volume: mask('cine-mask.nii', [0, 1, 1, 0]) },
      { role: 'unlabeled', volume: image('cine.nii', [2, 2, 1, 4]) },
    )
    const { id } = cine.sources[0]!
    expect(around(withSlices(cine, id, { axis: 2, frame: null, every: 1 }))).toEqual([[[], ['0/1', '0/2', '0/3']]])
    const beating = loaded(
      { role: 'exemplar-image', volume: image('beating.nii', [2, 2, 3, 4]) },
      { role: 'exemplar-mask', volume: marked('beating-mask.nii', 3, [1]) },
      { role: 'unlabeled', volume: image('beating.nii', [2, 2, 3, 4]) },
    )
    const all = withSlices(beating, beating.sources[0]!.id, { axis: 2, frame: null, every: 1 })
    expect(around(all)).toEqual([[['0/0'], ['2/0']]])
    expect(
      around(loaded({ role: 'exemplar-image', volume: image('one.nii') }, { role: 'exemplar-mask', volume: mask('m.nii', [0, 1, 1, 0]) })),
    ).toEqual([[[], []]])
  })
})

test('samples are hashed once, under whatever name, and what is done to them counts', () => {
  const volume = image('a.nii')
  const same = { ...volume, name: 'b.nii', patient: 'case-001' }
  expect(digestOfVolume(same)).toBe(digestOfVolume(volume))
  expect(digestOfVolume({ ...volume, slope: 2 })).not.toBe(digestOfVolume(volume))
  expect(digestOfVolume(image('a.nii'))).toBe(digestOfVolume(volume))
  expect(digestOfVolume(image('a.nii', [2, 2, 1, 1], 2))).not.toBe(digestOfVolume(volume))
  expect(vi.mocked(digestOf).mock.calls.filter(([values]) => values === volume.samples)).toHaveLength(1)
})
