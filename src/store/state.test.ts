import { describe, expect, it } from 'vitest'
import { applyPreset, defaults, differing, makeConfig, nearestPreset, presetOf, presets, type Preset } from '../method/config'
import type { DatasetSummary, Event, PictureId } from '../worker/protocol'
import { addProblem, allowed, give, initial, reduce, unpicked, wouldForget, wouldLose, type State } from './state'

const idOf = (name: string): PictureId => `${name}/2/0/0`

const dataset = (names: string[]): DatasetSummary => ({
  sample: null,
  size: 1,
  classes: [],
  exemplars: [],
  values: [],
  hash: null,
  maskNotes: [],
  referenceNotes: [],
  modality: null,
  sources: [],
  pairs: null,
  identifiers: [],
  personal: { count: 0, examples: [] },
  proposedRegion: null,
  suggestion: null,
  unlabeled: names.map((name) => ({
    id: idOf(name),
    name,
    patient: name,
    width: 1,
    height: 1,
    spacing: null,
    hasReference: false,
    scoredAs: 'p',
    annotated: false,
    source: 's',
  })),
  further: { images: [], sources: [] },
  shapes: { single: [], solid: [] },
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

  it('shows all images while there is no mask and after a drawing, until a mask comes from a file or the sample', () => {
    const load = (from: 'file' | 'drawing' | null, sample: DatasetSummary['sample'] = null): Event => ({
      type: 'dataset',
      dataset: { ...dataset(['a']), sample, exemplars: from ? [{ from } as DatasetSummary['exemplars'][0]] : [] },
      config: defaults,
      run: 0,
    })
    const picking = (...events: Event[]) => after(...events).picking
    expect(picking(load(null))).toBe(true)
    expect(picking(load(null), load('drawing'))).toBe(true)
    expect(picking(load(null), load('drawing'), load('drawing'))).toBe(true)
    expect(picking(load(null), load('file'))).toBe(false)
    expect(picking(load(null), load('drawing'), load('file', 'Cardiac phantom'))).toBe(false)
    expect(picking(load('file'))).toBe(false)
    const opened = { ...after(load('file')), picking: true }
    expect(reduce(opened, load('file')).picking, 'opened by hand').toBe(true)
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
    expect(reduce(state, { type: 'continued', config: defaults, watched: null, run: 0 }).watched, 'of a run without a choice').toBe(
      idOf('a'),
    )
  })

  it('forgets loaded networks once another run begins without them', () => {
    const state = after(stateEvent(1, 'empty'), { type: 'loaded', file: 'weights.zip', run: 1 })
    expect(reduce(state, { type: 'dataset', dataset: dataset(['a']), config: defaults, run: 1 }).loaded).toBe('weights.zip')
    expect(reduce(state, { type: 'dataset', dataset: dataset(['a']), config: defaults, run: 2 }).loaded).toBeNull()
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

it('lists what a run waits for until it goes on, or another begins, and never twice', () => {
  const waits = (missing: number): Event => ({
    ...({ type: 'problem', kind: 'input', message: `"run.zip" needs ${missing} of 3 images.`, file: 'run.zip', waits: true } as const),
    run: 0,
  })
  const other: Event = { type: 'problem', kind: 'input', message: 'No.', file: null, run: 0 }
  const said = ({ problems }: State) => problems.map(({ message }) => message)
  const state = after(waits(3), other, waits(1))
  expect(said(state)).toEqual(['No.', '"run.zip" needs 1 of 3 images.'])
  expect(state.problems.map(({ id }) => id)).toEqual([2, 3])
  const ends: [Event, boolean][] = [
    [{ type: 'continued', config: defaults, watched: null, run: 0 }, true],
    [{ type: 'dataset', dataset: { ...dataset([]), sample: 'Cardiac phantom' }, config: defaults, run: 1 }, true],
    [{ type: 'dataset', dataset: dataset(['a']), config: defaults, run: 1 }, false],
    [stateEvent(0, 'running', 1), true],
    [stateEvent(0, 'ready'), false],
  ]
  for (const [event, isOver] of ends) expect(said(reduce(state, event))).toEqual(isOver ? ['No.'] : said(state))
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

  it('are listed once each, the last heard at the end, with keys that stay unique after one is dismissed', () => {
    let state = add(add(add(initial, 'one'), 'two'), 'one')
    expect(state.problems.map((p) => p.message)).toEqual(['two', 'one'])
    expect(state.problems[1]!.id, 'new to a dialog that was opened since').toBeGreaterThan(2)
    state = add({ ...state, problems: state.problems.slice(1) }, 'three')
    expect(new Set(state.problems.map((p) => p.id)).size).toBe(2)
  })
})

describe('presets', () => {
  it('are recognised, whatever the seed and the crop', () => {
    for (const name of Object.keys(presets) as Preset[]) {
      const config = applyPreset(name, makeConfig({ seed: 9, crop: 0.7, elastic: 0.1 }))
      expect(config).toMatchObject({ ...presets[name], seed: 9, crop: 0.7, elastic: defaults.elastic })
      expect(presetOf(config)).toBe(name)
    }
    expect(presetOf(makeConfig({ tau: 0.5 }))).toBeNull()
    const near = nearestPreset(makeConfig({ tau: 0.5, seed: 3 }, makeConfig(presets.Best)))
    expect(near).toEqual({ preset: 'Best', differing: { tau: makeConfig(presets.Best).tau } })
    expect(nearestPreset(makeConfig(presets.Paper)).differing).toEqual({})
  })

  it('differ from each other as their table says', () => {
    expect(differing(applyPreset('Balanced', defaults), defaults)).toEqual(presets.Balanced)
  })
})

describe('settings picked from the data', () => {
  const values = { windowWidth: 400, exemplarRotation: 15 }
  const loaded = (run: number, suggestion: DatasetSummary['suggestion']): Event => ({
    ...{ type: 'dataset', run, config: defaults },
    dataset: { ...dataset(['a']), suggestion },
  })
  const ct = (run: number) => loaded(run, { what: 'CT', values })

  it('come with the data and go with them', () => {
    // Its pictures come before it.
    const state = after({ type: 'thumbnails', run: 1, size: 1, pixels: [], labels: [], gone: [] }, ct(1))
    expect(differing(state.asked, defaults)).toEqual(values)
    expect(unpicked(state)).toEqual(defaults)
    // Told again, as after every change of a setting.
    expect(reduce(state, ct(2)).picked).toEqual(state.picked)
    const other = reduce(state, loaded(3, { what: 'CT', values: { windowWidth: 1500 } }))
    expect(differing(other.asked, defaults)).toEqual({ windowWidth: 1500 })
    expect(reduce(other, loaded(4, null))).toMatchObject({ asked: defaults, picked: { values: {}, replaced: {} } })
  })

  it('take no other value’s place', () => {
    const set = { ...initial, ...give(initial, { windowWidth: 0, tau: 0.5 }) }
    expect(differing(reduce(set, ct(1)).asked, defaults)).toEqual({ exemplarRotation: 15, tau: 0.5 })
    const changed = { ...after(ct(1)), ...give(after(ct(1)), { windowWidth: 300 }) }
    for (const state of [changed, reduce(changed, ct(2))]) {
      expect(differing(state.asked, defaults)).toEqual({ windowWidth: 300, exemplarRotation: 15 })
      expect(differing(unpicked(state), defaults)).toEqual({ windowWidth: 300 })
    }
    expect(differing(reduce(changed, loaded(3, null)).asked, defaults)).toEqual({ windowWidth: 300 })
  })

  it('change no run that has begun, nor one that is continued', () => {
    const begun = after(loaded(1, null), stateEvent(1, 'running', 5))
    expect(reduce(begun, ct(1)).asked).toEqual(defaults)
    const config = makeConfig({ tau: 0.5 })
    const continued = reduce(after(ct(2)), { type: 'continued', run: 2, config, watched: null })
    expect([continued.asked, reduce(continued, ct(3)).asked]).toEqual([config, config])
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
