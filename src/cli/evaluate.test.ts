import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { makeDicom, makeStructureSet } from '../data/dicom.test-support'
import { makeHdf5 } from '../data/hdf5.test-support'
import type { GivenFile } from '../data/given-file'
import { makeVolume } from '../data/volume'
import { makeNifti, makeTiff } from '../data/volumes.test-support'
import { writeLabels } from '../export/label-file'
import { writePalettePng } from '../export/palette-png'
import { writeSegNrrd } from '../export/seg-nrrd'
import { findPython, needs, runPython } from '../lib/python.test-support'
import { Random } from '../lib/random'

const root = mkdtempSync(join(tmpdir(), 'evaluate-'))
afterAll(() => rmSync(root, { recursive: true }))

let pred: string
let ref: string
let count = 0
beforeEach(() => {
  const folder = join(root, String(count++))
  pred = join(folder, 'out', 'masks')
  ref = join(folder, 'ref')
  for (const one of [pred, ref]) mkdirSync(one, { recursive: true })
})

/** Runs the command as a user would. */
function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/evaluate.ts', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}
const onFolders = (...more: string[]) => run('--pred', pred, '--reference', ref, ...more)

/** Writes a grey PNG drawn as text: one character per pixel, `values` giving its grey value. */
function draw(folder: string, name: string, rows: string[], values: Record<string, number> = { '.': 0, a: 1, b: 2 }) {
  const data = Uint8Array.from(rows.join(''), (c) => values[c]!)
  writeFileSync(join(folder, name), encode({ width: rows[0]!.length, height: rows.length, data, channels: 1, depth: 8 }))
}

/** Patient p: class a half found in the first image, missed in the second. Patient q: b spurious, a perfect. */
function twoPatients() {
  draw(pred, 'p_1.png', ['aa..', '....', '....'])
  draw(ref, 'p_1.png', ['.aa.', '....', '....'])
  draw(pred, 'p_2.png', ['....', '....', '....'])
  draw(ref, 'p_2.png', ['...a', '...a', '....'])
  draw(pred, 'q_1.png', ['a...', '....', '...b'])
  draw(ref, 'q_1.png', ['a...', '....', '....'])
}

