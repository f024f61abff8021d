/** The terms of the loss as arrows: from whom to whom, in one sentence, by formula (docs/method.md, "One iteration"), and what they weigh now. */
import type { ReactNode } from 'react'
import { parameters, type Config, type Key, type Mark } from '../method/config'
import type { Network } from '../worker/protocol'
import { modelPart, otherOf, type Part } from './teaching-parts'

export type TermName = 'exemplar' | 'synthetic' | 'image' | 'feature'

/** One term of one network's loss. */
export interface TermArrow {
  term: TermName
  learner: Network
  /** Whose pseudo-label it learns from; null for the terms of labelled images. */
  teacher: Network | null
  from: readonly Part[]
  to: readonly Part[]
}

export const sameArrow = (a: TermArrow | null, b: TermArrow): boolean => a?.term === b.term && a.learner === b.learner

const supervised = (term: 'exemplar' | 'synthetic', learner: Network): TermArrow => ({
  ...{ term, learner, teacher: null },
  from: [term === 'exemplar' ? 'Exemplar' : 'Synthetic sample'],
  to: [modelPart(learner)],
})

export const supervisedArrows: Record<Network, readonly TermArrow[]> = {
  A: [supervised('exemplar', 'A'), supervised('synthetic', 'A')],
  B: [supervised('exemplar', 'B'), supervised('synthetic', 'B')],
}

/** What a network's pseudo-label teaches: the other network, or in the control experiment itself. */
export function taughtArrows(teacher: Network, way: Config['teacher']): readonly TermArrow[] {
  const learner = way === 'cross' ? otherOf(teacher) : teacher
  const from = [`Pseudo-label ${teacher}`, `Confidence mask ${teacher}`]
  return [
    { term: 'image', learner, teacher, from, to: [`Prediction ${learner}`] },
    { term: 'feature', learner, teacher, from, to: [`Perturbed features ${learner}`, `Dropped channels ${learner}`] },
  ]
}

interface TermFacts {
  symbol: ReactNode
  lambda: ReactNode
  weight: Key & `lambda${string}`
  /** The setting that switches it on, and where its form comes from (docs/method.md, "Losses"). */
  on: Key | null
  existence: Mark
  form: Mark
}

const L = (index: string) => (
  <i>
    L<sub>{index}</sub>
  </i>
)
const lambda = (index: string) => (
  <i>
    λ<sub>{index}</sub>
  </i>
)

export const terms: Record<TermName, TermFacts> = {
  exemplar: { symbol: L('E'), lambda: lambda('E'), weight: 'lambdaE', on: null, existence: 'confirmed', form: 'inferred' },
  synthetic: {
    ...{ symbol: L('S'), lambda: lambda('S'), weight: 'lambdaS', on: 'synthetic' },
    existence: parameters.synthetic.mark,
    form: 'inferred',
  },
  image: {
    ...{ symbol: L('ip'), lambda: lambda('ip'), weight: 'lambdaIp', on: 'imageTerm' },
    existence: parameters.imageTerm.mark,
    form: parameters.unsupervisedLoss.mark,
  },
  feature: {
    ...{ symbol: L('fp'), lambda: lambda('fp'), weight: 'lambdaFp', on: 'featureTerm' },
    existence: parameters.featureTerm.mark,
    form: parameters.unsupervisedLoss.mark,
  },
}

/** Whether a term belongs to the loss at all. */
export const isOn = ({ term }: TermArrow, config: Config): boolean => {
  const { on } = terms[term]
  return on === null || config[on] === true
}

/** What the term weighs in the loss with the ramp r(t). */
export const weightOf = ({ term, teacher }: TermArrow, config: Config, ramp: number): number =>
  config[terms[term].weight] * (teacher === null ? 1 : ramp)

/** Who teaches whom what, in a few words. */
export function arrowWords({ term, learner, teacher }: TermArrow): string {
  if (teacher === null) return `The ${term === 'exemplar' ? 'exemplar' : 'synthetic sample'} teaches ${learner}`
  return `${teacher} teaches ${teacher === learner ? 'itself' : learner} by the ${term} term`
}

/** The term in one sentence. */
export function sentenceOf({ term, learner, teacher }: TermArrow): string {
  if (term === 'exemplar') return `${learner} labels the warped exemplar and is corrected by its mask.`
  if (term === 'synthetic') return `${learner} labels the synthetic sample and is corrected by the pasted mask, where the label is known.`
  const lesson = `${teacher === learner ? 'its own' : `${teacher}’s`} pseudo-label of the weak view, where ${teacher === learner ? 'it' : teacher} is sure`
  return term === 'image'
    ? `${learner}’s prediction of the strong view is corrected by ${lesson}; CutMix’s box is swapped in the lesson too.`
    : `${learner}’s prediction from the weak view’s features, of which some channels are dropped, is corrected by ${lesson}.`
}

/** The same by symbols; k is the learner, j the teacher. */
export function Formula({ term, learner: k, teacher: j }: TermArrow) {
  const N = (
    <i>
      N<sub>{k}</sub>
    </i>
  )
  const labelled = (index: string) => (
    <>
      <i>
        L<sub>sup</sub>
      </i>
      ({N}(
      <i>
        I<sub>{index}</sub>
      </i>
      ),{' '}
      <i>
        Y<sub>{index}</sub>
      </i>
      )
    </>
  )
  const taught = (prediction: ReactNode, prime: string) => (
    <>
      <i>l</i>({prediction},{' '}
      <i>
        Ŷ{prime}
        <sub>{j}</sub>
      </i>
      ,{' '}
      <i>
        m{prime}
        <sub>{j}</sub>
      </i>
      )
    </>
  )
  const image = (
    <>
      {N}(
      <i>
        x<sub>s</sub>
      </i>
      )
    </>
  )
  const feature = (
    <i>
      h<sub>{k}</sub>(g(F<sub>{k}</sub>))
    </i>
  )
  return (
    <span className="formula">
      {terms[term].symbol}
      <sup>{k}</sup> ={' '}
      {term === 'exemplar'
        ? labelled('e')
        : term === 'synthetic'
          ? labelled('s')
          : term === 'image'
            ? taught(image, '′')
            : taught(feature, '')}
    </span>
  )
}
