import { countClasses, disagreement } from '../image/masks'
import { frameOf, prepareImage } from '../image/frame'
import { unknown, type LabelMap } from '../image/raster'
import type { Config } from '../method/config'
import { apart, combine, decide, infer, type Inference } from '../method/inference'
import type { Mark, Recovery, ScoreRow, StepMetrics } from '../method/history'
import { scorePatients, type Case } from '../method/metrics'
import { networkOf, type Models, type StoredModel } from '../method/model'
import type { UNet } from '../nn/unet'
import { annotationOf, exemplarAt } from './annotations'
import { numberOf, picturesIn, rasterOf, type Dataset, type Picture } from './dataset'
import { sharesOf } from './domain'
import type { Prediction } from './events'
import type { Looks } from './looks'
import type { PictureId } from '../image/picture-id'
import { mapToSource, prepareLabels, toSource } from './preparation'
import { referenceOf } from './references'
import { shapesOf, tidied } from './shapes'
import { fieldOfAll } from './training-data'

/** Images predicted at once: enough to fill the backend, few enough to take at most 0.2 GB, all values of both networks together. */
const predictedAtOnce = ({ size, baseWidth }: Config): number =>
  Math.max(1, Math.min(8, Math.floor((8 * 128 ** 2 * 8) / (size ** 2 * baseWidth))))

/** At most this many softmax values are kept for the current weights, 64 MB: scores, gallery and exports all need them. */
const mostKept = 16_000_000

type Pause = () => Promise<void>
const noPause: Pause = () => Promise.resolve()

/** What the networks give for one image. */
export interface Result {
  /** The number of the image. */
  i: number
  picture: Picture
  /** The predicted mask in the size of the source, tidied as the settings want it. */
  predicted: LabelMap
  /** The same as the networks see it, size x size. */
  seen: Uint8Array<ArrayBuffer>
  /** Share of the pixels that either model calls foreground on which they differ, 0..1. */
  disagreement: number
  /** Pixels of each class as A and as B see it. */
  each: Prediction['each']
}

/** Both networks and what they say of pictures, which go by their numbers in `picturesIn`. Where the models lie, whoever extends this knows. */
export abstract class Networks {
  readonly net: UNet
  /** The scale of all pictures; see `fieldOf`. */
  protected readonly field: number | null
  private readonly shares = new Map<PictureId, number[]>()
  /** What the current weights say of images, where known and as long as it fits `mostKept`. */
  private inferred = new Map<PictureId, Inference>()
  /**
   * The masks of the image that was asked for last, by number, and of all that were tidied with it: whoever scrolls asks for one slice after another.
   */
  private latest: { config: Config; dataset: Dataset; masks: Map<number, LabelMap> } | null = null

  constructor(
    public dataset: Dataset,
    public config: Config,
  ) {
    this.net = networkOf(config, dataset.classes.length)
    this.field = fieldOfAll(dataset, config)
  }

  /** Steps taken. */
  abstract readonly t: number
  readonly rows: StepMetrics[] = []
  readonly scores: ScoreRow[] = []
  /** Each time that the run went back after a fault, in order. */
  readonly recoveries: Recovery[] = []
  /** What else happened, in order. */
  readonly marks: Mark[] = []
  /** How the images that they have learnt from look; null where that is not known. */
  abstract readonly looks: Looks | null
  /** On the backend; not to be disposed of. */
  protected abstract readonly models: Models
  /** The state of both models, not to be changed. */
  abstract stored(): Promise<[StoredModel, StoredModel]>
  /** Frees what lies on the backend. */
  abstract release(): void

  /** To be called whenever the weights change. */
  protected forget(): void {
    this.inferred = new Map()
    this.latest = null
  }

  private picture(i: number): Picture {
    return picturesIn(this.dataset)[i]!
  }

  protected frame(picture: Picture) {
    return frameOf(picture, this.config, this.field)
  }

  /** Image `i` as the networks see it: size x size, 0..1. */
  inputOf(i: number): Float32Array<ArrayBuffer> {
    const picture = this.picture(i)
    return prepareImage(rasterOf(picture), this.frame(picture), this.config)
  }

