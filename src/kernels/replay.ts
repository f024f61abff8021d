import type * as tf from '@tensorflow/tfjs-core'

/** Numbers that differ from run to run, on the backend: `flat` holds all of them, and the rest are parts of it. */
export interface Numbers {
  flat: tf.Tensor1D
}

/** One run of a repeated operation on the same state. */
export interface Run<N extends Numbers> {
  /** What the operations depend on besides the state's shapes: if it equals the last run's key, those recorded are repeated. */
  key: string
  /** Values of `flat`. */
  values: () => Float32Array
  /** Sends the numbers to the backend, for a new recording. */
  upload: () => N
  dispose: (numbers: N) => void
  /** Other tensors that `launch` reads. */
  reads: tf.Tensor[]
  /** The operations: the next state, in the order of the state, and values to be read later. */
  launch: (numbers: N) => { state: tf.Tensor[]; scalars: tf.Tensor1D }
}

/** Repeats operations, recorded once, on a state that stays in the same memory and is overwritten by each run. */
export interface Replay<N extends Numbers> {
  /**
   * Records a run that is to come, if it is new, without running it.
   * @throws MemoryError if the backend has not the memory; nothing is left then
   */
  prepare(run: Run<N>): Promise<void>
  run(run: Run<N>): void
  /** The scalars of each run since the last call, in order. Waits for the backend. */
  read(): Promise<Float32Array[]>
  dispose(): void
}
