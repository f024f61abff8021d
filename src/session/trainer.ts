import { learningRateAt } from '../lib/learning-rate'
import { restOf } from '../lib/mark'
import type { Config } from '../method/config'
import { makeBank, type Bank } from '../method/bank/bank'
import type { PictureId } from '../image/picture-id'
import { combine } from '../method/inference'
import { meanOf, scorePatients, type Case, type PatientScores } from '../method/metrics'
import { confidenceScore, countConfidence, noConfidence } from '../method/reliability'
import { mostWaiting, StepRunner } from '../method/step-runner'
import { createModels, readModels, writeModels, type StoredModel } from '../method/model'
import type { Mark, Network, Recovery, ScoreRow, StepMetrics } from '../method/history'
import { asPlanned } from '../method/schedule'
import { withBank, type TrainingData } from '../method/synthesis'
import { annotated, annotationOf } from './annotations'
import { distancesOf, isQuicklyMeasured, type ScoredPicture } from './border-distances'
import type { Dataset } from './dataset'
import { looksOf } from './domain'
import type { Looks } from './looks'
import { caseOf, Networks } from './networks'
import { prepareLabels } from './preparation'
import { referenceOf } from './references'
import { patientsOf, scoredImages, scoredWith, stacksOf } from './training-data'
import { copyOf, snapshotOf, type Snapshot } from '../timeline/snapshot'
import type { LiveViews } from '../timeline/live-views'
import { upTo, withSnapshot } from '../timeline/timeline'
import { lookAt } from './look'

/** A loss or weight is no longer a number, or has exploded; the message is the beginning of a sentence. */
export class DivergedError extends Error {
  override name = 'DivergedError'
}

/** Up to this many images, every score also updates the gallery; more would cost more than a few per cent of the run. */
export const smallPile = 64

/** A loss above this has exploded: the sum of all terms begins at about 3, and grows with their weights to 40 at most. */
const exploded = 1e4

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
  /** What was kept of its looks. */
  timeline?: readonly Snapshot[] | undefined
}

/** Both models on their data: steps, predictions, scores. Owns every tensor of the run; knows nothing about time, pages or messages. */
export class Trainer extends Networks {
  /** Steps taken. */
  t = 0
  /** Steps taken or under way: what a look sees. */
  private queued = 0
  /** As in `Progress`. */
  readonly leg: number
  private runner: StepRunner
  /** Whether the backend has had memory for the largest step. */
  private roomy = false
  /** The last two states known to be good, the older first: a loss that explodes again soon was on its way in the newer one. */
  private kept: Kept[]
  private known: Bank | null
  /** What is kept of the looks at it. */
  timeline: readonly Snapshot[]
  /** Images that are predicted for a score and with it. */
  readonly perScore: number
  /** `prepared` with the bank: what steps are taken on. */
  private data: TrainingData

