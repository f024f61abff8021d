/** Masks chosen for images: what follows for exemplar, pile and references, and that it depends on what was chosen, not on the way there. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FileRole } from '../data/file-roles'
import { InputError } from '../data/input-error'
import type { Volume } from '../data/volume'
import { annotationOf, withAnnotation, withMapping, withoutExemplar } from './annotations'
import { emptyDataset, maskId, type Dataset } from './dataset'
import { withVolumes } from './given-volumes'
import { pairList } from './pair-list'
import { imagesOf, maskOf, masksOf, sayChange, withMask, withoutLastChoice, withPairs } from './pairs'
import { hasReference, referenceOf } from './references'
import { labels, picture, side } from './small-volumes.test-support'

const give = (before: Dataset, ...given: [FileRole | null, Volume][]): Dataset =>
  withVolumes(
    before,
    given.map(([role, volume]) => ({ role, volume })),
  ).dataset

/** "a" to "d", of which "b" is said to have the mask that is of "a", as people name files wrongly. */
const wrong = () =>
  give(
    emptyDataset,
    [null, picture('a.png', 1)],
    [null, picture('b.png', 2)],
    [null, picture('c.png', 3)],
    [null, picture('d.png', 4)],
    [null, labels('b_mask.png', 1, 2)],
    [null, labels('c_mask.png', 0, 1)],
  )

const idOf = (dataset: Dataset, name: string) => imagesOf(dataset).find(({ volume }) => volume.name === name)!.id
const maskNamed = (dataset: Dataset, name: string) => [...masksOf(dataset)].find(([, mask]) => mask.name === name)![0]
const choose = (dataset: Dataset, image: string, mask: string | null) =>
  withMask(dataset, idOf(dataset, image), mask && maskNamed(dataset, mask))
const pairs = (dataset: Dataset) =>
  Object.fromEntries(imagesOf(dataset).map((source) => [source.volume.name, maskOf(dataset, source)?.name ?? null]))
const exemplar = (dataset: Dataset) => [dataset.exemplarSource?.volume.name, dataset.exemplarMask?.given.name]
const pile = (dataset: Dataset) => dataset.unlabeled.map(({ name }) => name).sort()
const learnt = (dataset: Dataset) =>
  dataset.exemplars.map((one) => [one.picture.name, [...(annotationOf(dataset, one)?.labels.slice(0, side) ?? [])]])
const scored = (dataset: Dataset) => dataset.unlabeled.flatMap(({ name }, i) => (hasReference(dataset, i) ? [name] : []))

describe('a mask that is of another image', () => {
  test('moves the exemplar there; its former image goes to the pile, and all else stays', () => {
    const before = wrong()
    expect([exemplar(before), pile(before)]).toEqual([
      ['b.png', 'b_mask.png'],
      ['a.png', 'c.png', 'd.png'],
    ])
    const renamed = {
      ...before,
      classes: before.classes.map((info) => (info.index === 1 ? { ...info, name: 'heart', color: '#123456' } : info)),
    }
    const after = choose(renamed, 'a.png', 'b_mask.png')
    expect(exemplar(after)).toEqual(['a.png', 'b_mask.png'])
    expect(pile(after)).toEqual(['b.png', 'c.png', 'd.png'])
    expect(learnt(after)).toEqual([['a.png', [1, 2, 0, 0, 0, 0]]])
    expect(after.classes).toEqual(renamed.classes)
    expect(scored(after)).toEqual(['c.png'])
    expect(sayChange(renamed, after)).toBe('"a.png" has "b_mask.png" now. "b.png" has no mask now. The exemplar is "a.png" now.')

    const back = withoutLastChoice(after)
    expect([exemplar(back), pile(back), pairs(back), back.classes]).toEqual([
      exemplar(before),
      pile(before),
      pairs(before),
      renamed.classes,
    ])
    expect(() => withoutLastChoice(back)).toThrow('There is no chosen mask to take back.')
  })

  test('is what the data set would be if the files had been named right', () => {
    const right = give(
      emptyDataset,
      ...['a.png', 'b.png', 'c.png', 'd.png'].map((name, i): [null, Volume] => [null, picture(name, i + 1)]),
      [null, labels('a_mask.png', 1, 2)],
      [null, labels('c_mask.png', 0, 1)],
    )
    const after = choose(wrong(), 'a.png', 'b_mask.png')
    expect(learnt(after)).toEqual(learnt(right))
    expect(pile(after)).toEqual(pile(right))
    expect(scored(after)).toEqual(scored(right))
    const map = (dataset: Dataset) =>
      referenceOf(
        dataset,
        dataset.unlabeled.findIndex(({ name }) => name === 'c.png'),
      )
    expect(map(after)).toEqual(map(right))
  })

  test('may be a reference: only the score changes', () => {
    const before = wrong()
    const after = choose(before, 'd.png', 'c_mask.png')
    expect(after.exemplars).toBe(before.exemplars)
    expect(after.unlabeled).toBe(before.unlabeled)
    expect(scored(after)).toEqual(['d.png'])
    // Its name says again whose it is.
    expect(scored(choose(after, 'd.png', null))).toEqual(['c.png'])
    expect(scored(choose(choose(after, 'd.png', null), 'c.png', null))).toEqual([])
    expect(sayChange(before, after)).toBe('"d.png" has "c_mask.png" now. "c.png" has no mask now.')
  })
})

