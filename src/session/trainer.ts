import { frameOf } from '../image/frame'
import { learningRateAt } from '../lib/learning-rate'
import { restOf } from '../lib/mark'
import { Random } from '../lib/random'
import { unknown, type LabelMap } from '../image/raster'
import type { Config } from '../method/config'
import { makeBank, type Bank } from '../method/bank/bank'
import { apart, combine, decide, infer, type Inference } from '../method/inference'
import { perturbStrongly } from '../method/intensity'
import { scorePatients, type Case, type PatientScores } from '../method/metrics'
import { mostWaiting, StepRunner } from '../method/step-runner'
import { createModels, networkOf, readModels, writeModels, type StoredModel } from '../method/model'
import type { Mark, Recovery, ScoreRow, StepMetrics } from '../method/history'
import { asPlanned } from '../method/schedule'
import { weakRange, withBank, type TrainingData } from '../method/synthesis'
import { drawBox, strongRange } from '../method/view-plan'
import { drawViews, pasteBox } from '../method/views-on-host'
import { drawWarp, warpImage } from '../method/warp'
import type { UNet } from '../nn/unet'
import { annotated, annotationOf, exemplarAt } from './annotations'
import type { Dataset, Picture } from './dataset'
import { countedPixels } from './counted-pixels'
import { referenceOf } from './references'
import { fieldOfAll, scoredImages, scoredWith, stacksOf } from './training-data'
import { mapToSource, toBytes, toSource } from './preparation'
import type { LiveViews, ModelView, Prediction } from './events'

/** A loss or weight is no longer a number, or has exploded; the message is the beginning of a sentence. */
export class DivergedError extends Error {
  override name = 'DivergedError'
}

/** Up to this many images, every score also updates the gallery; more would cost more than a few per cent of the run. */
export const smallPile = 64

/** A loss above this has exploded: the sum of all terms begins at about 3, and grows with their weights to 40 at most. */
const exploded = 1e4

/** Images predicted at once: enough to fill the backend, few enough to take at most 0.2 GB, all values of both networks together. */
const predictedAtOnce = ({ size, baseWidth }: Config): number =>
  Math.max(1, Math.min(8, Math.floor((8 * 128 ** 2 * 8) / (size ** 2 * baseWidth))))

/** At most this many softmax values of unlabelled images are kept for the current weights, 64 MB: scores, gallery and exports all need them. */
const mostKept = 16_000_000

/** A state of the models after `t` steps, in the host's memory. */
interface Kept {
  t: number
  /** Null for the models as they are made. */
  models: [StoredModel, StoredModel] | null
}

/** How far a run has come, all of it in the host's memory: it goes on from there on any backend. */
export interface Progress extends Kept {
  /** Steps that the run was started with: when it begins to teach is a share of these; once finished, it continues for as many. */
  leg: number
  rows: readonly StepMetrics[]
  scores: readonly ScoreRow[]
  recoveries: readonly Recovery[]
  marks: readonly Mark[]
  /** The bank, if it has been made. */
  bank: Bank | null
}

/** Both models on their data: steps, predictions, scores. Owns every tensor of the run; knows nothing about time, pages or messages. */
export class Trainer {
  readonly net: UNet
  /** Steps taken. */
  t = 0
  /** Steps taken or under way: what a look sees. */
  private queued = 0
  readonly rows: StepMetrics[] = []
  readonly scores: ScoreRow[] = []
  /** Each time that the run went back after a fault, in order. */
  readonly recoveries: Recovery[] = []
  /** What else happened, in order. */
  readonly marks: Mark[] = []
  /** As in `Progress`. */
  readonly leg: number
  private runner: StepRunner
  /** Whether the backend has had memory for the largest step. */
  private roomy = false
  /** The last two states known to be good, the older first: a loss that explodes again soon was on its way in the newer one. */
  private kept: Kept[]
  private known: Bank | null
  /** Predictions of the current weights for the unlabelled images, by number, where known and as long as they fit `mostKept`. */
  private predicted: Inference[] = []
  /** Images that are predicted for a score and with it. */
  readonly perScore: number
  /** The scale of all pictures; see `fieldOf`. */
  private readonly field: number | null
  /** `prepared` with the bank: what steps are taken on. */
  private data: TrainingData

