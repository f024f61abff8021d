import { describe, expect, it } from 'vitest'
import type { PairedImage, PairedMask, PairList } from '../worker/protocol'
import { imagesFor, keyOf, masksFor, pairRows, sayPairs, sayRow } from './pair-rows'

const image = (name: string, mask: string | null = null, more: Partial<PairedImage> = {}): PairedImage => ({
  ...{ id: name, name, mask, why: mask && 'same name', exemplar: false, grid: 0 },
  ...more,
})
const mask = (name: string, image: string | null = null, more: Partial<PairedMask> = {}): PairedMask => ({
  ...{ id: name, name, image, why: image === null ? 'could be of several images' : null, candidates: [], grids: [0] },
  ...more,
})

const pairs: PairList = {
  images: [image('case10'), image('case2', 'm2'), image('wide', null, { grid: 1 }), image('case1', 'm1', { exemplar: true })],
  masks: [mask('m2', 'case2'), mask('m1', 'case1'), mask('x', null, { candidates: ['case10', 'wide'], grids: [0, 1] }), mask('m0')],
  undo: null,
}

describe('rows', () => {
  const keys = (unpaired: boolean, kept: string[] = []) => pairRows(pairs, unpaired, new Set(kept)).map(keyOf)

  it('are masks of no image, then images, in the order of their names and numbers', () => {
    expect(keys(false)).toEqual(['mask m0', 'mask x', 'case1', 'case2', 'case10', 'wide'])
  })

  it('may be only the unpaired, with those that have just been changed', () => {
    expect(keys(true)).toEqual(['mask m0', 'mask x', 'case10', 'wide'])
    expect(keys(true, ['case2'])).toEqual(['mask m0', 'mask x', 'case2', 'case10', 'wide'])
  })

  it('say why, or what could be', () => {
    const said = pairRows(pairs, false, new Set()).map((row) => sayRow(pairs, row))
    expect(said).toEqual([
      'Mask of no image: could be of several images',
      'Mask of no image: could be of several images; perhaps of case10 or wide',
      'Exemplar · same name',
      'Reference · same name',
      'No mask; perhaps x',
      'No mask; perhaps x',
    ])
    expect(sayPairs(pairs)).toBe('2 of 4 images have a mask; 2 masks are of no image')
    const many = { ...pairs, masks: [mask('x', null, { candidates: ['case10', 'case2', 'wide', 'case1'] })] }
    expect(sayRow(many, { kind: 'mask', mask: many.masks[0]! })).toMatch('perhaps of case10, case2 and 2 more')
  })
})

describe('what can be chosen', () => {
  it('lies on the grid, the undecided first, and says where it is now', () => {
    const [ten, , wide] = pairs.images
    expect(masksFor(pairs, ten!)).toEqual({
      likely: [{ id: 'x', label: 'x' }],
      others: [
        { id: 'm0', label: 'm0' },
        { id: 'm1', label: 'm1 (now of case1)' },
        { id: 'm2', label: 'm2 (now of case2)' },
      ],
    })
    expect(masksFor(pairs, wide!)).toEqual({ likely: [{ id: 'x', label: 'x' }], others: [] })
    expect(imagesFor(pairs, pairs.masks[2]!).likely.map(({ label }) => label)).toEqual(['case10', 'wide'])
    expect(imagesFor(pairs, pairs.masks[3]!)).toEqual({
      likely: [],
      others: [
        { id: 'case1', label: 'case1 (has another)' },
        { id: 'case2', label: 'case2 (has another)' },
        { id: 'case10', label: 'case10' },
      ],
    })
  })

  it('has the mask in use even if it lies on another grid', () => {
    const odd = { ...pairs, masks: [mask('m2', 'case2', { grids: [5] })] }
    expect(masksFor(odd, odd.images[1]!).others).toEqual([{ id: 'm2', label: 'm2' }])
  })
})