  /**
   * @param prepared the user's data, without a bank
   * @param from where an earlier trainer of the run came to
   */
  constructor(
    dataset: Dataset,
    readonly prepared: TrainingData,
    config: Config,
    from: Progress | null = null,
  ) {
    super(dataset, config)
    const {
      t = 0,
      models = null,
      leg = config.steps,
      rows = [],
      scores = [],
      recoveries = [],
      marks = [],
      bank = null,
      timeline = [],
    } = from ?? {}
    this.leg = leg
    this.timeline = timeline
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

  protected get models() {
    return this.runner.current
  }

  get looks(): Looks | null {
    return looksOf(this.dataset, this.config, this.prepared)
  }

  override inputOf(i: number): Float32Array<ArrayBuffer> {
    return (this.prepared.unlabeled[i] as Float32Array<ArrayBuffer> | undefined) ?? super.inputOf(i)
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
    const data = { ...prepared, ...patientsOf(dataset), along: stacksOf(dataset) }
    const { atlases, stack, atlasPool, atlasAgreement, atlasRotation } = config
    const options = { entries: atlases, stack, pool: atlasPool, agreement: atlasAgreement, rotation: atlasRotation }
    const bank = await makeBank(data, options, tell)
    const out = new Set(this.marks.flatMap((mark) => (mark.what === 'unbanked' ? [mark.picture] : [])))
    await this.useBank({ ...bank, entries: bank.entries.filter(({ image }) => !out.has(dataset.unlabeled[image]!.id)) })
  }

  /** Leaves an image out of the bank, and of each that is made later, as another exemplar makes one. */
  async takeFromBank(picture: PictureId): Promise<void> {
    const { dataset, known, t: step } = this
    if (!known) return
    const entries = known.entries.filter(({ image }) => dataset.unlabeled[image]!.id !== picture)
    if (entries.length === known.entries.length) return
    this.marks.push({ step, what: 'unbanked', picture })
    await this.useBank({ ...known, entries })
  }

  /** Trains on with another bank. */
  private async useBank(bank: Bank): Promise<void> {
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
    const [before, after] = [this.dataset, dataset].map((one) => annotated(one).map(({ picture }) => picture.id)) as [string[], string[]]
    for (const picture of before) if (!after.includes(picture)) next.marks.push({ step, what: 'removed', picture })
    for (const picture of after) if (!before.includes(picture)) next.marks.push({ step, what: 'exemplar', picture })
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
    const { t, leg, rows, scores, recoveries, marks, bank, timeline } = this
    return { t, models: await this.stored(), leg, rows, scores, recoveries, marks, bank, timeline }
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
   * @param only the one network that a single step updates; the state of the other stays as it was
   * @throws DivergedError if a loss is no number or has exploded; these steps do not count, and `goBack` has to follow
   * @throws MemoryError before any step, if the GPU has not the memory
   */
  async steps(most = 1, only: Network | null = null): Promise<StepMetrics[]> {
    const { runner, config, t } = this
    const before = only && (await this.stored())
    // The last step has all terms and needs the most memory: better to know at once.
    if (!this.roomy) await runner.prepare(config.steps - 1)
    this.roomy = true
    await runner.prepare(t)
    this.forget()
    const count = Math.min(only ? 1 : most, mostWaiting, config.steps - t)
    for (let i = 0; i < count; i++) runner.step(t + i)
    this.queued = t + count
    const rows = await runner.read()
    const bad = rows.findIndex(({ totalA, totalB }) => !(Math.max(totalA, totalB) < exploded))
    if (bad >= 0) {
      const most = Math.max(rows[bad]!.totalA, rows[bad]!.totalB)
      const what = Number.isFinite(most) ? `has grown to ${most.toPrecision(2)}` : 'is no longer a number'
      throw new DivergedError(`The loss ${what} at step ${t + bad + 1}`)
    }
    if (only) {
      const [A, B] = await readModels(this.net, runner.current)
      this.release()
      this.runner = this.runnerFrom({ t: t + 1, models: only === 'A' ? [A, before![1]] : [before![0], B] })
      rows[0]!.only = only
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
    this.forget()
    this.t = this.queued = step
    while (this.rows.length > 0 && this.rows.at(-1)!.step > step) this.rows.pop()
    while (this.scores.length > 0 && this.scores.at(-1)!.step > step) this.scores.pop()
    // What somebody took out of the bank stays out of it.
    const undone = this.marks.filter((mark) => mark.step > step)
    this.marks.length -= undone.length
    this.marks.push(...undone.filter(({ what }) => what === 'unbanked').map((mark) => ({ ...mark, step })))
    this.timeline = upTo(this.timeline, step)
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

  /** Notes that the run goes on from a rest here, where nothing else says why. */
  markResumed(): void {
    const said = this.marks.some(({ step, what }) => step === this.t && what !== 'teaching' && what !== 'stopped' && what !== 'setting')
    if (this.t > 0 && !said && !this.recoveries.some(({ step }) => step === this.t)) this.marks.push({ step: this.t, what: 'resumed' })
  }

  /** Notes that settings of a run that has begun are others from here on. */
  markSettings(values: Partial<Config>): void {
    if (this.t > 0) this.marks.push({ step: this.t, what: 'setting', values })
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
    const scored: ScoredPicture[] = []
    const counts = noConfidence()
    await this.inferPile(
      which,
      (inference, i) => {
        const picture = dataset.unlabeled[i]!
        const reference = referenceOf(dataset, i)!
        scored.push({ picture, reference })
        forms.forEach((form, f) => {
          cases[f]!.push(caseOf(scoredWith(picture), this.toSource(picture, combine(inference, form)).labels, reference.labels))
        })
        countConfidence(counts, inference, prepareLabels(reference, this.frame(picture), config), net.classes, config.tau)
      },
      pause,
    )
    const orNull = (v: number) => (Number.isNaN(v) ? null : v)
    const distances = isQuicklyMeasured(scored) ? await distancesOf(scored, cases[0]!, net.classes, pause) : []
    const hd95Of = new Map(distances.map(({ patient, hd95 }) => [patient, hd95]))
    const hd95PerClass = distances.length === 0 ? [] : forEachClass(net.classes, (c) => meanOf(distances.map(({ hd95 }) => hd95[c]!)))
    const [all, A, B] = cases.map((some) => scorePatients(some, net.classes)) as [PatientScores, PatientScores, PatientScores]
    const row: ScoreRow = {
      step: this.t,
      fit,
      dice: orNull(all.mean),
      diceA: orNull(A.mean),
      diceB: orNull(B.mean),
      perClass: all.perClass.map(orNull),
      hd95: orNull(meanOf(hd95PerClass)),
      hd95PerClass: hd95PerClass.map(orNull),
      perPatient: all.patients.map(({ patient, dice }) => ({
        picture: scored.find(({ picture }) => scoredWith(picture) === patient)!.picture.id,
        dice: dice.map(orNull),
        hd95: (hd95Of.get(patient) ?? []).map(orNull),
      })),
      ...confidenceScore(counts),
    }
    if (this.scores.at(-1)?.step === this.t) this.scores.pop()
    this.scores.push(row)
    return { row, patients: all.patients }
  }

  /** What the page shows of one unlabelled image: see `lookAt`. It is kept as well; `snapshot` is a copy of that. */
  async look(image: number): Promise<{ views: LiveViews; snapshot: Snapshot }> {
    const { net, config, dataset, prepared, data, runner } = this
    const looked = { net, config, dataset, prepared, data, models: runner.current, t: Math.max(this.t, this.queued) }
    const { views, seen } = await lookAt(looked, image)
    const snapshot = snapshotOf(views, seen, this.timeline.at(-1) ?? null)
    this.timeline = withSnapshot(this.timeline, snapshot)
    return { views, snapshot: copyOf(snapshot) }
  }
}

const forEachClass = (classes: number, value: (foreground: number) => number) => Array.from({ length: classes - 1 }, (_, c) => value(c))

/** Whether unlabelled images were learnt from in a step. */
const isTaught = ({ imageA, featureA }: StepMetrics): boolean => !Number.isNaN(imageA) || !Number.isNaN(featureA)
