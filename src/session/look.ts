import { differing } from '../image/masks'
import { Random } from '../lib/random'
import { widthsOf, type Config } from '../method/config'
import { drawFactors, perturbedLevels } from '../method/feature-perturbation'
import { decide, inferPerturbed } from '../method/inference'
import { perturbStrongly } from '../method/intensity'
import type { Models } from '../method/model'
import { weakRange, type TrainingData } from '../method/synthesis'
import { drawBox, strongRange } from '../method/view-plan'
import { drawSamples, pasteBox } from '../method/views-on-host'
import { drawWarp, warpImage } from '../method/warp'
import type { UNet } from '../nn/unet'
import type { Dataset } from './dataset'
import type { LiveViews, ModelView, SeenLabels } from '../timeline/live-views'
import { toBytes } from './preparation'

/** A run between two steps. */
export interface Looked {
  net: UNet
  config: Config
  models: Models
  dataset: Dataset
  prepared: TrainingData
  /** `prepared` with the bank. */
  data: TrainingData
  /** Steps taken. */
  t: number
}

/** Images of the pile that are looked at as they are, besides the watched one: from all over it, since neighbours look alike. */
const besides = (pile: number): number[] => [Math.floor(pile / 3), Math.floor((2 * pile) / 3)]

/**
 * What a step does to one unlabelled image, by both models as they are: its views with CutMix's box, the pseudo-labels, and the predictions that
 * learn from them; and the first labelled images of the last step. Predicted in evaluation mode. It draws from random streams of its own: watching
 * changes nothing.
 * @returns also how they label this image and two others as they are
 */
export async function lookAt(
  { net, config, models, dataset, prepared, data, t }: Looked,
  image: number,
): Promise<{ views: LiveViews; seen: SeenLabels[] }> {
  const { size } = config
  const random = new Random(config.seed, 'look', t)
  const weakOf = (i: number) => warpImage(prepared.unlabeled[i]!, size, drawWarp(random, size, weakRange(config)))
  const strongOf = (weak: Float32Array) => perturbStrongly(weak, size, random, strongRange(config))
  const weak = weakOf(image)
  const plain = strongOf(weak)
  const box = random.chance(config.cutmix) ? drawBox(random, size) : null
  const other = (image + 1) % prepared.unlabeled.length
  const source = box && strongOf(weakOf(other))
  const strong = source ? pasteBox(plain, source, size, box) : plain
  const factors = config.featureTerm ? factorsAt(config, t) : null
  const still = [...new Set([image, ...besides(prepared.unlabeled.length)])]
  const images = [weak, strong, ...still.map((i) => prepared.unlabeled[i]!)]
  const inferred = await inferPerturbed(net, models, { images, factors }, size)
  const [onWeak, onStrong] = inferred
  const onPerturbed = inferred[images.length]
  const view = (k: 'A' | 'B'): ModelView => {
    const { labels, confidence } = decide(onWeak![k], net.classes)
    return {
      prediction: decide(onStrong![k], net.classes).labels,
      confidence: toBytes(confidence),
      pseudoLabel: labels,
      mask: Uint8Array.from(confidence, (v) => (v >= config.tau ? 1 : 0)),
      feature: factors && {
        prediction: decide(onPerturbed![k], net.classes).labels,
        dropped: factors.map((own) => Uint8Array.from(own[k === 'A' ? 0 : 1], (v) => (v === 0 ? 1 : 0))),
      },
    }
  }
  const [A, B] = [view('A'), view('B')]
  const { exemplar, synthetic } = drawSamples(data, config, Math.max(0, t - 1))
  const { id, name } = dataset.unlabeled[image]!
  const partner = dataset.unlabeled[other]!
  const views = {
    step: t,
    size,
    image: id,
    name,
    weak: toBytes(weak),
    strong: toBytes(strong),
    mix: source && { image: partner.id, name: partner.name, pixels: toBytes(source), box: box! },
    A,
    B,
    disagreement: differing(A.pseudoLabel, B.pseudoLabel),
    exemplar: { image: toBytes(exemplar.image), labels: Uint8Array.from(exemplar.labels) },
    synthetic: synthetic && {
      image: toBytes(synthetic.image),
      labels: Uint8Array.from(synthetic.labels),
      known: Uint8Array.from(synthetic.known),
    },
  }
  const labelled = (k: 'A' | 'B', n: number) => decide(inferred[2 + n]![k], net.classes).labels
  return { views, seen: still.map((i, n) => ({ image: dataset.unlabeled[i]!.id, A: labelled('A', n), B: labelled('B', n) })) }
}

/** For each level the factors of A's channels and of B's, drawn as a step draws them; where levels are perturbed alone, one of them in turn. */
function factorsAt(config: Config, t: number): [Float32Array, Float32Array][] {
  const widths = widthsOf(config)
  const [A, B] = [0, 1].map((k) => {
    const random = new Random(config.seed, 'look at features', t, k)
    const views = perturbedLevels(config.featurePerturb, widths.length, random)
    const perturbed = views[t % views.length]!
    return widths.map((C, l) => drawFactors(perturbed[l]!, 1, C, config.featureDrop, random))
  }) as [Float32Array[], Float32Array[]]
  return widths.map((_, l) => [A[l]!, B[l]!])
}