  /**
   * @param prepared the user's data, without a bank
   * @param from where an earlier trainer of the run came to
   */
  constructor(
    public dataset: Dataset,
    readonly prepared: TrainingData,
    readonly config: Config,
    from: Progress | null = null,
  ) {
    const { t = 0, models = null, leg = config.steps, rows = [], scores = [], recoveries = [], marks = [], bank = null } = from ?? {}
    this.net = networkOf(config, dataset.classes.length)
    this.leg = leg
    this.field = fieldOfAll(dataset, config)
    const pile = dataset.unlabeled.length
    this.perScore = prepared.exemplars.length + (pile <= smallPile ? pile : scoredImages(dataset).length)
    this.known = bank
    this.data = withBank(prepared, bank?.entries ?? [])
    this.t = this.queued = t
    this.rows.push(...rows)
    this.scores.push(...scores)
    this.recoveries.push(...recoveries)
    this.marks.push(...marks)
    this.kept = [{ t, models }]
    this.runner = this.runnerFrom(this.kept[0]!)
  }

  /** Puts a state on the active backend. */
  private runnerFrom({ models }: Kept): StepRunner {
    const { net, config } = this
    this.roomy = false
    return new StepRunner(net, this.data, this.schedule, models ? writeModels(net, models) : createModels(net, config))
  }

  /** The settings that steps are taken by. */
  get schedule(): Config {
    const { learningRate } = this.recoveries.at(-1) ?? this.config
    return asPlanned({ ...this.config, learningRate }, this.leg)
  }

  /** Whether the last step learnt from unlabelled images. */
  get isTaught(): boolean {
    const last = this.rows.at(-1)
    return last !== undefined && isTaught(last)
  }

  /** The bank of pseudo-exemplars; null before it is made, and where it is off. */
  get bank(): Bank | null {
    return this.known
  }

  /** Whether the settings ask for a bank that is not made yet. */
  get lacksBank(): boolean {
    return (this.config.atlases > 0 || this.config.stack > 0) && !this.known
  }

  /** Makes the bank. @param tell as in `makeBank` */
  async makeBank(tell: (done: number, of: number) => Promise<void>): Promise<void> {
    const { dataset, prepared, config } = this
    const data = {
      ...prepared,
      patients: dataset.unlabeled.map(({ patient }) => patient),
      own: new Set(annotated(dataset).map(({ picture }) => picture.patient)),
      along: stacksOf(dataset),
    }
    const { atlases, stack, atlasPool, atlasAgreement, atlasRotation } = config
    const options = { entries: atlases, stack, pool: atlasPool, agreement: atlasAgreement, rotation: atlasRotation }
    await this.useBank(await makeBank(data, options, tell))
  }

  /** Trains on with another bank. */
  async useBank(bank: Bank): Promise<void> {
    const models = await this.stored()
    this.known = bank
    this.data = withBank(this.prepared, bank.entries)
    this.release()
    this.runner = this.runnerFrom({ t: this.t, models })
  }

  /**
   * The same run on other data or for more steps: weights, moments, steps and curves continue. The classes must be the same, and `this` is
   * no longer usable.
   * @param bank the bank of these data, if it has been made
   */
  async continued(dataset: Dataset, prepared: TrainingData, config: Config, bank: Bank | null = null): Promise<Trainer> {
    const next = new Trainer(dataset, prepared, config, { ...(await this.progress()), bank })
    this.release()
    const { t: step } = next
    const before = new Set(annotated(this.dataset).map(({ picture }) => picture.id))
    for (const { picture } of annotated(dataset))
      if (!before.has(picture.id)) next.marks.push({ step, what: 'exemplar', picture: picture.id })
    if (config.steps !== this.config.steps)
      next.marks.push({ step, what: 'steps', to: config.steps, learningRate: learningRateAt(step, next.schedule) })
    return next
  }

  /** The state of both models, not to be changed: read from the backend, unless it has just been kept. */
  async stored(): Promise<[StoredModel, StoredModel]> {
    const { t, models } = this.kept.at(-1)!
    return t === this.t && models ? models : readModels(this.net, this.runner.current)
  }

  /** How far the run has come. */
  async progress(): Promise<Progress> {
    const { t, leg, rows, scores, recoveries, marks, bank } = this
    return { t, models: await this.stored(), leg, rows, scores, recoveries, marks, bank }
  }

  /** Frees what lies on the backend; after this only `goBack` makes the trainer usable again. */
  release(): void {
    this.runner.dispose()
  }

  /** Steps of the state that `goBack` returns to. */
  get safe(): number {
    return this.kept.at(-1)!.t
  }

