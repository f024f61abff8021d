import type * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Place, Simd } from './wasm/simd'

/** One value per input, by name; the optional inputs P may be missing. */
export type Inputs<I extends string, P extends string, T> = Record<I, T> & Partial<Record<P, T>>

export type Shapes<N extends string> = Record<N, number[]>

/** One call of a WGSL kernel, from a declaration's `wgsl`. Inputs may be int32 in memory; `launch` converts them. */
export interface WgslCall<I extends string, A extends object = object, P extends string = never> {
  inputs: Inputs<I, P, tf.TensorInfo>
  attrs: A
  backend: WebGPUBackend
}

/** The gradient of an operation with one output. Inputs not named in `by` are constants. */
export interface Gradient<I extends string, P extends string, O extends string, A extends object> {
  /** Inputs that have a gradient. */
  by: readonly NoInfer<I | P>[]
  /** Inputs and outputs kept until then. */
  keeps: readonly NoInfer<I | P | O>[]
  /**
   * @param dy gradient of the loss with respect to the output
   * @param kept the tensors in `keeps`; a missing optional input stays missing
   * @param wanted inputs whose gradients are needed
   * @param kernel the operation itself, if it is its own gradient
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
 * An operation: its inputs I and optional inputs P, its outputs O and outputs H that only its gradient reads, all float32 tensors,
 * and its attributes A; and how each backend computes it.
 */
export interface Declaration<I extends string, P extends string, O extends string, H extends string, A extends object> {
  /** The kernel's name in tfjs. */
  name: string
  inputs: readonly I[]
  optional?: readonly P[]
  /** Shapes of the outputs; exactly one if there is a gradient. */
  outputs: (shapes: Inputs<I, P, number[]>, attrs: A) => Shapes<O>
  /** Shapes of the extra outputs for its gradient. */
  hidden?: (shapes: Inputs<I, P, number[]>, attrs: A) => Shapes<H>
  /** Outputs that are the whole gradient of an input: that of a part of the flat parameters is written in place (shared-part.ts). */
  gradientsOf?: Partial<Record<NoInfer<O>, NoInfer<I>>>
  /**
   * The operation in plain TypeScript: the reference for testing the others, and the implementation on cpu, and on wasm without
   * SIMD. Output arrays arrive with undefined content and must be written completely.
   */
  twin: (inputs: Inputs<I, P, Float32Array>, outputs: Record<O | H, Float32Array>, shapes: Inputs<I, P, number[]>, attrs: A) => void
  /** On wasm, by the kernels of an *.assembly.ts. Returns false, without writing anything, for unsupported shapes. */
  simd?: (kernels: Simd, places: Inputs<I, P, Place> & Record<O | H, Place>, shapes: Inputs<I, P, number[]>, attrs: A) => boolean
  /** On WebGPU, by `launch`. */
  wgsl?: (call: WgslCall<I, A, P>) => Record<NoInfer<O | H>, tf.TensorInfo>
  /**
   * The same composed of tfjs operations, which have gradients: runs with the stock engine and wherever there is no kernel.
   * If missing, the kernel runs with either engine.
   */
  stock?: (inputs: Inputs<I, P, tf.Tensor>, attrs: A) => Record<NoInfer<O>, tf.Tensor>
  gradient?: Gradient<I, P, NoInfer<O | H>, A>
}

/** Shapes of all outputs of a call, in order: the caller's, then those for the gradient. */
export function outputShapes<I extends string, P extends string, O extends string, H extends string, A extends object>(
  { outputs, hidden }: Declaration<I, P, O, H, A>,
  shapes: Inputs<I, P, number[]>,
  attrs: A,
): [name: O | H, shape: number[]][] {
  return Object.entries({ ...outputs(shapes, attrs), ...hidden?.(shapes, attrs) }) as [O | H, number[]][]
}

/** Maps the values of a record. */
export const mapped = <T, U>(record: Record<string, T>, make: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]))
