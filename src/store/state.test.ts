import { describe, expect, it } from 'vitest'
import { defaults, makeConfig, presets } from '../method/config'
import type { DatasetSummary, Event } from '../worker/protocol'
import { addProblem, allowed, applyPreset, differing, initial, presetOf, reduce, type State } from './state'

const dataset = (names: string[]): DatasetSummary => ({
  sample: null,
  size: 1,
  classes: [],
  exemplars: [],
  values: [],
  sources: [],
  proposedRegion: null,
  unlabeled: names.map((name) => ({
    name,
    pixels: new Uint8Array(1),
    patient: name,
    width: 1,
    height: 1,
    spacing: null,
    hasReference: false,
    annotated: false,
    source: 's',
  })),
  references: 0,
  missing: [],
})

const stateEvent = (run: number, state: Extract<Event, { type: 'state' }>['state'], step = 0): Event => ({
  type: 'state',
  state,
  step,
  steps: 600,
  stepsPerSecond: 2,
  secondsLeft: 10,
  run,
})

const after = (...events: Event[]) => events.reduce<State>(reduce, initial)

describe('reduce', () => {
  it('takes the events of the newest run and drops those of older ones', () => {
    const state = after(stateEvent(1, 'running', 5), stateEvent(2, 'ready'))
    expect(reduce(state, stateEvent(1, 'running', 6))).toBe(state)
    expect(reduce(state, { type: 'problem', kind: 'run', message: 'old', file: null, run: 1 })).toBe(state)
    expect(state).toMatchObject({ run: 2, status: { state: 'ready', step: 0 } })
  })

  it('does not change the state it is given', () => {
    const frozen = Object.freeze({ ...initial, problems: Object.freeze([]) as unknown as State['problems'] })
    expect(reduce(frozen, { type: 'problem', kind: 'input', message: 'm', file: 'a.png', run: 0 }).problems).toHaveLength(1)
  })

  it('keeps what was asked for apart from what runs', () => {
    const asked = makeConfig({ size: 128 })
    const state = reduce({ ...initial, asked }, { type: 'dataset', dataset: dataset(['a']), config: defaults, run: 0 })
    expect(state.asked.size).toBe(128)
    expect(state.running!.size).toBe(64)
  })

  it('keeps the watched image while there is one of that number', () => {
    const load = (names: string[], run: number): Event => ({ type: 'dataset', dataset: dataset(names), config: defaults, run })
    const state = { ...after(load(['a', 'b'], 0)), watched: 1 }
    expect(reduce(state, load(['a', 'b'], 1)).watched).toBe(1)
    expect(reduce(state, load(['c'], 1)).watched).toBe(0)
  })

  it('waits no longer for an image that cannot be opened, and leaves an open one', () => {
    const opening = { purpose: 'annotate', of: 'pile', index: 0 } as const
    const problem: Event = { type: 'problem', kind: 'input', message: 'm', file: null, run: 0 }
    expect(reduce({ ...initial, opening }, problem).opening).toBeNull()
    const opened = { type: 'picture', of: 'pile', index: 0 } as NonNullable<State['opened']>
    expect(reduce({ ...initial, opening, opened }, problem)).toMatchObject({ opening, opened })
  })

  it('ends waiting when the session answers, well or badly', () => {
    const waiting: State = { ...initial, loading: true, exporting: 'run' }
    const problem = reduce(waiting, { type: 'problem', kind: 'input', message: 'm', file: null, run: 0 })
    expect(problem).toMatchObject({ loading: false, exporting: null })
    const exported = reduce(waiting, { type: 'exported', what: 'run', name: 'run.zip', bytes: new Uint8Array(7), run: 0 })
    expect(exported).toMatchObject({ exporting: null, saved: { name: 'run.zip', bytes: 7 } })
  })
})

describe('problems', () => {
  const add = (state: State, message: string) => addProblem(state, { kind: 'input', message, file: 'a.png' })

  it('are listed once each, in order, with keys that stay unique after one is dismissed', () => {
    let state = add(add(add(initial, 'one'), 'two'), 'one')
    expect(state.problems.map((p) => p.message)).toEqual(['one', 'two'])
    state = add({ ...state, problems: state.problems.slice(1) }, 'three')
    expect(new Set(state.problems.map((p) => p.id)).size).toBe(2)
  })
})

describe('presets', () => {
  it('are recognised, whatever the seed and the crop', () => {
    for (const name of ['Quick', 'Balanced', 'Full'] as const) {
      const config = applyPreset(name, makeConfig({ seed: 9, crop: 0.7, tau: 0.5 }))
      expect(config).toMatchObject({ ...presets[name], seed: 9, crop: 0.7, tau: defaults.tau })
      expect(presetOf(config)).toBe(name)
    }
    expect(presetOf(makeConfig({ tau: 0.5 }))).toBeNull()
  })

  it('differ from each other by what their table says', () => {
    expect(differing(applyPreset('Balanced', defaults), defaults)).toEqual(presets.Balanced)
  })
})

describe('allowed', () => {
  const names = (state: State['status']['state'], step: number) =>
    Object.entries(allowed({ status: { ...initial.status, state, step } }))
      .filter(([, can]) => can)
      .map(([name]) => name)

  it('follows the state machine', () => {
    expect(names('starting', 0)).toEqual([])
    expect(names('empty', 0)).toEqual(['configure', 'load'])
    expect(names('ready', 0)).toEqual(['start', 'step', 'configure', 'load'])
    expect(names('running', 0)).toEqual(['pause', 'stop', 'reset'])
    expect(names('running', 3)).toEqual(['pause', 'stop', 'reset', 'export'])
    expect(names('paused', 3)).toEqual(['resume', 'step', 'stop', 'reset', 'load', 'export'])
    expect(names('finished', 3)).toEqual(['reset', 'load', 'export'])
  })
})
