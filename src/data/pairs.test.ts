import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignRoles } from './dropped-files'
import { layouts } from './layouts.test-support'
import { pairUp, sayUnpaired, severalPerCase } from './pairs'
import { makeVolume, type Volume } from './volume'

/** A stack on the one grid that all share, or a picture. */
function volume(name: string, z = 0): Volume {
  const kind = name.endsWith('.png') ? 'png' : 'nifti'
  const stack = kind === 'nifti'
  return makeVolume({
    name,
    kind,
    size: [3, 2, stack ? 2 : 1, 1],
    samples: new Uint8Array(stack ? 12 : 6),
    affine: stack
      ? [
          [1, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 1, z],
        ]
      : null,
  })
}

const paired = (images: string[], masks: string[]) => {
  const { pairs, unpaired } = pairUp(
    images.map((name) => volume(name)),
    masks.map((name) => volume(name)),
  )
  return {
    pairs: pairs.map(({ image, mask, why }) => [image.name, mask.name, why]),
    unpaired: unpaired.map(({ mask, why, candidates }) => [mask.name, why, candidates.map(({ name }) => name)]),
  }
}

const layoutName = fc.constantFrom(...Object.keys(layouts))

describe('as data sets are laid out', () => {
  test.each(Object.keys(layouts))('%s: every mask has the image of its case', (name) => {
    const { image, mask, digits } = layouts[name]!
    const cases = [1, 2, 3, 12].map((n) => String(n).padStart(digits, '0'))
    const { pairs, unpaired } = paired(cases.map(image), cases.slice(1).map(mask))
    expect(unpaired).toEqual([])
    expect(pairs.map(([i, m]) => [i, m])).toEqual(cases.slice(1).map((n) => [image(n), mask(n)]))
  })

  test('never a wrong pair: every true pair is found, and a mask without its image is named', () => {
    const setting = fc.record({
      name: layoutName,
      numbers: fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { minLength: 1, maxLength: 40 }),
      masked: fc.infiniteStream(fc.boolean()),
      shown: fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    })
    fc.assert(
      fc.property(setting, ({ name, numbers, masked, shown, order }) => {
        const { image, mask, digits } = layouts[name]!
        const cases = numbers.map((n) => String(n).padStart(digits, '0'))
        const take = <T>(stream: Iterator<T>) => stream.next().value as T
        const shuffled = <T>(items: T[]) =>
          items
            .map((item) => [take(order), item] as const)
            .sort(([a], [b]) => a - b)
            .map(([, item]) => item)
        // One image in ten is missing, and half of the masks.
        const images = cases.filter(() => take(shown) > 0)
        const masks = cases.filter(() => take(masked))
        const { pairs, unpaired } = paired(shuffled(images.map(image)), shuffled(masks.map(mask)))
        const truth = new Map(cases.map((n) => [mask(n), image(n)]))
        for (const [i, m] of pairs) expect(truth.get(m as string)).toBe(i)
        const whole = masks.filter((n) => images.includes(n))
        expect(pairs.length).toBe(whole.length)
        expect(unpaired.length).toBe(masks.length - whole.length)
      }),
      { numRuns: 400, seed: 3 },
    )
  })
})

test('why two belong together is said', () => {
  expect(paired(['imagesTr/heart_003_0000.nii.gz'], ['labelsTr/heart_003.nii.gz']).pairs[0]![2]).toBe('same case heart_003')
  expect(paired(['images/a.png'], ['masks/a.png']).pairs[0]![2]).toBe('same name')
  expect(paired(['case_1/imaging.nii'], ['case_1/segmentation.nii']).pairs[0]![2]).toBe('same folder')
})

test('the grid decides between images of one case, and makes no pair of names that say otherwise', () => {
  const at = (name: string, z: number) => volume(name, z)
  const whyOf = (images: Volume[], mask: Volume) => pairUp(images, [mask]).pairs.map(({ image, why }) => [image.name, why])
  expect(whyOf([at('p1_t1.nii', 0), at('p1_t2.nii', 900)], at('p1_seg.nii', 900))).toEqual([['p1_t2.nii', 'same grid']])
  expect(whyOf([at('anna.nii', 0), at('bert.nii', 900)], at('carl_seg.nii', 900))).toEqual([])
  expect(whyOf([at('case_1/imaging.nii', 0), at('case_2/imaging.nii', 900)], at('case_3/segmentation.nii', 900))).toEqual([])
})

test('a mask of one frame, as an export names it, is of the image of its name, unless that frame is an image of its own', () => {
  expect(paired(['s/a.png', 's/b.png'], ['b_mask-frame-2.png']).pairs).toEqual([['s/b.png', 'b_mask-frame-2.png', 'same case b']])
  // Also where the name is a structure's.
  expect(paired(['s/heart.png', 's/b.png'], ['heart_mask-frame-2.png']).pairs).toEqual([
    ['s/heart.png', 'heart_mask-frame-2.png', 'same case heart'],
  ])
  const frames = ['a-frame-1.png', 'a-frame-2.png']
  expect(paired(['a.png', ...frames], ['a_mask-frame-2.png']).pairs.map(([image]) => image)).toEqual(['a-frame-2.png'])
})