test('numbers by hand, as JSON', () => {
  twoPatients()
  const { status, stdout, stderr } = onFolders('--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const report = JSON.parse(stdout)
  const image = (name: string) => report.images.find((one: { name: string }) => one.name === name).scores
  expect(image('p_1')).toEqual({
    // Distances 1 0 and 0 1: pooled 0 0 1 1.
    '1': { outcome: 'found', dice: 0.5, hd95Pooled: 1, hd95Larger: expect.closeTo(0.95, 12), surfaceDice: 1 },
    '2': { outcome: 'absent', dice: null, hd95Pooled: null, hd95Larger: null, surfaceDice: null },
  })
  expect(image('p_2')['1']).toEqual({ outcome: 'missed', dice: 0, hd95Pooled: 5, hd95Larger: 5, surfaceDice: 0 })
  expect(image('q_1')['1']).toEqual({ outcome: 'found', dice: 1, hd95Pooled: 0, hd95Larger: 0, surfaceDice: 1 })
  expect(image('q_1')['2']).toEqual({ outcome: 'spurious', dice: 0, hd95Pooled: 5, hd95Larger: 5, surfaceDice: 0 })

  expect(report.patients).toMatchObject([
    // Pooled: 2 * 1 / (2 + 4).
    { patient: 'p', images: 2, scores: { '1': { outcome: 'found', dice: 1 / 3, hd95Pooled: 3 }, '2': { outcome: 'absent', dice: null } } },
    { patient: 'q', images: 1, scores: { '1': { dice: 1 }, '2': { outcome: 'spurious', dice: 0 } } },
  ])
  const [a, b] = report.classes
  expect([a.value, a.name, b.value]).toEqual(['1', null, '2'])
  expect(a.perImage).toMatchObject({ counted: 3, missed: 1, spurious: 0, dice: { mean: 0.5, median: 0.5, worst: 0, worstCase: 'p_2' } })
  expect(a.perImage.hd95Pooled).toEqual({ mean: 2, median: 1, worst: 5, worstCase: 'p_2' })
  expect(a.perPatient.dice).toEqual({ mean: expect.closeTo(2 / 3, 12), median: expect.closeTo(2 / 3, 12), worst: 1 / 3, worstCase: 'p' })
  expect(b.perImage).toMatchObject({ counted: 1, missed: 0, spurious: 1 })
  expect(report.mean.dice).toBeCloseTo(1 / 3, 12)
  expect(report.mean.hd95Pooled).toBeCloseTo((1.5 + 5) / 2, 12)
  expect([report.spacing, report.unit, report.unmatched]).toEqual([null, 'pixel', { references: [], predictions: [] }])
})

test('spacing scales distances and the diagonal, each axis by its own', () => {
  twoPatients()
  const report = JSON.parse(onFolders('--json', '--spacing', '0.5,2').stdout)
  const pooled = report.images.map((one: { scores: Record<string, { hd95Pooled: number | null }> }) => one.scores['1']!.hd95Pooled)
  expect(pooled).toEqual([0.5, Math.hypot(4 * 0.5, 3 * 2), 0])
  expect([report.spacing, report.unit]).toEqual([[0.5, 2], 'unit of --spacing'])
})

test('as a table, with what could not be compared', () => {
  twoPatients()
  draw(pred, 'r_1.png', ['a'])
  draw(ref, 's_1.png', ['a'])
  draw(ref, 't_1.png', ['a'])
  writeFileSync(join(ref, 'notes.txt'), 'not a mask')
  const { status, stdout } = onFolders()
  expect(status).toBe(0)
  expect(stdout).toMatch(/^3 images of 2 patients/)
  expect(stdout).toMatch(/^p_1 +1 +0\.500 +1\.00 +0\.95 +1\.000$/m)
  expect(stdout).toMatch(/^p_1 +2 +n\/a +n\/a +n\/a +n\/a +absent$/m)
  expect(stdout).toMatch(/^p_2 +1 +0\.000 +5\.00 +5\.00 +0\.000 +missed$/m)
  expect(stdout).toMatch(/^p +1 +0\.333 +3\.00 +2\.98 +0\.500$/m)
  expect(stdout).toMatch(/^1 +Dice +p_2 +0\.500 +0\.500 +0\.000 +3 +1 +0$/m)
  expect(stdout).toContain('Mean over patients, then classes: Dice 0.333, HD95 pooled 3.25')
  expect(stdout).toContain('No prediction, NOT counted above (2): s_1, t_1')
  expect(stdout).toContain('No reference, not counted above (1): r_1')
  expect(stdout).toContain('in pixels')
})

test('classes go by value, not by order', () => {
  // Labels of the first would be 1, 2 and of the second 1: only values tell that 255 is 255.
  draw(pred, 'p_1.png', ['ab..'], { '.': 0, a: 128, b: 255 })
  draw(ref, 'p_1.png', ['.b..'], { '.': 0, b: 255 })
  const [image] = JSON.parse(onFolders('--json').stdout).images
  expect(image.scores).toMatchObject({ '128': { outcome: 'spurious' }, '255': { outcome: 'found', dice: 1 } })
})

test('exported masks are read by the values of their labels.json', () => {
  const map = { width: 4, height: 1, labels: Uint8Array.of(0, 1, 2, 2) }
  writeFileSync(join(pred, 'p_1.png'), writePalettePng(map, ['#000000', '#ff0000', '#00ff00']))
  draw(ref, 'p_1.png', ['.abb'], { '.': 0, a: 100, b: 200 })
  const before = onFolders()
  expect([before.status, before.stderr]).toEqual([
    1,
    "The values of the predictions (1, 2) are none of the references' (100, 200); the same structure needs the same value in both.\n",
  ])

  const classes = ['0', '100', '200'].map((value, index) => ({ index, name: `class ${index}`, color: '#000000', value }))
  writeFileSync(join(pred, '..', 'labels.json'), JSON.stringify({ classes }))
  const report = JSON.parse(onFolders('--json').stdout)
  expect(report.mean.dice).toBe(1)
  expect(report.classes.map(({ value, name }: { value: string; name: string }) => [value, name])).toEqual([
    ['100', 'class 1'],
    ['200', 'class 2'],
  ])
  expect(onFolders().stdout).toMatch(/^p_1 +200 class 2 +1\.000/m)
})

test('an exported NIfTI is read by the numbers that it has: values, or indices if one value is too large', async () => {
  const source = makeVolume({ name: 'case', kind: 'tiff', size: [4, 3, 3, 1], samples: new Uint8Array(36) })
  const labels = Uint8Array.from({ length: 36 }, (_, i) => i % 4)
  for (const large of [32_767, 32_768, 99_999, 100_000]) {
    const values = [0, large, 3, 7]
    const classes = values.map((value, index) => ({ index, name: `class ${index}`, color: '#000000', value: String(value) }))
    const [file] = await writeLabels(source, labels, classes, { format: 'nifti', keepIdentifiers: false })
    writeFileSync(join(pred, file!.name), file!.bytes)
    writeFileSync(join(pred, 'labels.json'), JSON.stringify({ classes }))
    const truth = Array.from(labels, (label) => values[label]!)
    writeFileSync(join(ref, 'case.nii'), makeNifti([4, 3, 3], truth, 'i4'))
    const report = JSON.parse(onFolders('--json').stdout)
    const found = report.classes.map(({ value }: { value: string }) => value)
    expect([report.mean.dice, ...found]).toEqual([1, '3', '7', String(large)])
  }
})

describe('several true masks of one image', () => {
  const side = (name: string, left: string[], right: string[]) => {
    for (const [folder, rows] of [
      ['leftMask', left],
      ['rightMask', right],
    ] as const) {
      mkdirSync(join(ref, folder), { recursive: true })
      if (rows.length > 0) draw(join(ref, folder), name, rows, { '.': 0, a: 255 })
    }
  }
  const diceOf = (report: { images: { name: string; scores: Record<string, { dice: number }> }[] }) =>
    Object.fromEntries(
      report.images.map(({ name, scores }) => [name, Object.fromEntries(Object.entries(scores).map(([value, { dice }]) => [value, dice]))]),
    )

  test('are one label map, by the names of the classes of the predictions if these say them', () => {
    draw(pred, 'M_1.png', ['ab..', '....'])
    draw(pred, 'M_2.png', ['...b', '...b'])
    side('M_1.png', ['.a..', '....'], ['a...', 'a...'])
    side('M_2.png', [], ['...a', '...a'])
    const plain = JSON.parse(onFolders('--json').stdout)
    expect(plain.classes.map(({ value, name }: { value: string; name: string }) => [value, name])).toEqual([
      ['1', 'left'],
      ['2', 'right'],
    ])
    expect(diceOf(plain)).toEqual({ M_1: { 1: 0, 2: 0 }, M_2: { 1: null, 2: 1 } })
    const classes = ['background', 'right', 'left'].map((name, index) => ({ index, name, color: '#000000', value: String(index) }))
    writeFileSync(join(pred, 'labels.json'), JSON.stringify({ classes }))
    expect(diceOf(JSON.parse(onFolders('--json').stdout))).toEqual({ M_1: { 1: expect.closeTo(2 / 3), 2: 1 }, M_2: { 1: 0, 2: 0 } })
  })

  test('that cannot be one label map are left out, with the reason', () => {
    draw(pred, 'M_1.png', ['ab..', '....'])
    draw(pred, 'M_2.png', ['a..b', '...b'])
    side('M_1.png', ['a...', '....'], ['.a..', '....'])
    side('M_2.png', ['aa..', '....'], ['aa..', '....'])
    const report = JSON.parse(onFolders('--json').stdout)
    expect(diceOf(report)).toEqual({ M_1: { 1: 1, 2: 1 } })
    expect(report.unread).toEqual(['"leftMask/M_2.png", "rightMask/M_2.png": nothing of "leftMask/M_2.png" is outside the others.'])
    expect(report.unmatched).toEqual({ references: ['leftMask/M_2', 'rightMask/M_2'], predictions: ['M_2'] })
  })
})

test("somebody else's labels.json changes nothing", () => {
  twoPatients()
  const before = onFolders('--json').stdout
  writeFileSync(join(pred, 'labels.json'), '{"labels": {"0": "background"}}')
  writeFileSync(join(pred, '..', 'labels.json'), 'no JSON')
  expect(onFolders('--json').stdout).toBe(before)
})

test('nothing in any mask is not an error', () => {
  draw(pred, 'p_1.png', ['..'])
  draw(ref, 'p_1.png', ['..'])
  expect(JSON.parse(onFolders('--json').stdout)).toMatchObject({ classes: [], mean: { dice: null } })
  expect(onFolders()).toMatchObject({ status: 0, stdout: expect.stringContaining('Dice n/a') })
})

describe('one sentence and exit code 1', () => {
  const fails = (result: ReturnType<typeof run>, sentence: string) =>
    expect(result).toEqual({ status: 1, stdout: '', stderr: sentence + '\n' })

  test('folders', () => {
    fails(onFolders(), `There are no masks in "${pred}" (--pred).`)
    fails(run('--pred', 'no-such', '--reference', ref), 'There is no folder "no-such" (--pred).')
    fails(run('--pred', 'package.json', '--reference', ref), '"package.json" (--pred) is not a folder.')
    draw(pred, 'a.png', ['a'])
    draw(ref, 'b.png', ['a'])
    fails(onFolders(), `No mask in "${pred}" has the name of one in "${ref}"; masks of one image need the same name.`)
  })

  test('masks', () => {
    draw(pred, 'a.png', ['a..'])
    draw(ref, 'a.png', ['a.'])
    fails(onFolders(), `"a.png" is 3 x 1 pixels, but its reference "a.png" is 2 x 1; masks of one image need the same size.`)
    writeFileSync(join(ref, 'a.png'), 'hello')
    const { status, stderr } = onFolders()
    expect([status, stderr.trimEnd().split('\n').length]).toEqual([1, 1])
    expect(stderr).toContain(`${ref}: "a.png"`)
  })

  test('a pair that does not fit, unless there are others', () => {
    draw(pred, 'a.png', ['a..'])
    draw(ref, 'a.png', ['a.'])
    draw(pred, 'b.png', ['a..'])
    draw(ref, 'b.png', ['a..'])
    const report = JSON.parse(onFolders('--json').stdout)
    expect(report.images.map(({ name }: { name: string }) => name)).toEqual(['b'])
    expect(report.unread).toEqual(['"a.png" is 3 x 1 pixels, but its reference "a.png" is 2 x 1; masks of one image need the same size.'])
    expect(report.unmatched).toEqual({ references: ['a'], predictions: ['a'] })
  })

  test('options', () => {
    fails(run('--pred', pred), '--reference is missing: give the folder with the true masks.')
    fails(run('--prediction', pred), 'There is no option --prediction; known are --pred, --reference, --spacing, --tolerance, --json.')
    for (const spacing of ['1', '0,1', '1,'])
      fails(
        onFolders('--spacing', spacing),
        `--spacing is "${spacing}", but must be the width and height of a pixel, two numbers above 0, as in 0.8,0.8.`,
      )
  })
})

/** A NIfTI of 0.5 x 1 x 3 mm, x fastest, that begins at a slice. */
function solid(folder: string, name: string, size: readonly number[], labels: readonly number[], flip = false, slice = 0) {
  const sform = [
    [flip ? -0.5 : 0.5, 0, 0, flip ? 0.5 * (size[0]! - 1) : 0],
    [0, 1, 0, 0],
    [0, 0, 3, 3 * slice],
  ]
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), makeNifti(size, labels, 'u1', { sform }))
}

