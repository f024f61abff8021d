/** What a self-test finds, as written by `npm run selftest -- --json`, and the same as a table and a sentence for people. */
import { textOfTable, type Table } from '../bench/report'
import type { Precision } from '../kernels/webgpu/halves'
import type { BackendInfo } from '../session/events'

/** All calls of one operation, or of one of its forms. */
export interface Row {
  /** As operations.ts calls it, with its form if there are several. */
  name: string
  /** What the activations of a call are stored in. */
  precision: Precision
  /** What its results are compared with: its plain twin; stock operations on cpu, gradients too; the same steps on another backend. */
  beside: 'twin' | 'stock' | 'wasm' | 'cpu'
  cases: number
  /** The largest error in units of its tolerance, and that tolerance. Infinity (null in JSON) if there is no number to compare. */
  error: number
  tolerance: number
  ok: boolean
  /** Which call that was, and what the adapter refused. */
  worst: string
}

export interface SelfTestReport extends BackendInfo {
  threads: number
  /** What the browser says of the adapter; empty on other backends. */
  gpu: Record<string, string>
  /** Versions of this app, tfjs, the browser or Node, and whatever else is known. */
  versions: Record<string, string>
  rows: Row[]
  /** Whether nothing is off. */
  ok: boolean
  seconds: number
  /** Notes on the rows, one sentence each. */
  notes: string[]
}

const number = (value: number): string => (value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(1) : 'no number')

/** An error beside what is allowed, in words. */
export const measured = ({ error, tolerance }: Pick<Row, 'error' | 'tolerance'>): string =>
  `${number(error)} where ${number(tolerance)} is allowed`

const besides: Record<Row['beside'], string> = {
  twin: 'its twin',
  stock: 'stock operations, gradients too',
  wasm: 'wasm',
  cpu: 'cpu',
}

/** What is off comes first. */
export function tableOf({ rows, notes }: SelfTestReport): Table {
  const sorted = [...rows].sort((a, b) => Number(a.ok) - Number(b.ok))
  return {
    title: 'Operations on this adapter',
    columns: ['Operation', 'beside', 'precision', 'cases', 'worst error', 'tolerance', ''],
    rows: sorted.map(({ name, beside, precision, cases, error, tolerance, ok }) => [
      name,
      besides[beside],
      precision,
      String(cases),
      number(error),
      number(tolerance),
      ok ? 'ok' : 'off',
    ]),
    notes: [...sorted.filter(({ ok }) => !ok).map(({ name, worst }) => `${name} is off: ${worst}.`), ...notes],
  }
}

const named = (names: string[]): string => [...new Set(names)].join('; ')

/** The sentence that a user can send us: what computes here, and whether it does so rightly. */
export function sentenceOf({ rows, ok, backend, adapter, gpu, versions }: SelfTestReport): string {
  const { 'exemplar-lab': own, ...others } = versions
  const off = rows.filter((row) => !row.ok).map((row) => `${row.name} by ${measured(row)}`)
  const verdict = ok ? 'computes rightly' : 'computes WRONGLY'
  const detail = ok ? `all ${rows.length} comparisons hold` : `${off.length} of ${rows.length} comparisons are off: ${named(off)}`
  const list = (record: Record<string, string>) => Object.entries(record).map(([name, value]) => `${name} ${value}`)
  const details = list(gpu).filter((detail) => detail !== `description ${adapter}`)
  const place = [`${backend} on ${adapter}${details.length > 0 ? ` (${details.join(', ')})` : ''}`, ...list(others)]
  return `Exemplar Lab ${own} ${verdict} here (${detail}): ${place.join(', ')}.`
}

/** Table and sentence as text. */
export const textOf = (report: SelfTestReport): string => `${textOfTable(tableOf(report))}\n${sentenceOf(report)}\n`
