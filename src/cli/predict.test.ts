import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { zip } from '../export/archive'
import { needsTorch, pythonWithTorch } from '../export/load-py.test-support'
import { runPython } from '../lib/python.test-support'
import { makePhantoms } from '../data/phantom'
import { makeNifti } from '../data/volumes.test-support'
import { makePng } from '../data/files.test-support'

const root = mkdtempSync(join(tmpdir(), 'predict-'))
afterAll(() => rmSync(root, { recursive: true }))

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
}

/** Runs a command to its end; paths are from `root`. */
function run(command: 'train' | 'predict', ...args: string[]) {
  const all = ['--import', import.meta.resolve('tsx'), join(process.cwd(), `src/cli/${command}.ts`), '--backend', 'cpu', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', cwd: root })
  return { status, said: stdout + stderr }
}
const masks = (out: string) =>
  Object.fromEntries(readdirSync(join(root, out, 'masks')).map((name) => [name, readFileSync(join(root, out, 'masks', name))]))
/** Patients of the sample, smaller and wider than high: the last is not among its sixteen. */
const [columns, rows] = [32, 24]
const { slices } = makePhantoms('cardiac', { seed: 1, patients: 17, slicesPerPatient: 3, size: columns })
const sliceOf = (patient: number, slice: number) => slices[(patient - 1) * 3 + slice - 1]!
const rowsOf = (all: ArrayLike<number>) =>
  Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => all[(y + (columns - rows) / 2) * columns + x]!))
const picture = (name: string, patient: number, slice: number) =>
  makePng(name, { rows: rowsOf(sliceOf(patient, slice).image.pixels) }).bytes

beforeAll(() => {
  write('images/p01_2.png', picture('p01_2.png', 1, 2))
  for (const n of [2, 3]) write(`images/p0${n}_1.png`, picture(`p0${n}_1.png`, n, 2))
  write('masks/p01_2.png', makePng('p01_2.png', { rows: rowsOf(sliceOf(1, 2).labels.labels) }).bytes)
  write('further/p17_2.png', picture('p17_2.png', 17, 2))
  // A volume that no file of the run is like, stored from the patient's left to the right and from the back to the front.
  const sform = [
    [-1, 0, 0, 0],
    [0, 1.5, 0, 0],
    [0, 0, 5, 0],
  ]
  const samples = [1, 2].flatMap((slice) => rowsOf(sliceOf(17, slice).image.pixels).flat())
  write('further/p17.nii', makeNifti([columns, rows, 2], samples, 'i2', { sform }))
  const settings = ['size=16', 'baseWidth=4', 'batchLabeled=2', 'batchUnlabeled=2', 'scoreEvery=2'].flatMap((one) => ['--set', one])
  const trained = run(
    'train',
    '--images',
    'images',
    '--exemplar',
    'p01_2.png',
    '--mask',
    'masks/p01_2.png',
    '--steps',
    '2',
    ...settings,
    '--out',
    'run',
  )
  expect(trained).toMatchObject({ status: 0 })
  const record = ['config.json', 'summary.json', 'metrics.csv'].map((name) => [`one/${name}`, readFileSync(join(root, 'run', name))])
  write('log/log.zip', zip(Object.fromEntries(record)))
})