describe('another mask for the exemplar', () => {
  test('brings its own classes, named as before where their values are, and says which references no longer fit', () => {
    const before = give(wrong(), ['reference', labels('d_mask.png', 1, 1, 2)])
    const named = { ...before, classes: before.classes.map((info) => (info.index === 1 ? { ...info, name: 'heart' } : info)) }
    const after = choose(named, 'b.png', 'c_mask.png')
    expect(exemplar(after)).toEqual(['b.png', 'c_mask.png'])
    expect(after.classes.map(({ name }) => name)).toEqual(['background', 'heart'])
    expect(sayChange(named, after)).toBe(
      '"b.png" has "c_mask.png" now. "c.png" has no mask now. "d.png" has no mask now. The classes are now background and heart. 1 reference mask does not fit these classes and is not used.',
    )
    const list = pairList(after)!
    expect(list.masks.find(({ name }) => name === 'd_mask.png')).toMatchObject({
      image: null,
      why: expect.stringContaining('holds the value 2') as string,
    })
    expect(list.masks.find(({ name }) => name === 'b_mask.png')).toMatchObject({
      image: null,
      why: 'its image was given another mask, or none',
    })
    const back = withoutLastChoice(after)
    expect([pairs(back), back.classes]).toEqual([pairs(named), named.classes])
  })

  test('and its own mask for another image: two masks are exchanged, and the one with more classes stays the exemplar', () => {
    const after = choose(choose(wrong(), 'b.png', 'c_mask.png'), 'c.png', 'b_mask.png')
    expect([exemplar(after), pile(after), scored(after)]).toEqual([['c.png', 'b_mask.png'], ['a.png', 'b.png', 'd.png'], ['b.png']])
  })

  test('if it was taken away, the pair with the most classes is learnt from', () => {
    const after = choose(wrong(), 'b.png', null)
    expect([exemplar(after), pile(after)]).toEqual([
      ['c.png', 'c_mask.png'],
      ['a.png', 'b.png', 'd.png'],
    ])
    const none = choose(after, 'c.png', null)
    expect([exemplar(none), learnt(none), none.classes]).toEqual([['b.png', undefined], [['b.png', []]], []])
    expect(pairs(withoutLastChoice(none))).toEqual(pairs(after))
  })

  test('is refused with a sentence if it marks nothing', () => {
    const before = give(wrong(), ['reference', labels('empty_mask.png')])
    expect(() => choose(before, 'b.png', 'empty_mask.png')).toThrow('The mask "empty_mask.png" is empty')
  })

  test('leaves what was mapped and drawn: labels that the drawing lacks are refused', () => {
    const mapped = withMapping(wrong(), '2', 'unknown')
    const moved = choose(mapped, 'a.png', 'b_mask.png')
    expect([...moved.mapping]).toEqual([['2', 'unknown']])
    const [first] = mapped.unlabeled
    const drawn = withAnnotation(mapped, first!, { width: side, height: side, labels: new Uint8Array(side * side).fill(1) }, mapped.classes)
    const after = choose(drawn, 'd.png', 'b_mask.png')
    expect(learnt(after).map(([name]) => name)).toEqual(['d.png', 'a.png'])
    expect(after.classes.map(({ value }) => value)).toEqual(['0', '1'])
    const other = give(drawn, ['reference', labels('x_mask.png', 7)])
    expect(() => choose(other, 'b.png', 'x_mask.png')).toThrow('"x_mask.png" holds the value 7, which the labels that you drew with lack')
    const alone = choose(drawn, 'b.png', null)
    expect([exemplar(alone), learnt(alone).map(([name]) => name), pile(alone)]).toEqual([
      [undefined, undefined],
      ['a.png'],
      ['a.png', 'b.png', 'c.png', 'd.png'],
    ])
  })
})