  /**
   * Takes up to `most` steps of the method, and no more than may wait to be read.
   * @throws DivergedError if a loss is no number or has exploded; these steps do not count, and `goBack` has to follow
   * @throws MemoryError before any step, if the GPU has not the memory
   */
  async steps(most = 1): Promise<StepMetrics[]> {
    const { runner, config, t } = this
    // The last step has all terms and needs the most memory: better to know at once.
    if (!this.roomy) await runner.prepare(config.steps - 1)
    this.roomy = true
    await runner.prepare(t)
    this.predicted = []
    const count = Math.min(most, mostWaiting, config.steps - t)
    for (let i = 0; i < count; i++) runner.step(t + i)
    this.queued = t + count
    const rows = await runner.read()
    const bad = rows.findIndex(({ totalA, totalB }) => !(Math.max(totalA, totalB) < exploded))
    if (bad >= 0) {
      const most = Math.max(rows[bad]!.totalA, rows[bad]!.totalB)
      const what = Number.isFinite(most) ? `has grown to ${most.toPrecision(2)}` : 'is no longer a number'
      throw new DivergedError(`The loss ${what} at step ${t + bad + 1}`)
    }
    this.t += count
    for (const row of rows) {
      const before = this.rows.at(-1)
      if (before && isTaught(row) && !isTaught(before)) this.marks.push({ step: before.step, what: 'teaching' })
      this.rows.push(row)
    }
    return rows
  }

  /** Keeps the present state to go back to. @throws DivergedError if its weights, which no loss has tested yet, are no numbers */
  async keep(): Promise<void> {
    const { t } = this
    if (this.safe === t) return
    const models = await this.stored()
    // On the CPU: a shader may assume that there is no NaN.
    for (const { parameters } of models)
      for (const values of Object.values(parameters))
        if (!values.every((v) => Number.isFinite(v))) throw new DivergedError(`The weights are no longer numbers after step ${t}`)
    this.kept = [this.kept.at(-1)!, { t, models }]
  }

  /**
   * Returns to the newest state kept, on the active backend, dropping what came after it; to the one before if the run has come back to
   * the newest before, for its loss, and has not kept another since.
   * @param why marks the place; after a loss half the learning rate holds from there on. Null leaves no mark.
   */
  goBack(why: Recovery['why'] | null): this {
    const again = why === 'loss' && this.recoveries.some((one) => one.why === 'loss' && one.step === this.safe)
    if (again && this.kept.length > 1) this.kept.pop()
    const reached = this.queued
    const { safe: step } = this
    this.release()
    this.predicted = []
    this.t = this.queued = step
    while (this.rows.length > 0 && this.rows.at(-1)!.step > step) this.rows.pop()
    while (this.scores.length > 0 && this.scores.at(-1)!.step > step) this.scores.pop()
    while (this.marks.length > 0 && this.marks.at(-1)!.step > step) this.marks.pop()
    if (why) this.mark(why, reached)
    this.runner = this.runnerFrom(this.kept.at(-1)!)
    return this
  }

  /** The last step of a run that goes on: another leg follows one that has taken all of its steps. */
  get nextEnd(): number {
    return this.t >= this.config.steps ? this.t + this.leg : this.config.steps
  }

  /** What a run is that comes to rest here by itself, or was saved here. */
  get restsAs(): 'paused' | 'stopped' | 'finished' {
    return restOf(this.t, this.config.steps, this.marks)
  }

  /** Notes that somebody ended the run here. */
  markStop(): void {
    if (this.restsAs !== 'stopped') this.marks.push({ step: this.t, what: 'stopped' })
  }

  /** Notes that the run stands here after a fault. @param reached how far it had come */
  mark(why: Recovery['why'], reached: number): void {
    const { learningRate } = this.recoveries.at(-1) ?? this.config
    this.recoveries.push({ step: this.t, reached, why, learningRate: why === 'loss' ? learningRate / 2 : learningRate })
  }

  /**
   * Hands the softmax of both models for each image to `use`, a batch at a time: kept together they would fill the memory. `pause` is
   * awaited between batches.
   */
  async infer(
    images: Float32Array[],
    use: (inference: Inference, i: number) => void,
    pause: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const batch = predictedAtOnce(this.config)
    for (let i = 0; i < images.length; i += batch) {
      const some = await infer(this.net, this.runner.current, images.slice(i, i + batch), this.config.size)
      some.forEach((inference, n) => use(inference, i + n))
      await pause()
    }
  }