describe('volumes', () => {
  const size = [4, 3, 3] as const
  const box = (inside: (x: number, y: number, z: number) => boolean) =>
    Array.from({ length: 36 }, (_, i) => Number(inside(i % 4, Math.floor(i / 4) % 3, Math.floor(i / 12))))
  /** Two voxels along x in the first slice; the same one slice further. */
  const first = box((x, y, z) => x < 2 && y === 1 && z === 0)
  const second = box((x, y, z) => x < 2 && y === 1 && z === 1)
  const both = first.map((v, i) => v || second[i]!)

  test('with unknown distances between slices in pixels, or as given', () => {
    const tags = { 270: 'ImageJ=1.53t\nimages=3\nslices=3\nunit=mm\nzunit=pixel\n', 282: [2, 1], 283: [1, 1] } as const
    const stack = (labels: number[]) =>
      makeTiff(
        [0, 1, 2].map((z) => [0, 1, 2].map((y) => labels.slice(12 * z + 4 * y, 12 * z + 4 * y + 4))),
        'u1',
        { tags },
      )
    writeFileSync(join(pred, 'case.tif'), stack(first))
    writeFileSync(join(ref, 'case.tif'), stack(second))
    const measured = (...options: string[]) => {
      const { unit, volumes } = JSON.parse(onFolders('--json', ...options).stdout)
      return [unit, volumes[0].spacing, volumes[0].scores['1'].hd95Pooled]
    }
    expect(measured()).toEqual(['pixel', null, 1])
    expect(measured('--spacing', '0.5,1,4')).toEqual(['unit of --spacing', [0.5, 1, 4], 4])
  })

  test('in three dimensions with the spacing of the file, and slice by slice beside it', () => {
    solid(pred, 'case_0001.nii', size, both)
    solid(ref, 'case_0001_mask.nii', size, second)
    solid(pred, 'case_0002.nii', size, first)
    solid(
      ref,
      'case_0002_mask.nii',
      size,
      box(() => false),
    )
    const report = JSON.parse(onFolders('--json', '--tolerance', '2.5').stdout)
    expect(report.unit).toBe('mm')
    const diagonal = Math.hypot(2, 3, 9)
    // Distances 3 3 0 0 there and 0 0 back: rank 4.75 of 0 0 0 0 3 3, and 2.85 of 0 0 3 3.
    expect(report.volumes).toEqual([
      {
        name: 'case_0001',
        spacing: [0.5, 1, 3],
        scores: { '1': { outcome: 'found', dice: 4 / 6, hd95Pooled: 3, hd95Larger: 3, surfaceDice: 4 / 6 } },
      },
      {
        name: 'case_0002',
        spacing: [0.5, 1, 3],
        scores: { '1': { outcome: 'spurious', dice: 0, hd95Pooled: diagonal, hd95Larger: diagonal, surfaceDice: 0 } },
      },
    ])
    expect(report.patients.map(({ patient }: { patient: string }) => patient)).toEqual(['case_0001', 'case_0002'])
    expect(report.mean.dice).toBeCloseTo(1 / 3, 12)
    const slice = (name: string) => report.images.find((one: { name: string }) => one.name === name).scores['1']
    expect(slice('case_0001_z1')).toMatchObject({ outcome: 'spurious', hd95Pooled: Math.hypot(2, 3) })
    expect(slice('case_0001_z2')).toMatchObject({ outcome: 'found', dice: 1, hd95Pooled: 0 })
    expect(slice('case_0001_z3')).toMatchObject({ outcome: 'absent' })
    expect(JSON.parse(onFolders('--json', '--tolerance', '3').stdout).volumes[0].scores['1'].surfaceDice).toBe(1)
    expect(onFolders().stdout).toMatch(/^case_0001 +1 +0\.667 +3\.00 +3\.00 +0\.667$/m)
  })

  test('wherever either file has slices', () => {
    solid(pred, 'case.nii', size, both)
    solid(ref, 'case.nii', size, first, false, 1)
    const report = JSON.parse(onFolders('--json').stdout)
    // Of the four predicted voxels two are in the slice below the reference's first.
    expect(report.volumes).toMatchObject([{ scores: { '1': { outcome: 'found', dice: 4 / 6, hd95Pooled: 3 } } }])
    expect(report.images.map(({ scores }: { scores: Record<string, { outcome: string }> }) => scores['1']!.outcome)).toEqual([
      'spurious',
      'found',
      'absent',
      'absent',
    ])
  })

  test('wherever any of several true masks has slices', () => {
    solid(pred, 'case.nii', size, first)
    solid(ref, 'leftMask/case.nii', size, first)
    solid(ref, 'rightMask/case.nii', size, second, false, 2)
    const [volume] = JSON.parse(onFolders('--json').stdout).volumes
    expect(volume.scores).toMatchObject({ '1': { dice: 1 }, '2': { outcome: 'missed' } })
  })

  test('in any format and orientation, with maps, 255 as unknown, and folders', () => {
    const mirrored = Array.from({ length: 36 }, (_, i) => both[i - (i % 4) + 3 - (i % 4)]!)
    solid(pred, 'P1/seg.nii', size, both)
    solid(ref, 'P1/label.nii', size, mirrored, true)
    solid(pred, 'P2/seg.nii', [...size, 2], [...both.map((v) => 1 - v), ...both])
    solid(
      ref,
      'P2/label.nii',
      size,
      both.map((v, i) => (v ? (first[i] ? 255 : 1) : 0)),
    )
    const affine = [
      [0.5, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 3, 0],
    ] as const
    const grid = makeVolume({
      name: 'P3/seg.nrrd',
      kind: 'nrrd',
      size: [...size, 1],
      affine,
      spacing: [0.5, 1, 3],
      samples: new Uint8Array(36),
    })
    const table = ['background', 'heart'].map((name, i) => ({ name, color: '#ff0000', value: String(i) }))
    mkdirSync(join(pred, 'P3'))
    writeFileSync(join(pred, 'P3', 'seg.nrrd'), writeSegNrrd(grid, Uint8Array.from(both), 0, table))
    solid(ref, 'P3/label.nii', size, both)
    const sevenths = Array.from({ length: 60 }, (_, i) => Number(i % 7 === 0))
    const array = { shape: [3, 4, 5], values: sevenths, type: 'u1' } as const
    solid(pred, 'P4.nii', [5, 4, 3], sevenths)
    writeFileSync(join(ref, 'P4.h5'), makeHdf5({ image: { ...array, values: [...Array(60).keys()] }, label: array }))
    const report = JSON.parse(onFolders('--json').stdout)
    expect(
      report.volumes.map(({ name, scores }: { name: string; scores: Record<string, { dice: number }> }) => [name, scores['1']!.dice]),
    ).toEqual([
      ['P1/seg', 1],
      ['P2/seg', 1],
      ['P3/seg', 1],
      ['P4', 1],
    ])
    expect(report.unmatched).toEqual({ references: [], predictions: [] })
    expect(report.classes.map(({ value }: { value: string }) => value)).toEqual(['1'])
  })
})

