import { describe, expect, it } from 'vitest'
import { relativeToFirst } from './growth'
import { OptionError, readOptions } from './options'
import {
  textOfTable,
  median,
  placeOf,
  seconds,
  slowest,
  sumKernels,
  tablesOf,
  type BenchReport,
  type KernelResult,
  type StepResult,
} from './report'

const kernel = (op: KernelResult['op'], layers: number, oursSeconds: number | null, stockSeconds: number | null): KernelResult => ({
  op,
  shape: '8x4x4x2 * 3x3x2x2',
  network: 'R64',
  layers,
  oursSeconds,
  stockSeconds,
  gflops: 1.5,
})

const step: StepResult = {
  name: 'R64',
  engine: 'ours',
  secondsPerStep: 0.25,
  fastestSeconds: 0.2,
  steps: 10,
  hostMs: 4.2,
  dispatches: 300,
  newBuffers: 0,
  bindGroups: 1,
  copies: 2,
  uploads: 3,
  submits: 4,
  gpuBytes: 12_300_000,
  tensorsAdded: 0,
  kernelTimes: null,
}

const report = (parts: Partial<BenchReport>): BenchReport => ({
  backend: 'webgpu',
  adapter: 'Some GPU',
  software: false,
  threads: 1,
  versions: { tfjs: '1.2.3', node: '20.0.0' },
  steps: [],
  kernels: [],
  kernelSums: [],
  matmulGflops: null,
  matmul: [],
  growth: [],
  agreement: [],
  memory: [],
  peers: [],
  notes: [],
  ...parts,
})

it('takes the middle value, or the mean of the two middle ones', () => {
  expect([median([3]), median([5, 1, 3]), median([4, 1, 3, 100])]).toEqual([3, 3, 3.5])
  expect(() => median([])).toThrow(RangeError)
})

it('writes times with three figures', () => {
  expect([12.345, 0.25, 0.001, 0.0000042, null].map(seconds)).toEqual(['12.3 s', '250 ms', '1.00 ms', '4.20 µs', '–'])
})

describe('sums and ratios', () => {
  const kernels = [kernel('forward', 2, 1, 3), kernel('forward', 1, 4, 5), kernel('input gradient', 3, 1, null)]
  it('count each layer, and only what both engines measured', () => {
    expect(sumKernels(kernels)).toEqual([{ network: 'R64', op: 'forward', oursSeconds: 6, stockSeconds: 11 }])
  })
  it('find the operation that gains least', () => {
    expect(slowest(kernels)).toEqual({ kernel: kernels[1], ratio: 1.25 })
    expect(slowest([kernels[2]!])).toBeNull()
  })
  it('call growth linear when the time per pixel and image stays', () => {
    const one = (size: number, batch: number, secondsPerStep: number, series: 'size' | 'batch' = 'size') =>
      ({ series, engine: 'ours', size, batch, secondsPerStep, relative: 0 }) as const
    const grown = relativeToFirst([one(32, 4, 1), one(64, 4, 4), one(128, 4, 8), one(64, 2, 3, 'batch'), one(64, 4, 9, 'batch')])
    expect(grown.map(({ relative }) => relative)).toEqual([1, 1, 0.5, 1, 1.5])
  })
})

describe('tables', () => {
  it('have a cell for each column, and one table for each part', () => {
    const kernels = [kernel('forward', 2, 1, 3)]
    const all = report({
      steps: [
        step,
        { ...step, engine: 'stock', hostMs: null, dispatches: null, kernelTimes: [{ name: 'binary', launches: 2, seconds: 0 }] },
      ],
      kernels,
      kernelSums: sumKernels(kernels),
      matmul: [{ how: 'tf.matMul', shape: '2x2 * 2x2', seconds: 1, gflops: 2 }],
      matmulGflops: 2,
      peers: [
        { step: 'R64', name: 'ours', secondsPerStep: 1, turns: 3, ratio: { lowest: 1, median: 1, highest: 1 } },
        { step: 'R64', name: 'another', reason: 'it is not here' },
      ],
      growth: [{ series: 'size', engine: 'ours', size: 32, batch: 2, secondsPerStep: 1, relative: 1 }],
    })
    const tables = tablesOf(all)
    expect(tables.map(({ title }) => title)).toEqual([
      'One training step',
      'Kernels of one R64, stock, by timestamps of the GPU',
      'Convolutions',
      'Matrix product, the practical limit',
      'The same step in other libraries, in turn',
      'Growth of a step',
    ])
    for (const { columns, rows } of tables) for (const row of rows) expect(row).toHaveLength(columns.length)
    expect(tables[2]!.rows.map((row) => row[5])).toEqual(['3.00 x', '3.00 x', '3.00 x'])
    expect(tables[4]!.notes).toContain('another: it is not here.')
    expect(JSON.parse(JSON.stringify(all))).toEqual(all)
  })
  it('are empty where nothing was measured', () => {
    expect(tablesOf(report({}))).toEqual([])
  })
  it('line up', () => {
    const text = textOfTable({
      title: 'T',
      columns: ['a', 'b', 'long'],
      rows: [
        ['xxx', 'y', '1'],
        ['x', 'yy', '22'],
      ],
      notes: ['n'],
    })
    expect(text).toBe('T\na    b   long\nxxx  y      1\nx    yy    22\nn\n')
  })
  it('are headed by adapter and versions', () => {
    expect(placeOf(report({}))).toBe('webgpu · Some GPU · tfjs 1.2.3 · node 20.0.0')
  })
})

describe('options', () => {
  it('are everything with both engines by default', () => {
    expect(readOptions({})).toEqual({ engines: ['ours', 'stock'], steps: null, only: null, step: null, precision: 'f32' })
    expect(readOptions({ engine: 'stock', steps: '3', only: 'kernels', step: 'R128', precision: 'f16' })).toEqual({
      engines: ['stock'],
      steps: 3,
      only: 'kernels',
      step: 'R128',
      precision: 'f16',
    })
  })
  it.each([
    { engine: 'theirs' },
    { steps: '0' },
    { steps: '1.5' },
    { steps: 'many' },
    { only: 'all' },
    { step: 'toString' },
    { precision: 'f8' },
  ])('refuse %o in a sentence that names the value', (text) => {
    const [[name, value]] = Object.entries(text) as [[string, string]]
    expect(() => readOptions(text)).toThrow(new RegExp(`^${name} is "${value}", but must be `))
    expect(() => readOptions(text)).toThrow(OptionError)
  })
})
