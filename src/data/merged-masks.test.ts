import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignRoles } from './dropped-files'
import { readMask } from './mask-file'
import { familyOf, mergedText, mergeMasks, pairMerged } from './merged-masks'
import { sayUnpaired } from './pairs'
import { makeVolume, type Affine, type Volume } from './volume'

const columns = 6
const at = (z: number): Affine => [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 2, z],
]

/** A picture of 6 x 4, or a stack of two. */
const volume = (name: string, samples: readonly number[], own: Partial<Volume> = {}): Volume =>
  makeVolume({ name, kind: 'png', size: [columns, 4, samples.length / (4 * columns), 1], samples: Uint8Array.from(samples), ...own })

/** Marked are columns from `left` to `right`. */
const stripe = (left: number, right: number, value = 255): number[] =>
  Array.from({ length: 4 * columns }, (_, i) => (i % columns >= left && i % columns <= right ? value : 0))
const empty = stripe(1, 0)
const image = (name: string) =>
  volume(
    name,
    Array.from({ length: 4 * columns }, (_, i) => i),
  )

const merged = (images: string[], masks: Record<string, readonly number[]>) => {
  const { pairs, unpaired } = pairMerged(
    images.map(image),
    Object.entries(masks).map(([name, samples]) => volume(name, samples)),
  )
  return {
    pairs: pairs.map(({ image, mask }) => [
      image.name,
      mask.merged?.from ?? mask.name,
      Object.fromEntries(mask.segments.map(({ value, name }) => [name, value])),
    ]),
    unpaired: unpaired.map(({ mask, because }) => [mask.name, because]),
    said: sayUnpaired(unpaired).map(({ message }) => message),
    maps: pairs.map(({ mask }) => [...mask.samples].slice(0, columns)),
  }
}

