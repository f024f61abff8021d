import { beforeEach, expect, it, vi } from 'vitest'
import type { ScoreRow, StepMetrics } from '../worker/protocol'

const score = (step: number, over: Partial<ScoreRow> = {}): ScoreRow => ({
  ...{ step, fit: 0.9, dice: 0.5, diceA: 0.4, diceB: 0.6, perClass: [0.7, null] },
  ...{ hd95: null, hd95PerClass: [], perPatient: [], confidentRight: null, calibrationError: null },
  ...over,
})
const patient = (picture: string, ...dice: (number | null)[]) => ({ picture, dice, hd95: dice.map((v) => v && 10 * v) })

const open = () => import('./curves')
beforeEach(() => vi.resetModules())

it('shows of the scores what is chosen, also of those that came before, and patients that come later', async () => {
  const { appendMetrics, allOf, showScores } = await open()
  const rows = () => allOf('dice').rows
  appendMetrics([], [score(5), score(10, { dice: 0.6 })])
  expect(rows()).toEqual([
    { step: 5, dice: 0.5, diceA: 0.4, diceB: 0.6, fit: 0.9 },
    { step: 10, dice: 0.6, diceA: 0.4, diceB: 0.6, fit: 0.9 },
  ])
  showScores('diceOfPatients')
  appendMetrics([], [score(15, { perPatient: [patient('x', 0.2, 0.4), patient('y', null, null)] })])
  expect(rows().at(-1)).toEqual({ step: 15, dice: 0.5, 'patient x': expect.closeTo(0.3, 9), 'patient y': null })
  expect(rows()[0]).toEqual({ step: 5, dice: 0.5, 'patient x': null, 'patient y': null })
  showScores('hd95OfPatients')
  expect(rows().at(-1)).toEqual({ step: 15, hd95: null, 'patient x': expect.closeTo(3, 9), 'patient y': null })
  showScores('diceOfClasses')
  expect(rows().at(-1)).toEqual({ step: 15, dice: 0.5, 'class 0': 0.7, 'class 1': null })
  // The run went back.
  appendMetrics([], [score(10, { perClass: [0.1, 0.2] })])
  expect(rows().map(({ step }) => step)).toEqual([5, 10])
  expect(rows().at(-1)).toMatchObject({ 'class 0': 0.1, 'class 1': 0.2 })
  showScores('calibration')
  expect(rows().at(-1)).toEqual({ step: 10, confidentRight: null, calibrationError: null })
})

it('shows the first losses of a run within a fifth of a second, and later ones no sooner', async () => {
  vi.useFakeTimers()
  try {
    const { appendMetrics, curves, forgetCurves } = await open()
    const shown = () => curves.getState().loss.rows.map(({ step }) => step)
    const take = (step: number) => appendMetrics([{ step, totalA: 1, totalB: 1 } as StepMetrics], [])
    for (const run of ['first', 'second']) {
      take(1)
      vi.advanceTimersByTime(200)
      expect(shown(), run).toEqual([1])
      vi.advanceTimersByTime(1000)
      take(2)
      vi.advanceTimersByTime(199)
      expect(shown(), run).toEqual([1])
      vi.advanceTimersByTime(1000)
      expect(shown(), run).toEqual([1, 2])
      forgetCurves()
    }
  } finally {
    vi.useRealTimers()
  }
})

it('has no classes of the run before', async () => {
  const { appendMetrics, allOf, forgetCurves, showScores } = await open()
  showScores('diceOfClasses')
  appendMetrics([], [score(5, { perClass: [0.7, 0.6, 0.5] })])
  forgetCurves()
  appendMetrics([], [score(5, { perClass: [0.4] })])
  expect(allOf('dice').rows).toEqual([{ step: 5, dice: 0.5, 'class 0': 0.4 }])
})
