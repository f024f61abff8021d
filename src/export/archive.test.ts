import { diceAlone } from '../method/history'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMask } from '../data/mask-file'
import { readPngVolume } from '../data/png-file'
import { makeVolume } from '../data/volume'
import { defaults } from '../method/config'
import { networkOf } from '../method/model'
import { parameterShapes } from '../nn/unet'
import { exportFiles, maskNames, zip } from './archive'
import type { FinishedRun, Networks } from './finished-run'
import { loadPy } from './load-py'
import { findPython, needs, runPython } from '../lib/python.test-support'
import { readSafetensors, type StoredTensor } from '../lib/safetensors'

const config = { ...defaults, seed: 5, steps: 9, size: 16, baseWidth: 4 }

/** Weights of the right names and shapes, in PyTorch's layout, all of one value. */
const weightsOf = (value: number): Record<string, StoredTensor> =>
  Object.fromEntries(
    Object.entries(parameterShapes(networkOf(config, 3))).map(([name, shape]) => {
      const own = shape.length === 4 ? [shape[3]!, shape[2]!, shape[0]!, shape[1]!] : [...shape]
      return [name, { shape: own, data: new Float32Array(own.reduce((a, b) => a * b, 1)).fill(value) }]
    }),
  )

const predicted = { frames: [0], images: 1, drawn: 0, further: false }
const mask = (name: string, ...labels: number[]) => ({
  ...predicted,
  source: makeVolume({ name, kind: 'png', size: [2, 2, 1, 1], samples: new Uint8Array(4) }),
  labels: Uint8Array.from(labels),
})
const options = { format: 'source', keepIdentifiers: false } as const

const networks: Networks = {
  modelA: weightsOf(0.25),
  modelB: weightsOf(0.5),
  testVector: {
    input: { shape: [1, 1, 1, 1], data: Float32Array.of(0.5) },
    softmaxA: { shape: [1, 3, 1, 1], data: Float32Array.of(0.5, 0.25, 0.25) },
    softmaxB: { shape: [1, 3, 1, 1], data: Float32Array.of(1, 0, 0) },
  },
}

const run: FinishedRun = {
  version: '1.2.3',
  config,
  classes: [
    { name: 'background', color: '#000000', value: '0' },
    { name: 'Herz', color: '#ff0000', value: '128' },
    { name: 'Ä', color: '#00ff00', value: '255' },
  ],
  preprocessing: 'central crop',
  backend: 'wasm',
  adapter: 'WebAssembly, 1 thread',
  step: 7,
  recoveries: [],
  marks: [],
  findings: [],
  domain: { looks: null, single: [1], solid: [1] },
  data: { exemplar: 'e.png', unlabeled: ['p1_a.png'] },
  networks,
  rows: [],
  scores: [{ step: 7, fit: 0.9, dice: null, diceA: null, diceB: null, perClass: [null, null], ...diceAlone }],
  patients: {},
  masks: [mask('one/p1_a.png', 0, 1, 2, 0), mask('two/p1_a.jpg', 2, 2, 2, 2), mask('p2_b.png', 0, 0, 0, 0)],
  maps: [
    {
      source: mask('p2_b.png').source,
      disagreement: Float32Array.of(0, 0.25, 0.5, 1),
      probabilities: [Float32Array.of(0, 1, 0, 1), Float32Array.of(1, 0, 1, 0)],
    },
  ],
  images: [
    {
      ...{ name: 'p2_b.png', grey: new Uint8Array(256), labels: new Uint8Array(256), size: 16 },
      ...{ drawn: false, further: false, disagreement: 0, dice: null, pixels: [4, 0, 0] },
      ...{ pixelMm2: null, volume: null, truth: null },
    },
  ],
  exemplars: [{ id: 'e', name: 'e.png', grey: new Uint8Array(256), labels: new Uint8Array(256), size: 16, from: 'file', since: 0 }],
  trained: null,
}

const read = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const weights = [
  ...['README.txt', 'config.json', 'load.py', 'model-a.onnx', 'model-a.safetensors', 'model-b.onnx', 'model-b.safetensors'],
  ...['model-pair.onnx', 'test-vector.safetensors'],
]
const masks = ['README.txt', 'labels.json', 'masks/one/p1_a.png', 'masks/p2_b.png', 'masks/two/p1_a.png']