describe('several masks of one image', () => {
  test('are one label map, with classes called after what differs', () => {
    const lungs = Object.fromEntries(
      [1, 2].flatMap((n) => [
        [`ManualMask/leftMask/M_${n}.png`, stripe(0, 1)],
        [`ManualMask/rightMask/M_${n}.png`, stripe(4, 5)],
      ]),
    )
    const found = merged(['CXR/M_1.png', 'CXR/M_2.png'], lungs)
    const classes = { left: 1, right: 2 }
    expect(found.pairs).toEqual([
      ['CXR/M_1.png', ['ManualMask/leftMask/M_1.png', 'ManualMask/rightMask/M_1.png'], classes],
      ['CXR/M_2.png', ['ManualMask/leftMask/M_2.png', 'ManualMask/rightMask/M_2.png'], classes],
    ])
    expect(found.maps[0]).toEqual([1, 1, 0, 0, 2, 2])
  })

  test('one file for each organ, and what all names have in common is left out', () => {
    const organs = merged(['s1/ct.png', 's2/ct.png'], {
      's1/segmentations/adrenal_gland_right.png': stripe(4, 5, 1),
      's1/segmentations/adrenal_gland_left.png': stripe(0, 1, 1),
      's2/segmentations/adrenal_gland_left.png': stripe(0, 0, 1),
    })
    expect(organs.pairs).toEqual([
      ['s1/ct.png', ['s1/segmentations/adrenal_gland_left.png', 's1/segmentations/adrenal_gland_right.png'], { left: 1, right: 2 }],
      ['s2/ct.png', ['s2/segmentations/adrenal_gland_left.png'], { left: 1 }],
    ])
    const others = merged(['p1.png'], { 'p1_spleen.png': stripe(0, 0), 'p1_liver.png': stripe(1, 1), 'p1_left_kidney.png': stripe(2, 2) })
    expect(others.pairs[0]![2]).toEqual({ 'left kidney': 1, liver: 2, spleen: 3 })
  })

  test('a class has one value in all images, also where some lack it or have only it', () => {
    const found = merged(['1.png', '2.png', '3.png'], {
      'left/1.png': stripe(0, 1),
      'right/1.png': stripe(4, 5),
      'right/2.png': stripe(4, 5),
      'left/3.png': empty,
      'right/3.png': stripe(3, 5),
    })
    expect(found.pairs.map(([name, , classes]) => [name, classes])).toEqual([
      ['1.png', { left: 1, right: 2 }],
      ['2.png', { right: 2 }],
      ['3.png', { left: 1, right: 2 }],
    ])
    expect(found.maps).toEqual([
      [1, 1, 0, 0, 2, 2],
      [0, 0, 0, 0, 2, 2],
      [0, 0, 0, 2, 2, 2],
    ])
  })

  test('a mask that does not say which of the classes it shows is not taken for one', () => {
    const found = merged(['p1.png', 'p2.png'], {
      'p1_left.png': stripe(0, 1, 1),
      'p1_right.png': stripe(4, 5, 1),
      'p2_mask.png': stripe(0, 5, 1),
    })
    expect(found.pairs.map(([name]) => name)).toEqual(['p1.png'])
    expect(found.said).toEqual([
      '"p2_mask.png" was not used: other images have a mask for each class, but their names do not say which structure each shows.',
    ])
  })

  test('where one lies within another the smaller one counts, and how many places overlap is said', () => {
    const found = pairMerged([image('p1.png')], [volume('p1_disc.png', stripe(1, 4)), volume('p1_cup.png', stripe(2, 3))]).pairs[0]!.mask
    expect([...found.samples].slice(0, columns)).toEqual([0, 2, 1, 1, 2, 0])
    expect(mergedText(found)).toBe(
      '2 masks were read as one label map of cup, disc: "p1_cup.png", "p1_disc.png". They overlap in 8 places, where the smaller one counts.',
    )
  })

  test('label maps keep their numbers where no number is in two of them', () => {
    const numbers = [1, 2, 0, 0, 0, 0]
    const found = merged(['p1.png'], {
      'p1_organs.png': Array.from({ length: 24 }, (_, i) => numbers[i % 6]!),
      'p1_tumour.png': stripe(4, 5, 7),
    })
    // "organs" is no word for a mask, so only the other one is of the image.
    expect(found.pairs.map(([, from]) => from)).toEqual(['p1_tumour.png'])
    const both = merged(['p1.png'], {
      'p1_liver.png': Array.from({ length: 24 }, (_, i) => numbers[i % 6]!),
      'p1_tumour.png': stripe(4, 5, 7),
    })
    expect(both.maps).toEqual([[1, 2, 0, 0, 7, 7]])
    const clash = merged(['p1.png'], {
      'p1_liver.png': Array.from({ length: 24 }, (_, i) => numbers[i % 6]!),
      'p1_tumour.png': stripe(4, 5, 2),
    })
    expect(clash.unpaired[0]).toEqual(['p1_liver.png', 'the value 2 is in more than one of them'])
  })

  test('objects in a file each, with names that mean nothing, are one class', () => {
    const found = merged(['d/a1f/images/a1f.png'], { 'd/a1f/masks/0bc1d2.png': stripe(0, 0), 'd/a1f/masks/f3a9c4.png': stripe(2, 3) })
    expect(found.pairs[0]![2]).toEqual({ object: 1 })
    expect(found.maps[0]).toEqual([1, 0, 1, 1, 0, 0])
  })

  const refused = (masks: Record<string, readonly number[]>, name = 'p1.png') =>
    merged([name], masks).unpaired.map(([, because]) => because)
  test('are not one label map where names say no structure, they are of two observers, or one hides another', () => {
    const unnamed = 'their names do not say which structure each shows'
    expect(refused({ 'Image_1L_1stHO.png': stripe(0, 2), 'Image_1L_2ndHO.png': stripe(0, 3) }, 'Image_1L.png')).toEqual([unnamed, unnamed])
    expect(refused({ '21_manual1.png': stripe(0, 2), '21_manual2.png': stripe(0, 3) }, '21_training.png')).toEqual([unnamed, unnamed])
    const alike = 'they mark mostly the same places, as do masks of one structure by two observers'
    expect(refused({ 'p1_left.png': stripe(0, 4), 'p1_right.png': stripe(1, 5) })).toEqual([alike, alike])
    expect(refused({ 'p1_cup.png': stripe(1, 3), 'p1_disc.png': stripe(1, 3) })[0]).toBe('nothing of "p1_cup.png" is outside the others')
    const small = volume('p1_disc.png', stripe(1, 3), { size: [4, columns, 1, 1] })
    const { unpaired } = pairMerged([image('p1.png')], [volume('p1_cup.png', stripe(1, 3)), small])
    expect(unpaired.map(({ because }) => because)[0]).toBe('they differ in size or place')
  })

  test('of a frame that each names lie on it together, but not of different frames', () => {
    const of = (firstFrame: number, name: string, left: number) => volume(name, stripe(left, left + 1), { firstFrame })
    const mask = pairMerged([image('p1.png')], [of(2, 'p1_cup.png', 0), of(2, 'p1_disc.png', 3)]).pairs[0]!.mask
    expect([mask.firstFrame, mask.merged?.from]).toEqual([2, ['p1_cup.png', 'p1_disc.png']])
    const { unpaired } = pairMerged([image('p1.png')], [of(2, 'p1_cup.png', 0), of(1, 'p1_disc.png', 3)])
    expect(unpaired.map(({ because }) => because)[0]).toBe('they are of different frames')
  })
})

