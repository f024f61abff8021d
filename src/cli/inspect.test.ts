import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { makeHdf5 } from '../data/hdf5.test-support'
import { makeNifti, makeTiff } from '../data/volumes.test-support'
import { fromPath } from './given-path'

const folder = mkdtempSync(join(tmpdir(), 'inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))

const inspect = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/inspect.ts', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

const volume = join(folder, 'v.nii')
writeFileSync(
  volume,
  makeNifti([2, 1, 2], [0, 1, 2, 3], 'i2', {
    slope: 2,
    intercept: -1,
    sform: [
      [-0.5, 0, 0, 0],
      [0, 0.5, 0, 0],
      [0, 0, 3, 0],
    ],
  }),
)
mkdirSync(join(folder, 'b'))
writeFileSync(join(folder, 'b', 'mask.png'), makePng('', { rows: [[0, 1]], type: 3, depth: 1, palette: [0, 0, 0, 255, 0, 0] }).bytes)
writeFileSync(join(folder, 'b', 'bad.png'), 'hello')
writeFileSync(join(folder, 'b', '.DS_Store'), 'junk')

test('as JSON: an object for each file, of folders too', () => {
  const { status, stdout } = inspect('--json', volume, join(folder, 'b'), join(folder, 'none.png'))
  expect(status).toBe(0)
  const found = JSON.parse(stdout) as { file: string; error?: string }[]
  expect(found).toHaveLength(4)
  expect(found[0]).toMatchObject({
    ...{ file: volume, kind: 'nifti', width: 2, height: 1, slices: 2, frames: 1, spacing: [0.5, 0.5, 3], orientation: 'LAS' },
    ...{ min: -1, max: 5, mean: 2, labels: [-1, 1, 3, 5].map((value) => ({ value, count: 1, name: null, color: null })) },
  })
  expect(found[2]).toMatchObject({
    ...{ file: join(folder, 'b', 'mask.png'), kind: 'png', width: 2, height: 1, slices: 1, spacing: null, orientation: null },
    labels: [
      { value: 0, count: 1, name: null, color: '#000000' },
      { value: 1, count: 1, name: null, color: '#ff0000' },
    ],
  })
  // In the order asked for, folders by name.
  expect([found[1]!, found[3]!].map(({ file, error }) => [file, error!.includes(`"${file}"`)])).toEqual([
    [join(folder, 'b', 'bad.png'), true],
    [join(folder, 'none.png'), true],
  ])
})

test('a distance between slices that the file does not say is not made up', () => {
  const stack = join(folder, 'stack.tif')
  const tags = { 270: 'ImageJ=1.53t\nimages=2\nslices=2\nunit=mm\nzunit=pixel\n', 282: [2, 1], 283: [4, 1] } as const
  writeFileSync(stack, makeTiff([[[1, 2]], [[3, 4]]], 'u1', { tags }))
  expect(JSON.parse(inspect('--json', stack).stdout)).toMatchObject([{ slices: 2, spacing: [0.5, 0.25, null] }])
  expect(inspect(stack).stdout).toContain('0.5 x 0.25 mm, between slices not said\n')
})

test('maps of 0 and 1 are the classes that they are as a mask, and an array in a file has a path', () => {
  const [maps, arrays] = [join(folder, 'maps.nii'), join(folder, 'scan.h5')]
  writeFileSync(maps, makeNifti([3, 1, 1, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1], 'u1'))
  const channels = { shape: [8, 8, 4], values: [...Array(256).keys()], type: 'f4' } as const
  writeFileSync(arrays, makeHdf5({ image: channels, label: { shape: [1, 2], values: [0, 3], type: 'u1' } }))
  const found = JSON.parse(inspect('--json', maps, `${arrays}/label`, arrays).stdout)
  expect(found.map(({ file, frames, channels, labels }: Record<string, unknown>) => [file, frames, channels, labels && true])).toEqual([
    [maps, 1, 1, true],
    [`${arrays}/label`, 1, 1, true],
    [`${arrays}/image`, 1, 4, null],
    [`${arrays}/label`, 1, 1, true],
  ])
  expect(found[0].labels.map(({ value, count }: { value: number; count: number }) => [value, count])).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ])
})

test('as text', () => {
  const { status, stdout } = inspect(volume)
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /size +2 x 1 x 2 slices\n +spacing +0\.5 x 0\.5 x 3 mm\n +orientation +LAS\n +values +-1 to 5, mean 2\n +labels +-1: 1, 1: 1, 3: 1, 5: 1\n/,
  )
})

test('exit code 1 if nothing was read', () => {
  expect(inspect(join(folder, 'b', 'bad.png'))).toMatchObject({ status: 1, stdout: expect.stringContaining('looks like text') })
  expect(inspect()).toEqual({
    status: 1,
    stdout: '',
    stderr: 'Which files? Give files or folders, as in npm run inspect -- scan.nii.gz.\n',
  })
  expect(inspect('--jsn', volume)).toMatchObject({
    status: 1,
    stderr: 'There is no option --jsn; known are --pairs, --modality, --json.\n',
  })
})

test('a file is read piece by piece', async () => {
  const file = fromPath(join(folder, 'b', 'bad.png'), 'x')
  expect([file.name, file.size]).toEqual(['x', 5])
  expect(new TextDecoder().decode(await file.read())).toBe('hello')
  expect(new TextDecoder().decode(await file.read(1, 3))).toBe('el')
  expect(new TextDecoder().decode(await file.read(3, 100))).toBe('lo')
  expect(await file.read(9)).toHaveLength(0)
  expect(() => fromPath(join(folder, 'none'), 'x')).toThrow('There is no file "x".')
})