test.each([
  ['weights', weights],
  ['masks', masks],
  ['maps', ['README.txt', 'labels.json', ...['disagreement', 'probability-Herz', 'probability-Ä'].map((what) => `maps/p2_b-${what}.png`)]],
  [
    'run',
    [...new Set([...weights, ...masks, 'metrics.csv', 'metrics.jsonl', 'scores.csv', 'report.html', 'checkpoint.safetensors'])].sort(),
  ],
] as const)('the files of "%s", and what the README says of them', async (kind, names) => {
  const withNetworks = kind === 'weights' || kind === 'run'
  const made = { ...run, networks: withNetworks ? networks : null }
  const files = await exportFiles(made, kind, options, kind === 'run' ? { 'checkpoint.safetensors': Uint8Array.of(1) } : {})
  expect(Object.keys(files).sort()).toEqual(names)
  const readme = read(files['README.txt'])
  expect(readme).toContain('not a medical device')
  for (const name of [
    ...weights,
    'labels.json',
    'metrics.csv',
    'metrics.jsonl',
    'scores.csv',
    'masks/',
    'maps/',
    'report.html',
    'checkpoint.safetensors',
  ].filter((one) => one !== 'README.txt'))
    expect(readme.includes(`  ${name} `), name).toBe(names.some((one) => one.startsWith(name)))
  expect(readme.includes('python3 load.py')).toBe(withNetworks)
})

test('weights, settings and test vector are those of the run', async () => {
  const files = await exportFiles(run, 'weights', options)
  expect(readSafetensors(files['model-a.safetensors']!).tensors).toEqual(networks.modelA)
  expect(readSafetensors(files['model-b.safetensors']!)).toMatchObject({ tensors: networks.modelB, metadata: { format: 'pt', step: '7' } })
  const { input, softmaxA, softmaxB } = networks.testVector
  expect(readSafetensors(files['test-vector.safetensors']!).tensors).toEqual({ input, softmax_a: softmaxA, softmax_b: softmaxB })
  expect(read(files['load.py'])).toBe(loadPy)
  const { version, config, preprocessing, backend, adapter, step, domain, data } = run
  expect(JSON.parse(read(files['config.json']))).toEqual({
    format: 'exemplar-lab-run',
    state: 'paused',
    ...{ version, config, preprocessing, backend, adapter, step, domain, data, seed: 5 },
    classes: run.classes.map((one, index) => ({ index, ...one })),
  })
})

test('masks read back as they were, each under its own name', async () => {
  const files = await exportFiles(run, 'masks', options)
  for (const [path, i] of [
    ['masks/one/p1_a.png', 0],
    ['masks/two/p1_a.png', 1],
    ['masks/p2_b.png', 2],
  ] as const) {
    const { labels, values } = readMask(readPngVolume({ name: path, bytes: files[path]! }))
    expect([...labels].map((label) => Number(values[label]!.value))).toEqual([...run.masks[i]!.labels])
  }
  expect(JSON.parse(read(files['labels.json'])).classes[2]).toEqual({ index: 2, name: 'Ä', color: '#00ff00', value: '255' })
})

test('each class has maps of its own, whatever the classes are called', async () => {
  const names = async (...classes: string[]) => {
    const [background] = run.classes
    const [map] = run.maps
    const made = {
      ...run,
      networks: null,
      classes: [background!, ...classes.map((name) => ({ name, color: '#ff0000', value: '1' }))],
      maps: [{ ...map!, probabilities: classes.map((_, i) => new Float32Array(4).fill(i / 4)) }],
    }
    const files = await exportFiles(made, 'maps', options)
    const listed = (JSON.parse(read(files['labels.json'])) as { files: { file: string }[] }).files.map(({ file }) => file)
    expect(Object.keys(files).filter((name) => name.startsWith('maps/'))).toEqual(listed)
    return listed.slice(1).map((name) => name.slice('maps/p2_b-probability-'.length, -'.png'.length))
  }
  expect(await names('Lesion', 'Lesion')).toEqual(['Lesion-1', 'Lesion-2'])
  expect(await names('a b', 'c', 'a_b', 'a_b-1')).toEqual(['a_b-1-1', 'c', 'a_b-3', 'a_b-1'])
  expect(await names('LV', 'lv', 'LV-4')).toEqual(['LV-1', 'lv-2', 'LV-4'])
})