test('masks in an order and place of their own lie on the grid of the image', () => {
  const stack = { kind: 'nifti', affine: at(0) } as const
  const scan = volume('p1.nii', [...stripe(0, 5), ...stripe(0, 5)], stack)
  // The same place with the slices from top to bottom.
  const upside: Affine = [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, -2, 2],
  ]
  const left = volume('p1_left.nii', [...stripe(0, 0), ...empty], stack)
  const right = volume('p1_right.nii', [...empty, ...stripe(5, 5)], { ...stack, affine: upside })
  const found = pairMerged([scan], [left, right]).pairs[0]!.mask
  expect(found.affine).toEqual(scan.affine)
  expect([...found.samples].slice(0, columns)).toEqual([1, 0, 0, 0, 0, 2])
  expect([...found.samples].slice(24).some((value) => value > 0)).toBe(false)
})

test('no pixel is lost: every place has the smallest of the classes that mark it, and overlaps are counted', () => {
  const names = ['heart', 'left_lung', 'right_lung', 'spleen']
  const setting = fc.record({
    masks: fc.array(
      fc.record({ yes: fc.constantFrom(1, 255), bits: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 48, maxLength: 48 }) }),
      {
        minLength: 2,
        maxLength: 4,
      },
    ),
    order: fc.infiniteStream(fc.nat(1000)),
  })
  let [put, kept] = [0, 0]
  fc.assert(
    fc.property(setting, ({ masks, order }) => {
      const own = masks.map(({ yes, bits }, i) =>
        volume(
          `p1_${names[i]}.nii`,
          bits.map((bit) => (bit === 0 ? yes : 0)),
          { kind: 'nifti', affine: at(0) },
        ),
      )
      const shuffled = own.map((mask) => [order.next().value as number, mask] as const).sort(([a], [b]) => a - b)
      const scan = volume('p1.nii', [...stripe(0, 5), ...stripe(0, 5)], { kind: 'nifti', affine: at(0) })
      const { pairs, unpaired } = pairMerged(
        [scan],
        shuffled.map(([, mask]) => mask),
      )
      const marks = own.map(({ samples }) => Array.from(samples, (value) => value > 0))
      const counts = marks.map((marked) => marked.filter(Boolean).length)
      if (unpaired.length > 0) {
        kept++
        expect(unpaired.map(({ mask }) => mask.name).sort()).toEqual(own.map(({ name }) => name).sort())
        return
      }
      put++
      const { samples, segments, merged } = pairs[0]!.mask
      expect(segments.map(({ name, value }) => [name, value])).toEqual(own.map((_, i) => [names[i]!.replace('_', ' '), i + 1]))
      let overlap = 0
      for (let i = 0; i < 48; i++) {
        const here = marks.flatMap((marked, c) => (marked[i] ? [c] : []))
        if (here.length > 1) overlap++
        if (here.length === 0) expect(samples[i]).toBe(0)
        else expect(counts[samples[i]! - 1]).toBe(Math.min(...here.map((c) => counts[c]!)))
        if (here.length > 0) expect(here).toContain(samples[i]! - 1)
      }
      expect(merged!.overlap).toBe(overlap)
      const values = readMask(pairs[0]!.mask).values.slice(1)
      expect(values.every(({ count }) => count > 0)).toBe(counts.every((count) => count > 0))
    }),
    { numRuns: 150, seed: 5 },
  )
  // Both happen, or nothing was checked.
  expect(put).toBeGreaterThan(50)
  expect(kept).toBeGreaterThan(0)
})