describe('a structure set as reference', () => {
  const series = '1.2.77'
  const [columns, rows, slices] = [5, 4, 3] as const
  /** The middle of the first slice, as columns 1 and 2 of rows 1 and 2. */
  const contours = [
    {
      points: [
        [0.75, 1, 0],
        [3.75, 1, 0],
        [3.75, 5, 0],
        [0.75, 5, 0],
      ],
      picture: null,
    },
  ] as const
  const inside = (i: number) => [1, 2].includes(i % columns) && [1, 2].includes(Math.floor(i / columns) % rows)
  const write = async (folder: string, { name, read }: GivenFile) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), await read())
  }

  test('is on the slices that it was drawn on', async () => {
    const sform = [
      [-1.5, 0, 0, 0],
      [0, -2, 0, 0],
      [0, 0, 3, 0],
    ]
    const labels = Array.from({ length: columns * rows * slices }, (_, i) => Number(inside(i) && i < 2 * columns * rows))
    writeFileSync(join(pred, 'case.nii'), makeNifti([columns, rows, slices], labels, 'u1', { sform }))
    solid(pred, 'other.nii', [4, 3, 3], new Array<number>(36).fill(1))
    solid(ref, 'other.nii', [4, 3, 3], new Array<number>(36).fill(1))
    await write(ref, makeStructureSet('plan/rs.dcm', series, [{ name: 'Heart', contours: [...contours] }]))
    const alone = JSON.parse(onFolders('--json').stdout)
    expect(alone.volumes.map(({ name }: { name: string }) => name)).toEqual(['other'])
    expect(alone.unread).toEqual(['"plan/rs.dcm" holds contours for a DICOM series that is missing; give that series with it.'])

    for (let z = 0; z < slices; z++)
      await write(
        ref,
        makeDicom({
          name: `scan/${z}.dcm`,
          series,
          columns,
          rows,
          position: [0, 0, 3 * z],
          pixels: new Int16Array(columns * rows).fill(z),
        }),
      )
    const report = JSON.parse(onFolders('--json').stdout)
    expect(report.volumes).toMatchObject([
      { name: 'other', scores: { '1': { dice: 1 } } },
      { name: 'case', scores: { '1': { outcome: 'found', dice: 8 / 12 } } },
    ])
    expect([report.unread, report.unmatched]).toEqual([[], { references: [], predictions: [] }])
  })
})

