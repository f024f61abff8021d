import { expect, it } from 'vitest'
import type { SourceInfo, UnlabeledInfo } from '../../worker/protocol'
import { groupsOf, withoutShared } from './groups'

const image = (name: string, patient: string, source = name) => ({ id: `${name}/2/0/0`, name, patient, source }) as UnlabeledInfo
const source = (id: string, name: string, slices: number) => ({ id, name, kind: 'nifti', size: [8, 8, slices, 1] }) as unknown as SourceInfo

it('names lack the words that they share at both ends', () => {
  expect(withoutShared(['SCD0000101_im0079.png', 'SCD0000101_im0099.png'])).toEqual(['im0079', 'im0099'])
  expect(withoutShared(['a/heart_z1', 'a/heart_z2', 'a/heart_z10'])).toEqual(['z1', 'z2', 'z10'])
  expect(withoutShared(['scan.png', 'scan_2.png']), 'nothing would be left of one').toEqual(['scan', 'scan_2'])
  expect(withoutShared(['same.png', 'same.png'])).toEqual(['same.png', 'same.png'])
  expect(withoutShared(['one.png'])).toEqual(['one.png'])
  expect(withoutShared([])).toEqual([])
})

it('slices stay in the order of their volume, images of a patient are in that of their numbers', () => {
  const groups = groupsOf(
    [image('ct_z1', 'ct', 'ct'), image('p1_im10.png', 'p1'), image('ct_z2', 'ct', 'ct'), image('p1_im9.png', 'p1'), image('x.png', 'x')],
    [source('ct', 'ct.nii.gz', 2), source('x.png', 'x.png', 1)],
    '',
  )
  expect(groups.map(({ title, stack, short }) => [title, stack, short])).toEqual([
    ['ct.nii.gz', true, ['z1', 'z2']],
    ['p1', false, ['im9', 'im10']],
    ['Single images', false, ['x.png']],
  ])
})

it('images of as many patients are one group without a title', () => {
  const groups = groupsOf([image('b.png', 'b'), image('a.png', 'a')], [], '')
  expect(groups.map(({ title, short }) => [title, short])).toEqual([['', ['a', 'b']]])
})

it('are found by all words that are given, in their own names, their patient’s or their volume’s', () => {
  const images = [image('p1_a.png', 'p1'), image('p1_b.png', 'p1'), image('p2_a.png', 'p2'), image('ct_z1', 'someone', 'ct')]
  const found = (search: string) =>
    groupsOf(images, [source('ct', 'ct.nii.gz', 2)], search).flatMap((group) => group.images.map(({ name }) => name))
  expect(found(' P1  a ')).toEqual(['p1_a.png'])
  expect(found('p1')).toEqual(['p1_a.png', 'p1_b.png'])
  expect(found('someone')).toEqual(['ct_z1'])
  expect(found('nii')).toEqual(['ct_z1'])
  expect(found('nothing')).toEqual([])
})