test('a header brings the file of its samples', () => {
  const header = join(folder, 'scan.mhd')
  writeFileSync(header, 'ObjectType = Image\nNDims = 2\nDimSize = 2 1\nElementType = MET_UCHAR\nElementDataFile = scan.raw\n')
  writeFileSync(join(folder, 'scan.raw'), Uint8Array.of(3, 5))
  const [found, ...more] = JSON.parse(inspect('--json', header).stdout) as { file: string; min: number; max: number }[]
  expect(found).toMatchObject({ file: header, width: 2, min: 3, max: 5 })
  expect(more).toEqual([])
})

test('--pairs: which mask goes with which image, and what is left over', () => {
  const data = join(folder, 'heart')
  for (const inner of ['imagesTr', 'labelsTr']) mkdirSync(join(data, inner), { recursive: true })
  const image = (n: number) => join(data, 'imagesTr', `heart_00${n}_0000.nii`)
  const mask = (n: number) => join(data, 'labelsTr', `heart_00${n}.nii`)
  for (const n of [1, 2, 3]) writeFileSync(image(n), makeNifti([2, 2, 2], [9, 8, 7, 6, 5, 4, 3, n], 'i2'))
  for (const n of [2, 3, 4]) writeFileSync(mask(n), makeNifti([2, 2, 2], [0, 0, 0, 0, 0, 0, 1, 1], 'u1'))
  const { status, stdout } = inspect(data, '--pairs', '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toEqual([
    { image: image(2), mask: mask(2), role: 'exemplar', why: 'same case heart_002' },
    { image: image(3), mask: mask(3), role: 'reference', why: 'same case heart_003' },
    { unpaired: [{ file: mask(4), why: 'no image of its case', candidates: [image(1)] }] },
  ])
  expect(inspect(data, '--pairs').stdout).toContain(`${image(3)}\n  reference    ${mask(3)}\n  why          same case heart_003\n`)
})

test('--pairs: several masks of one image as one label map, or why not', () => {
  const data = join(folder, 'lungs')
  const path = (kind: string, n: number) => join(data, kind, `M_${n}.nii`)
  const marked = (...places: number[]) =>
    makeNifti(
      [2, 2, 2],
      Array.from({ length: 8 }, (_, i) => Number(places.includes(i))),
      'u1',
    )
  for (const inner of ['images', 'leftMask', 'rightMask']) mkdirSync(join(data, inner), { recursive: true })
  for (const n of [1, 2]) writeFileSync(path('images', n), makeNifti([2, 2, 2], [9, 8, 7, 6, 5, 4, 3, n], 'i2'))
  writeFileSync(path('leftMask', 1), marked(0, 1, 2, 3, 4))
  writeFileSync(path('rightMask', 1), marked(4, 5))
  writeFileSync(path('leftMask', 2), marked(0, 1))
  writeFileSync(path('rightMask', 2), marked(0, 1))
  const { stdout } = inspect(data, '--pairs', '--json')
  const because = `nothing of "${path('leftMask', 2)}" is outside the others`
  const left = { why: 'several masks of one image', candidates: [path('images', 2)], because }
  expect(JSON.parse(stdout)).toEqual([
    {
      ...{ image: path('images', 1), mask: path('leftMask', 1), role: 'exemplar', why: 'same name' },
      ...{ masks: [path('leftMask', 1), path('rightMask', 1)], classes: { 1: 'left', 2: 'right' }, overlap: 1 },
    },
    {
      unpaired: [
        { file: path('leftMask', 2), ...left },
        { file: path('rightMask', 2), ...left },
      ],
    },
  ])
  const text = inspect(data, '--pairs').stdout
  expect(text).toContain(`  exemplar     ${path('leftMask', 1)}\n               ${path('rightMask', 1)}\n`)
  expect(text).toContain('  classes      1 left, 2 right\n  overlap      1 place, where the smaller one counts\n')
})

test('--pairs: of cases in several modalities one is taken', () => {
  const data = join(folder, 'brats')
  const path = (n: number, kind: string) => join(data, `B_${n}`, `B_${n}_${kind}.nii`)
  for (const n of [1, 2]) {
    mkdirSync(join(data, `B_${n}`), { recursive: true })
    for (const kind of ['flair', 't1ce']) writeFileSync(path(n, kind), makeNifti([2, 2, 2], [9, 8, 7, 6, 5, 4, 3, n], 'i2'))
  }
  writeFileSync(path(1, 'seg'), makeNifti([2, 2, 2], [0, 0, 0, 0, 0, 0, 1, 1], 'u1'))
  const modalities = ['flair', 't1ce']
  const candidates = modalities.map((kind) => path(1, kind))
  expect(JSON.parse(inspect(data, '--pairs', '--json').stdout)).toEqual([
    { unpaired: [{ file: path(1, 'seg'), why: 'several images of its case', candidates }], modalities },
  ])
  expect(JSON.parse(inspect(data, '--pairs', '--json', '--modality', 'T1CE').stdout)).toEqual([
    { image: path(1, 't1ce'), mask: path(1, 'seg'), role: 'exemplar', why: 'same case b_1' },
    { unpaired: [], modalities },
  ])
  expect(inspect(data, '--pairs', '--modality', 't2')).toMatchObject({
    status: 1,
    stderr: '--modality is "t2", but must be one of flair, t1ce.\n',
  })
})
