/** Files as people have them that are easily misread: each kind dropped on the page, and given through its inputs. */
import type { Page } from '@playwright/test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync, zipSync } from 'fflate'
import { makeCases, type Files } from '../src/data/cases.test-support'
import { expect, expectState, open, test, tiny } from './lab'
import { choose, drop, upload, type UploadedFile } from './phantom'
import { foundBy, spyOnWorker, startAnew, untilTaken } from './worker-spy'

/** Files as they are, or those in folders as a zip of them. */
const asGiven = (name: string, files: Files): UploadedFile[] =>
  Object.keys(files).some((path) => path.includes('/'))
    ? [upload(`${name}.zip`, zipSync(files))]
    : Object.entries(files).map(([path, bytes]) => upload(path, bytes))

/** What comes of a case. Names are of volumes; a class is its value, its name and the pixels in the exemplars. */
interface Right {
  exemplar?: string
  sources?: string[]
  referenced?: string[]
  said?: RegExp[]
}

interface Kind {
  /** Without a word of what is what. */
  drop: Right
  /** Which files go into which input, and what comes of it. */
  inputs: Partial<Record<'Exemplar image' | 'Exemplar mask' | 'Unlabeled images' | 'Reference masks', RegExp>>
  right: Right
}

const alone = (name: string): Kind => ({
  drop: { sources: [name] },
  inputs: { 'Unlabeled images': /./ },
  right: { sources: [name] },
})
const pair = (exemplar: string, mask: RegExp, kept = exemplar): Kind => ({
  drop: { exemplar: kept },
  inputs: { 'Exemplar image': new RegExp(`^${exemplar}$`), 'Exemplar mask': mask },
  right: { exemplar: kept },
})
const hearts = [1, 2, 3].map((n) => `imagesTr/heart_00${n}_0000.nii.gz`)
const xrays = [1, 2, 3].map((n) => `CXR_png/MCUCXR_000${n}_0.png`)
const slices = [1, 2, 3].map((n) => `patient00${n}_frame01_slice_1.h5`)
const heart = (of: number, ...referenced: number[]): Kind => {
  const right = { exemplar: hearts[of - 1]!, sources: hearts, referenced: referenced.map((n) => hearts[n - 1]!) }
  const references = referenced.length > 0 ? { 'Reference masks': /^labelsTr/ } : {}
  const inputs = { 'Exemplar image': new RegExp(`00${of}_0000`), 'Exemplar mask': new RegExp(`labelsTr/heart_00${of}`) }
  // With inputs the exemplar's own mask is among the references.
  const all = referenced.length > 0 ? [right.exemplar, ...right.referenced] : []
  return { drop: right, inputs: { ...inputs, 'Unlabeled images': /^imagesTr/, ...references }, right: { ...right, referenced: all } }
}

const kinds: Record<string, Kind> = {
  'nnunet-one-label': heart(3),
  'nnunet-two-labels': heart(2, 3),
  'kits-folders': {
    drop: { exemplar: 'case_00002/imaging.nii.gz', sources: [1, 2, 3].map((n) => `case_0000${n}/imaging.nii.gz`) },
    inputs: { 'Exemplar image': /2.imaging/, 'Exemplar mask': /segmentation/, 'Unlabeled images': /./ },
    right: {
      exemplar: 'case_00002/imaging.nii.gz',
      sources: [1, 2, 3].map((n) => `case_0000${n}/imaging.nii.gz`),
      said: [/^"case_00002\/segmentation.nii.gz" is a mask of given images by name/],
    },
  },
  'h5-image-and-label': {
    drop: { exemplar: slices[0]!, sources: slices.slice(1), referenced: slices.slice(1) },
    inputs: { 'Exemplar image': /002/, 'Exemplar mask': /002/, 'Unlabeled images': /./, 'Reference masks': /./ },
    right: { exemplar: slices[1]!, sources: slices, referenced: slices },
  },
  'ycbcr-jpeg': alone('ycbcr-jpeg.tif'),
  onehot: pair('onehot-scan.nii.gz', /mask/),
  'enhanced-three-planes': {
    ...alone(''),
    ...{ drop: { sources: ['axial', 'coronal', 'sagittal'].map((plane) => `enhanced-three-planes ${plane}.dcm`) } },
    ...{ right: { sources: ['axial', 'coronal', 'sagittal'].map((plane) => `enhanced-three-planes ${plane}.dcm`) } },
  },
  'siemens-mosaic': alone('siemens-mosaic.dcm'),
  minc2: alone('minc2.mnc'),
  'imagej-channels': alone('imagej-channels.tif'),
  'imagej-one-directory': alone('imagej-one-directory.tif'),
  exif3: pair('exif3.jpg', /mask/),
  float: pair('float-scan.nii.gz', /mask/),
  'brats2020-slice': pair('brats2020-slice.h5', /./),
  'rows-columns-1': {
    drop: { said: [/^"rows-columns-1.npy" was not used: choose the exemplar and its mask first/] },
    inputs: { 'Unlabeled images': /./ },
    right: { sources: ['rows-columns-1.npy'] },
  },
  'two-masks-each': {
    drop: { exemplar: xrays[0]!, sources: xrays.slice(1), referenced: xrays.slice(1) },
    inputs: { 'Exemplar image': /CXR_png.*1_0/, 'Exemplar mask': /Mask.*1_0/, 'Unlabeled images': /^CXR_png/, 'Reference masks': /Mask/ },
    right: { exemplar: xrays[0]!, sources: xrays, referenced: xrays },
  },
  'cellpose-cp_masks': {
    drop: { exemplar: 'well_1.png', sources: ['well_2.png', 'well_3.png'], referenced: ['well_2.png', 'well_3.png'] },
    inputs: { 'Exemplar image': /^well_1.png/, 'Exemplar mask': /1_cp/, 'Unlabeled images': /\d.png/, 'Reference masks': /cp_masks/ },
    right: { exemplar: 'well_1.png', sources: [1, 2, 3].map((n) => `well_${n}.png`), referenced: [1, 2, 3].map((n) => `well_${n}.png`) },
  },
  nested: {
    drop: { exemplar: 'images/patient2/image.png', sources: ['images/patient1/image.png'] },
    inputs: { 'Exemplar image': /patient2.image/, 'Exemplar mask': /mask/, 'Unlabeled images': /^images/ },
    right: { exemplar: 'images/patient2/image.png', sources: [1, 2].map((n) => `images/patient${n}/image.png`) },
  },
}

