import { describe, expect, it } from 'vitest'
import { defaults, makeConfig, presets } from '../method/config'
import type { DatasetSummary, Event, PictureId } from '../worker/protocol'
import { addProblem, allowed, applyPreset, differing, initial, presetOf, reduce, wouldForget, wouldLose, type State } from './state'

const idOf = (name: string): PictureId => `${name}/2/0/0`

const dataset = (names: string[]): DatasetSummary => ({
  sample: null,
  size: 1,
  classes: [],
  exemplars: [],
  values: [],
  maskNotes: [],
  referenceNotes: [],
  modality: null,
  sources: [],
  pairs: null,
  identifiers: [],
  personal: { count: 0, examples: [] },
  proposedRegion: null,
  unlabeled: names.map((name) => ({
    id: idOf(name),
    name,
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

  it('keeps requested settings apart from those in use', () => {
    const asked = makeConfig({ size: 128 })
    const state = reduce({ ...initial, asked }, { type: 'dataset', dataset: dataset(['a']), config: defaults, run: 0 })
    expect(state.asked.size).toBe(128)
    expect(state.running!.size).toBe(64)
  })

  it('keeps the watched image while it exists, and takes the first otherwise', () => {
    const load = (names: string[], run: number): Event => ({ type: 'dataset', dataset: dataset(names), config: defaults, run })
    const state = { ...after(load(['a', 'b'], 0)), watched: idOf('b') }
    expect(reduce(state, load(['b', 'c'], 1)).watched).toBe(idOf('b'))
    expect(reduce(state, load(['c'], 1)).watched).toBe(idOf('c'))
    expect(reduce(state, load([], 1)).watched).toBeNull()
  })

  it('takes the new name of one class and leaves everything else', () => {
    const info = { index: 1, name: 'Liver', color: '#e69f00', value: '1', pixels: 3 }
    const state = after({
      type: 'dataset',
      dataset: { ...dataset(['a']), classes: [{ ...info, index: 0 }, info] },
      config: defaults,
      run: 0,
    })
    const renamed = reduce(state, { type: 'class', info: { ...info, name: 'Spleen' }, run: 0 })
    expect(renamed.dataset!.classes.map(({ name }) => name)).toEqual(['Liver', 'Spleen'])
    expect(renamed.dataset!.unlabeled).toBe(state.dataset!.unlabeled)
  })

  it('keeps the progress of reading and exporting apart, and a problem ends neither', () => {
    const state = after(
      { type: 'progress', what: 'read', done: 1, of: 2, run: 0 },
      { type: 'progress', what: 'export', done: 3, of: 4, run: 0 },
      { type: 'problem', kind: 'input', message: 'm', file: null, run: 0 },
    )
    expect(state.progress).toEqual({ read: { done: 1, of: 2 }, export: { done: 3, of: 4 }, bank: null })
  })
})

describe('what would be lost', () => {
  const at = (state: 'running' | 'paused' | 'stopped' | 'finished', step: number): State['status'] => ({ ...initial.status, state, step })
  const own = dataset(['a'])
  const sample = { ...own, sample: 'Cardiac phantom' } as const
  const saved = (what: 'run' | 'masks', step: number): State['saved'] => ({ name: 'x.zip', bytes: 1, what, step })
  const kept = (step: number) => ({ runs: [{ id: 'r', states: [{ step }] }] as unknown as State['runs'], present: 'r' })

  it('is a run that goes on, and one on the user’s images that is not exported as it is', () => {
    expect(wouldLose({ ...initial, status: at('running', 0), dataset: sample })).toBe(true)
    expect(wouldLose({ ...initial, status: at('paused', 9), dataset: sample })).toBe(false)
    expect(wouldLose({ ...initial, status: at('paused', 0), dataset: own })).toBe(false)
    for (const state of ['paused', 'stopped', 'finished'] as const) {
      const status = at(state, 9)
      expect(wouldLose({ ...initial, status, dataset: own })).toBe(true)
      expect(wouldLose({ ...initial, status, dataset: own, saved: saved('masks', 9) })).toBe(true)
      expect(wouldLose({ ...initial, status, dataset: own, saved: saved('run', 8) })).toBe(true)
      expect(wouldLose({ ...initial, status, dataset: own, saved: saved('run', 9) })).toBe(false)
    }
  })

  it('is not a run at rest that the browser keeps as it is, if it has promised to', () => {
    const state = { ...initial, status: at('paused', 9), dataset: own }
    expect(wouldLose({ ...state, ...kept(9) })).toBe(true)
    expect(wouldLose({ ...state, ...kept(9), persisted: true })).toBe(false)
    expect(wouldLose({ ...state, ...kept(8), persisted: true })).toBe(true)
    expect(wouldLose({ ...state, ...kept(9), present: null, persisted: true })).toBe(true)
    expect(wouldLose({ ...state, ...kept(9), status: at('running', 9), persisted: true })).toBe(true)
  })

  it('by Reset is only what was learnt from the user’s images', () => {
    expect(wouldForget({ ...initial, status: at('running', 9), dataset: sample })).toBe(false)
    expect(wouldForget({ ...initial, status: at('running', 9), dataset: own })).toBe(true)
    expect(wouldForget({ ...initial, status: at('finished', 9), dataset: own, saved: saved('run', 9) })).toBe(false)
  })
})

describe('problems', () => {
  it('are counted where there are too many to list, but what is not about a file is always listed', () => {
    const bad = (i: number) => ({ kind: 'input', message: `f${i} is damaged.`, file: `f${i}` }) as const
    let state: State = initial
    for (let i = 0; i < 2000; i++) state = addProblem(state, bad(i))
    expect(state.problems.map(({ file }) => file)).toEqual(Array.from({ length: 50 }, (_, i) => `f${i}`))
    expect(state.unlisted).toBe(1950)
    const lost = { kind: 'backend', message: 'The GPU is lost.', file: null } as const
    state = addProblem(addProblem(state, lost), lost)
    expect(state.problems).toHaveLength(50)
    expect(state.problems.at(-1)).toMatchObject(lost)
    expect(state.problems[0]!.file).toBe('f1')
    expect(new Set(state.problems.map(({ id }) => id)).size).toBe(50)
    expect(state.unlisted).toBe(1951)
  })

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

  it('differ from each other as their table says', () => {
    expect(differing(applyPreset('Balanced', defaults), defaults)).toEqual(presets.Balanced)
  })
})

describe('allowed', () => {
  const names = (state: State['status']['state'], step: number) =>
    Object.entries(allowed({ status: { ...initial.status, state, step } }))
      .filter(([, can]) => can)
      .map(([name]) => name)

  it('follows the state machine', () => {
    expect(names('starting', 0)).toEqual(['load'])
    expect(names('empty', 0)).toEqual(['configure', 'load'])
    expect(names('ready', 0)).toEqual(['start', 'step', 'configure', 'load'])
    expect(names('running', 0)).toEqual(['pause', 'stop', 'reset'])
    expect(names('running', 3)).toEqual(['pause', 'stop', 'reset', 'export'])
    expect(names('paused', 3)).toEqual(['resume', 'step', 'stop', 'trainOn', 'reset', 'load', 'export'])
    expect(names('stopped', 3)).toEqual(['resume', 'step', 'trainOn', 'reset', 'load', 'export'])
    expect(names('finished', 3)).toEqual(['trainOn', 'reset', 'load', 'export'])
  })
})