describe('a pair set by hand', () => {
  test('survives more files, the same ones again among them, and a pair that is dropped does not take its place', () => {
    const chosen = choose(choose(wrong(), 'a.png', 'b_mask.png'), 'd.png', 'c_mask.png')
    const more = give(chosen, [null, picture('e.png', 5)], [null, labels('e_mask.png', 1, 2, 2)], ['unlabeled', picture('f.png', 6)])
    expect(pairs(more)).toMatchObject({ 'a.png': 'b_mask.png', 'd.png': 'c_mask.png', 'e.png': 'e_mask.png', 'c.png': null })
    expect(exemplar(more)).toEqual(['a.png', 'b_mask.png'])
    const corrected = give(more, ['unlabeled', picture('d.png', 44)], ['reference', labels('c_mask.png', 2, 2)])
    expect(pairs(corrected)).toMatchObject({ 'a.png': 'b_mask.png', 'd.png': 'c_mask.png' })
  })

  test('is taken back even when the mask before it has been replaced by another file', () => {
    const chosen = choose(choose(wrong(), 'd.png', 'c_mask.png'), 'd.png', null)
    const replaced = give(chosen, ['reference', labels('c_mask.png', 2, 2)])
    expect(pairs(withoutLastChoice(replaced))).toMatchObject({ 'c.png': 'c_mask.png', 'd.png': null })
  })

  test('yields to a mask that is given for the exemplar by its input', () => {
    const chosen = choose(wrong(), 'a.png', 'b_mask.png')
    const given = give(chosen, ['exemplar-mask', labels('new.png', 3)])
    expect([exemplar(given), pile(given)]).toEqual([
      ['a.png', 'new.png'],
      ['b.png', 'c.png', 'd.png'],
    ])
    expect(pile(choose(given, 'd.png', null))).toEqual(pile(given))
  })

  test('a removed exemplar does not come back with another choice', () => {
    const before = wrong()
    const drawn = withAnnotation(
      before,
      before.unlabeled[0]!,
      { width: side, height: side, labels: new Uint8Array(side * side).fill(1) },
      before.classes,
    )
    const removed = withoutExemplar(
      drawn,
      drawn.exemplars.findIndex(({ given }) => given),
    )
    const after = choose(removed, 'd.png', 'c_mask.png')
    expect(exemplar(after)).toEqual([undefined, undefined])
    expect(pairs(after)).toMatchObject({ 'b.png': null, 'd.png': 'c_mask.png' })
  })
})

