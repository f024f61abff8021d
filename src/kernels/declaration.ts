import type * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Place, Simd } from './wasm/simd'

/** One thing for each input by name; the optional ones, P, may be missing. */
export type Inputs<I extends string, P extends string, T> = Record<I, T> & Partial<Record<P, T>>

export type Shapes<N extends string> = Record<N, number[]>

/** One call of a WGSL kernel, from a declaration's `wgsl`. Inputs may be int32 in memory; `launch` sees to it. */
export interface WgslCall<I extends string, A extends object = object, P extends string = never> {
  inputs: Inputs<I, P, tf.TensorInfo>
  attrs: A
  backend: WebGPUBackend
}

/** How an operation is differentiated by its only output. What is not named in `by` counts as constant. */
export interface Gradient<I extends string, P extends string, O extends string, A extends object> {
  /** Inputs that have a gradient. */
  by: readonly NoInfer<I | P>[]
  /** Inputs and outputs that are kept until then. */
  keeps: readonly NoInfer<I | P | O>[]
  /**
   * @param dy gradient of the loss by the output
   * @param kept what `keeps` names; absent where an optional input was
   * @param wanted inputs whose gradients are asked for; others need not be made
   * @param kernel the operation itself, for those that are their own gradient
   */
  of: (
    dy: tf.Tensor,
    kept: Record<I | O, tf.Tensor> & Partial<Record<P, tf.Tensor>>,
    attrs: A,
    wanted: ReadonlySet<I | P>,
    kernel: (inputs: Inputs<I, P, tf.Tensor>, attrs: A) => Record<O, tf.Tensor>,
  ) => Partial<Record<I | P, tf.Tensor>>
}

/**
 * What an operation is: its inputs I and optional inputs P, its outputs O and those H that only its gradient reads, all float32 tensors,
 * and its attributes A; and how each backend computes it.
 */
export interface Declaration<I extends string, P extends string, O extends string, H extends string, A extends object> {
  /** Under which tfjs knows the kernel. */
  name: string
  inputs: readonly I[]
  optional?: readonly P[]
  /** Shapes of the outputs. With a gradient there must be one. */
  outputs: (shapes: Inputs<I, P, number[]>, attrs: A) => Shapes<O>
  /** Shapes of what the kernel also makes, for its gradient. */
  hidden?: (shapes: Inputs<I, P, number[]>, attrs: A) => Shapes<H>
  /**
   * The operation in plain TypeScript: what the others are tested against, and the implementation on cpu, and on wasm where there is no
   * SIMD. Arrays of the outputs come with undefined content and must be written completely.
   */
  twin: (inputs: Inputs<I, P, Float32Array>, outputs: Record<O | H, Float32Array>, shapes: Inputs<I, P, number[]>, attrs: A) => void
  /** On wasm, by the kernels of an *.assembly.ts. Returns false, with nothing written, for shapes that it does not take. */
  simd?: (kernels: Simd, places: Inputs<I, P, Place> & Record<O | H, Place>, shapes: Inputs<I, P, number[]>, attrs: A) => boolean
  /** On WebGPU, by `launch`. */
  wgsl?: (call: WgslCall<I, A, P>) => Record<NoInfer<O | H>, tf.TensorInfo>
  /**
   * The same composed of operations of tfjs, which bring their own gradient: what runs with the stock engine and where there is no kernel.
   * Without it the kernel runs with either engine.
   */
  stock?: (inputs: Inputs<I, P, tf.Tensor>, attrs: A) => Record<NoInfer<O>, tf.Tensor>
  gradient?: Gradient<I, P, NoInfer<O | H>, A>
}

/** Shapes of all outputs of a call in their order: those that a caller gets, then those for the gradient. */
export function outputShapes<I extends string, P extends string, O extends string, H extends string, A extends object>(
  { outputs, hidden }: Declaration<I, P, O, H, A>,
  shapes: Inputs<I, P, number[]>,
  attrs: A,
): [name: O | H, shape: number[]][] {
  return Object.entries({ ...outputs(shapes, attrs), ...hidden?.(shapes, attrs) }) as [O | H, number[]][]
}

/** A record of what `make` makes of each value. */
export const mapped = <T, U>(record: Record<string, T>, make: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]))