/** Sizes of the sources, values of the classes with their pixels, and the least and greatest value of the first source, as the files have them. */
interface Measures {
  sizes?: string[]
  classes?: string[]
  values?: [number, number]
}

/** The name of a volume without the number of a slice and an array. */
const volumeOf = (name: string) => name.replace(/_z\d+$/, '').replace(/\/(image|mask|label)$/, '')
const unique = (names: string[]) => [...new Set(names.map(volumeOf))].sort()
const bare = (name: string) => name.replace(/\.nii\.gz$/, '')

async function expectRight(page: Page, name: string, right: Right, measures: Measures): Promise<void> {
  const found = await foundBy(page)
  const named = (names: string[]) => unique(names).map(bare)
  // The sample stays where nothing can be used.
  if (right.exemplar || right.sources)
    expect.soft([name, named(found.exemplars)]).toEqual([name, right.exemplar ? [bare(right.exemplar)] : []])
  if (right.sources) expect.soft([name, named(found.sources.map((source) => source.name))]).toEqual([name, named(right.sources)])
  if (right.exemplar || right.sources) expect.soft([name, named(found.referenced)]).toEqual([name, named(right.referenced ?? [])])
  expect.soft([name, found.said.length, found.said.join('\n')]).toEqual([name, right.said?.length ?? 0, expect.any(String)])
  right.said?.forEach((sentence, i) => expect.soft(found.said[i]).toMatch(sentence))
  if (measures.classes && right.exemplar) expect.soft([name, found.classes]).toEqual([name, measures.classes])
  if (measures.sizes && right.sources) expect.soft([name, found.sources.map(({ size }) => size)]).toEqual([name, measures.sizes])
  if (measures.values) expect.soft([name, found.values]).toEqual([name, measures.values])
}

const ways = ['dropped', 'through the inputs'] as const

interface Reference {
  measures: Record<string, Measures>
  /** Where files differ from those of their kind. */
  others?: Record<string, Pick<Kind, 'drop' | 'right'>>
}

async function expectAll(page: Page, way: (typeof ways)[number], cases: Record<string, Files>, { measures, others = {} }: Reference) {
  await spyOnWorker(page)
  await open(page, tiny)
  expect(Object.keys(cases).sort()).toEqual(Object.keys(kinds).sort())
  for (const [name, files] of Object.entries(cases)) {
    const kind = { ...kinds[name]!, ...others[name] }
    await startAnew(page)
    if (way === 'dropped') await untilTaken(page, () => drop(page, asGiven(name, files)))
    else
      for (const [label, which] of Object.entries(kind.inputs)) {
        const own = Object.fromEntries(Object.entries(files).filter(([path]) => which.test(path)))
        await untilTaken(page, () => choose(page, label, asGiven(label, own)))
      }
    await expectRight(page, name, way === 'dropped' ? kind.drop : kind.right, measures[name] ?? {})
  }
}

const threeClasses = (background: number, ...pixels: number[]) => [
  `0 background ${background}`,
  ...pixels.map((count, i) => `${i + 1} class ${i + 1} ${count}`),
]

