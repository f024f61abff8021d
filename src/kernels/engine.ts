/** Whose kernels run: ours, or those of TensorFlow.js as they come, the peer that ours are measured against. */
export type Engine = 'ours' | 'stock'

let current: Engine = 'ours'

/** Chooses between operations of ours and their compositions. `useEngine` of overrides/ does so and for the kernels of tfjs that are mended. */
export function setEngine(engine: Engine): void {
  current = engine
}

export const currentEngine = (): Engine => current

/** One function of two, by the engine at the time of each call. */
export const byEngine =
  <P extends unknown[], R>(functions: Record<Engine, (...args: P) => R>): ((...args: P) => R) =>
  (...args) =>
    functions[current](...args)