  /** How bright image `i` is as the networks see it; see `sharesOf`. */
  sharesOf(i: number): number[] {
    const picture = this.picture(i)
    const known = this.shares.get(picture.id) ?? sharesOf(this.inputOf(i), this.frame(picture), this.config.size)
    this.shares.set(picture.id, known)
    return known
  }

  /** A mask of image `i` as the networks see it: size x size. */
  labelsSeen(i: number, map: LabelMap): Uint8Array<ArrayBuffer> {
    return prepareLabels(map, this.frame(this.picture(i)), this.config)
  }

  /** An annotated image and what it teaches, as the networks see both: size x size, unknown is 255. */
  exemplarSeen(id: PictureId): { input: Float32Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> } {
    const i = numberOf(this.dataset, id)
    const picture = this.picture(i)
    const annotation = annotationOf(this.dataset, exemplarAt(this.dataset, picture)!)!
    return { input: this.inputOf(i), labels: prepareLabels(annotation, this.frame(picture), this.config) }
  }

  /**
   * Hands the softmax of both models for each image to `use`, a batch at a time: kept together they would fill the memory. `pause` is
   * awaited between batches.
   */
  async infer(images: Float32Array[], use: (inference: Inference, i: number) => void, pause = noPause): Promise<void> {
    const batch = predictedAtOnce(this.config)
    for (let i = 0; i < images.length; i += batch) {
      const some = await infer(this.net, this.models, images.slice(i, i + batch), this.config.size)
      some.forEach((inference, n) => use(inference, i + n))
      await pause()
    }
  }

  /** The same for images by number; predictions already made by the current weights are reused. */
  async inferPile(which: readonly number[], use: (inference: Inference, i: number) => void, pause = noPause): Promise<void> {
    const { inferred, net, config, dataset } = this
    const keep = picturesIn(dataset).length * net.classes * config.size ** 2 * 2 <= mostKept
    const batch = predictedAtOnce(config)
    for (let at = 0; at < which.length; at += batch) {
      const some = which.slice(at, at + batch)
      const fresh = some.filter((i) => !inferred.has(this.picture(i).id))
      const found = new Map<number, Inference>()
      await this.infer(
        fresh.map((i) => this.inputOf(i)),
        (inference, n) => {
          found.set(fresh[n]!, inference)
          // Steps taken meanwhile replace the list.
          if (keep && inferred === this.inferred) inferred.set(this.picture(fresh[n]!).id, inference)
        },
      )
      for (const i of some) use(found.get(i) ?? inferred.get(this.picture(i).id)!, i)
      await pause()
    }
  }

  /** The predicted mask of image `i` in the size of its source, as the networks give it. @param form whose: of both networks together, or of one */
  maskOf(i: number, inference: Inference, form = this.config.inference): LabelMap {
    return this.toSource(this.picture(i), combine(inference, form))
  }

  protected toSource(picture: Picture, probabilities: Float32Array): LabelMap {
    return toSource(probabilities, picture, this.frame(picture), this.net.classes, this.config.size)
  }

  /**
   * Hands to `use` what comes out for images by number, tidied as the settings want it: slices of one volume together, so these must follow each other.
   */
  async results(which: readonly number[], use: (result: Result) => void, pause = noPause): Promise<void> {
    const { net, config } = this
    const tidy = config.largest || config.holes
    const volume: Result[] = []
    const finish = () => {
      for (const frame of new Set(volume.map(({ picture }) => picture.frame)))
        this.tidy(volume.filter(({ picture }) => picture.frame === frame))
      for (const result of volume.splice(0)) use(result)
    }
    await this.inferPile(
      which,
      (inference, i) => {
        const picture = this.picture(i)
        if (volume.length > 0 && volume[0]!.picture.source !== picture.source) finish()
        const [A, B] = [decide(inference.A, net.classes).labels, decide(inference.B, net.classes).labels]
        const seen = decide(combine(inference, config.inference), net.classes).labels
        const each = { A: countClasses(A, net.classes), B: countClasses(B, net.classes) }
        volume.push({ i, picture, predicted: this.maskOf(i, inference), seen, disagreement: disagreement(A, B), each })
        if (!tidy) finish()
      },
      pause,
    )
    finish()
  }