const made: Reference = {
  measures: {
    'nnunet-one-label': { classes: threeClasses(1062, 90) },
    'nnunet-two-labels': { classes: threeClasses(1062, 90) },
    'kits-folders': { classes: threeClasses(1062, 90) },
    'h5-image-and-label': { classes: threeClasses(531, 45) },
    onehot: { classes: threeClasses(518, 45, 9, 4) },
    float: { classes: threeClasses(518, 45, 9, 4) },
    'brats2020-slice': { classes: threeClasses(531, 45) },
    exif3: { classes: ['0 background 102', '255 class 1 15'] },
    'enhanced-three-planes': { sizes: ['4x4x1x1', '4x4x1x1', '4x4x1x1'], values: [100, 115] },
    'siemens-mosaic': { sizes: ['4x4x4x1'], values: [100, 400] },
    minc2: { sizes: ['4x3x2x1'], values: [-40, 400] },
    'imagej-channels': { sizes: ['24x24x3x2'], values: [11, 1312] },
    'imagej-one-directory': { sizes: ['24x24x3x1'], values: [0, 312] },
    'two-masks-each': { classes: ['0 background 486', '1 left 45', '2 right 45'] },
    'cellpose-cp_masks': { classes: ['0 background 531', '1 object 45'] },
    nested: { classes: ['0 background 531', '255 class 1 45'] },
  },
}

for (const way of ways) test(`files made here, ${way}`, async ({ page }) => expectAll(page, way, await makeCases(), made))

const folder = '../shared/data/cases'

/** The reference files, by the name of their kind. */
function referenceFiles(): Record<string, Files> {
  const read = (path: string) => new Uint8Array(readFileSync(join(folder, path)))
  const inside = (path: string) =>
    readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, path).length + 1))
  const names = readdirSync(folder)
  return Object.fromEntries(
    Object.keys(kinds).map((name): [string, Files] => {
      if (names.includes(`${name}.zip`)) return [name, unzipSync(read(`${name}.zip`))]
      if (names.includes(name)) return [name, Object.fromEntries(inside(name).map((path) => [path, read(join(name, path))]))]
      const own = names.filter((path) => path.startsWith(name))
      return [name, Object.fromEntries(own.map((path) => [path, read(path)]))]
    }),
  )
}

const alike = [/^Two masks for one image: .*0002_0.*same places/]

const given: Reference = {
  measures: {
    'h5-image-and-label': { classes: threeClasses(531, 45) },
    'ycbcr-jpeg': { sizes: ['64x64x1x1'], values: [40, 199] },
    onehot: { classes: threeClasses(1108, 100, 60, 12) },
    float: { classes: threeClasses(1108, 100, 60, 12) },
    'enhanced-three-planes': { sizes: ['24x24x1x1', '24x24x1x1', '24x24x1x1'], values: [100, 150] },
    'siemens-mosaic': { sizes: ['16x16x4x1'], values: [100, 460] },
    minc2: { sizes: ['12x10x5x1'] },
    'imagej-channels': { sizes: ['20x24x3x2'], values: [10, 2000] },
    'imagej-one-directory': { sizes: ['20x24x3x1'], values: [1000, 2000] },
    'brats2020-slice': { classes: threeClasses(531, 45) },
  },
  others: {
    // Those of the second mark mostly the same places, so only they are named and not used.
    'two-masks-each': {
      drop: { exemplar: xrays[0]!, sources: xrays.slice(1), referenced: [xrays[2]!], said: alike },
      right: { exemplar: xrays[0]!, sources: xrays, referenced: [xrays[0]!, xrays[2]!], said: alike },
    },
  },
}

for (const way of ways)
  test(`reference files, ${way}`, async ({ page }) => {
    test.skip(!existsSync(folder), 'NOT CHECKED: the reference files are not next to the repository')
    await expectAll(page, way, referenceFiles(), given)
  })

test('of images in several modalities one asks which, and another can be chosen by keyboard', async ({ page }) => {
  await spyOnWorker(page)
  await open(page, tiny)
  const { 'imagesTr/heart_001_0000.nii.gz': scan, 'labelsTr/heart_003.nii.gz': labels } = (await makeCases())['nnunet-one-label']!
  const files: Files = {}
  for (const n of [1, 2]) for (const kind of ['flair', 't1ce']) files[`B_${n}/B_${n}_${kind}.nii`] = scan!
  await untilTaken(page, () => drop(page, asGiven('brats', { ...files, 'B_2/B_2_seg.nii': labels! })))
  const modality = page.getByRole('combobox', { name: 'Modality' })
  await expect(page.getByRole('alert').filter({ hasText: 'choose which modality is used: flair, t1ce.' })).toBeVisible()
  await expect(modality.getByRole('option', { selected: true })).toHaveText('Choose one')
  for (const [kind, key] of [
    ['t1ce', 't'],
    ['flair', 'ArrowUp'],
  ] as const) {
    await expect(modality).toBeEnabled()
    await modality.press(key)
    await expect(modality).toHaveValue(kind)
    await expect(page.getByText(`B_2/B_2_${kind}_z1, 24 × 24 and 1 other`)).toBeVisible()
  }
  await expectState(page, 'ready')
})
