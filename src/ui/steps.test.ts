import { expect, it } from 'vitest'
import type { State } from '../store/state'
import { initial } from '../store/state'
import type { DatasetSummary } from '../worker/protocol'
import { stepsOf } from './steps'

const dataset = (exemplars: number, unlabeled: number, ...missing: string[]) =>
  ({ exemplars: Array.from({ length: exemplars }), unlabeled: Array.from({ length: unlabeled }), missing }) as unknown as DatasetSummary

const complete = dataset(1, 47)

/** What each step says, the next one in brackets. */
function said(state: State['status']['state'], step: number, data: DatasetSummary | null, masks = 0, reading = false) {
  const steps = stepsOf({ status: { ...initial.status, state, step }, dataset: data }, { masks, reading })
  return steps.map((one) => (one.state === 'next' ? `[${one.said}]` : one.said))
}

it('lead from images to a mask, to a run, to its results', () => {
  expect(said('starting', 0, null)).toEqual(['[loading the sample]', 'after that', 'masks will be here'])
  expect(said('empty', 0, dataset(0, 0, 'an exemplar image'))).toEqual(['[needs an exemplar image]', 'after that', 'masks will be here'])
  expect(said('empty', 0, dataset(0, 37, 'an exemplar image', 'an exemplar mask'))[0]).toBe('[37 images, no mask yet]')
  expect(said('ready', 0, complete)).toEqual(['1 exemplar, 47 images', '[press Start]', 'masks will be here'])
  expect(said('running', 20, complete, 47).slice(1)).toEqual(['[under way]', '47 masks to look at'])
  expect(said('paused', 1200, complete, 47)[1]).toBe('[paused at step 1,200]')
  expect(said('finished', 30, complete).slice(1)).toEqual(['finished at step 30', '[masks are coming]'])
  expect(said('finished', 30, complete, 47).slice(1)).toEqual(['finished at step 30', '[47 masks to look at]'])
})

it('say of files that were given early that they wait', () => {
  expect(said('starting', 0, null, 0, true)[0]).toBe('[waiting for the engine]')
  expect(said('ready', 0, complete, 0, true)[0]).toBe('reading files')
})