test('never the mask of another image: each is in the map of its own or named, with one value for a class in all', () => {
  const layouts: Record<string, { image: (n: string) => string; mask: (n: string, part: string) => string; parts: string[] }> = {
    Montgomery: {
      image: (n) => `CXR_png/MCUCXR_${n}_0.png`,
      mask: (n, part) => `ManualMask/${part}Mask/MCUCXR_${n}_0.png`,
      parts: ['left', 'right'],
    },
    TotalSegmentator: {
      image: (n) => `s${n}/ct.nii.gz`,
      mask: (n, part) => `s${n}/segmentations/${part}.nii.gz`,
      parts: ['spleen', 'kidney_left', 'kidney_right', 'costal_cartilages'],
    },
    'a name for each organ': {
      image: (n) => `case_${n}.nii`,
      mask: (n, part) => `case_${n}_${part}_mask.nii`,
      parts: ['liver', 'left_lung', 'right_lung'],
    },
    'a folder for each organ': {
      image: (n) => `images/case_${n}_0000.nii`,
      mask: (n, part) => `labels/${part}/case_${n}.nii`,
      parts: ['heart', 'aorta'],
    },
  }
  const setting = fc.record({
    name: fc.constantFrom(...Object.keys(layouts)),
    numbers: fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { minLength: 2, maxLength: 20 }),
    there: fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
    order: fc.infiniteStream(fc.nat(1000)),
  })
  fc.assert(
    fc.property(setting, ({ name, numbers, there, order }) => {
      const { image: imageOf, mask: maskOf, parts } = layouts[name]!
      const take = (stream: Iterator<number>) => stream.next().value as number
      const cases = numbers.map((n) => String(n).padStart(4, '0'))
      const images = cases.filter(() => take(there) > 0)
      const masks = cases.flatMap((n) =>
        parts.flatMap((part, p) => (take(there) > 0 ? [[maskOf(n, part), { n, part, samples: stripe(p, p) }] as const] : [])),
      )
      const truth = new Map(masks)
      const shuffled = masks.map(([name, { samples }]) => [take(order), volume(name, samples)] as const).sort(([a], [b]) => a - b)
      const { pairs, unpaired } = pairMerged(
        images.map((n) => image(imageOf(n))),
        shuffled.map(([, mask]) => mask),
      )
      const values = new Map<string, Set<number>>()
      const used = pairs.flatMap(({ image, mask }) => {
        const from = mask.merged?.from ?? [mask.name]
        for (const own of from) expect(imageOf(truth.get(own)!.n)).toBe(image.name)
        // Each part is a column of its own, so its value can be told from the picture.
        for (const own of mask.merged ? from : []) {
          const { part } = truth.get(own)!
          values.set(part, (values.get(part) ?? new Set()).add(mask.samples[parts.indexOf(part)]!))
        }
        return from
      })
      for (const [part, own] of values) expect([part, own.size, own.has(0)]).toEqual([part, 1, false])
      const left = unpaired.map(({ mask }) => mask.name)
      expect([...used, ...left].sort()).toEqual(masks.map(([name]) => name).sort())
      // Nothing is left over but masks whose image is missing.
      expect(left.sort()).toEqual(masks.flatMap(([name, { n }]) => (images.includes(n) ? [] : [name])).sort())
    }),
    { numRuns: 150, seed: 9 },
  )
})

test('an exemplar of several masks is the one with the most classes', () => {
  const { sorted } = assignRoles([
    image('1.png'),
    image('2.png'),
    volume('left/1.png', stripe(0, 1)),
    volume('left/2.png', stripe(0, 1)),
    volume('right/2.png', stripe(4, 5)),
  ])
  expect(sorted.map(({ volume, role }) => [volume.name, role])).toEqual([
    ['1.png', 'unlabeled'],
    ['2.png', 'exemplar-image'],
    ['left/1.png', 'reference'],
    ['left/2.png', 'exemplar-mask'],
  ])
})

test('masks that a person says are of an image need not be called like it', () => {
  const masks = [volume('LV.png', stripe(0, 1)), volume('other/RV_final.png', stripe(3, 4))]
  const found = mergeMasks({ image: image('scan_7.png'), masks }, familyOf([{ image: image('scan_7.png'), masks }]))
  expect(found.segments.map(({ name }) => name)).toEqual(['lv', 'other rv final'])
})

test('of pairs that a person says, masks may say the case in words of their own', () => {
  const groups = ['anna', 'bert'].map((name, i) => ({
    image: image(`scan_${i}.png`),
    masks: [volume(`${name}/left.png`, stripe(0, 1)), volume(`${name}/right.png`, stripe(3, 4))],
  }))
  const family = familyOf(groups)
  expect([...family.values!]).toEqual([
    ['left', 1],
    ['right', 2],
  ])
  for (const group of groups)
    expect(mergeMasks(group, family).segments.map(({ name, value }) => [name, value])).toEqual([...family.values!])
})
