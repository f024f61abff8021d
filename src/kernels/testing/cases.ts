import { Random } from '../../lib/random'
import type { Values } from './values'

/** One call of an operation. */
export interface Case {
  inputs: Record<string, Values>
  attrs?: object
  /** Largest error of this case, if different from the operation's. */
  tolerance?: number
  /** Backends on which the composition of stock operations gives different results. */
  wrongStock?: string[]
  /** The values of the only output to compare, if not all. */
  compared?: boolean[]
}

/** How to compare an operation's kernels with its twin. Errors are relative to the largest value of an output, or to 1. */
export interface Cases {
  /** Draws case `i`; null if the draw is not a valid case. */
  draw: (random: Random, i: number) => Case | null
  /** Largest error of SIMD, 1e-5 by default, and of WGSL. */
  simd?: number
  wgsl?: number
  /** Largest error of SIMD and WGSL relative to the largest value of an output even if that is small. */
  ownScale?: number
  /** Largest error of values and gradients against the composition of stock operations, 1e-4 by default. */
  stock?: number
  /** The forms that its WGSL has, where an adapter is given those that suit it. */
  forms?: Forms
}

/** Several kernels for one operation. */
export interface Forms {
  all: readonly string[]
  /** Those that the open adapter uses. */
  inUse: () => string[]
  /** Calls `launch` with one of them in use. */
  within: <T>(form: string, launch: () => T) => T
}

/** A case, with what it is in words. */
export type DrawnCase = Case & { text: string }

/** Cases of an operation from number `first` on, always the same; fewer than `count` where a draw is not valid. */
export function casesFor(name: string, { draw }: Cases, count: number, first = 0): DrawnCase[] {
  return Array.from({ length: count }, (_, k) => first + k).flatMap((i) => {
    const drawn = draw(new Random(8, name, i), i)
    if (!drawn) return []
    const shapes = Object.entries(drawn.inputs).map(([input, { shape }]) => `${input} [${shape}]`)
    return [{ ...drawn, text: `case ${i} of ${name}: ${shapes.join(', ')} ${JSON.stringify(drawn.attrs ?? {})}` }]
  })
}
