import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { makeHdf5 } from '../data/hdf5.test-support'

const root = mkdtempSync(join(tmpdir(), 'train-'))
afterAll(() => rmSync(root, { recursive: true }))

const side = 16
const cells = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)] as const)
const inside = (at: number) => cells.map(([x, y]) => Number(x >= at && x < at + 8 && y >= 4 && y < 12))
const grey = (at: number) => inside(at).map((v, i) => 40 + 100 * v + (i % 5))
const rows = (values: number[]) => Array.from({ length: side }, (_, y) => values.slice(y * side, (y + 1) * side))

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

/** Two steps of a run as small as can be; paths are from `root`. */
function train(...args: string[]) {
  const command = ['--import', import.meta.resolve('tsx'), join(process.cwd(), 'src/cli/train.ts'), '--backend', 'cpu', '--steps', '1']
  const tiny = ['size=16', 'baseWidth=4', 'batchLabeled=2', 'batchUnlabeled=2', 'scoreEvery=1'].flatMap((one) => ['--set', one])
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...tiny, ...args], { encoding: 'utf8', cwd: root })
  return { status, stdout, stderr }
}

const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
    .sort()
const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

test('an exemplar among files of one name in several folders is known by its folder, and so is every mask', () => {
  for (const at of [1, 2, 3]) {
    write(`nested/images/patient${at}/image.png`, makePng('', { rows: rows(grey(at)) }).bytes)
    write(`nested/masks/patient${at}/image.png`, makePng('', { rows: rows(inside(at)) }).bytes)
  }
  const { status, stderr } = train(
    ...['--images', 'nested/images', '--exemplar', 'patient2/image.png', '--mask', 'nested/masks/patient2/image.png'],
    ...['--reference', 'nested/masks', '--out', 'out'],
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(filesIn('out/masks')).toEqual(['patient1/image.png', 'patient2/image.png', 'patient3/image.png'])
  expect(json('out/labels.json').files).toEqual(
    [1, 2, 3].map((at) => ({ file: `masks/patient${at}/image.png`, source: `patient${at}/image.png` })),
  )
  const { data } = json('out/config.json')
  expect(data.exemplars).toEqual([{ name: 'patient2/image.png', from: 'file' }])
  expect(data.scored).toEqual(['patient1/image.png', 'patient3/image.png'])
  expect(Object.keys(json('out/summary.json').dice.perPatient)).toEqual(['patient1', 'patient3'])
})

test('files that hold image and label are both, and of channels the one that is asked for is used', () => {
  for (const at of [1, 2, 3]) {
    const image = grey(at).flatMap((v) => [v, 0, v / 2])
    write(
      `h5/p${at}_slice_1.h5`,
      makeHdf5({
        image: { shape: [side, side, 3], values: image, type: 'f4' },
        label: { shape: [side, side], values: inside(at), type: 'u1' },
      }),
    )
  }
  const common = [
    '--images',
    'h5',
    '--exemplar',
    'p2_slice_1.h5',
    '--mask',
    'h5/p2_slice_1.h5/label',
    '--reference',
    'h5',
    '--out',
    'out-h5',
  ]
  const { status, stdout, stderr } = train(...common, '--channel', '3')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).not.toMatch(/Left out|is used/)
  expect(filesIn('out-h5/masks')).toEqual(['p1_slice_1.png', 'p2_slice_1.png', 'p3_slice_1.png'])
  expect(json('out-h5/labels.json').files[0]).toEqual({ file: 'masks/p1_slice_1.png', source: 'p1_slice_1.h5/image' })
  expect(Object.keys(json('out-h5/summary.json').dice.perPatient)).toEqual(['p1', 'p3'])
  expect(train(...common, '--channel', '4')).toMatchObject({
    status: 1,
    stderr: '--channel is "4", but must be a whole number from 1 to 3: "p1_slice_1.h5/image" has so many.\n',
  })
})

test('--pairs says which mask is of which image, whatever they are called', () => {
  for (const [i, name] of ['anna', 'bert', 'carl'].entries()) {
    write(`odd/images/${name}.png`, makePng('', { rows: rows(grey(i + 1)) }).bytes)
    write(`odd/masks/x${9 - i}.png`, makePng('', { rows: rows(inside(i + 1)) }).bytes)
  }
  write('odd/pairs.csv', new TextEncoder().encode('image,mask\nbert.png,x8.png\n"odd/images/carl.png", odd/masks/x7.png\n'))
  const given = ['--images', 'odd/images', '--exemplar', 'anna.png', '--mask', 'odd/masks/x9.png', '--out', 'out']
  const scored = (...more: string[]) => {
    const { status, stderr } = train(...given, ...more)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return json('out/config.json').data.scored
  }
  expect(scored('--reference', 'odd/masks')).toEqual([])
  expect(scored('--reference', 'odd/masks', '--pairs', 'odd/pairs.csv')).toEqual(['bert.png', 'carl.png'])
  write('odd/pairs.csv', new TextEncoder().encode('bert.png;x8.png\n'))
  expect(train(...given, '--pairs', 'odd/pairs.csv')).toMatchObject({
    status: 1,
    stderr: 'Line 1 of "odd/pairs.csv" (--pairs) is not understood: write image,mask.\n',
  })
})