test('labels.json and the report say which file each mask belongs to', async () => {
  const array = makeVolume({ name: 'c/p3.h5/image', array: 'image', kind: 'hdf5', size: [2, 2, 1, 1], samples: new Uint8Array(4) })
  const own = { ...mask('e.png', 1, 0, 0, 1), drawn: 1 }
  const stack = { ...mask('stack.png', 1, 0, 0, 1), images: 30, drawn: 3, further: true }
  const made = { ...run, masks: [...run.masks, { ...predicted, source: array, labels: new Uint8Array(4) }, own, stack] }
  const files = await exportFiles(made, 'run', options)
  expect(JSON.parse(read(files['labels.json'])).files).toEqual([
    { file: 'masks/one/p1_a.png', source: 'one/p1_a.png' },
    { file: 'masks/two/p1_a.png', source: 'two/p1_a.jpg' },
    { file: 'masks/p2_b.png', source: 'p2_b.png' },
    { file: 'masks/p3.png', source: 'c/p3.h5/image' },
    { file: 'masks/e.png', source: 'e.png', drawn: 'all' },
    { file: 'masks/stack.png', source: 'stack.png', drawn: '3 of 30', further: true },
  ])
  const report = read(files['report.html'])
  expect(report).toContain('masks/two/p1_a.png belongs to two/p1_a.jpg<')
  expect(report).toContain('masks/e.png belongs to e.png, drawn<')
  expect(report).toContain('masks/stack.png belongs to stack.png, 3 of 30 drawn, not learnt from<')
})

describe('mask names', () => {
  test('by hand', () => {
    expect(maskNames(['a/y.png', 'x.png', 'X.jpg', 'x-2.png', 'x.png', '..', 'q:?.png', 'c.d.png'])).toEqual([
      ...['y', 'x', 'X-3', 'x-2', 'x-4', 'image', 'q__', 'c.d'],
    ])
  })

  test('with one base name keep the folders that tell them apart', () => {
    expect(maskNames(['d/P1/image.png', 'd/P2/image.png', 'd/P1/other.png'])).toEqual(['P1/image', 'P2/image', 'other'])
    expect(maskNames(['P1/T1/s.nii', 'P2/T1/s.nii', 'P2/T2/s.nii'])).toEqual(['P1/T1/s', 'P2/T1/s', 'P2/T2/s'])
    expect(maskNames(['image.png', 'P1\\image.png', 'P1/image.jpg'])).toEqual(['image', 'P1/image', 'P1/image-2'])
    expect(maskNames(['../x/image.png', 'C:/image.png'])).toEqual(['x/image', 'C_/image'])
  })

  test('are never equal, and never lead out of the folder', () => {
    const name = fc.oneof(fc.constantFrom('x.png', 'X.png', 'x-2.png', 'x-2-2', 'a/x.png', '../..', '..\\.png', ''), fc.string())
    fc.assert(
      fc.property(fc.array(name), (images) => {
        const names = maskNames(images)
        expect(new Set(names.map((one) => one.toLowerCase())).size).toBe(images.length)
        for (const one of names) for (const part of one.split('/')) expect(part).toMatch(/^(?![. ]*$)[^/\\:*?"<>|]+$/)
      }),
    )
  })
})

test('the zip opens with the same files and is the same in every time zone', async () => {
  const files = await exportFiles(run, 'run', options)
  const bytes = zip(files)
  const unzipped = unzipSync(bytes)
  expect(Object.keys(unzipped)).toEqual(Object.keys(files))
  for (const [path, content] of Object.entries(unzipped)) expect(Buffer.compare(content, files[path]!), path).toBe(0)
  const zone = process.env['TZ']
  try {
    for (const other of ['Asia/Tokyo', 'America/Los_Angeles']) {
      process.env['TZ'] = other
      expect(Buffer.compare(zip(await exportFiles(run, 'run', options)), bytes)).toBe(0)
    }
  } finally {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  }
})

const python = findPython('zipfile')
describe.skipIf(!python)(needs('zip read by Python', python, 'zipfile'), () => {
  test('is sound and holds the same files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'archive-'))
    try {
      const files = await exportFiles(run, 'run', options)
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
