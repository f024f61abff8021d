import type { Random } from '../lib/random'
import type { Config } from './config'
import { blur, varyIntensity } from './intensity'
import { drawWarp, warpImage, warpLabels, type WarpRange } from './warp'

/** Images as the networks see them: size x size, values in [0, 1]; labels are class indices. */
export interface TrainingData {
  size: number
  classes: number
  exemplar: { image: Float32Array; labels: Uint8Array }
  /** The exemplar with its structures painted over by their surroundings: a background that is known to be one. */
  emptied: Float32Array
  unlabeled: Float32Array[]
}

/** A labelled image; `known` is 0 where nobody knows the class. */
export interface LabeledImage {
  image: Float32Array
  labels: Uint8Array
  known: Uint8Array
}

/** Replaces every foreground pixel by a distance-weighted mean of the background around it (diffusion until the hole is closed). */
export function emptyOut(image: Float32Array, labels: Uint8Array, size: number): Float32Array {
  let filled = image.slice()
  let open = Uint8Array.from(labels, (l) => (l > 0 ? 1 : 0))
  if (!open.includes(0)) return filled
  while (open.includes(1)) {
    const next = filled.slice()
    const still = open.slice()
    for (let y = 0, i = 0; y < size; y++)
      for (let x = 0; x < size; x++, i++) {
        if (!open[i]) continue
        let sum = 0
        let count = 0
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const [u, v] = [x + dx, y + dy]
            if (u < 0 || v < 0 || u >= size || v >= size || open[v * size + u]) continue
            sum += filled[v * size + u]!
            count++
          }
        if (count > 0) {
          next[i] = sum / count
          still[i] = 0
        }
      }
    filled = next
    open = still
  }
  const soft = blur(filled, size, 2)
  return filled.map((v, i) => (labels[i]! > 0 ? soft[i]! : v))
}

/** The range of A_w: geometric, shared by every view of an image. */
export const weakRange = (config: Config): WarpRange => ({
  rotation: config.weakRotation,
  scale: config.weakScale,
  shift: config.weakShift,
  elastic: 0,
  flip: config.flip,
})

/** How many times a warp is drawn before one that cuts off a class is accepted without the shift. */
const tries = 8

/**
 * An augmented exemplar (I_e, Y_e): image and mask under one warp, then intensity. A warp under which a class keeps less than half of
 * the area it should have is drawn again, so every class of the exemplar stays in the picture.
 */
export function drawExemplar(data: TrainingData, random: Random, config: Config): LabeledImage {
  const { size, exemplar } = data
  const range: WarpRange = {
    rotation: config.exemplarRotation,
    scale: config.exemplarScale,
    shift: config.exemplarShift,
    elastic: config.elastic,
    flip: config.flip,
  }
  const before = areas(exemplar.labels, data.classes)
  for (let attempt = 1; ; attempt++) {
    const warp = drawWarp(random, size, attempt < tries ? range : { ...range, shift: 0, scale: 1 })
    const labels = warpLabels(exemplar.labels, size, warp)
    const after = areas(labels, data.classes)
    // Shrinking by 1/scale twice is wanted; what is lost beyond that is off the image.
    const least = 0.5 / range.scale ** 2
    if (attempt < tries && before.some((area, c) => c > 0 && area > 0 && after[c]! < Math.max(1, least * area))) continue
    const image = varyIntensity(warpImage(exemplar.image, size, warp), random, config.exemplarIntensity)
    return { image, labels, known: new Uint8Array(size * size).fill(1) }
  }
}

function areas(labels: Uint8Array, classes: number): number[] {
  const count = new Array<number>(classes).fill(0)
  for (const l of labels) count[l]!++
  return count
}

/** Widens a mask by `radius` pixels with a square element. */
function dilate(mask: Uint8Array, size: number, radius: number): Uint8Array {
  const across = new Uint8Array(mask.length)
  const out = new Uint8Array(mask.length)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (mask[y * size + x]) across.fill(1, y * size + Math.max(0, x - radius), y * size + Math.min(size, x + radius + 1))
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (across[y * size + x]) for (let v = Math.max(0, y - radius); v <= Math.min(size - 1, y + radius); v++) out[v * size + x] = 1
  return out
}

/**
 * A synthetic sample (I_s, Y_s) of D_S: the exemplar's structures with a soft rim of 3 pixels, all under one warp (nested anatomy must
 * not come apart), pasted on another background. Outside the rim the class is unknown, unless the background is the emptied exemplar or
 * the literal policy is asked for.
 */
export function drawSynthetic(data: TrainingData, random: Random, config: Config): LabeledImage {
  const { size } = data
  const paste = drawExemplar(data, random, config)
  const rim = dilate(
    paste.labels.map((l) => (l > 0 ? 1 : 0)),
    size,
    3,
  )
  const alpha = blur(Float32Array.from(rim), size, 1.5)
  const own = config.background === 'exemplar' || (config.background === 'mixed' && random.chance(0.5))
  const source = own ? data.emptied : data.unlabeled[random.integer(data.unlabeled.length)]!
  const background = warpImage(source, size, drawWarp(random, size, weakRange(config)))
  const image = paste.image.map((v, i) => alpha[i]! * v + (1 - alpha[i]!) * background[i]!)
  const known = own || config.outsideLabel === 'background' ? paste.known : rim
  return { image, labels: paste.labels, known }
}