describe('undecided', () => {
  test('several sequences or channels of one case', () => {
    const brats = (n: number) => ['flair', 't1', 't1ce', 't2'].map((kind) => `BraTS_${n}/BraTS_${n}_${kind}.nii`)
    const images = [...brats(1), ...brats(2)].map((name) => volume(name))
    const pairing = pairUp(images, [volume('BraTS_2/BraTS_2_seg.nii')])
    expect(pairing.pairs).toEqual([])
    expect(pairing.unpaired).toMatchObject([{ why: 'several images of its case' }])
    expect(severalPerCase(images, pairing).map((own) => own.map(({ name }) => name))).toEqual([brats(1), brats(2)])
    const channels = [0, 1].map((c) => volume(`imagesTr/case_07_000${c}.nii`))
    const both = pairUp(channels, [volume('labelsTr/case_07.nii')])
    expect([both.pairs, severalPerCase(channels, both)]).toEqual([[], [channels]])
    const two = [7, 8].map((n) => [0, 1].map((c) => volume(`imagesTs/case_0${n}_000${c}.nii`)))
    expect(severalPerCase(two.flat(), pairUp(two.flat(), []))).toEqual(two)
  })

  test('slices and cases with numbers of four digits are no channels, and neither images of two machines nor times are sequences', () => {
    for (const names of [
      ['p1_0000.png', 'p1_0001.png', 'p1_0002.png'],
      ['imagesTr/la_0001.nii', 'imagesTr/la_0002.nii'],
      ['cells/t1.png', 'cells/t2.png', 'cells/t3.png'],
      ['imagesTr/la_001_0000.nii', 'imagesTr/la_002_0000.nii'],
      ['ct_train_1001_image.nii.gz', 'mr_train_1001_image.nii.gz'],
    ]) {
      const images = names.map((name) => volume(name))
      expect(severalPerCase(images, pairUp(images, []))).toEqual([])
    }
  })

  test('two masks of one image, and a mask whose folder says another patient', () => {
    const { pairs, unpaired } = paired(
      ['CXR_png/M_1.png', 'CXR_png/M_2.png'],
      ['Manual/leftMask/M_1.png', 'Manual/rightMask/M_1.png', 'Manual/leftMask/M_2.png'],
    )
    expect(pairs).toEqual([['CXR_png/M_2.png', 'Manual/leftMask/M_2.png', 'same name']])
    expect(unpaired.map(([, why, images]) => [why, images])).toEqual([
      ['several masks of one image', ['CXR_png/M_1.png']],
      ['several masks of one image', ['CXR_png/M_1.png']],
    ])
    expect(paired(['P1/images/1.png'], ['P2/masks/1.png']).pairs).toEqual([])
    expect(paired(['anna/1.png', 'bert/2.png'], ['bert/masks/1.png']).pairs).toEqual([])
    expect(paired(['anna/1.png', 'anna/2.png'], ['bert/1.png', 'carl/2.png']).pairs).toEqual([])
    expect(paired(['photos/1.png', 'photos/2.png'], ['drawn/1.png']).pairs).toEqual([['photos/1.png', 'drawn/1.png', 'same name']])
  })
})

test('what is left over is said in a sentence each, or in one for many', () => {
  const said = (images: string[], masks: string[]) =>
    sayUnpaired(
      pairUp(
        images.map((name) => volume(name)),
        masks.map((name) => volume(name)),
      ).unpaired,
    ).map(({ message }) => message)
  expect(said(['a.png', 'b.png'], ['c_mask.png'])).toEqual([
    '"c_mask.png" was not used: no image has its name; by its size it could belong to "a.png" and "b.png"; a mask is named like its image.',
  ])
  expect(
    said(
      ['a.png'],
      ['c', 'd', 'e', 'f', 'g', 'h'].map((n) => `${n}_mask.png`),
    ),
  ).toEqual(['6 masks were not used, for no image has their names: "c_mask.png", "d_mask.png", "e_mask.png" and 3 more.'])
  expect(
    said(
      ['i/a.png', 'i/b.png'],
      ['a', 'b'].flatMap((n) => [`left/${n}.png`, `right/${n}.png`]),
    ),
  ).toEqual([
    'Two masks for one image: "left/a.png" and "right/a.png" belong to "i/a.png", and so with 1 other image; give one mask for each image, with a number for each structure.',
  ])
})

test('one image and one mask that are dropped alone are a pair; of more, names decide', () => {
  const roles = (...names: string[]) => assignRoles(names.map((name) => volume(name))).sorted.map(({ role }) => role)
  expect(roles('images/scan.png', 'other_mask.png')).toEqual(['exemplar-image', 'exemplar-mask'])
  expect(roles('images/scan.png', 'images/scan2.png', 'other_mask.png')).toEqual(['unlabeled', 'unlabeled', 'reference'])
})

test('1,500 files in 300 folders', () => {
  const folders = Array.from({ length: 300 }, (_, p) => `site/P${p}`)
  const images = folders.flatMap((folder) => [1, 2, 3].map((s) => `${folder}/images/${s}.png`))
  const masks = folders.flatMap((folder) => [1, 3].map((s) => `${folder}/masks/${s}.png`))
  const { pairs, unpaired } = paired(images, masks)
  expect(unpaired).toEqual([])
  expect(pairs.length).toBe(600)
  expect(pairs.every(([i, m]) => (i as string).replace('images', 'masks') === m)).toBe(true)
})
