/** A run that went on by itself after a fault, from a state that it had kept. */
export interface Recovery {
  /** Steps of that state. */
  step: number
  /** Steps that had been taken: those between are taken again. */
  reached: number
  /** The loss exploded, what computes was lost, or the worker died. */
  why: 'loss' | 'backend' | 'worker'
  /** The setting as it holds from there on, instead of the run's own. */
  learningRate: number
}

const causes = { loss: 'the loss exploded', backend: 'the backend was lost', worker: 'the worker died' }

/** One sentence without its end. */
export const recoveryWords = ({ step, reached, why, learningRate }: Recovery): string =>
  `Recovered at step ${step}: ${causes[why]} at step ${reached}` +
  (why === 'loss' ? `; learning rate ${Number(learningRate.toPrecision(6))} from there on` : '')
