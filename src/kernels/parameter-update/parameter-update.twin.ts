/** The values that change with each update, as a tensor of three: learning rate, 1 / (1 - beta1^t), 1 / sqrt(1 - beta2^t). */
export function scheduleOf(learningRate: number, t: number): Float32Array {
  return Float32Array.of(learningRate, 1 / (1 - beta1 ** t), 1 / Math.sqrt(1 - beta2 ** t))
}

export const beta1 = 0.9
export const beta2 = 0.999
export const epsilon = 1e-8

export interface AdamAttrs {
  weightDecay: number
}

type Arrays<N extends string> = Record<N, Float32Array>

/** Adam (Kingma and Ba, 2015) with coupled L2, as torch.optim.Adam. */
export function adam(
  { p, g, m, v, schedule: [learningRate, first, second] }: Arrays<'p' | 'g' | 'm' | 'v' | 'schedule'>,
  { pOut, mOut, vOut }: Arrays<'pOut' | 'mOut' | 'vOut'>,
  { weightDecay }: AdamAttrs,
): void {
  const size = learningRate! * first!
  for (let i = 0; i < p.length; i++) {
    const grad = g[i]! + weightDecay * p[i]!
    const mean = beta1 * m[i]! + (1 - beta1) * grad
    const square = beta2 * v[i]! + (1 - beta2) * grad * grad
    mOut[i] = mean
    vOut[i] = square
    pOut[i] = p[i]! - (size * mean) / (Math.sqrt(square) * second! + epsilon)
  }
}

export interface SgdAttrs {
  weightDecay: number
  momentum: number
}

/** SGD with momentum and coupled L2, as torch.optim.SGD. */
export function sgd(
  { p, g, m, schedule: [learningRate] }: Arrays<'p' | 'g' | 'm' | 'schedule'>,
  { pOut, mOut }: Arrays<'pOut' | 'mOut'>,
  { weightDecay, momentum }: SgdAttrs,
): void {
  for (let i = 0; i < p.length; i++) {
    const velocity = momentum * m[i]! + g[i]! + weightDecay * p[i]!
    mOut[i] = velocity
    pOut[i] = p[i]! - learningRate! * velocity
  }
}
