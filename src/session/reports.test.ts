import { expect, it, vi } from 'vitest'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { SessionEvent } from './events'
import { Reports } from './reports'

const row = (step: number) => ({ step }) as StepMetrics
const score = (step: number) => ({ step }) as ScoreRow

function begin() {
  const heard: SessionEvent[] = []
  return { reports: new Reports((event) => heard.push(event)), heard }
}

it('reports each row and score once, and nothing if there is none', () => {
  const { reports, heard } = begin()
  reports.metrics()
  reports.collect({ rows: [row(1)] })
  reports.collect({ rows: [row(2)], scores: [score(2)] })
  reports.metrics()
  reports.metrics()
  expect(heard).toEqual([{ type: 'metrics', run: 0, rows: [row(1), row(2)], scores: [score(2)] }])
})

it('counts runs, and drops what an older one had still to report', () => {
  const { reports, heard } = begin()
  reports.collect({ rows: [row(1)] })
  reports.nextRun()
  reports.metrics()
  reports.send('problem', { kind: 'run', message: 'm', file: null })
  expect(heard).toEqual([{ type: 'problem', run: 1, kind: 'run', message: 'm', file: null }])
})

it('keeps its pace: metrics, progress, and looks by their cost', () => {
  const clock = vi.spyOn(performance, 'now')
  try {
    const { reports, heard } = begin()
    const at = (now: number) => clock.mockReturnValue(now)
    at(1000)
    reports.metrics()
    reports.looked(100)
    expect([reports.metricsDue, reports.viewsDue]).toEqual([false, false])
    at(1300)
    expect([reports.metricsDue, reports.viewsDue]).toEqual([true, false])
    at(3400)
    expect(reports.viewsDue).toBe(false)
    at(3600)
    expect(reports.viewsDue).toBe(true)
    for (const done of [1, 2, 3]) reports.progress('read', done, 3)
    expect(heard.map((event) => event.type === 'progress' && event.done)).toEqual([1, 3])
  } finally {
    clock.mockRestore()
  }
})
