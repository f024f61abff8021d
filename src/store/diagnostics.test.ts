import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaults } from '../method/config'
import type { DatasetSummary, Problem } from '../worker/protocol'
import { diagnosticsOf, type Machine } from './diagnostics'
import { addProblem, initial, mostProblems, reduce, type State } from './state'

const machine: Machine = {
  ...{ browser: 'Test/1', language: 'en', processors: 2, memoryGiB: 8, secure: true, isolated: true, online: true, serviceWorker: false },
  ...{ hidden: false, threads: 2, storage: { usage: 1, quota: 2, persisted: null } },
  adapter: { info: { vendor: 'maker' }, limits: { maxBufferSize: 4 }, features: ['shader-f16'] },
}

const parsed = (state: State) => JSON.parse(diagnosticsOf(state, machine)) as Record<string, never> & { errors: Problem[] }

test('without an engine it says what the browser knows, and why there is none', () => {
  const failed = addProblem(initial, { kind: 'backend', message: 'There is no adapter; choose wasm.', file: null })
  expect(parsed(failed)).toMatchObject({
    version: '0.1.0',
    machine,
    backend: 'none: the engine has not started',
    run: { state: 'starting' },
    data: null,
    settings: {},
    errors: [{ kind: 'backend', message: 'There is no adapter; choose wasm.' }],
  })
})

test('settings are those that differ, and errors stay when they are dismissed, up to twenty', () => {
  let state: State = { ...initial, asked: { ...defaults, seed: 7 } }
  for (let i = 0; i < 2 * mostProblems; i++) state = addProblem(state, { kind: 'run', message: `Number ${i}.`, file: null })
  const { errors, settings } = parsed({ ...state, problems: [] })
  expect(errors.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, i) => `Number ${i + 80}.`))
  expect(settings).toEqual({ seed: 7 })
})

/** Text that stands nowhere else. */
const secret = fc.string({ minLength: 4, maxLength: 12 }).map((text) => `Zq${text.replace(/^\s|\s$/g, '_')}Zq`)
const fileName = fc.tuple(secret, fc.constantFrom('.png', '.nii.gz', '.dcm', '', '/IM 1.dcm')).map(([own, ending]) => own + ending)

const summary = (names: string[], patient: string, values: string[], classes: string[]): DatasetSummary => ({
  ...{
    sample: null,
    size: 64,
    hash: '0123456789abcdef',
    values: [],
    maskNotes: [],
    referenceNotes: [],
    modality: null,
    proposedRegion: null,
    suggestion: null,
    further: { images: [], sources: [] },
    shapes: { single: [], solid: [] },
    references: 1,
    missing: [],
  },
  classes: classes.map((name, index) => ({ index, name, color: '#000000', value: String(index), pixels: 1 })),
  exemplars: [{ id: 'x/2/0/0', name: names[0]!, width: 1, height: 1, spacing: null, shows: [], from: 'file' }],
  sources: names.map((name, i) => ({
    ...{
      id: `id${i}`,
      name,
      kind: 'png',
      patient,
      size: [4, 4, 1, 1],
      spacing: null,
      orientation: null,
      modality: null,
      notes: [],
      axis: 2,
    },
    ...{ planes: [], frameMeans: 'time', frame: null, every: 1, images: 1 },
  })),
  pairs: { images: [], masks: [{ id: 'm', name: names[0]!, image: null, why: null, candidates: [], grids: [] }], undo: names[0]! },
  identifiers: [{ tag: '00100010', name: "Patient's Name", values, more: 0, written: 'asked' }],
  personal: { count: 1, examples: [{ name: names[0]!, why: 'has a date' }] },
  unlabeled: names.map((name) => ({
    ...{
      id: 'x/2/0/0',
      name,
      patient,
      width: 1,
      height: 1,
      spacing: null,
      hasReference: false,
      scoredAs: patient,
      annotated: false,
      source: 's',
    },
  })),
})

/** Sentences of the session, about files that are loaded and files that are not. */
const sentences: ((name: string, other: string) => string)[] = [
  (name) => `"${name}" is a damaged PNG; save it again from the program that made it.`,
  (name, other) => `The mask "${name}" is 3 x 3 pixels, but its image "${other}" is 4 x 4; give a mask of the same size and place.`,
  (name, other) => `"run.zip" needs 2 of 61 images: ${name}, ${other}; give these, in any order, to continue at step 20.`,
  (name) => `"${name}" cannot be read (NotFoundError: A requested file ${name} could not be found); give it again.`,
  (name) => `This failed: no memory for ${name}. The run is not affected; try again.`,
]

test('no name of a file, class or patient is in it, whatever they are and wherever they stand', () => {
  const given = fc.record({
    names: fc.array(fileName, { minLength: 2, maxLength: 5 }),
    patient: secret,
    values: fc.array(secret, { maxLength: 3 }),
    classes: fc.array(secret, { maxLength: 3 }),
    failed: fileName,
    sentence: fc.nat(sentences.length - 1),
  })
  fc.assert(
    fc.property(given, ({ names, patient, values, classes, failed, sentence }) => {
      const dataset = summary(names, patient, values, classes)
      let state = reduce({ ...initial, run: 0 }, { type: 'dataset', run: 0, dataset, config: defaults })
      // Of a file that could not be loaded, only its problem knows the name.
      state = addProblem(state, { kind: 'input', message: sentences[sentence]!(failed, names[1]!), file: failed })
      state = addProblem(state, { kind: 'input', message: sentences[sentence]!(names[0]!, names[1]!), file: null })
      const text = diagnosticsOf(state, machine)
      for (const part of [...names, patient, ...values, ...classes, failed]) expect(text).not.toContain(part.split('/')[0]!)
      expect(text).not.toContain('Zq')
      expect(parsed(state)).toMatchObject({ data: { images: names.length, volumes: ['png 4 x 4 x 1 x 1'] } })
    }),
    { numRuns: 300 },
  )
})

test('names in a sentence about files that were never loaded are left out with what surrounds them', () => {
  const message =
    '"run.zip" needs 3 of 61 images: smith anna.png, jones 2.png and 1 more; give these, in any order, to continue at step 20.'
  const [error] = parsed(addProblem(initial, { kind: 'input', message, file: 'run.zip' })).errors
  expect(error!.message).toBe('"file-1" needs 3 of 61 images: …; give these, in any order, to continue at step 20.')
})