  /** The same for unlabelled images by number; predictions already made by the current weights are reused. */
  async inferPile(
    which: readonly number[],
    use: (inference: Inference, i: number) => void,
    pause: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { prepared, predicted, net, config } = this
    const keep = prepared.unlabeled.length * net.classes * config.size ** 2 * 2 <= mostKept
    const batch = predictedAtOnce(config)
    for (let at = 0; at < which.length; at += batch) {
      const some = which.slice(at, at + batch)
      const fresh = some.filter((i) => !predicted[i])
      const found = new Map<number, Inference>()
      await this.infer(
        fresh.map((i) => prepared.unlabeled[i]!),
        (inference, n) => {
          found.set(fresh[n]!, inference)
          // Steps taken meanwhile replace the list.
          if (keep && predicted === this.predicted) predicted[fresh[n]!] = inference
        },
      )
      for (const i of some) use(found.get(i) ?? predicted[i]!, i)
      await pause()
    }
  }

  /** The predicted mask of unlabelled image `i` in the size of its source. */
  maskOf(i: number, inference: Inference): LabelMap {
    return this.toSource(this.dataset.unlabeled[i]!, combine(inference, this.config.inference))
  }

  /** The predicted mask of one image, in the size of its source. */
  async predictOne(i: number): Promise<LabelMap> {
    let mask: LabelMap | null = null
    await this.inferPile([i], (inference) => (mask = this.maskOf(i, inference)))
    return mask!
  }

  /** The same, with the user's annotation in place of the prediction wherever it is known. */
  resultOf(i: number, inference: Inference): LabelMap {
    const predicted = this.maskOf(i, inference)
    const exemplar = exemplarAt(this.dataset, this.dataset.unlabeled[i]!)
    const annotation = exemplar && annotationOf(this.dataset, exemplar)
    if (!annotation) return predicted
    return { ...predicted, labels: predicted.labels.map((l, p) => (annotation.labels[p] === unknown ? l : annotation.labels[p]!)) }
  }

  /** The output of both models for unlabelled image `i`, in the size of its source: the probability of each class, and how far they are `apart`. */
  mapsOf(i: number, inference: Inference): { probabilities: Float32Array<ArrayBuffer>[]; disagreement: Float32Array<ArrayBuffer> } {
    const { size, inference: form } = this.config
    const { classes } = this.net
    const picture = this.dataset.unlabeled[i]!
    const frame = frameOf(picture, this.config, this.field)
    const map = (value: (pixel: number) => number, outside: number) =>
      mapToSource(
        Float32Array.from({ length: size * size }, (_, pixel) => value(pixel)),
        picture,
        frame,
        size,
        outside,
      )
    const combined = combine(inference, form)
    return {
      probabilities: Array.from({ length: classes }, (_, c) => map((pixel) => combined[pixel * classes + c]!, c === 0 ? 1 : 0)),
      disagreement: map((pixel) => apart(inference, pixel, classes), 0),
    }
  }

  private toSource(picture: Picture, probabilities: Float32Array): LabelMap {
    return toSource(probabilities, picture, frameOf(picture, this.config, this.field), this.net.classes, this.config.size)
  }

  /** Dice of every scored volume and of every patient of separate images, and the fit on the exemplar. */
  async score(pause?: () => Promise<void>): Promise<{ row: ScoreRow; patients: { patient: string; dice: number[] }[] }> {
    const { dataset, prepared, net, config } = this
    const which = scoredImages(dataset)
    const exemplars = annotated(dataset)
    const own: Case[] = []
    await this.infer(
      prepared.exemplars.map(({ image }) => image),
      (inference, n) => {
        const { labels } = this.toSource(exemplars[n]!.picture, combine(inference, config.inference))
        own.push(caseOf('', labels, annotationOf(dataset, exemplars[n]!)!.labels))
      },
    )
    const fit = scorePatients(own, net.classes).mean
    const forms = [config.inference, 'A', 'B'] as const
    const cases: Case[][] = forms.map(() => [])
    await this.inferPile(
      which,
      (inference, i) => {
        const picture = dataset.unlabeled[i]!
        const reference = referenceOf(dataset, i)!.labels
        forms.forEach((form, f) => {
          cases[f]!.push(caseOf(scoredWith(picture), this.toSource(picture, combine(inference, form)).labels, reference))
        })
      },
      pause,
    )
    const orNull = (v: number) => (Number.isNaN(v) ? null : v)
    const [all, A, B] = cases.map((some) => scorePatients(some, net.classes)) as [PatientScores, PatientScores, PatientScores]
    const row: ScoreRow = {
      step: this.t,
      fit,
      dice: orNull(all.mean),
      diceA: orNull(A.mean),
      diceB: orNull(B.mean),
      perClass: all.perClass.map(orNull),
    }
    if (this.scores.at(-1)?.step === this.t) this.scores.pop()
    this.scores.push(row)
    return { row, patients: all.patients }
  }

