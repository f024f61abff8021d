import { expect, it } from 'vitest'
import type { SourceInfo } from '../worker/protocol'
import {
  cutOf,
  groupFacts,
  groupNotes,
  imagesOf,
  isSingle,
  kindOf,
  ordinal,
  orientationMeaning,
  reading,
  sizeOf,
  spacingOf,
  trainingWindow,
} from './source-words'

const source = (own: Partial<SourceInfo>): SourceInfo => ({
  id: 's',
  name: 'a.nii',
  kind: 'nifti',
  patient: 'a',
  size: [64, 48, 20, 1],
  spacing: [0.703125, 0.703125, 2.5],
  orientation: 'LPS',
  modality: null,
  notes: [],
  axis: 2,
  planes: ['sagittal', 'coronal', 'axial'],
  frameMeans: 'time',
  frame: null,
  every: 1,
  images: 20,
  ...own,
})
const flat = (own: Partial<SourceInfo>) => source({ kind: 'png', size: [64, 48, 1, 1], spacing: null, images: 1, ...own })

it('says what a volume is', () => {
  expect(kindOf(source({}))).toBe('NIfTI volume')
  expect(kindOf(source({ size: [64, 48, 20, 9] }))).toBe('NIfTI 4-D volume')
  expect(kindOf(source({ kind: 'tiff' }))).toBe('TIFF stack')
  expect(kindOf(flat({}))).toBe('PNG image')
  expect(kindOf(flat({ kind: 'hdf5', size: [240, 240, 1, 4], frameMeans: 'channel' }))).toBe('HDF5 image with channels')
  expect(kindOf(source({ size: [64, 48, 20, 2], frameMeans: 'channel' }))).toBe('NIfTI volume with channels')
  expect(kindOf(source({ kind: 'dicom', modality: 'CT' }))).toBe('CT series (DICOM)')
  expect(kindOf(source({ kind: 'dicom', size: [64, 48, 1, 20], modality: 'MR' }))).toBe('MR cine series (DICOM)')
  expect(kindOf(source({ kind: 'dicom', size: [64, 48, 1, 1] }))).toBe('DICOM image')
})

it('tells a picture of several frames from a single one', () => {
  expect([flat({}), flat({ size: [9, 9, 1, 2] }), source({})].map(isSingle)).toEqual([true, false, false])
})

it('gives sizes and spacings as far as there are axes', () => {
  expect(sizeOf(source({}))).toBe('64 × 48 × 20')
  expect(sizeOf(flat({}))).toBe('64 × 48')
  expect(sizeOf(source({ size: [64, 48, 1, 20] }))).toBe('64 × 48 × 1 × 20 frames')
  expect(sizeOf(source({ size: [64, 48, 1, 4], frameMeans: 'channel' }))).toBe('64 × 48 × 4 channels')
  expect(spacingOf(source({}))).toBe('0.703 × 0.703 × 2.5 mm')
  expect(spacingOf(flat({ spacing: [0.5, 0.25, 1] }))).toBe('0.5 × 0.25 mm')
  expect(spacingOf(flat({}))).toBe('spacing unknown')
  expect(spacingOf(source({ spacing: [0.5, 0.25, null] }))).toBe('0.5 × 0.25 mm, between slices unknown')
  expect(spacingOf(source({ spacing: [0.5, 0.25, null], size: [64, 48, 1, 9] }))).toBe('0.5 × 0.25 mm')
})

it('spells orientation letters out', () => {
  expect(orientationMeaning('LPS')).toBe('Columns run to the patient’s left, rows to the back, slices to the head.')
  expect(orientationMeaning('RAI')).toBe('Columns run to the patient’s right, rows to the front, slices to the feet.')
})

it('names cuts by plane where there is geometry', () => {
  expect(cutOf(source({}), 2)).toBe('axial (slices)')
  expect(cutOf(source({ planes: [null, null, null] }), 0)).toBe('columns')
})

it('says which images a volume gives', () => {
  expect(imagesOf(source({}))).toBe('20 axial images')
  expect(imagesOf(source({ every: 10, images: 2 }))).toBe('2 axial images, every 10th slice')
  expect(imagesOf(source({ size: [64, 48, 20, 9], frame: 0 }))).toBe('20 axial images, frame 1 of 9')
  expect(imagesOf(source({ size: [64, 48, 20, 4], frame: 0, frameMeans: 'channel' }))).toBe('20 axial images, channel 1 of 4')
  expect(imagesOf(source({ size: [64, 48, 20, 9], images: 180, planes: [null, null, null] }))).toBe('180 images, all frames')
})

it('makes ordinals', () => {
  expect([2, 3, 4, 11, 12, 13, 21, 22, 111, 101].map(ordinal).join(' ')).toBe('2nd 3rd 4th 11th 12th 13th 21st 22nd 111th 101st')
})

it('writes measured numbers short, with a true minus', () => {
  expect([-1024, 0.123456, 3.1, -412.337, 123456.7, NaN].map(reading)).toEqual(['−1,024', '0.1235', '3.1', '−412.3', '123,457', '–'])
})

it('says of many pictures what they have in common', () => {
  expect(groupFacts([flat({}), flat({})])).toBe('PNG · 64 × 48 · spacing unknown')
  expect(groupFacts([flat({}), flat({ size: [9, 9, 1, 1], kind: 'jpeg' })])).toBe('PNG, JPEG · 2 sizes · spacing unknown')
  expect(groupNotes([{ notes: ['a', 'b'] }, { notes: ['a'] }])).toEqual(['a (2 files)', 'b'])
})

it('says which window training uses', () => {
  expect(trainingWindow({ windowCenter: 40, windowWidth: 0 })).toContain('automatic')
  expect(trainingWindow({ windowCenter: -600, windowWidth: 1500 })).toBe('centre −600, width 1,500')
})
