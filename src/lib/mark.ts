import { rateText } from './learning-rate'

/** What happened to a run after so many steps, other than a fault. */
export type Mark =
  | { step: number; what: 'teaching' }
  | { step: number; what: 'stopped' }
  /** Named by its id: what leaves the page may call it something else. */
  | { step: number; what: 'exemplar'; picture: string }
  /** It trains on to another last step. `learningRate` is that of the next step. */
  | { step: number; what: 'steps'; to: number; learningRate: number }

/** One sentence without its end. @param nameOf what a picture is called; it may be gone */
export function markWords(mark: Mark, nameOf: (picture: string) => string | undefined): string {
  const { step } = mark
  if (mark.what === 'teaching') return `Step ${step}: the networks begin to teach each other`
  if (mark.what === 'stopped') return `Step ${step}: stopped`
  if (mark.what === 'steps') return `Step ${step}: trains on to step ${mark.to}, from a learning rate of ${rateText(mark.learningRate)} on`
  const name = nameOf(mark.picture)
  return `Step ${step}: ${name === undefined ? 'an exemplar' : `"${name}"`} was added as an exemplar`
}

/** What a run of these marks is that rests after so many of its steps. */
export function restOf(step: number, steps: number, marks: readonly Mark[]): 'paused' | 'stopped' | 'finished' {
  if (step >= steps) return 'finished'
  const last = marks.at(-1)
  return last?.what === 'stopped' && last.step === step ? 'stopped' : 'paused'
}

/** Marks in a word or two. */
export const markNames = {
  teaching: 'Teaching begins',
  stopped: 'Stopped',
  exemplar: 'New exemplar',
  steps: 'More steps',
} as const satisfies Record<Mark['what'], string>
