/** What a benchmark finds, as written by `npm run bench -- --json`, and the same as tables for people. Times are medians unless stated otherwise. */
import type { BackendInfo } from '../session/events'
import type { Engine } from '../kernels/engine'
import type { Config, Preset } from '../method/config'

export type { Engine } from '../kernels/engine'

/** The parts of a benchmark. */
export const parts = ['steps', 'kernels', 'growth', 'agreement', 'memory'] as const
export type Part = (typeof parts)[number]

/**
 * Timed training steps: image size, width of the first level, images per half of the batch. R64 and R128 are the reference steps;
 * the tiny ones are for backends where those take minutes.
 */
export const stepSizes = {
  R64: { size: 64, baseWidth: 8, batch: 4 },
  R128: { size: 128, baseWidth: 16, batch: 4 },
  T32: { size: 32, baseWidth: 4, batch: 4 },
  T16: { size: 16, baseWidth: 4, batch: 2 },
} as const
export type StepName = keyof typeof stepSizes

export interface BenchOptions {
  engines: Engine[]
  /** Timed steps of each kind; null for as many as the backend manages in a reasonable time. */
  steps: number | null
  /** Only this part, or null for all. */
  only: Part | null
  /** Only this step, or null for those that suit the backend. */
  step: StepName | null
  /** In which our engine stores activations in steps. */
  precision: Config['precision']
}

/** GPU time of one kernel's launches in one step. */
export interface KernelTime {
  name: string
  launches: number
  seconds: number
}

/** WebGPU figures are null on other backends. */
export interface StepResult {
  name: StepName
  engine: Engine
  secondsPerStep: number
  fastestSeconds: number
  /** Number of steps behind the median. */
  steps: number
  /** Milliseconds of JavaScript to submit one step, with the GPU idle before it. Our engine draws its random numbers during the step before. */
  hostMs: number | null
  dispatches: number | null
  /** GPUBuffers created in one step, and its other uses of the device. */
  newBuffers: number | null
  bindGroups: number | null
  copies: number | null
  uploads: number | null
  submits: number | null
  /** Bytes of all living GPUBuffers after the timed steps. */
  gpuBytes: number | null
  /** Growth over the timed steps: other than 0 is a leak. */
  tensorsAdded: number
  /** From GPU timestamps; null if there are none. */
  kernelTimes: KernelTime[] | null
}

export interface KernelResult {
  op: ConvOp
  /** x as batch x height x width x channels, then the filter, e.g. "8x64x64x8 * 3x3x8x8". */
  shape: string
  /** The reference step whose network uses it, and in how many layers. */
  network: StepName
  layers: number
  oursSeconds: number | null
  stockSeconds: number | null
  /** 1e9 operations a second of ours, or of stock if ours was not measured; a multiply-add counts as two. */
  gflops: number
}
export type ConvOp = 'forward' | 'input gradient' | 'filter gradient'
export const convOps: readonly ConvOp[] = ['forward', 'input gradient', 'filter gradient']

/** Seconds over all layers of one network. */
export interface KernelSum {
  network: StepName
  op: ConvOp
  oursSeconds: number
  stockSeconds: number
}

export interface MatmulResult {
  how: string
  shape: string
  seconds: number
  gflops: number
}

/** A step at one size and batch; `relative` is its time per pixel and image, relative to the first in its series: 1 is linear. */
export interface GrowthResult {
  series: 'size' | 'batch'
  engine: Engine
  size: number
  batch: number
  secondsPerStep: number
  relative: number
}

/** The losses of both engines over some steps from one seed, or of ours in f16 and in f32. */
export interface AgreementResult {
  name: StepName
  steps: number
  /** Largest relative difference in any step, for L of a network, for a labelled term, and for one on pseudo-labels. */
  total: number
  labelled: number
  taught: number
}

/** What a run with a preset has on the GPU, made but not run, beside the estimate that a user is shown. */
export interface MemoryResult {
  preset: Preset
  parts: number
  /** Bytes of all GPUBuffers before the first step. */
  gpuBytes: number
  /** It includes the states that a run keeps to go back to. */
  estimate: number
}

/** A reference step in one library; either its times, or the reason why it cannot make the step here. */
export type PeerResult = { step: StepName; name: string } & (
  | {
      secondsPerStep: number
      turns: number
      /** Its time over ours in the same turn. */
      ratio: { lowest: number; median: number; highest: number }
    }
  | { reason: string }
)

