/** Whose kernels run: ours, or those of TensorFlow.js as they come, the peer that ours are measured against. */
export type Engine = 'ours' | 'stock'

let current: Engine = 'ours'

/**
 * Chooses between our operations and their compositions of plain tfjs ops. It does not touch kernels that replace one of tfjs under its own
 * name; `useEngine` of session/backend.ts does both.
 */
export function setEngine(engine: Engine): void {
  current = engine
}

export const currentEngine = (): Engine => current
