/**
 * The losses of a batch of logits [M B, H, W, C] against a class per pixel [M B, H, W], -1 for pixels to ignore. The B images
 * of each model form consecutive groups, each with its own loss:
 *
 *     crossEntropy * sum(w v CE) / norm  +  dice * mean_c (1 - (2 sum(w P t) + e) / (sum(w P^2) + sum(w t) + e)),   e = 1e-5
 *
 * P = softmax(logits), t one-hot, w = 0 where the target is -1, else 1; v = n^-balance for a pixel of a class that n pixels of the group have;
 * sums over all pixels of the group; norm = max(1, sum(w v)), or all pixels when `overAll`. Only the logits have a gradient: targets are constants of the step, so what one model teaches the other is never
 * differentiated.
 */
export interface LossForm {
  crossEntropy: number
  dice: number
  overAll: boolean
  /** 0..1: with 0 each pixel counts alike in the cross-entropy, with 1 each class. */
  balance: number
}

/** A group's images in each model's batch, and their loss. */
export interface LossGroup {
  images: number
  form: LossForm
}
export interface LossAttrs {
  models: number
  groups: LossGroup[]
}
export const smooth = 1e-5

/** What a pixel counts in the cross-entropy, of a class that `count` pixels have; without such pixels it is no matter. */
const pixelWeight = (count: number, { balance }: LossForm): number => Math.max(1, count) ** -balance

/** Twin: the loss of pixels [start, end), and its gradient by their logits in the same call (both need P). */
export function groupLoss(
  logits: Float32Array,
  target: Float32Array,
  dLogits: Float32Array,
  start: number,
  end: number,
  C: number,
  form: LossForm,
): number {
  const both = new Float64Array(C) // sum w P t
  const squares = new Float64Array(C) // sum w P^2
  const truth = new Float64Array(C) // sum w t
  const errors = new Float64Array(C) // sum w t CE
  for (let i = start; i < end; i++) {
    const at = i * C
    const t = target[i]!
    if (t < 0) {
      dLogits.fill(0, at, at + C)
      continue
    }
    let top = logits[at]!
    for (let c = 1; c < C; c++) if (logits[at + c]! > top) top = logits[at + c]!
    let sum = 0
    for (let c = 0; c < C; c++) sum += dLogits[at + c] = Math.exp(logits[at + c]! - top)
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]! / sum
      dLogits[at + c] = P
      squares[c]! += P * P
    }
    errors[t]! += Math.log(sum) + top - logits[at + t]!
    both[t]! += dLogits[at + t]!
    truth[t]!++
  }
  const weights = truth.map((count) => pixelWeight(count, form))
  const weighted = (sums: Float64Array) => sums.reduce((all, sum, c) => all + weights[c]! * sum, 0)
  const norm = form.overAll ? end - start : Math.max(1, weighted(truth))
  let diceLoss = 0
  const a = new Float64Array(C) // d loss / d P = a t + b P
  const b = new Float64Array(C)
  for (let c = 0; c < C; c++) {
    const above = 2 * both[c]! + smooth
    const below = squares[c]! + truth[c]! + smooth
    diceLoss += (1 - above / below) / C
    a[c] = (-2 / below / C) * form.dice
    b[c] = ((2 * above) / (below * below) / C) * form.dice
  }
  const k = form.crossEntropy / norm
  for (let i = start; i < end; i++) {
    const at = i * C
    const t = target[i]!
    if (t < 0) continue
    let mean = 0
    for (let c = 0; c < C; c++) mean += dLogits[at + c]! * (b[c]! * dLogits[at + c]! + (c === t ? a[c]! : 0))
    const own = k * weights[t]!
    for (let c = 0; c < C; c++) {
      const P = dLogits[at + c]!
      const dP = b[c]! * P + (c === t ? a[c]! : 0)
      dLogits[at + c] = P * (dP - mean) + own * (P - (c === t ? 1 : 0))
    }
  }
  return (form.crossEntropy * weighted(errors)) / norm + form.dice * diceLoss
}

/** Calls `use` for each model and group with its overall number and its images, [first, last). */
export function eachGroup({ models, groups }: LossAttrs, use: (g: number, first: number, last: number, form: LossForm) => void): void {
  let first = 0
  for (let m = 0, g = 0; m < models; m++)
    for (const { images, form } of groups) {
      use(g++, first, first + images, form)
      first += images
    }
}
