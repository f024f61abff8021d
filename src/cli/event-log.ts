import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { fileBegins, lastStepIn, pictures, runGoesOn, scalars, type EventPicture, type EventPlace } from '../export/event-file'
import { classColumns, keysOf, scoreColumns, stepColumns } from '../export/metric-columns'
import { writePalettePng } from '../export/palette-png'
import { concat } from '../lib/concat'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { LiveViews, SessionEvent } from '../session/events'
import { UsageError } from './arguments'
import { reasonOf } from './run-folder'

/** Bytes that wait at most while nothing can be written; of more the oldest are given up. */
const mostWaiting = 16_000_000

const eventFile = /\.tfevents\.(\d+)/

/**
 * Writes a run for TensorBoard: its curves step by step, and the live view after each multiple of `scoreEvery`. Each start of the command writes a file of
 * its own, and one that continues a run begins where the files before it are cut off, or where its checkpoint lies if that is earlier.
 */
export class EventLog {
  private file = -1
  /** Bytes of whole records. */
  private length = 0
  private waiting: Uint8Array[] = []
  private problem: string | null = null
  /** Whether something that waited was given up. */
  private lost = false
  /** What is reported before the run goes on: the curves so far. */
  private history: { run: number; rows: StepMetrics[]; scores: ScoreRow[] } | null = { run: 0, rows: [], scores: [] }
  private last = 0
  private views: LiveViews | null = null
  private pictured = 0
  private colors: string[] = []
  private every = 1

  constructor(private readonly folder: string) {}

  receive(event: SessionEvent): void {
    if (event.type === 'dataset') {
      this.colors = event.dataset.classes.map(({ color }) => color)
      this.every = event.config.scoreEvery
    } else if (event.type === 'views') this.views = event.views
    else if (event.type === 'metrics') {
      const { history } = this
      if (!history) return this.write(event.rows, event.scores)
      if (history.run === event.run) {
        history.rows.push(...event.rows)
        history.scores.push(...event.scores)
      } else this.history = { run: event.run, rows: [...event.rows], scores: [...event.scores] }
    }
  }

  /** The run begins, or goes on after so many steps. @throws UsageError if nothing can be written */
  begin(step: number): void {
    const { rows, scores } = this.history!
    this.history = null
    const former = this.open()
    // Its score may be missing, though its numbers are there.
    const from = Math.min(former, step)
    this.last = this.pictured = Math.max(0, from - 1)
    if (former > 0) this.append(runGoesOn(this.place(from)))
    const left = <T extends { step: number }>(all: T[]) => all.filter((one) => one.step >= from)
    this.write(left(rows), left(scores))
  }

  /** Makes the folder if it is not there, and a file in it. @returns how far the files of earlier starts go @throws UsageError */
  private open(): number {
    const { folder } = this
    try {
      mkdirSync(folder, { recursive: true })
      const names = readdirSync(folder).filter((name) => eventFile.test(name))
      // A second later than any other: readers go from file to file in the order of their names.
      const seconds = names.map((name) => Number(eventFile.exec(name)![1]) + 1)
      this.file = openSync(join(folder, `events.out.tfevents.${Math.max(Math.floor(Date.now() / 1000), ...seconds)}.exemplar-lab`), 'wx')
      this.put(fileBegins(Date.now() / 1000))
      const steps = names.sort().map((name) => lastStepIn(readFileSync(join(folder, name))))
      return steps.filter((step) => step > 0).at(-1) ?? 0
    } catch (error) {
      throw new UsageError(this.sentence(error))
    }
  }

  /** Writes what is left. @returns what has not been written, as a sentence; null if nothing is missing */
  close(): string | null {
    if (this.views && this.views.step > this.pictured) this.picture(this.views)
    this.flush()
    if (this.waiting.length === 0) fsyncSync(this.file)
    closeSync(this.file)
    return this.problem
  }

  private place = (step: number): EventPlace => ({ step, time: Date.now() / 1000 })

  private write(rows: readonly StepMetrics[], scores: readonly ScoreRow[]): void {
    const records: Uint8Array[] = []
    for (const row of rows) {
      if (row.step <= this.last) {
        records.push(runGoesOn(this.place(row.step)))
        this.pictured = Math.min(this.pictured, row.step - 1)
      }
      this.last = row.step
      records.push(scalars(this.place(row.step), known(keysOf(stepColumns).map((key) => [`${stepColumns[key]}/${key}`, row[key]]))))
    }
    for (const score of scores) {
      const values = keysOf(scoreColumns).map((key) => [`${scoreColumns[key]}/${key}`, score[key]] as const)
      const classes = classColumns(score).map(([column, value]) => [`score/${column}`, value] as const)
      records.push(scalars(this.place(score.step), known([...values, ...classes])))
    }
    if (records.length > 0) this.append(concat(records))
    const { views, pictured, every } = this
    // Not before the numbers of its step: a run that goes on begins after the last event.
    if (views && views.step <= this.last && Math.floor(views.step / every) > Math.floor(pictured / every)) this.picture(views)
  }

  private picture(views: LiveViews): void {
    this.pictured = views.step
    this.append(pictures(this.place(views.step), picturesOf(views, this.colors)))
  }

  private append(bytes: Uint8Array): void {
    this.waiting.push(bytes)
    this.flush()
  }

  private put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.file, bytes, at, bytes.length - at, this.length + at)
    this.length += bytes.length
  }

  /** Writes what waits, or nothing of it: a part of a record would hide all that follow. */
  private flush(): void {
    try {
      this.put(concat(this.waiting))
      this.waiting = []
      if (!this.lost) this.problem = null
    } catch (error) {
      const sentence = this.sentence(error)
      if (sentence !== this.problem) console.log(sentence)
      this.problem = sentence
      while (this.waiting.reduce((sum, { length }) => sum + length, 0) > mostWaiting) this.lost = this.waiting.shift() !== undefined
      try {
        ftruncateSync(this.file, this.length)
      } catch {
        // What is written next takes the place of the part.
      }
    }
  }

  private sentence = (error: unknown) => `Nothing can be written to "${this.folder}" (--tensorboard): ${reasonOf(error)}.`
}

/** The values that are numbers. */
const known = (values: readonly (readonly [string, number | null])[]): [string, number][] =>
  values.flatMap(([tag, value]) => (value === null || Number.isNaN(value) ? [] : [[tag, value]]))

/** The live view as pictures of the size that the networks see. @param colors of the classes */
function picturesOf({ size, weak, strong, disagreement, A, B }: LiveViews, colors: readonly string[]): EventPicture[] {
  const of = (tag: string, png: Uint8Array): EventPicture => ({ tag, width: size, height: size, png })
  const grey = (tag: string, data: Uint8Array) => of(tag, encode({ width: size, height: size, data, depth: 8, channels: 1 }))
  const flags = (tag: string, data: Uint8Array) =>
    grey(
      tag,
      data.map((flag) => 255 * flag),
    )
  const labels = (tag: string, data: Uint8Array<ArrayBuffer>) =>
    of(tag, writePalettePng({ width: size, height: size, labels: data }, colors))
  return [
    grey('views/weak', weak),
    grey('views/strong', strong),
    flags('views/disagreement', disagreement),
    ...Object.entries({ A, B }).flatMap(([network, { prediction, confidence, pseudoLabel, mask }]) => [
      labels(`${network}/prediction`, prediction),
      grey(`${network}/confidence`, confidence),
      labels(`${network}/pseudoLabel`, pseudoLabel),
      flags(`${network}/confidenceMask`, mask),
    ]),
  ]
}
