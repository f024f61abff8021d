import { expect, test } from 'vitest'
import { annotated } from '../session/annotations'
import { imagesOf, onSlice, phantomImages } from './study-images'

const phantom = { phantom: 'cardiac', patients: 4, slices: 3, unseen: 2, size: 32 } as const
const patientsOf = (pictures: readonly { patient: string }[]) => [...new Set(pictures.map(({ patient }) => patient))]

test("a phantom's exemplar is the middle slice of its patient; unseen patients are scored and never trained on", () => {
  const { dataset, scored } = phantomImages(phantom, 2, 'exemplar')
  expect(annotated(dataset).map(({ picture }) => picture.name)).toEqual(['p02_s2'])
  expect(dataset.unlabeled).toHaveLength(4 * 3 - 1)
  expect(patientsOf(dataset.unlabeled)).toEqual(['p01', 'p02', 'p03', 'p04'])
  expect(patientsOf(scored.map(({ picture }) => picture))).toEqual(['p05', 'p06'])
  expect(scored).toHaveLength(6)
  expect(Math.max(...scored[1]!.reference.labels)).toBe(3)
})

test('full supervision has the true masks of all training slices, and is scored on the same', () => {
  const { dataset, scored } = phantomImages(phantom, 2, 'all')
  expect(annotated(dataset)).toHaveLength(12)
  expect(dataset.classes.map(({ name }) => name)).toEqual(phantomImages(phantom, 2, 'exemplar').dataset.classes.map(({ name }) => name))
  expect(patientsOf(scored.map(({ picture }) => picture))).toEqual(['p05', 'p06'])
})

test("where nobody is unseen, other patients than the exemplar's are scored; with all labels that one, taught by the others", () => {
  const { dataset } = phantomImages(phantom, 2, 'exemplar')
  const one = imagesOf(dataset, null, 'exemplar')
  expect(patientsOf(one.scored.map(({ picture }) => picture))).toEqual(['p01', 'p03', 'p04'])
  const all = imagesOf(dataset, null, 'all')
  expect(patientsOf(all.scored.map(({ picture }) => picture))).toEqual(['p02'])
  expect(patientsOf(annotated(all.dataset).map(({ picture }) => picture))).toEqual(['p01', 'p03', 'p04'])
})

test('what cannot be scored, or not be taught by others, is refused in a sentence', () => {
  const { dataset } = phantomImages(phantom, 1, 'exemplar')
  const blind = { ...dataset, masks: [], partners: new Map() }
  expect(() => imagesOf(blind, null, 'exemplar')).toThrow('No image to be scored has a mask: give masks of other images than the exemplar.')
  const alone = phantomImages({ ...phantom, patients: 1 }, 1, 'exemplar').dataset
  expect(() => imagesOf(alone, null, 'all')).toThrow('Full supervision needs masks of other patients than the one that is scored')
  expect(() => onSlice(dataset, 7)).toThrow('The mask of the exemplar marks nothing on slice 7: choose another.')
})
