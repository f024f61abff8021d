import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMask } from '../data/mask-file'
import { defaults } from '../method/config'
import { exportFiles, maskNames, zip, type FinishedRun } from './archive'
import { loadPy } from './load-py'
import { findPython, needs, runPython } from './python.test-support'
import { readSafetensors } from './safetensors'

const map = (...labels: number[]) => ({ width: 2, height: 2, labels: Uint8Array.from(labels) })

const run: FinishedRun = {
  version: '1.2.3',
  config: { ...defaults, seed: 5, steps: 9 },
  classes: [
    { name: 'background', color: '#000000', value: '0' },
    { name: 'Herz', color: '#ff0000', value: '128' },
    { name: 'Ä', color: '#00ff00', value: '255' },
  ],
  preprocessing: 'central crop',
  backend: 'wasm',
  adapter: 'WebAssembly, 1 thread',
  step: 7,
  data: { exemplar: 'e.png', unlabeled: ['p1_a.png'] },
  modelA: { 'head.bias': { shape: [3], data: Float32Array.of(1, 2, 3) } },
  modelB: { 'head.bias': { shape: [3], data: Float32Array.of(4, 5, 6) } },
  testVector: {
    input: { shape: [1, 1, 1, 1], data: Float32Array.of(0.5) },
    softmaxA: { shape: [1, 3, 1, 1], data: Float32Array.of(0.5, 0.25, 0.25) },
    softmaxB: { shape: [1, 3, 1, 1], data: Float32Array.of(1, 0, 0) },
  },
  rows: [],
  scores: [{ step: 7, fit: 0.9, dice: null, diceA: null, diceB: null, perClass: [null, null] }],
  masks: [
    { name: 'one/p1_a.png', map: map(0, 1, 2, 0) },
    { name: 'two/p1_a.jpg', map: map(2, 2, 2, 2) },
    { name: 'p2_b.png', map: map(0, 0, 0, 0) },
  ],
}

const read = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const weights = ['README.txt', 'config.json', 'load.py', 'model-a.safetensors', 'model-b.safetensors', 'test-vector.safetensors']
const masks = ['README.txt', 'labels.json', 'masks/p1_a-2.png', 'masks/p1_a.png', 'masks/p2_b.png']

test.each([
  ['weights', weights],
  ['masks', masks],
  ['run', [...new Set([...weights, ...masks, 'metrics.csv'])].sort()],
] as const)('the files of "%s", and what the README says of them', (kind, names) => {
  const files = exportFiles(run, kind)
  expect(Object.keys(files).sort()).toEqual(names)
  const readme = read(files['README.txt'])
  expect(readme).toContain('not a medical device')
  for (const name of [...weights, 'labels.json', 'metrics.csv', 'masks/'].filter((one) => one !== 'README.txt'))
    expect(readme.includes(`  ${name} `), name).toBe(names.some((one) => one.startsWith(name)))
  expect(readme.includes('python3 load.py')).toBe(kind !== 'masks')
})

test('weights, settings and test vector are those of the run', () => {
  const files = exportFiles(run, 'weights')
  expect(readSafetensors(files['model-a.safetensors']!).tensors).toEqual(run.modelA)
  expect(readSafetensors(files['model-b.safetensors']!)).toMatchObject({ tensors: run.modelB, metadata: { format: 'pt', step: '7' } })
  const { input, softmaxA, softmaxB } = run.testVector
  expect(readSafetensors(files['test-vector.safetensors']!).tensors).toEqual({ input, softmax_a: softmaxA, softmax_b: softmaxB })
  expect(read(files['load.py'])).toBe(loadPy)
  const { version, config, preprocessing, backend, adapter, step, data } = run
  expect(JSON.parse(read(files['config.json']))).toEqual({
    format: 'exemplar-lab-run',
    ...{ version, config, preprocessing, backend, adapter, step, data, seed: 5 },
    classes: run.classes.map((one, index) => ({ index, ...one })),
  })
})

test('masks read back as they were, each under its own name', () => {
  const files = exportFiles(run, 'masks')
  for (const [path, i] of [
    ['masks/p1_a.png', 0],
    ['masks/p1_a-2.png', 1],
    ['masks/p2_b.png', 2],
  ] as const) {
    const { labels, values } = readMask({ name: path, bytes: files[path]! })
    expect([...labels].map((label) => Number(values[label]!.value))).toEqual([...run.masks[i]!.map.labels])
  }
  expect(JSON.parse(read(files['labels.json'])).classes[2]).toEqual({ index: 2, name: 'Ä', color: '#00ff00', value: '255' })
})

describe('mask names', () => {
  test('by hand', () => {
    expect(maskNames(['a/x.png', 'b/X.jpg', 'x-2.png', 'x.png', '..', 'q:?.png', 'c.d.png'])).toEqual([
      ...['x', 'X-3', 'x-2', 'x-4', 'image', 'q__', 'c.d'],
    ])
  })

  test('never two alike, never out of the folder', () => {
    const name = fc.oneof(fc.constantFrom('x.png', 'X.png', 'x-2.png', 'x-2-2', 'a/x.png', '../..', '..\\.png', ''), fc.string())
    fc.assert(
      fc.property(fc.array(name), (images) => {
        const names = maskNames(images)
        expect(new Set(names.map((one) => one.toLowerCase())).size).toBe(images.length)
        for (const one of names) expect(one).toMatch(/^(?!\.*$)[^/\\:*?"<>|]+$/)
      }),
    )
  })
})

test('the zip opens with the same files and is the same in every time zone', () => {
  const files = exportFiles(run, 'run')
  const bytes = zip(files)
  expect(Object.fromEntries(Object.entries(unzipSync(bytes)).map(([path, content]) => [path, new Uint8Array(content)]))).toEqual(files)
  const zone = process.env['TZ']
  try {
    for (const other of ['Asia/Tokyo', 'America/Los_Angeles']) {
      process.env['TZ'] = other
      expect(zip(exportFiles(run, 'run'))).toEqual(bytes)
    }
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
})

const python = findPython('zipfile')
describe.skipIf(!python)(needs('zip read by Python', python, 'zipfile'), () => {
  test('is sound and holds the same files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'archive-'))
    try {
      const files = exportFiles(run, 'run')
      for (const [path, content] of Object.entries({ ...files, 'all.zip': zip(files) })) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), content)
      }
      const code = `
import sys, zipfile
folder = sys.argv[1]; z = zipfile.ZipFile(folder + '/all.zip')
assert z.testzip() is None
for name in z.namelist(): assert z.read(name) == open(folder + '/' + name, 'rb').read(), name
print(len(z.namelist()))`
      expect(runPython(python!, ['-c', code, folder])).toEqual({ status: 0, output: `${Object.keys(files).length}\n` })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
