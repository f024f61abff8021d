import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { needsPython, plainPython, readEvents } from '../export/event-file.test-support'
import { keysOf, stepColumns } from '../export/metric-columns'
import { diceAlone, type ScoreRow, type StepMetrics } from '../method/history'
import type { LiveViews, ModelView, SessionEvent } from '../session/events'
import { EventLog } from './event-log'

const root = mkdtempSync(join(tmpdir(), 'event-log-'))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

/** How many bytes the disk still takes. */
const disk = vi.hoisted(() => ({ room: Infinity }))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const writeSync = (file: number, bytes: Uint8Array, at: number, length: number, position: number) => {
    if (disk.room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    const written = fs.writeSync(file, bytes, at, Math.min(length, disk.room), position)
    disk.room -= written
    return written
  }
  return { ...fs, writeSync }
})

const off = Object.fromEntries(keysOf(stepColumns).map((key) => [key, NaN])) as unknown as StepMetrics
const row = (step: number, totalA = step): StepMetrics => ({ ...off, step, totalA })
const rows = (from: number, to: number, sign = 1) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i, sign * (from + i)))
const score = (step: number): ScoreRow => ({
  step,
  fit: 0.5,
  dice: null,
  diceA: null,
  diceB: 0.25,
  perClass: [0.75, null],
  ...diceAlone,
  hd95PerClass: [2.5, null],
})
const metrics = (some: StepMetrics[], scores: ScoreRow[] = [], run = 1) =>
  ({ type: 'metrics', run, rows: some, scores }) as unknown as SessionEvent
const dataset = {
  type: 'dataset',
  dataset: { classes: [{ color: '#000000' }, { color: '#ff8000' }] },
  config: { scoreEvery: 10 },
} as unknown as SessionEvent
const flat = (value: number) => new Uint8Array(4).fill(value)
const model: ModelView = { prediction: flat(1), confidence: flat(99), pseudoLabel: flat(0), mask: flat(1), feature: null }
const views = (step: number) =>
  ({
    type: 'views',
    views: { step, size: 2, weak: flat(7), strong: flat(8), disagreement: flat(0), A: model, B: model } as LiveViews,
  }) as unknown as SessionEvent

/** A start of the command: what it tells while data are loaded, how far the run has come, and what it then tells. */
function start(folder: string, before: SessionEvent[], step: number, after: SessionEvent[]): string | null {
  const log = new EventLog(join(root, folder))
  for (const event of [dataset, ...before]) log.receive(event)
  log.begin(step)
  for (const event of after) log.receive(event)
  return log.close()
}

const read = (folder: string) => readEvents(join(root, folder))
const lossesOf = (folder: string) => read(folder).scalars['loss/totalA']

describe.skipIf(!plainPython)(needsPython('the event files of a run'), () => {
  it('have each step once, its scores, and the live view after each of them and at the end', () => {
    expect(start('once', [], 0, [metrics(rows(1, 12), [score(10)]), views(12), metrics(rows(13, 14)), views(14), metrics([row(15)])])).toBe(
      null,
    )
    const { scalars, images, cutOff } = read('once')
    expect(scalars['loss/totalA']).toEqual(rows(1, 15).map(({ step }) => [step, step]))
    expect(Object.keys(scalars).sort()).toEqual(['loss/totalA', 'score/dice1', 'score/diceB', 'score/fit', 'score/hd95_1'])
    expect(scalars['score/dice1']).toEqual([[10, 0.75]])
    expect(images['views/weak']!.map(([step, width, height]) => [step, width, height])).toEqual([12, 14].map((step) => [step, 2, 2]))
    expect(Object.keys(images)).toHaveLength(11)
    expect(cutOff).toBe(0)
  })

  it('go on at the checkpoint of a run that had come further, and where the files end if its checkpoint is newer', () => {
    start('resumed', [], 0, [metrics(rows(1, 9), [score(5)])])
    start('resumed', [metrics(rows(1, 6), [score(5)])], 6, [metrics(rows(7, 8, -1))])
    expect(lossesOf('resumed')).toEqual([...rows(1, 6), ...rows(7, 8, -1)].map(({ step, totalA }) => [step, totalA]))
    expect(read('resumed').scalars['score/fit']).toEqual([[5, 0.5]])
    // The history of another run, of a zip that waits for its images, is not this one's.
    start('resumed', [metrics([row(1, 77)]), metrics(rows(1, 10, -1), [score(5), score(8)], 2)], 10, [metrics([row(11)])])
    expect(lossesOf('resumed')!.map(([step]) => step)).toEqual(rows(1, 11).map(({ step }) => step))
    expect(read('resumed').scalars['score/fit']!.map(([step]) => step)).toEqual([5, 8])
    start('resumed', [], 0, [metrics(rows(1, 2))])
    expect(lossesOf('resumed')).toEqual([1, 2].map((step) => [step, step]))
    start('other', [metrics(rows(1, 3), [score(2)])], 3, [metrics([row(4)])])
    expect(lossesOf('other')!.map(([step]) => step)).toEqual([1, 2, 3, 4])
  })

  it('lose the steps that a run goes back by', () => {
    start('back', [], 0, [
      metrics(rows(1, 25)),
      views(25),
      metrics([row(26)]),
      metrics(rows(18, 21, -1)),
      views(21),
      metrics([row(22, -22)]),
    ])
    expect(lossesOf('back')).toEqual([...rows(1, 17), ...rows(18, 22, -1)].map(({ step, totalA }) => [step, totalA]))
    expect(read('back').images['A/prediction']!.map(([step]) => step)).toEqual([21])
  })

  it('hold whole records alone while the disk is full, and everything once it has room again', () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const log = new EventLog(join(root, 'full'))
    log.receive(dataset)
    log.begin(0)
    log.receive(metrics(rows(1, 3)))
    disk.room = 30
    log.receive(metrics(rows(4, 5)))
    log.receive(metrics(rows(6, 7)))
    expect(read('full')).toMatchObject({ cutOff: 0, scalars: { 'loss/totalA': [1, 2, 3].map((step) => [step, step]) } })
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^Nothing can be written to ".*full" \(--tensorboard\): the disk is full\.$/)]])
    disk.room = Infinity
    log.receive(metrics([row(8)]))
    expect(log.close()).toBe(null)
    expect(lossesOf('full')).toEqual(rows(1, 8).map(({ step }) => [step, step]))
    const end = new EventLog(join(root, 'full-to-the-end'))
    end.begin(0)
    disk.room = 0
    end.receive(metrics([row(1)]))
    expect(end.close()).toMatch(/the disk is full\.$/)
    disk.room = Infinity
  })
})

it('a folder that cannot be written to is refused before the first step', () => {
  writeFileSync(join(root, 'file'), '')
  expect(() => start('file/inner', [], 0, [])).toThrow('(--tensorboard): it is a file, or lies in one.')
  disk.room = 0
  expect(() => start('none', [], 0, [])).toThrow('the disk is full.')
  disk.room = Infinity
  expect(readdirSync(join(root, 'none'))).toHaveLength(1)
})
