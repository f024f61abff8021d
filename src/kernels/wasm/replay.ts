import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { Numbers, Replay, Run } from '../replay'
import { record, type Recording } from './recording'
import { floatsAt, placeOf } from './simd'

/** Repeats the jobs of SIMD kernels (recording.ts). */
export class WasmReplay<N extends Numbers> implements Replay<N> {
  private recorded: { key: string; numbers: N; dispose: (numbers: N) => void; recording: Recording } | null = null
  private waiting: Float32Array[] = []
  private readonly backend = tf.backend() as BackendWasm

  /** @param state tensors of the active backend, which must be wasm with SIMD, that each run overwrites; the caller still owns them */
  constructor(private readonly state: tf.Tensor[]) {}

  // Async, as an error is to be a rejection.
  async prepare(run: Run<N>): Promise<void> {
    this.record(run)
  }

  private record({ key, upload, dispose, launch }: Run<N>): void {
    if (this.recorded?.key === key) return
    const { backend } = this
    this.forget()
    const numbers = upload()
    try {
      const recording = record(backend, () => {
        const { state, scalars } = launch(numbers)
        // The optimiser, which makes the next state, reads each value before it writes the next one.
        return [...state.map((tensor, i) => ({ tensor, into: placeOf(backend, this.state[i]!).at })), { tensor: scalars }]
      })
      this.recorded = { key, numbers, dispose, recording }
    } catch (error) {
      dispose(numbers)
      throw error
    }
  }

  run(run: Run<N>): void {
    this.record(run)
    const { numbers, recording } = this.recorded!
    floatsAt(this.backend, placeOf(this.backend, numbers.flat)).set(run.values())
    recording.run()
    this.waiting.push(floatsAt(this.backend, recording.results.at(-1)!).slice())
  }

  read(): Promise<Float32Array[]> {
    return Promise.resolve(this.waiting.splice(0))
  }

  dispose(): void {
    this.forget()
  }

  private forget(): void {
    if (!this.recorded) return
    const { numbers, dispose, recording } = this.recorded
    dispose(numbers)
    recording.dispose()
    this.recorded = null
  }
}
