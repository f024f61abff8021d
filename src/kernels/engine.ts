/** Whose kernels run: ours, or the stock ones of TensorFlow.js, which ours are measured against. */
export type Engine = 'ours' | 'stock'

let current: Engine = 'ours'

/** Chooses between our operations and their compositions. `useEngine` in overrides/ also switches the corrected kernels of tfjs. */
export function setEngine(engine: Engine): void {
  current = engine
}

export const currentEngine = (): Engine => current

/** Picks one of two functions at each call, by the current engine. */
export const byEngine =
  <P extends unknown[], R>(functions: Record<Engine, (...args: P) => R>): ((...args: P) => R) =>
  (...args) =>
    functions[current](...args)
