import { rateText } from './learning-rate'

/** A setting as marks and JSON hold it. */
type Value = string | number | boolean

/** What happened to a run after so many steps, other than a fault. */
export type Mark =
  | { step: number; what: 'teaching' }
  | { step: number; what: 'stopped' }
  /** It goes on after a rest. */
  | { step: number; what: 'resumed' }
  /** Named by its id: what leaves the page may call it something else. */
  | { step: number; what: 'exemplar'; picture: string }
  | { step: number; what: 'removed'; picture: string }
  /** Taken out of the bank, and of those that are made later. */
  | { step: number; what: 'unbanked'; picture: string }
  /** It trains on to another last step. `learningRate` is that of the next step. */
  | { step: number; what: 'steps'; to: number; learningRate: number }
  /** Settings that can change in a run have from here on these values. */
  | { step: number; what: 'setting'; values: Record<string, Value> }

const valuesOf = (values: Record<string, Value>) =>
  Object.entries(values)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')

const pictureWords = {
  exemplar: 'was added as an exemplar',
  removed: 'is no longer an exemplar',
  unbanked: 'was taken out of the bank',
} as const

/** One sentence without its end. @param nameOf what a picture is called; it may be gone */
export function markWords(mark: Mark, nameOf: (picture: string) => string | undefined): string {
  const { step } = mark
  if (mark.what === 'teaching') return `Step ${step}: the networks begin to teach each other`
  if (mark.what === 'stopped') return `Step ${step}: stopped`
  if (mark.what === 'resumed') return `Step ${step}: resumed`
  if (mark.what === 'setting') return `Step ${step}: from here on ${valuesOf(mark.values)}`
  if (mark.what === 'steps') return `Step ${step}: trains on to step ${mark.to}, from a learning rate of ${rateText(mark.learningRate)} on`
  const name = nameOf(mark.picture)
  return `Step ${step}: ${name === undefined ? 'an image' : `"${name}"`} ${pictureWords[mark.what]}`
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
  resumed: 'Resumed',
  exemplar: 'New exemplar',
  removed: 'Exemplar removed',
  unbanked: 'Out of the bank',
  steps: 'More steps',
  setting: 'Setting',
} as const satisfies Record<Mark['what'], string>

/** What is said of a mark where there is little room. */
export const shortWords = (mark: Mark): string =>
  markNames[mark.what].toLowerCase() + (mark.what === 'setting' ? `: ${valuesOf(mark.values)}` : '')