  /** Mean foreground Dice of unlabelled image `i`; null without a reference. */
  diceOf(i: number, inference: Inference): number | null {
    const reference = referenceOf(this.dataset, i)?.labels
    if (!reference) return null
    const { mean } = scorePatients([caseOf('', this.maskOf(i, inference).labels, reference)], this.net.classes)
    return Number.isNaN(mean) ? null : mean
  }

  /** The gallery: every unlabelled image, the most doubtful first. */
  async predictAll(pause?: () => Promise<void>): Promise<Prediction[]> {
    const all: Prediction[] = []
    await this.inferPile([...this.prepared.unlabeled.keys()], (inference, i) => all.push(this.predictionOf(i, inference)), pause)
    return all.sort((a, b) => b.disagreement - a.disagreement)
  }

  /** What the gallery shows of unlabelled image `i`. */
  predictionOf(i: number, inference: Inference): Prediction {
    const { net, dataset, config } = this
    const { id: image, name } = dataset.unlabeled[i]!
    const A = decide(inference.A, net.classes).labels
    const B = decide(inference.B, net.classes).labels
    return {
      ...{ image, name },
      labels: decide(combine(inference, config.inference), net.classes).labels,
      disagreement: disagreement(A, B),
      dice: this.diceOf(i, inference),
      seen: { A: countedPixels(A, net.classes), B: countedPixels(B, net.classes) },
    }
  }

  /** Both models' current predictions for one unlabelled image, and samples of the last step. Uses its own random streams: watching changes nothing. */
  async look(image: number): Promise<LiveViews> {
    const { config, net, prepared, data } = this
    const t = Math.max(this.t, this.queued)
    const { size } = config
    const random = new Random(config.seed, 'look', t)
    const weak = warpImage(prepared.unlabeled[image]!, size, drawWarp(random, size, weakRange(config)))
    const other = prepared.unlabeled[(image + 1) % prepared.unlabeled.length]!
    const box = random.chance(config.cutmix) ? drawBox(random, size) : null
    const strong = pasteBox(
      perturbStrongly(weak, size, random, strongRange(config)),
      perturbStrongly(other, size, random, strongRange(config)),
      size,
      box,
    )
    const { id, name } = this.dataset.unlabeled[image]!
    const both: Inference[] = []
    await this.infer([weak, strong], (inference) => both.push(inference))
    const [onWeak, onStrong] = both
    const view = (k: 'A' | 'B'): ModelView => {
      const { labels, confidence } = decide(onWeak![k], net.classes)
      return {
        prediction: decide(onStrong![k], net.classes).labels,
        confidence: toBytes(confidence),
        pseudoLabel: labels,
        mask: Uint8Array.from(confidence, (v) => (v >= config.tau ? 1 : 0)),
      }
    }
    const [A, B] = [view('A'), view('B')]
    const { exemplars, synthetics } = drawViews(data, config, Math.max(0, t - 1))
    const exemplar = exemplars[0]!
    const synthetic = synthetics[0]
    return {
      step: t,
      size,
      image: id,
      name,
      weak: toBytes(weak),
      strong: toBytes(strong),
      A,
      B,
      disagreement: A.pseudoLabel.map((l, i) => (l === B.pseudoLabel[i] ? 0 : 1)),
      exemplar: { image: toBytes(exemplar.image), labels: Uint8Array.from(exemplar.labels) },
      synthetic: synthetic
        ? { image: toBytes(synthetic.image), labels: Uint8Array.from(synthetic.labels), known: Uint8Array.from(synthetic.known) }
        : null,
    }
  }
}

/** Whether unlabelled images were learnt from in a step. */
const isTaught = ({ imageA, featureA }: StepMetrics): boolean => !Number.isNaN(imageA) || !Number.isNaN(featureA)

/** A prediction and its reference for the score; both are unknown where the reference is. */
export function caseOf(patient: string, prediction: Uint8Array, reference: Uint8Array): Case {
  return { patient, prediction: prediction.map((l, i) => (reference[i] === unknown ? unknown : l)), reference }
}

/** Share of the pixels that either model calls foreground on which they differ, 0..1; 0 if both see only background. */
export function disagreement(A: Uint8Array, B: Uint8Array): number {
  let foreground = 0
  let differ = 0
  for (let i = 0; i < A.length; i++) {
    if (A[i] === 0 && B[i] === 0) continue
    foreground++
    if (A[i] !== B[i]) differ++
  }
  return foreground === 0 ? 0 : differ / foreground
}