const scipy = findPython('numpy', 'scipy')
describe.skipIf(!scipy)(needs('volumes against SciPy', scipy, 'numpy and scipy'), () => {
  test('Dice, both HD95 and surface Dice of random volumes', () => {
    const random = new Random(3, 'evaluate')
    const cases: Record<string, { size: number[]; a: number[]; b: number[] }> = {}
    for (let n = 0; n < 6; n++) {
      const size = [9 + n, 12, 5 + n]
      const blob = (shift: number) => {
        const [x, y, z, r] = [4 + shift, 5, 3, 2.5 + random.uniform(0, 1.5)]
        return Array.from({ length: size[0]! * size[1]! * size[2]! }, (_, i) => {
          const at = [i % size[0]!, Math.floor(i / size[0]!) % size[1]!, Math.floor(i / size[0]! / size[1]!)]
          return Number(Math.hypot(at[0]! - x, at[1]! - y, at[2]! - z) < r) + 2 * Number(random.uniform(0, 1) < 0.02)
        }).map((v) => (v > 2 ? 1 : v))
      }
      const one = (cases[`c${n}`] = { size, a: blob(0), b: blob(n / 3) })
      solid(pred, `c${n}.nii`, size, one.a)
      solid(ref, `c${n}.nii`, size, one.b)
    }
    const code = `
import json, sys
import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt, generate_binary_structure
step = (3, 1, .5)
out = {}
for name, c in json.load(sys.stdin).items():
    p, r = (np.array(c[k]).reshape(c['size'][::-1]) for k in 'ab')
    for v in (1, 2):
        x, y = p == v, r == v
        edge = [m & ~binary_erosion(m, generate_binary_structure(3, 1)) for m in (x, y)]
        d = distance_transform_edt(~edge[1], sampling=step)[edge[0]]
        e = distance_transform_edt(~edge[0], sampling=step)[edge[1]]
        both = np.hstack([d, e])
        out[name + ' ' + str(v)] = [2 * (x & y).sum() / (x.sum() + y.sum()), np.percentile(both, 95), max(np.percentile(d, 95), np.percentile(e, 95)), (both <= 1.5).mean()]
print(json.dumps(out))`
    const { status, output } = runPython(scipy!, ['-c', code], JSON.stringify(cases))
    expect({ status, output }).toMatchObject({ status: 0 })
    const expected = JSON.parse(output) as Record<string, number[]>
    expect(Object.keys(expected)).toHaveLength(12)
    const { volumes } = JSON.parse(onFolders('--json', '--tolerance', '1.5').stdout)
    for (const [key, numbers] of Object.entries(expected)) {
      const [name, value] = key.split(' ')
      const { dice, hd95Pooled, hd95Larger, surfaceDice } = volumes.find((one: { name: string }) => one.name === name).scores[value!]
      ;[dice, hd95Pooled, hd95Larger, surfaceDice].forEach((found, i) => expect(found).toBeCloseTo(numbers[i]!, 9))
    }
  })
})

