import { expect, test } from 'vitest'
import { defaults } from '../method/config'
import { readStudy } from './study'

const base = {
  name: 'one',
  settings: { steps: 100 },
  scoreAt: [50, 200],
  seeds: [0, 1],
  data: {
    hearts: {
      images: 'images',
      masks: 'masks',
      exemplars: ['a.png', { image: 'v.nii', mask: 'w.nii', slice: 3 }],
      settings: { crop: 0.7 },
    },
    phantom: { phantom: 'cardiac', exemplars: [1, 2, 3] },
  },
  arms: { cross: {}, self: { settings: { teacher: 'self' } }, full: { labels: 'all', settings: { imageTerm: false } } },
}
const read = (changes: object = {}) => readStudy(JSON.stringify({ ...base, ...changes }))

test('a study is every arm, exemplar and seed on every data set, with the settings of all three', () => {
  const { cells } = read()
  expect(cells).toHaveLength(3 * 2 * (2 + 3))
  const cell = cells.find(
    ({ data, arm, exemplar, seed }) => data === 'hearts' && arm === 'self' && exemplar === 'v.nii slice 3' && seed === 1,
  )!
  expect(cell.config).toEqual({ ...defaults, steps: 100, crop: 0.7, teacher: 'self', seed: 1 })
  expect(cell.scoreAt).toEqual([50, 100])
  expect(cell.name).toBe(`hearts.v-nii-slice-3.self.s1.${cell.key}`)
  expect(new Set(cells.map(({ key }) => key)).size).toBe(cells.length)
})

test('the arms of one data set, exemplar and seed follow each other; blocks come in their order, each run once', () => {
  const { cells } = read({ runs: [{ data: ['phantom'], arms: ['cross', 'self'], seeds: [1], exemplars: 1 }, { data: ['phantom'] }] })
  expect(cells.slice(0, 5).map(({ arm, exemplar, seed }) => `${arm} ${exemplar} ${seed}`)).toEqual([
    'cross patient 1 1',
    'self patient 1 1',
    'cross patient 1 0',
    'self patient 1 0',
    'full patient 1 0',
  ])
  expect(cells).toHaveLength(3 * 3 * 2)
})

test('a key is the digest of what determines a run, and of nothing else', () => {
  const keyOf = (changes: object, arm = 'cross') =>
    read({ runs: [{ data: ['phantom'], seeds: [0], exemplars: 1 }], ...changes }).cells.find((cell) => cell.arm === arm)!.key
  const key = keyOf({})
  expect(keyOf({ name: 'other', seeds: [0, 5] })).toBe(key)
  expect(keyOf({ arms: { renamed: { settings: { teacher: 'cross' } } } }, 'renamed')).toBe(key)
  expect(keyOf({ settings: { steps: 101 } })).not.toBe(key)
  expect(keyOf({ scoreAt: [51] })).not.toBe(key)
  expect(keyOf({ data: { phantom: { phantom: 'cardiac', exemplars: [2] } } })).not.toBe(key)
  expect(keyOf({}, 'self')).not.toBe(key)
})

test('a default that changes takes no key with it', () => {
  // All settings of version 0.1.0. If this fails after a default has changed, its former value belongs into `formerDefaults`.
  const settings = {
    ...{ steps: 600, size: 64, batchLabeled: 4, batchUnlabeled: 4, parts: 1, scoreEvery: 50, precision: 'f32', crop: 1 },
    ...{
      regionX: 0,
      regionY: 0,
      regionWidth: 1,
      regionHeight: 1,
      windowCenter: 0,
      windowWidth: 0,
      baseWidth: 8,
      norm: 'group',
      dropout: 0.3,
    },
    ...{ inference: 'mean', synthetic: true, imageTerm: true, featureTerm: true, teacher: 'cross', tau: 0.8, lambdaE: 1, lambdaS: 1 },
    // As it was before there was such a setting.
    ...{ classBalance: 0 },
    ...{ lambdaIp: 0.5, lambdaFp: 0.5, unsupervisedLoss: 'dice', warmup: 0.25, ramp: 0.15, exemplarShare: 0.5, background: 'unlabeled' },
    ...{
      outsideLabel: 'unknown',
      exemplarRotation: 40,
      exemplarScale: 1.4,
      exemplarShift: 0.12,
      elastic: 0.06,
      atlases: 0,
      atlasShare: 0.6,
    },
    ...{ atlasPool: 250, atlasAgreement: 0.7, atlasRotation: 75, exemplarIntensity: 1, weakRotation: 25, weakScale: 1.2, weakShift: 0.05 },
    ...{ flip: false, strongJitter: 0.5, strongBlur: 1.2, strongNoise: 0.08, cutmix: 0.5, featurePerturb: 'all', featureDrop: 0.5 },
    ...{ optimizer: 'adam', learningRate: 0.001, polyPower: 0.9, momentum: 0.9, weightDecay: 0.00001 },
  }
  const { cells } = readStudy(
    JSON.stringify({ name: 'x', seeds: [0], settings, data: { p: { phantom: 'cardiac', exemplars: [1] } }, arms: { a: {} } }),
  )
  expect(cells[0]!.key).toBe('f8b7821f9389abe3')
})

test.each<[string, object, string]>([
  ['a field that there is not', { seed: 1 }, 'the file has "seed", but may have name, about, folder, settings'],
  ['an unknown setting', { arms: { a: { settings: { warmUp: 1 } } } }, '"a": the settings: There is no setting "warmUp"; choose one of'],
  ['a value that is not allowed', { settings: { size: 65 } }, 'the settings: size is 65, but must be a multiple of 16.'],
  ['a seed among the settings', { settings: { seed: 1 } }, 'the settings have "seed": give it in "seeds".'],
  ['no seed', { seeds: [] }, '"seeds" must be a list [...] of at least one.'],
  ['half a step', { scoreAt: [1.5] }, '"scoreAt", number 1, must be a whole number, at least 1.'],
  ['no masks', { data: { x: { images: 'a', exemplars: ['b'] } } }, '"x": "masks" must be a text.'],
  ['a strange phantom', { data: { x: { phantom: 'brain' } } }, '"x": "phantom" must be "cardiac" or "abdominal".'],
  [
    'a patient too many',
    { data: { x: { phantom: 'cardiac', exemplars: [21] } } },
    '"x": "exemplars", number 1, is none of the 20 patients.',
  ],
  ['a bad rule', { data: { x: { images: 'a', masks: 'b', patient: '(', exemplars: ['c'] } } }, '"x": "patient" is no regular expression.'],
  ['strange labels', { arms: { a: { labels: 'some' } } }, '"a": "labels" must be "exemplar" or "all".'],
  ['a name with a comma', { arms: { 'a,b': {} } }, 'the name "a,b" may not have , | < or >.'],
  ['a comparison with nobody', { compare: [['cross', 'teacher']] }, '"compare", number 1, has "teacher", but there are cross, self, full.'],
  ['a comparison of one', { compare: [['cross']] }, '"compare", number 1, must be two arms.'],
  ['runs of an unknown arm', { runs: [{ arms: ['x'] }] }, '"runs", number 1, "arms" has "x", but there are cross, self, full.'],
  ['runs of an unknown seed', { runs: [{ seeds: [7] }] }, '"runs", number 1, "seeds" has "7", but there are 0, 1.'],
])('%s is refused in a sentence', (_, changes, sentence) => {
  expect(() => read(changes)).toThrow(`The study: ${sentence}`)
})

test('a file that is no JSON is refused', () => {
  expect(() => readStudy('{')).toThrow(/^The study: its file is no JSON/)
})