describe('masks left over', () => {
  const two = () =>
    give(
      emptyDataset,
      ...['img/a.png', 'img/b.png'].map((name, i): [null, Volume] => [null, picture(name, i)]),
      [null, labels('masks/a_1stHO.png', 1)],
      [null, labels('masks/a_2ndHO.png', 0, 1)],
    )

  test('are listed with the images that they could belong to, and the one that is chosen becomes the exemplar', () => {
    const before = two()
    expect(pairList(before)!.masks.map(({ name, why, candidates }) => [name, why, candidates])).toEqual(
      ['masks/a_1stHO.png', 'masks/a_2ndHO.png'].map((name) => [name, 'one of several masks of its image', [idOf(before, 'img/a.png')]]),
    )
    const after = choose(before, 'img/a.png', 'masks/a_2ndHO.png')
    expect(exemplar(after)).toEqual(['img/a.png', 'masks/a_2ndHO.png'])
    expect(pairList(after)!.images.map(({ name, why, exemplar }) => [name, why, exemplar])).toEqual([
      ['img/a.png', 'you chose', true],
      ['img/b.png', null, false],
    ])
  })

  test('and several that became one label map are named together', () => {
    const before = give(
      emptyDataset,
      ...['img/a.png', 'img/b.png'].map((name, i): [null, Volume] => [null, picture(name, i)]),
      [null, labels('left_mask/a.png', 1)],
      [null, labels('right_mask/a.png', 0, 1)],
    )
    expect(pairList(before)!.masks).toMatchObject([{ name: 'left_mask/a.png and right_mask/a.png', image: idOf(before, 'img/a.png') }])
    const after = withMask(before, idOf(before, 'img/b.png'), pairList(before)!.masks[0]!.id)
    expect(exemplar(after)).toEqual(['img/b.png', 'left_mask/a.png'])
    expect(after.classes.map(({ name }) => name)).toEqual(['background', 'left', 'right'])
  })

  test('find their image when it comes', () => {
    const before = give(wrong(), ['reference', labels('g_mask.png', 1, 2)])
    expect(pairList(before)!.masks.find(({ name }) => name === 'g_mask.png')).toMatchObject({ image: null, why: 'no image has its name' })
    expect(pairs(give(before, ['unlabeled', picture('g.png', 8)]))).toMatchObject({ 'g.png': 'g_mask.png' })
  })

  test('are offered only to images on their grid, and images without one that fits are not listed', () => {
    const before = give(wrong(), ['unlabeled', picture('wide.png', 9, [9, 6, 1, 1])])
    const { images, masks } = pairList(before)!
    expect(images.map(({ name }) => name)).not.toContain('wide.png')
    expect(new Set(masks.flatMap(({ grids }) => grids))).toEqual(new Set(images.map(({ grid }) => grid)))
  })
})

test('whatever is chosen on the way, the outcome is that of the choices in force, and undoing all of them gives the files’ own pairs', () => {
  const names = ['a.png', 'b.png', 'c.png', 'd.png']
  const masks = [null, 'b_mask.png', 'c_mask.png']
  const choice = fc.record({ image: fc.constantFrom(...names), mask: fc.constantFrom(...masks) })
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 6 }), (choices) => {
      const start = wrong()
      let taken = 0
      const end = choices.reduce((dataset, { image, mask }) => {
        try {
          const next = choose(dataset, image, mask)
          taken++
          return next
        } catch (error) {
          // A mask with a class that the exemplar lacks is no reference: nothing has changed.
          expect(error).toBeInstanceOf(InputError)
          return dataset
        }
      }, start)
      const look = (dataset: Dataset) => [
        pairs(dataset),
        exemplar(dataset),
        pile(dataset),
        learnt(dataset),
        scored(dataset).sort(),
        dataset.classes,
      ]
      expect(look(end)).toEqual(look(withPairs({ ...start, chosen: end.chosen })))
      const owners = Object.values(pairs(end)).filter((mask) => mask !== null)
      expect(new Set(owners).size).toBe(owners.length)
      expect([...new Set([...pile(end), ...learnt(end).map(([name]) => name)])].sort()).toEqual(names)
      const back = Array.from({ length: taken }).reduce<Dataset>(withoutLastChoice, end)
      expect(look(back)).toEqual(look(start))
      expect(maskId(start.exemplarMask!.given)).toBe(maskId(back.exemplarMask!.given))
    }),
    { numRuns: 200, seed: 3 },
  )
})