const data = join('..', 'shared', 'data', 'sunnybrook', 'masks')
const python = findPython('numpy', 'PIL')
describe.skipIf(!python || !existsSync(data))(
  needs('real masks against numpy', existsSync(data) ? python : null, 'numpy and Pillow, or no test data'),
  () => {
    test('Dice and both HD95 of neighbouring frames', () => {
      // Each frame is scored against the next one's truth.
      const names = readdirSync(data).sort().slice(0, 6)
      const code = `
import json, sys
import numpy as np
from PIL import Image
data, pred, ref, *names = sys.argv[1:]
def border(m):
    p = np.pad(m, 1); return m & ~(p[:-2, 1:-1] & p[2:, 1:-1] & p[1:-1, :-2] & p[1:-1, 2:])
def directed(a, b):
    a, b = (np.argwhere(border(m)) * [0.7, 1.3] for m in (a, b))
    return np.sqrt(((a[:, None] - b[None]) ** 2).sum(2)).min(1)
out = {}
for p, r in zip(names, names[1:]):
    a, b = (np.asarray(Image.open(f'{data}/{n}')) for n in (p, r))
    Image.fromarray(a).save(f'{pred}/{r}'); Image.fromarray(b).save(f'{ref}/{r}')
    for c in (1, 2):
        x, y = a == c, b == c
        if x.any() and y.any():
            d, e = directed(x, y), directed(y, x)
            out[r[:-4] + ' ' + str(c)] = [2 * (x & y).sum() / (x.sum() + y.sum()), np.percentile(np.hstack([d, e]), 95), max(np.percentile(d, 95), np.percentile(e, 95))]
print(json.dumps(out))`
      const { status, output } = runPython(python!, ['-c', code, data, pred, ref, ...names])
      expect({ status, output }).toMatchObject({ status: 0 })
      const expected = JSON.parse(output) as Record<string, [number, number, number]>
      expect(Object.keys(expected).length).toBeGreaterThan(5)
      const { images } = JSON.parse(onFolders('--json', '--spacing', '1.3,0.7').stdout)
      for (const [key, numbers] of Object.entries(expected)) {
        const [name, value] = key.split(' ')
        const { dice, hd95Pooled, hd95Larger } = images.find((one: { name: string }) => one.name === name).scores[value!]
        ;[dice, hd95Pooled, hd95Larger].forEach((found, i) => expect(found).toBeCloseTo(numbers[i]!, 9))
      }
    })
  },
)