export interface BenchReport extends BackendInfo {
  /** Threads of the wasm backend; 1 on the others, whose host code is single-threaded. */
  threads: number
  /** Versions of this app, tfjs, the browser or Node, and whatever else is known. */
  versions: Record<string, string>
  steps: StepResult[]
  kernels: KernelResult[]
  kernelSums: KernelSum[]
  /** The best of `matmul`: the practical limit of this backend. Null if not measured. */
  matmulGflops: number | null
  matmul: MatmulResult[]
  growth: GrowthResult[]
  /** Measured only on request. */
  agreement: AgreementResult[]
  /** Measured only on request, on WebGPU. */
  memory: MemoryResult[]
  /** The same step in other libraries; measured only on request, in Node. */
  peers: PeerResult[]
  /** Notes on the numbers, one sentence each. */
  notes: string[]
}

export interface Table {
  title: string
  columns: string[]
  /** Cells as text; the first names the row. */
  rows: string[][]
  notes: string[]
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median of no values')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Sums over the layers of each network, for the operations measured with both engines. */
export function sumKernels(kernels: readonly KernelResult[]): KernelSum[] {
  const sums: KernelSum[] = []
  for (const { network, op, layers, oursSeconds, stockSeconds } of kernels) {
    if (oursSeconds === null || stockSeconds === null) continue
    let sum = sums.find((s) => s.network === network && s.op === op)
    if (!sum) sums.push((sum = { network, op, oursSeconds: 0, stockSeconds: 0 }))
    sum.oursSeconds += layers * oursSeconds
    sum.stockSeconds += layers * stockSeconds
  }
  return sums.sort((a, b) => a.network.localeCompare(b.network) || convOps.indexOf(a.op) - convOps.indexOf(b.op))
}

/** The kernel that gains least over stock; null if nothing was compared. */
export function slowest(kernels: readonly KernelResult[]): { kernel: KernelResult; ratio: number } | null {
  let least: { kernel: KernelResult; ratio: number } | null = null
  for (const kernel of kernels) {
    if (kernel.oursSeconds === null || kernel.stockSeconds === null) continue
    const ratio = kernel.stockSeconds / kernel.oursSeconds
    if (!least || ratio < least.ratio) least = { kernel, ratio }
  }
  return least
}

const none = '–'

/** Seconds as "1.23 s", "4.56 ms" or "7.89 µs". */
export function seconds(s: number | null): string {
  if (s === null) return none
  const [factor, unit] = s >= 1 ? [1, 's'] : s >= 1e-3 ? [1e3, 'ms'] : [1e6, 'µs']
  return `${figures(s * factor)} ${unit}`
}
const figures = (v: number): string => (v >= 100 ? v.toFixed(0) : v.toPrecision(3))
const times = (ours: number | null, stock: number | null): string => (ours && stock ? `${figures(stock / ours)} x` : none)
const megabytes = (bytes: number | null): string => (bytes === null ? none : `${figures(bytes / 1e6)} MB`)
const number = (n: number | null): string => (n === null ? none : String(n))
const rate = (gflops: number): string => figures(gflops)

/** The report for people: one table for each part that was measured. */
export function tablesOf(report: BenchReport): Table[] {
  const tables: Table[] = []
  const { steps, kernels, kernelSums, matmul, growth, agreement, memory, peers } = report
  if (steps.length > 0)
    tables.push({
      title: 'One training step',
      columns: [
        'step',
        'engine',
        'time',
        'fastest',
        'of',
        'host',
        'dispatches',
        'new buffers',
        'bind groups',
        'copies',
        'uploads',
        'submits',
        'on the GPU',
        'tensors added',
      ],
      rows: steps.map((s) => [
        s.name,
        s.engine,
        seconds(s.secondsPerStep),
        seconds(s.fastestSeconds),
        String(s.steps),
        s.hostMs === null ? none : seconds(s.hostMs / 1000),
        number(s.dispatches),
        number(s.newBuffers),
        number(s.bindGroups),
        number(s.copies),
        number(s.uploads),
        number(s.submits),
        megabytes(s.gpuBytes),
        String(s.tensorsAdded),
      ]),
      notes: [...new Set(steps.map((s) => s.name))].map((name) => {
        const { size, baseWidth, batch } = stepSizes[name]
        return `${name}: ${size} px, widths ${baseWidth}-${16 * baseWidth}, ${batch} labelled and ${batch} unlabelled images, both networks, GroupNorm, Adam, both terms.`
      }),
    })
  for (const { name, engine, kernelTimes } of steps) {
    if (!kernelTimes) continue
    const total = kernelTimes.reduce((sum, k) => sum + k.seconds, 0)
    const most = kernelTimes.slice(0, 15)
    tables.push({
      title: `Kernels of one ${name}, ${engine}, by timestamps of the GPU`,
      columns: ['kernel', 'launches', 'time', 'share'],
      rows: most.map((k) => [k.name, String(k.launches), seconds(k.seconds), `${((100 * k.seconds) / (total || 1)).toFixed(1)} %`]),
      notes: [
        `${seconds(total)} in all${kernelTimes.length > most.length ? `; ${kernelTimes.length - most.length} smaller ones are left out` : ''}. Each launch had its own pass, and browsers round timestamps to 0.1 ms.`,
      ],
    })
  }
  if (kernels.length > 0) {
    const least = slowest(kernels)
    tables.push({
      title: 'Convolutions',
      columns: ['operation', 'shape', 'layers', 'ours', 'stock', 'stock / ours', 'GFLOP/s'],
      rows: [
        ...kernels.map((k) => [
          k.op,
          k.shape,
          `${k.layers} of ${k.network}`,
          seconds(k.oursSeconds),
          seconds(k.stockSeconds),
          times(k.oursSeconds, k.stockSeconds),
          rate(k.gflops),
        ]),
        ...kernelSums.map((s) => [
          s.op,
          'sum',
          `all of ${s.network}`,
          seconds(s.oursSeconds),
          seconds(s.stockSeconds),
          times(s.oursSeconds, s.stockSeconds),
          '',
        ]),
        ...[...new Set(kernelSums.map((s) => s.network))].map((network) => {
          const sums = kernelSums.filter((s) => s.network === network)
          const ours = sums.reduce((total, s) => total + s.oursSeconds, 0)
          const stock = sums.reduce((total, s) => total + s.stockSeconds, 0)
          return ['all three', 'sum', `all of ${network}`, seconds(ours), seconds(stock), times(ours, stock), '']
        }),
      ],
      notes: least ? [`Slowest beside stock: ${least.kernel.op} of ${least.kernel.shape}, ${figures(least.ratio)} x.`] : [],
    })
  }
  if (matmul.length > 0)
    tables.push({
      title: 'Matrix product, the practical limit',
      columns: ['how', 'shape', 'time', 'GFLOP/s'],
      rows: matmul.map((m) => [m.how, m.shape, seconds(m.seconds), rate(m.gflops)]),
      notes: [`Best: ${rate(report.matmulGflops ?? 0)} GFLOP/s.`],
    })
  if (memory.length > 0)
    tables.push({
      title: 'Memory of a run on the GPU',
      columns: ['preset', 'parts', 'in buffers', 'estimate'],
      rows: memory.map((m) => [m.preset, String(m.parts), megabytes(m.gpuBytes), megabytes(m.estimate)]),
      notes: [
        'All terms, four classes, 16 unlabelled images; made, not run. The estimate has three more copies of the state, which a run keeps.',
      ],
    })
  if (agreement.length > 0)
    tables.push({
      title: 'Losses of both from the same seed',
      columns: ['step', 'steps', 'L', 'labelled terms', 'taught terms'],
      rows: agreement.map((a) => [a.name, String(a.steps), ...[a.total, a.labelled, a.taught].map((v) => v.toExponential(1))]),
      notes: [
        'Largest relative difference in any step. Taught terms follow pseudo-labels, which flip where two classes are equally likely.',
      ],
    })
  if (peers.length > 0)
    tables.push({
      title: 'The same step in other libraries, in turn',
      columns: ['step', 'library', 'time', 'turns', 'over ours', 'lowest', 'highest'],
      rows: peers.map((p) =>
        'reason' in p
          ? [p.step, p.name, none, none, none, none, none]
          : [p.step, p.name, seconds(p.secondsPerStep), String(p.turns), ...[p.ratio.median, p.ratio.lowest, p.ratio.highest].map(figures)],
      ),
      notes: [
        'Medians; over ours is its time divided by ours in the same turn. The others repeat one step on the same views, ours makes new ones in each.',
        ...peers.flatMap((p) => ('reason' in p ? [`${p.name}: ${p.reason}.`] : [])),
      ],
    })
  if (growth.length > 0)
    tables.push({
      title: 'Growth of a step',
      columns: ['over', 'engine', 'size', 'batch', 'time', 'per pixel and image'],
      rows: growth.map((g) => [
        g.series,
        g.engine,
        `${g.size} px`,
        `${g.batch} + ${g.batch}`,
        seconds(g.secondsPerStep),
        `${figures(g.relative)} x`,
      ]),
      notes: ['Time per pixel and image, relative to the first in its series: 1 is linear growth, below 1 a shared fixed cost.'],
    })
  return tables
}

/** One line saying where it ran: backend, adapter, versions. */
export const placeOf = ({ backend, adapter, versions }: BenchReport): string =>
  [`${backend} · ${adapter}`, ...Object.entries(versions).map(([name, version]) => `${name} ${version}`)].join(' · ')

/** A table in columns of equal width, the first two set left, the others right. */
export function textOfTable({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i]!.length)))
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [title, line(columns), ...rows.map(line), ...notes].join('\n') + '\n'
}
