/** How numbers are written on the page. */
import { duration } from '../lib/duration'
import type { Status } from '../store/state'
import type { BackendInfo, DatasetSummary } from '../worker/protocol'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export const count = (n: number): string => whole.format(n)

/** "one image", "2 images" with the number in figures. */
export const plural = (n: number, thing: string): string => `${count(n)} ${thing}${n === 1 ? '' : 's'}`

/** A file's name without its folders, where there is little room. */
export const lastPart = (name: string): string => name.slice(name.search(/[^/\\]*$/))

/** A time in milliseconds since 1970 as "11:26", or "25 Nov, 11:26" on another day than `now`. */
export function moment(at: number, now = Date.now()): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === new Date(now).toDateString()) return time
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${time}`
}

/** A share 0..1 as "12.3 %"; "–" where there is none. */
export const percent = (share: number | null | undefined): string => (isNumber(share) ? `${(share * 100).toFixed(1)} %` : '–')

const isNumber = (v: number | null | undefined): v is number => v !== null && v !== undefined && Number.isFinite(v)

/** Bytes as "812 B", "12.3 kB" or "4.56 MB", in powers of 1000. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  // What rounds to 1000 kB is 1.00 MB.
  return bytes < 999_500 ? `${(bytes / 1e3).toPrecision(3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`
}

/** A measured value with three or four significant figures; "–" where there is none. */
export function value(v: number | null | undefined): string {
  if (!isNumber(v)) return '–'
  const size = Math.abs(v)
  if (v === 0 || size >= 0.1) return v.toFixed(3)
  return size < 0.001 ? v.toExponential(2) : v.toFixed(4)
}

/** A Dice score 0..1; "–" where there is none. */
export const score = (dice: number | null | undefined): string => (isNumber(dice) ? dice.toFixed(2) : '–')

/** With three places, as papers give it. */
export const exactScore = (dice: number | null | undefined): string => (isNumber(dice) ? dice.toFixed(3) : '–')

/** The line of the status: "running · step 120 of 600 · 3.1 steps/s · 2 min 34 s left". */
export function statusLine({ state, step, steps, stepsPerSecond, secondsLeft }: Status, missing: readonly string[]): string {
  if (state === 'starting') return 'starting · loading the engine'
  if (state === 'empty') return `empty · needs ${missing.length ? missing.join(', ') : 'data'}`
  const parts = [state, `step ${count(step)} of ${count(steps)}`]
  if (state === 'running') {
    if (stepsPerSecond !== null) parts.push(`${stepsPerSecond.toFixed(stepsPerSecond < 10 ? 1 : 0)} steps/s`)
    if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`)
  }
  return parts.join(' · ')
}

/** What a screen reader says of the state: of a run under way only that it runs; what is missing is said with the data. */
export function announcement(status: Status): string {
  if (status.state === 'running') return `running, ${plural(status.steps, 'step')} in all`
  return status.state === 'empty' ? 'not ready to start' : statusLine(status, [])
}

/** What was found in the user's files, in one line. */
export function dataWords({ exemplars, unlabeled, references, missing }: DatasetSummary): string {
  const found = [plural(exemplars.length, 'exemplar'), plural(unlabeled.length, 'unlabelled image'), plural(references, 'reference mask')]
  return found.join(', ') + (missing.length > 0 ? `; still needed: ${missing.join(', ')}` : '')
}

/**
 * One sentence about the speed of what runs on the processor; null on a GPU.
 * @param page whether the browser offers WebGPU, and whether the page may use threads
 */
export function speedWords({ backend, software }: BackendInfo, page: { webgpu: boolean; isolated: boolean }): string | null {
  if (backend === 'webgpu') return software ? 'WebGPU is imitated by the processor here, which is slower than the backend wasm.' : null
  const begins = page.webgpu ? 'Training' : 'This browser offers no WebGPU: training'
  const cores = page.isolated || backend === 'cpu' ? '' : ' (on one core of it, because the page is not isolated from others)'
  return `${begins} runs on the processor${cores}, which is usually slower than a GPU.`
}

/** Numbers in rising order as people write them: 1, 3 – 7, 9. */
export function runsOf(numbers: readonly number[]): string {
  const runs: [from: number, to: number][] = []
  for (const n of numbers) {
    const last = runs.at(-1)
    if (last && n === last[1] + 1) last[1] = n
    else runs.push([n, n])
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from} – ${to}`)).join(', ')
}