  /** Tidies the masks of slices that follow each other. What the networks see changes only where these do. */
  private tidy(results: readonly Result[]): void {
    const { config, dataset } = this
    if (!config.largest && !config.holes) return
    const before = results.map(({ predicted }) => predicted)
    tidied(before, dataset.domain ?? shapesOf(dataset), config).forEach((after, n) => {
      const result = results[n]!
      const [old, now] = [before[n]!, after].map((map) => prepareLabels(map, this.frame(result.picture), config))
      result.predicted = after
      result.seen = result.seen.map((label, p) => (old![p] === now![p] ? label : now![p]!))
    })
  }

  /**
   * The predicted mask of one image, in the size of its source, tidied as the settings want it; for that, with the whole volume. Not to be changed: it
   * is kept.
   */
  async predictOne(i: number): Promise<LabelMap> {
    const { config, dataset, inferred } = this
    let { latest } = this
    if (!latest?.masks.has(i) || latest.config !== config || latest.dataset !== dataset) {
      const masks = new Map<number, LabelMap>()
      const { source, frame } = this.picture(i)
      const tidy = config.largest || config.holes
      const beside = picturesIn(dataset).flatMap((other, n) =>
        n === i || (tidy && other.source === source && other.frame === frame) ? [n] : [],
      )
      await this.results(beside, (result) => masks.set(result.i, result.predicted))
      latest = { config, dataset, masks }
      // Steps may have been taken meanwhile.
      if (inferred === this.inferred) this.latest = latest
    }
    return latest.masks.get(i)!
  }

  /** A mask of image `i` with the user's annotation in place of the prediction wherever it is known. */
  withAnnotation(i: number, predicted: LabelMap): LabelMap {
    const exemplar = exemplarAt(this.dataset, this.picture(i))
    const annotation = exemplar && annotationOf(this.dataset, exemplar)
    if (!annotation) return predicted
    return { ...predicted, labels: predicted.labels.map((l, p) => (annotation.labels[p] === unknown ? l : annotation.labels[p]!)) }
  }

  /** The output of both models for image `i`, in the size of its source: the probability of each class, and how far they are `apart`. */
  mapsOf(i: number, inference: Inference): { probabilities: Float32Array<ArrayBuffer>[]; disagreement: Float32Array<ArrayBuffer> } {
    const { size, inference: form } = this.config
    const { classes } = this.net
    const picture = this.picture(i)
    const frame = this.frame(picture)
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

  /** Mean foreground Dice of a predicted mask of image `i`; null without a reference. */
  private diceOf(i: number, { labels }: LabelMap): number | null {
    const reference = referenceOf(this.dataset, i)?.labels
    if (!reference) return null
    const { mean } = scorePatients([caseOf('', labels, reference)], this.net.classes)
    return Number.isNaN(mean) ? null : mean
  }

  /** What the gallery shows of an image. */
  predictionOf({ i, picture: { id, name }, predicted, seen, disagreement, each }: Result): Prediction {
    return { image: id, name, labels: seen, disagreement, dice: this.diceOf(i, predicted), each }
  }

  /** The gallery: every image that is learnt from or only segmented, the most doubtful first. */
  async predictAll(pause?: Pause): Promise<Prediction[]> {
    const further = new Set(this.dataset.further)
    const pile = this.dataset.unlabeled.length
    const shown = picturesIn(this.dataset).flatMap(({ source }, i) => (i < pile || further.has(source) ? [i] : []))
    const all: Prediction[] = []
    await this.results(shown, (result) => all.push(this.predictionOf(result)), pause)
    return all.sort((a, b) => b.disagreement - a.disagreement)
  }
}

/** A prediction and its reference for the score; both are unknown where the reference is. */
export function caseOf(patient: string, prediction: Uint8Array, reference: Uint8Array): Case {
  return { patient, prediction: prediction.map((l, i) => (reference[i] === unknown ? unknown : l)), reference }
}
