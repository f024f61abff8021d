/** One run of a study: trained and scored step by step, without a page's pictures. */
import { frameOf, prepareImage } from '../image/frame'
import { disagreement } from '../image/masks'
import { unknown } from '../image/raster'
import { yieldTask } from '../lib/yield-task'
import { apart, combine, decide, type Inference } from '../method/inference'
import { scorePatients, type Case } from '../method/metrics'
import { distancesOf, unitOf, type ScoredPicture } from '../session/border-distances'
import { rasterOf } from '../session/dataset'
import { prepareLabels, toSource } from '../session/preparation'
import { caseOf } from '../session/networks'
import { Trainer } from '../session/trainer'
import { fieldOfAll, prepare, scoredWith } from '../session/training-data'
import { countLabel, countPixel, emptyCalibration, type Calibration } from './calibration'
import type { Cell } from './study'
import type { StudyImages } from './study-images'

/** Dice after some steps; null where a class is in neither mask. */
export interface CellScore {
  step: number
  /** Of training alone, the bank included: of the clock, and of the processor where it is known, which other programs do not lengthen. */
  seconds: number
  cpuSeconds: number | null
  /** Mean over patients, then over classes. */
  dice: number | null
  perClass: (number | null)[]
  perPatient: Record<string, (number | null)[]>
}

export interface CellScores {
  /** Names of the foreground classes. */
  classes: string[]
  /** Images trained on without a mask, images with one, and images scored. */
  images: { unlabelled: number; annotated: number; scored: number }
  bank: { entries: number; eligible: number; tried: number } | null
  scores: CellScore[]
  /** After the last step, of each patient's classes; of separate images the mean over these. */
  hd95: { unit: 'mm' | 'pixel'; perPatient: Record<string, (number | null)[]> }
  calibration: Calibration
}

/** What time it is, in seconds from whenever; null for the processor where nobody knows. */
export interface Clock {
  wall: () => number
  processor: () => number | null
}

const rounded = (value: number, digits = 5): number => Number(value.toFixed(digits))
const orNull = (value: number): number | null => (Number.isFinite(value) ? rounded(value) : null)

/**
 * Trains and scores one cell.
 * @throws DivergedError, MemoryError, InputError as the parts of a run do
 */
export async function runCell({ config, scoreAt }: Cell, { dataset, scored }: StudyImages, clock: Clock): Promise<CellScores> {
  const prepared = prepare(dataset, config)
  const trainer = new Trainer(dataset, prepared, config)
  const eyes = new Eyes(trainer, scored)
  let seconds = 0
  let cpuSeconds: number | null = 0
  const timed = async (work: () => Promise<unknown>) => {
    const [wall, processor] = [clock.wall(), clock.processor()]
    await work()
    seconds += clock.wall() - wall
    const now = clock.processor()
    cpuSeconds = cpuSeconds === null || processor === null || now === null ? null : cpuSeconds + now - processor
  }
  try {
    if (trainer.lacksBank) await timed(() => trainer.makeBank(() => Promise.resolve()))
    const scores: CellScore[] = []
    for (const stop of scoreAt) {
      await timed(async () => {
        while (trainer.t < stop) {
          await trainer.steps(stop - trainer.t)
          // Signals are heard between tasks only.
          await yieldTask()
        }
      })
      // Weights that are no numbers are a fault, as in every other run.
      if (stop === config.steps) await trainer.keep()
      await eyes.look(stop === config.steps)
      const { mean, perClass, patients } = scorePatients(eyes.cases, trainer.net.classes)
      scores.push({
        step: stop,
        seconds: rounded(seconds, 2),
        cpuSeconds: cpuSeconds === null ? null : rounded(cpuSeconds, 2),
        dice: orNull(mean),
        perClass: perClass.map(orNull),
        perPatient: Object.fromEntries(patients.map(({ patient, dice }) => [patient, dice.map(orNull)])),
      })
    }
    const { bank } = trainer
    return {
      classes: dataset.classes.slice(1).map(({ name }) => name),
      images: { unlabelled: prepared.unlabeled.length, annotated: prepared.exemplars.length, scored: scored.length },
      bank: bank && { entries: bank.entries.length, eligible: bank.eligible, tried: bank.tried },
      scores,
      hd95: await hd95Of(scored, eyes.cases, trainer.net.classes),
      calibration: eyes.calibration,
    }
  } finally {
    trainer.release()
  }
}

async function hd95Of(scored: readonly ScoredPicture[], cases: readonly Case[], classes: number): Promise<CellScores['hd95']> {
  const patients = await distancesOf(scored, cases, classes)
  return {
    unit: unitOf(scored.map(({ picture }) => picture)),
    perPatient: Object.fromEntries(patients.map(({ patient, hd95 }) => [patient, hd95.map(orNull)])),
  }
}

/** Looks at the scored images with the present weights. */
class Eyes {
  /** Of the last look, image by image. */
  cases: Case[] = []
  calibration: Calibration
  private readonly frames
  private readonly inputs

  constructor(
    private readonly trainer: Trainer,
    private readonly scored: readonly ScoredPicture[],
  ) {
    const { config, dataset } = trainer
    const field = fieldOfAll(dataset, config)
    this.frames = scored.map(({ picture }) => frameOf(picture, config, field))
    this.inputs = scored.map(({ picture }, i) => prepareImage(rasterOf(picture), this.frames[i]!, config))
    this.calibration = emptyCalibration(config.tau)
  }

  /** @param last whether calibration is counted too */
  async look(last: boolean): Promise<void> {
    const { trainer, scored, frames, inputs } = this
    const { config, net } = trainer
    this.cases = []
    await trainer.infer(inputs, (inference, i) => {
      const { picture, reference } = scored[i]!
      const { labels } = toSource(combine(inference, config.inference), picture, frames[i]!, net.classes, config.size)
      const own = caseOf(scoredWith(picture), labels, reference.labels)
      this.cases.push(own)
      if (last) this.calibrate(inference, i, scorePatients([own], net.classes).mean)
    })
  }

  /** Counts the pixels that the networks see, and the image. */
  private calibrate(inference: Inference, i: number, dice: number): void {
    const { config, net } = this.trainer
    const truth = prepareLabels(this.scored[i]!.reference, this.frames[i]!, config)
    const mask = decide(combine(inference, config.inference), net.classes).labels
    const [A, B] = [decide(inference.A, net.classes), decide(inference.B, net.classes)]
    for (let pixel = 0; pixel < truth.length; pixel++) {
      const real = truth[pixel]!
      if (real === unknown) continue
      for (const { labels, confidence } of [A, B]) {
        const label = labels[pixel]!
        countLabel(this.calibration.reliability, confidence[pixel]!, label === real, label > 0 || real > 0)
      }
      const foreground = A.labels[pixel]! > 0 || B.labels[pixel]! > 0 || real > 0
      countPixel(this.calibration.pixels, apart(inference, pixel, net.classes), mask[pixel] === real, foreground)
    }
    if (!Number.isNaN(dice)) this.calibration.images.push([rounded(disagreement(A.labels, B.labels), 4), rounded(dice, 4)])
  }
}
