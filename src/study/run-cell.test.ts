import { expect, test } from 'vitest'
import { makeConfig } from '../method/config'
import type { ScoreRow } from '../method/history'
import { borderDistance, meanOf } from '../method/metrics'
import { calibrationError, confidentPart } from '../method/reliability'
import { sampleDataset } from '../session/samples'
import { Session } from '../session/session'
import { openWasm } from '../session/wasm.test-support'
import { runCell } from './run-cell'
import { imagesOf } from './study-images'
import type { Cell } from './study'

const config = makeConfig({
  steps: 4,
  size: 16,
  baseWidth: 4,
  batchLabeled: 2,
  batchUnlabeled: 2,
  scoreEvery: 2,
  seed: 3,
  learningRate: 0.00001,
})
const cell = { config, scoreAt: [2, 4] } as unknown as Cell

/** A clock on which every look takes a second. */
function clock() {
  let now = 0
  return { wall: () => now++, processor: () => null }
}

test('a cell is the run of a session, number by number', async () => {
  const info = await openWasm()
  const events: ScoreRow[] = []
  const session = new Session(info, (event) => {
    if (event.type === 'metrics') events.push(...event.scores)
  })
  session.followLive(false)
  await session.configure(config)
  await session.loadSample('Cardiac phantom')
  await session.start()
  await session.settled()
  const { patients } = await session.patientScores()

  const images = imagesOf(sampleDataset('Cardiac phantom'), null, 'exemplar')
  const { scores, hd95, classes, calibration, images: counts } = await runCell(cell, images, clock())
  const round = (value: number | null) => (value === null ? null : Number(value.toFixed(5)))
  expect(scores.map(({ step, dice, perClass }) => [step, dice, perClass])).toEqual(
    events.map(({ step, dice, perClass }) => [step, round(dice), perClass.map(round)]),
  )
  expect(scores.at(-1)!.perPatient).toEqual(Object.fromEntries(patients.map(({ patient, dice }) => [patient, dice.map(round)])))
  expect(scores.at(-1)!.dice).toBeGreaterThan(0)
  // The curves of the run say the same as the study does, which counts in its own way.
  const last = events.at(-1)!
  expect(last.perPatient.map((one) => one.hd95.map(round))).toEqual(Object.values(hd95.perPatient))
  expect(last.perPatient.map((one) => one.dice.map(round))).toEqual(Object.values(scores.at(-1)!.perPatient))
  expect(last.hd95).toBeCloseTo(meanOf(last.hd95PerClass.map((v) => v ?? NaN)), 9)
  const { foreground } = calibration.reliability
  expect(last.calibrationError).toBeCloseTo(calibrationError(foreground), 9)
  // These networks are sure of nothing.
  expect(last.confidentRight).toBe(
    confidentPart(foreground, config.tau).share > 0 ? expect.closeTo(confidentPart(foreground, config.tau).right, 9) : null,
  )
  // Scoring is no training.
  expect(scores.map(({ seconds, cpuSeconds }) => [seconds, cpuSeconds])).toEqual([
    [1, null],
    [2, null],
  ])
  expect(classes).toEqual(['Right ventricle', 'Myocardium', 'Left ventricle'])
  expect(counts).toEqual({ unlabelled: 47, annotated: 1, scored: 45 })

  expect(hd95.unit).toBe('pixel')
  const { trainer } = (session as unknown as { run: unknown }).run as {
    trainer: { predictOne: (i: number) => Promise<{ labels: Uint8Array }>; dataset: (typeof images)['dataset'] }
  }
  const own = images.scored.flatMap(({ picture, reference }) => (picture.patient === 'p03' ? [{ picture, reference }] : []))
  const distances = []
  for (const { picture, reference } of own) {
    const { labels } = await trainer.predictOne(trainer.dataset.unlabeled.findIndex(({ name }) => name === picture.name))
    const size = [picture.width, picture.height]
    distances.push(borderDistance({ size, labels }, { size, labels: reference.labels }, 2).pooled95)
  }
  expect(hd95.perPatient['p03']![1]).toBeCloseTo(meanOf(distances), 4)

  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  expect(sum(calibration.reliability.all.pixels)).toBe(2 * 45 * 16 ** 2)
  expect(sum([...calibration.pixels.all.right, ...calibration.pixels.all.wrong])).toBe(45 * 16 ** 2)
  expect(sum(calibration.pixels.all.wrong)).toBe(sum(calibration.pixels.foreground.wrong))
  expect(calibration.images).toHaveLength(45)
})
