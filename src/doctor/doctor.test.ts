import { expect, test } from 'vitest'
import { makeConfig } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import { examine } from './doctor'
import type { ExemplarFacts, Facts, PictureFacts, SeenFacts } from './facts'

const quick = makeConfig({ steps: 600 })

/** A bright corner in a dark picture, 8 x 8. */
const corner = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 && i < 24 ? 0.8 : 0.1 + (i % 8) / 40))

const picture = (id: string, more: Partial<PictureFacts> = {}): PictureFacts => ({
  ...{ id, name: `${id}.png`, coarse: corner, width: 128, height: 128, spacing: null, plane: null },
  ...more,
})
const exemplar = (more: Partial<ExemplarFacts> = {}): ExemplarFacts => ({ ...picture('e'), pixels: [3600, 400, 96], ...more })
const row = (step: number, more: Partial<StepMetrics> = {}) =>
  ({
    step,
    exemplarA: 1.5 / (1 + step / 50),
    exemplarB: 1.5 / (1 + step / 50),
    confidentA: 0.8,
    confidentB: 0.8,
    agreement: 0.95,
    ...more,
  }) as StepMetrics
const seen = (id: string, more: Partial<SeenFacts> = {}): SeenFacts => ({
  ...{ id, name: `${id}.png`, annotated: false, A: [3600, 400, 96], B: [3590, 400, 106], mask: [3600, 400, 96], disagreement: 0.15 },
  ...more,
})
const steps = Array.from({ length: 400 }, (_, i) => i + 1)
const ids = ['a', 'b', 'c', 'd']

/** A healthy run, changed. */
const facts = (more: Partial<Facts> = {}): Facts => ({
  config: quick,
  classes: ['background', 'ring', 'disc'],
  exemplars: [exemplar()],
  pile: ids.map((id) => picture(id)),
  rows: steps.map((step) => row(step)),
  scores: [{ step: 300, fit: 0.93 } as ScoreRow],
  seen: ids.map((id) => seen(id)),
  ...more,
})
const warnings = (of: Facts) => examine(of).filter(({ warns }) => warns)
const names = (of: Facts) => warnings(of).map(({ name }) => name)

test('a healthy run has none, but an image to annotate next', () => {
  const found = examine(facts({ seen: [seen('a'), seen('b', { disagreement: 0.4 }), seen('e', { disagreement: 0.9, annotated: true })] }))
  expect(found).toMatchObject([{ name: 'next', warns: false, action: { does: 'annotate', picture: 'b', label: 'Annotate this one next' } }])
  expect(found[0]!.sentence).toBe('The models are least sure of "b.png": they differ on 40 % of what either calls foreground there.')
  expect(examine(facts({ seen: null, rows: [], scores: [] }))).toEqual([])
})