test('the folder of a run, its checkpoint alone and a zip of its weights give the same masks', () => {
  const folder = run('predict', '--run', 'run', '--images', 'further', '--out', 'from-folder')
  expect(folder).toMatchObject({ status: 0 })
  expect(folder.said).toContain('3 images segmented by the networks of step 2')
  expect(folder.said).toMatch(/In spacing unlike the images learnt from: "p17\.nii" says how large a pixel is, they do not/)
  const expected = masks('from-folder')
  expect(Object.keys(expected).sort()).toEqual(['p17.nii', 'p17_2.png'])
  const summary = JSON.parse(readFileSync(join(root, 'from-folder/summary.json'), 'utf8'))
  expect(summary).toMatchObject({ steps: 2, images: 3, masks: { written: 2, drawn: [] } })

  mkdirSync(join(root, 'ended'))
  copyFileSync(join(root, 'run/checkpoint.safetensors'), join(root, 'ended/checkpoint.safetensors'))
  for (const from of ['ended', 'ended/checkpoint.safetensors']) {
    const out = `out-${from.replace('/', '-')}`
    expect(run('predict', '--run', from, '--images', 'further', '--out', out)).toMatchObject({ status: 0 })
    expect(masks(out)).toEqual(expected)
  }

  const names = ['config.json', 'model-a.safetensors', 'model-b.safetensors']
  write('w.zip', zip(Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(root, 'run', name)))]))))
  expect(run('predict', '--run', 'w.zip', '--images', 'further', '--out', 'from-zip')).toMatchObject({ status: 0 })
  expect(masks('from-zip')).toEqual(expected)
  // The same folder again, with what can still be set.
  expect(run('predict', '--run', 'w.zip', '--images', 'further/p17_2.png', '--set', 'largest=true', '--out', 'from-zip')).toMatchObject({
    status: 0,
  })
  expect(Object.keys(masks('from-zip'))).toEqual(['p17_2.png'])
})

test('the folder of a run is no place for other masks', () => {
  const before = [masks('run'), readFileSync(join(root, 'run/summary.json'), 'utf8')]
  const { status, said } = run('predict', '--run', 'run', '--images', 'further', '--out', 'run')
  expect(said).toContain('"run" (--out) holds a run, whose masks and scores would be replaced: choose another folder.')
  expect(status).toBe(1)
  expect([masks('run'), readFileSync(join(root, 'run/summary.json'), 'utf8')]).toEqual(before)
})

test("the exemplar's own mask is among those of a run, as it was given", () => {
  expect(Object.keys(masks('run')).sort()).toEqual(['p01_2.png', 'p02_1.png', 'p03_1.png'])
  const { masks: said } = JSON.parse(readFileSync(join(root, 'run/summary.json'), 'utf8'))
  expect(said).toEqual({ written: 3, drawn: ['masks/p01_2.png'] })
})

test.each([
  ['no run', ['--run', 'images', '--images', 'further'], 'There is no checkpoint.safetensors in "images" (--run).'],
  ['nothing there', ['--run', 'nowhere', '--images', 'further'], 'There is no folder or file "nowhere" (--run).'],
  [
    'a setting of training',
    ['--run', 'run', '--images', 'further', '--set', 'size=32'],
    'of networks that are trained only largest and holes can be set',
  ],
  ['records of runs', ['--run', 'run', '--images', 'log'], '"log.zip" holds records of runs, not images: drop it onto the page'],
  ['no image', ['--run', 'run', '--images', 'run/metrics.csv'], 'There is no image to segment.'],
])('%s is refused in a sentence', (_, args, sentence) => {
  const { status, said } = run('predict', ...args, '--out', 'refused')
  expect(said).toContain(sentence)
  expect(said).not.toContain('    at ')
  expect(status).toBe(1)
  expect(existsSync(join(root, 'refused/masks'))).toBe(false)
})

describe.skipIf(!pythonWithTorch)(needsTorch('load.py beside npm run predict'), () => {
  test('gives a volume of a patient that the run has not seen the same labels, but for a pixel where two classes are equal', () => {
    const made = runPython(pythonWithTorch!, [...['run/load.py', 'run', 'further/p17.nii', 'theirs.nii'].map((path) => join(root, path))])
    expect(made).toEqual({ status: 0, output: '' })
    const code = `
import sys; sys.path.insert(0, sys.argv[1] + '/run')
import numpy as np
from load import load, predict, read_nifti
(_, ours, affine, spacing), (_, theirs, same, _) = (read_nifti(sys.argv[1] + name) for name in ('/from-folder/masks/p17.nii', '/theirs.nii'))
assert ours.shape == theirs.shape == (32, 24, 2) and (affine == same).all() and spacing == (1, 1.5, 5), (ours.shape, theirs.shape, spacing)
assert ours.any() and (ours != theirs).mean() < 0.001, (ours != theirs).sum()
print('same')`
    expect(runPython(pythonWithTorch!, ['-c', code, root])).toEqual({ status: 0, output: 'same\n' })
  })
})
