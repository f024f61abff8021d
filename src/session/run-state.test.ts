import { expect, it } from 'vitest'
import { moved, type RunState } from './run-state'

const states: readonly RunState[] = ['empty', 'ready', 'running', 'paused', 'stopped', 'finished', 'failed']

it('starts from where a run can go on only, never without data', () => {
  const from = (to: RunState) =>
    states.filter((state) => {
      try {
        return moved(state, to) === to
      } catch {
        return false
      }
    })
  expect(from('running')).toEqual(['ready', 'paused', 'stopped'])
  expect(from('paused')).toEqual(['ready', 'running', 'paused', 'stopped', 'finished', 'failed'])
  expect(from('stopped')).toEqual(['ready', 'running', 'paused'])
  expect(from('finished')).toEqual(['ready', 'running', 'paused', 'stopped'])
  for (const always of ['ready', 'empty', 'failed'] as const) expect(from(always)).toEqual(states)
})

it('names an invalid transition', () => {
  expect(() => moved('empty', 'running')).toThrow('A run cannot go from empty to running.')
})