test.each<[string, Partial<Facts>, RegExp, object]>([
  [
    'lacking',
    { exemplars: [exemplar({ pixels: [3600, 496, 0] })] },
    /^No exemplar shows "disc", so it is never found\.$/,
    { does: 'annotate', picture: 'e' },
  ],
  [
    'small',
    { exemplars: [exemplar({ pixels: [4000, 90, 6] })] },
    /^At 64 pixels the exemplar's "disc" has 6 pixels only\.$/,
    { does: 'region' },
  ],
  [
    'small',
    { exemplars: [exemplar({ pixels: [4000, 90, 6] })], config: { ...quick, crop: 0.7 } },
    /only/,
    { does: 'set', values: { size: 128 }, label: 'Raise image size to 128' },
  ],
  [
    'enlarged',
    { exemplars: [exemplar({ width: 20, height: 24 })], pile: ids.map((id) => picture(id, { width: 20, height: 24 })) },
    /^Only 20 × 24 pixels of each image are used, enlarged to 64\.$/,
    { does: 'set', values: { size: 32 } },
  ],
  [
    'stranger',
    { exemplars: [exemplar({ coarse: corner.map((_, i) => corner[63 - i]!) })] },
    /^The exemplar "e\.png" is unlike the other images: it seems turned or mirrored\.$/,
    { does: 'annotate' },
  ],
  ['stranger', { exemplars: [exemplar({ coarse: corner.map((v) => 0.9 - v) })] }, /its contrast seems inverted/, { does: 'annotate' }],
  ['stranger', { exemplars: [exemplar({ coarse: corner.map((v) => 0.5 + v / 2) })] }, /far brighter or darker/, { does: 'annotate' }],
  [
    'stranger',
    {
      exemplars: [exemplar({ spacing: [2.5, 2.5] })],
      pile: ids.map((id) => picture(id, { spacing: [1, 1] })),
    },
    /its pixels are 2\.5 times as large; its field of view is 2\.5 times as large/,
    { does: 'annotate' },
  ],
  ['stranger', { exemplars: [exemplar({ width: 600, height: 600 })] }, /it is 4\.7 times as large in pixels/, { does: 'annotate' }],
  [
    'stranger',
    { exemplars: [exemplar({ plane: 'axial' })], pile: ids.map((id) => picture(id, { plane: 'coronal' })) },
    /it is axial, they are coronal/,
    { does: 'annotate' },
  ],
  [
    'collapse',
    { config: { ...quick, warmup: 0 }, seen: ids.map((id) => seen(id, { A: [4096, 0, 0], B: [4095, 1, 0], mask: [4096, 0, 0] })) },
    /^Both networks call nearly everything background\.$/,
    { does: 'set', values: { warmup: 0.25 } },
  ],
  [
    'collapse',
    { config: { ...quick, learningRate: 0.05 }, seen: ids.map((id) => seen(id, { B: [96, 4000, 0] })) },
    /^Network B calls nearly everything "ring"\.$/,
    { does: 'set', values: { learningRate: 0.001 } },
  ],
  [
    'collapse',
    { seen: ids.map((id) => seen(id, { A: [4096, 0, 0], B: [90, 0, 4006] })) },
    /^Network A calls nearly everything background, network B calls nearly everything "disc"\.$/,
    { does: 'train', steps: 600 },
  ],
  [
    'missing',
    { seen: ids.map((id) => seen(id, { mask: [3696, 400, 0] })) },
    /^"disc" is found in none of 4 images\.$/,
    { does: 'annotate', label: 'Annotate the most doubtful' },
  ],
  ['same', { seen: ids.map((id) => seen(id, { disagreement: 0 })) }, /nearly identical/, { does: 'set', values: { draws: 'own' } }],
  [
    'unlikely',
    {
      rows: steps.map((step) => row(step, { agreement: 0.99 })),
      seen: ids.map((id) => seen(id, { mask: [4070, 20, 6] })),
    },
    /^The networks agree on 99 % of the pixels, but see 0\.6 % foreground where there is some, and the exemplar has 12 %\.$/,
    { does: 'annotate' },
  ],
  [
    'flat',
    { config: { ...quick, learningRate: 0.00001 }, rows: steps.map((step) => row(step, { exemplarA: 1.5, exemplarB: 1.4 })) },
    /^The loss on the exemplar does not fall: 1\.45 in the first steps, 1\.45 now\.$/,
    { does: 'set', values: { learningRate: 0.001 } },
  ],
  [
    'sure',
    {
      rows: steps.map((step) => row(step, { confidentA: 0.97, confidentB: 0.95 })),
      seen: ids.map((id) => seen(id, { disagreement: 0.8 })),
    },
    /^Both networks are sure of 95 % of the pixels, but differ on 80 % of what either calls foreground\.$/,
    { does: 'annotate' },
  ],
  [
    'unfit',
    { scores: [{ step: 300, fit: 0.31 } as ScoreRow] },
    /a Dice of 0\.31 only/,
    { does: 'train', steps: 600, label: 'Train 600 more steps' },
  ],
])('%s: %#', (name, more, sentence, action) => {
  const found = warnings(facts(more))
  expect(found).toMatchObject([{ name, sentence: expect.stringMatching(sentence), action }])
  expect(found[0]!.cause).toMatch(/^[A-Z].*\.$/)
})

test('a structure that is not found yet, and a fit that is still low, are left time', () => {
  const some = ids.map((id) => seen(id, { mask: [3696, 400, 0] }))
  const at = (step: number) =>
    names(facts({ rows: steps.slice(0, step).map((one) => row(one)), seen: some, scores: [{ step, fit: 0.3 } as ScoreRow] }))
  expect(at(389)).toEqual([])
  expect(at(390)).toEqual(['unfit', 'missing'])
  expect(names(facts({ seen: some }))).toEqual(['missing'])
})

test('what explains the rest comes alone: networks that learn nothing call everything one class too', () => {
  const nothing = seen('a', { A: [4096, 0, 0], B: [4096, 0, 0], mask: [4096, 0, 0] })
  const rows = steps.map((step) => row(step, { exemplarA: 1.5, exemplarB: 1.5 }))
  expect(names(facts({ seen: [nothing], scores: [{ step: 300, fit: 0 } as ScoreRow] }))).toEqual(['collapse'])
  expect(names(facts({ seen: [nothing], rows, scores: [{ step: 300, fit: 0 } as ScoreRow] }))).toEqual(['flat'])
})

test('of a run that is not so far that its networks teach each other, only the data are judged', () => {
  const early = {
    rows: steps.slice(0, 239).map((step) => row(step)),
    seen: ids.map((id) => seen(id, { A: [4096, 0, 0], mask: [4096, 0, 0] })),
  }
  expect(names(facts(early))).toEqual([])
  expect(names(facts({ ...early, rows: steps.slice(0, 240).map((step) => row(step)) }))).toEqual(['collapse'])
})

test('an exemplar that is like the others makes up for one that is not', () => {
  const odd = exemplar({ coarse: corner.map((v) => 0.9 - v) })
  expect(names(facts({ exemplars: [odd, exemplar()] }))).toEqual([])
})
