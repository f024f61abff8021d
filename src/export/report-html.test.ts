import { diceAlone } from '../method/history'
import { decode } from 'fast-png'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaults } from '../method/config'
import type { StepMetrics } from '../method/history'
import { chartFigure } from './report-html-chart'
import { pictureSvg } from './report-html-picture'
import type { FinishedRun, ReportedImage } from './finished-run'
import { writeReport } from './report-html'

const size = 4
const grey = Uint8Array.from({ length: size * size }, (_, i) => i * 16)
const labels = Uint8Array.of(0, 1, 1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2)

const row = (step: number, more: Partial<StepMetrics> = {}): StepMetrics => ({
  ...{ step, learningRate: 0.001, ramp: 1, agreement: 0.97, confidentA: 0.5, confidentB: 0.6, foregroundA: 0.1, foregroundB: 0.2 },
  ...{ totalA: 1 / step, totalB: 2 / step, exemplarA: 0.1, exemplarB: 0.2, syntheticA: 0.3, syntheticB: 0.4 },
  ...{ imageA: NaN, imageB: NaN, featureA: NaN, featureB: NaN },
  ...more,
})

const image = (name: string, disagreement: number, more: Partial<ReportedImage> = {}): ReportedImage => ({
  ...{ name, grey, labels, size, disagreement, dice: null, pixels: [11, 3, 2], drawn: false, further: false },
  ...{ pixelMm2: null, volume: null, truth: null },
  ...more,
})

const run: FinishedRun = {
  version: '1.2.3',
  config: { ...defaults, steps: 9, tau: 0.95 },
  classes: [
    { name: 'background', color: '#000000', value: '0' },
    { name: 'LV', color: '#ff0000', value: '85' },
    { name: 'Myo', color: '#00ff00', value: '255' },
  ],
  preprocessing: 'central crop',
  backend: 'wasm',
  adapter: 'WebAssembly, 1 thread',
  step: 7,
  trained: { seconds: 3725, from: 0 },
  recoveries: [],
  marks: [],
  findings: [],
  domain: {},
  data: { sample: null, exemplar: 'e.png', unlabeled: [{ name: 'a.png', width: 30, height: 20 }, { name: 'b.png' }], scored: [] },
  networks: null,
  rows: [row(1), row(2), row(7)],
  scores: [{ step: 7, fit: 0.912, dice: 0.654, diceA: 0.6, diceB: 0.7, perClass: [0.51, null], ...diceAlone }],
  patients: {},
  masks: [],
  maps: [],
  images: [image('a.png', 0.1, { dice: 0.75, pixels: [11, 3, 2000], pixelMm2: 1.1 }), image('b.png', 0.4)],
  exemplars: [{ id: 'e/2/0/0', name: 'e.png', grey, labels, size, from: 'file', since: 0 }],
}

/** Text as a reader sees it, without tags. */
const seen = (html: string) =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

/** All tags with the names of their attributes, whatever the quoted values are. */
const structure = (html: string) => (html.replace(/"[^"]*"/g, '""').match(/<[^>]*>/g) ?? []).join('\n')

describe('a report', () => {
  const html = writeReport(run)

  test('needs no network and no script, and its policy allows neither', () => {
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
    )
    // The policy comes before anything it should apply to.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style'))
    expect(html).not.toMatch(/<script|<link|<iframe|<object|\son\w+=|javascript:|https?:|url\(|@import/i)
    for (const [, address] of html.matchAll(/(?:href|src)="([^"]*)"/g)) expect(address).toMatch(/^data:image\/png;base64,/)
  })

  test('says that it is not a medical device', () => {
    const text = seen(html)
    for (const said of [
      'For research use only',
      'not a medical device',
      'do not use them for diagnosis',
      'not accuracy: both networks have seen this mask',
    ])
      expect(text).toContain(said)
  })

  test('describes the run', () => {
    const text = seen(html)
    for (const said of [
      '7 of 9',
      '1 h 2 min',
      'wasm',
      'WebAssembly, 1 thread',
      '1.2.3',
      '0.654',
      '0.912',
      'central crop',
      'Unlabeled 2',
      '30 x 20',
      'Scored none',
    ])
      expect(text).toContain(said)
    expect(text).toContain(`2 of ${Object.keys(defaults).length} differ from the preset Quick`)
    expect(text).toMatch(/Confidence threshold 0.95 \(changed\) 0.8 /)
    expect(html.match(/class="changed"/g)).toHaveLength(2)
    expect(text).toMatch(/LV #ff0000 85 0.510 .* Myo #00ff00 255 – /)
  })

  test('lists images by doubt, with sizes and Dice where they are known', () => {
    const text = seen(html.slice(html.indexOf('id="every-image"')))
    expect(text).toMatch(/b.png 40.0 % – 3 2 a.png 10.0 % 0.750 3 · 3.3 2,000 · 2,200 /)
  })

  test('shows the most doubtful 60 of many pictures, and lists all', () => {
    const images = Array.from({ length: 100 }, (_, i) => image(`i${i}`, i / 100))
    const many = writeReport({ ...run, images })
    const shown = [...many.slice(many.indexOf('id="predictions"'), many.indexOf('id="every-image"')).matchAll(/<bdi>(i\d+)<\/bdi>/g)].map(
      (found) => found[1],
    )
    expect(shown).toEqual(Array.from({ length: 60 }, (_, i) => `i${99 - i}`))
    expect(seen(many)).toContain('The 60 most doubtful of 100 first')
    expect(seen(many.slice(many.indexOf('id="every-image"')))).toContain('i0 0.0 %')
  })

  test('says when it was written, and for how long the run was trained, as far as that was watched', () => {
    const made = new Date(2026, 10, 27, 3, 42)
    expect(seen(writeReport(run, [], made))).toMatch(/27 November 2026, 03:42 \(UTC[+-]\d\d:\d\d\) · Exemplar Lab 1\.2\.3/)
    expect(seen(html)).toContain('Training time 1 h 2 min')
    expect(seen(writeReport({ ...run, trained: { seconds: 2, from: 3 } }))).toContain(
      'Training time 2 s since it was continued at step 3; 2.0 steps a second',
    )
  })

  test('says who is an exemplar, where its mask is from and since when; what was corrected is among these and no prediction', () => {
    const exemplars: FinishedRun['exemplars'] = [
      ...run.exemplars,
      { ...run.exemplars[0]!, id: 'b', name: 'b.png', from: 'drawing', since: 5 },
      { ...run.exemplars[0]!, id: 'c', name: 'c.png', from: 'drawing' },
    ]
    const images = [...run.images, image('c.png', 0.2)].map((one) => ({ ...one, drawn: one.name !== 'a.png' }))
    const corrected = writeReport({ ...run, exemplars, images })
    const between = (from: string, to: string) => seen(corrected.slice(corrected.indexOf(`id="${from}"`), corrected.indexOf(`id="${to}"`)))
    const pictures = between('exemplars', 'curves')
    expect(pictures).toContain('e.png mask from a file, exemplar from the start')
    expect(pictures).toContain('b.png corrected by hand, exemplar since step 5')
    expect(pictures).toContain('c.png drawn by hand, exemplar from the start')
    expect(between('predictions', 'every-image')).toMatch(/a\.png/)
    expect(between('predictions', 'every-image')).not.toMatch(/[bc]\.png/)
    expect(between('every-image', 'settings')).toContain('b.png yours, not predicted – –')
  })

  test('shows the true mask beside the prediction where it is known, in pictures and in numbers', () => {
    const truth = { labels: Uint8Array.from(labels, (l) => (l === 1 ? 2 : l)), pixels: [10, 0, 6] }
    const known = writeReport({ ...run, images: [image('a.png', 0.1, { dice: 0.5, pixelMm2: 0.5, truth }), image('b.png', 0.4)] })
    expect([...known.matchAll(/aria-label="(a\.png, [^"]*)"/g)].map(([, says]) => says)).toEqual([
      'a.png, predicted: LV, Myo',
      'a.png, true: Myo',
    ])
    expect(known).toMatch(/aria-label="b\.png, outlined: LV, Myo"/)
    expect(seen(known.slice(known.indexOf('id="every-image"')))).toMatch(
      /a\.png 10\.0 % 0\.500 3 · 1\.5 true 0 · 0\.0 2 · 1\.0 true 6 · 3\.0 /,
    )
  })

  test('sums up what each volume holds in millilitres, beside the truth where that is known of all its slices', () => {
    const slice = (name: string, more: Partial<ReportedImage> = {}) =>
      image(name, 0.1, { pixels: [0, 3000, 2], pixelMm2: 2, volume: { id: 'v', name: 'scan.nii', thickness: 5 }, ...more })
    const truth = { labels, pixels: [0, 2500, 0] }
    const volumes = (...images: ReportedImage[]) => {
      const [, found] = /id="every-volume">(.*?)<\/section>/s.exec(writeReport({ ...run, images })) ?? []
      return found === undefined ? null : seen(found)
    }
    expect(volumes(slice('1'), slice('2'), image('single', 0.3))).toMatch(/Myo mL scan\.nii 2 60 0\.04 $/)
    expect(volumes(slice('1', { truth }), slice('2', { truth, drawn: true }))).toMatch(/scan\.nii 1 yours 2 60 true 50 0\.04 true 0 $/)
    expect(volumes(slice('1', { truth }), slice('2'))).toMatch(/scan\.nii 2 60 0\.04 $/)
    const other = { id: 'w', name: 'other.nii', thickness: 1 }
    expect(volumes(slice('1'), slice('2', { volume: other, further: true }))).toMatch(
      /scan\.nii 1 30 0\.02 other\.nii not learnt from 1 6 0\.004 $/,
    )
    expect(volumes(image('single', 0.3))).toBeNull()
  })

  test('says what happened in its order, and where the run went back by itself', () => {
    const recoveries = [{ step: 5, reached: 6, why: 'loss' as const, learningRate: 0.0005 }]
    const marks: FinishedRun['marks'] = [
      { step: 2, what: 'teaching' },
      { step: 6, what: 'exemplar', picture: 'e/2/0/0' },
    ]
    expect(seen(writeReport({ ...run, recoveries, marks }))).toContain(
      'What happened Step 2: the networks begin to teach each other. Recovered at step 5: the loss exploded at step 6; learning rate 0.0005 ' +
        'from there on. Step 6: &quot;e.png&quot; was added as an exemplar.',
    )
    expect(seen(html)).not.toContain('What happened')
  })

  test('is complete for a run without steps, scores or images', () => {
    const bare = writeReport({ ...run, rows: [], scores: [], images: [], exemplars: [], step: 0, data: {}, trained: null })
    expect(seen(bare)).toContain('No step was recorded')
    expect(bare).not.toMatch(/NaN|undefined|null/)
    expect(html).not.toMatch(/NaN|undefined|null/)
  })
})

describe('names cannot do harm', () => {
  const withNames = (name: string, color = '#ff0000') =>
    writeReport({
      ...run,
      version: name,
      adapter: name,
      preprocessing: name,
      classes: run.classes.map((one, i) => (i === 1 ? { name, color, value: name } : one)),
      data: { exemplar: name, unlabeled: [{ name, width: 1, height: 1 }], scored: [name] },
      images: [image(name, 0.5)],
      exemplars: [{ ...run.exemplars[0]!, name }],
    })
  const harmless = structure(withNames('x'))

  test('markup is text', () => {
    const name = '<img src=x onerror="alert(1)"> & \'"</style></svg><script>'
    const html = withNames(name)
    expect(html).not.toMatch(/<img|<script/)
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;&quot;&lt;/style&gt;')
    expect(structure(html)).toBe(harmless)
  })

  test('whatever a name is, the document stays the same', () => {
    // An empty name of an adapter has no line of its own, so each begins with a letter.
    const piece = fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '&',
      '=',
      '`',
      '</style>',
      '<!--',
      '-->',
      ']]>',
      '\0',
      '\ud800',
      '\u202e',
      'x',
      ' on=',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((parts) => parts.join('')),
        ),
        (name) => {
          expect(structure(withNames(`x${name}`))).toBe(harmless)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('an invalid colour becomes grey', () => {
    const html = withNames('x', 'red;background:url(//x)"')
    expect(html).not.toContain('url(')
    expect(structure(html)).toBe(harmless)
  })
})

describe('a picture', () => {
  test('is the grey picture, bit for bit', () => {
    const [, png] = /href="data:image\/png;base64,([^"]*)"/.exec(pictureSvg(grey, labels, size, ['#000000'], 'x'))!
    const { data, width, height, channels } = decode(Buffer.from(png!, 'base64'))
    expect([width, height, channels, ...data]).toEqual([size, size, 1, ...grey])
  })

  test('has outlines that enclose the pixels of each class and no others', () => {
    const maps = fc.uint8Array({ minLength: 36, maxLength: 36, max: 2 })
    fc.assert(
      fc.property(maps, (map) => {
        const svg = pictureSvg(new Uint8Array(36), Uint8Array.from(map), 6, ['#000000', '#ff0000', '#00ff00'], 'x')
        for (const [index, color] of [
          [1, '#ff0000'],
          [2, '#00ff00'],
        ] as const) {
          const path = new RegExp(`stroke="${color}" d="([^"]*)"`).exec(svg)?.[1] ?? ''
          const runs = [...path.matchAll(/M(\d+) (\d+)([hv])(\d+)/g)].map(([, x, y, way, n]) => ({
            x: Number(x),
            y: Number(y),
            way,
            n: Number(n),
          }))
          const crossed = (x: number, y: number, way: string) =>
            runs.filter(
              (r) => r.way === way && (way === 'v' ? r.x <= x && r.y <= y && y < r.y + r.n : r.y <= y && r.x <= x && x < r.x + r.n),
            ).length %
              2 ===
            1
          for (let i = 0; i < 36; i++) {
            const [x, y] = [i % 6, Math.floor(i / 6)]
            expect([crossed(x, y, 'v'), crossed(x, y, 'h')]).toEqual([map[i] === index, map[i] === index])
          }
        }
      }),
    )
  })
})

describe('a chart', () => {
  const chart = (ys: number[], range?: [number, number]) =>
    chartFigure('T', [{ name: 'A', look: 'a', points: ys.map((y, i) => ({ x: i + 1, y })) }], range)
  const path = (svg: string) => /class="curve a" d="([^"]*)"/.exec(svg)![1]!

  test('starts again after a gap', () => {
    expect(
      path(chart([0.1, 0.2, NaN, 0.3, 0.4]))
        .match(/[ML]/g)!
        .join(''),
    ).toBe('MLML')
  })

  test('is thinned evenly, and its end stays where it was', () => {
    const ys = Array.from({ length: 30_000 }, (_, i) => (i < 15_000 ? 1 : 0))
    const svg = chart(ys, [0, 1])
    expect(path(svg).match(/[ML]/g)!.length).toBeLessThanOrEqual(240)
    expect(svg).toContain('T over 30000 steps: A from 1.000 to 0.000')
  })

  test('has its numbers as a table, at twelve steps at most, the first and the last among them', () => {
    const rows = (html: string) =>
      [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
        row!
          .replace(/<[^>]*>/g, ' ')
          .trim()
          .split(/ +/),
      )
    expect(rows(chart([0.5, NaN, 12345.678]))).toEqual([
      ['steps', 'A'],
      ['1', '0.5'],
      ['2', '–'],
      ['3', '12350'],
    ])
    const long = rows(chart(Array.from({ length: 30_000 }, (_, i) => i / 100)))
    expect([long.length, long[1], long[2]![0], long.at(-1)]).toEqual([13, ['1', '0'], '2728', ['30000', '300']])
    // Curves with other steps: between two points, what the line shows.
    const two = [0.2, 0.4, 0.6].map((y, i) => ({ x: 1 + i, y }))
    const both = chartFigure('T', [
      { name: '', column: 'all', look: 'both', points: two },
      { name: 'some', look: 'fit', points: [two[0]!, { x: 2.5, y: 0.3 }] },
    ])
    expect(rows(both)).toEqual([
      ['steps', 'all', 'some'],
      ['1', '0.2', '0.2'],
      ['2', '0.4', '0.2667'],
      ['2.5', '0.5', '0.3'],
      ['3', '0.6', '–'],
    ])
  })

  test('is empty without a number', () => {
    expect(chart([NaN, NaN])).toBe('')
    expect(chart([])).toBe('')
  })

  test.each([[[0, 0]], [[1e-6, 2e-6]], [[12345, 99999]], [[5]]])('has a few round ticks for %j', (ys) => {
    const svg = chart(ys)
    const ticks = [...svg.matchAll(/text-anchor="end">([^<]*)</g)].map((found) => found[1])
    expect(ticks.length).toBeGreaterThanOrEqual(2)
    expect(ticks.length).toBeLessThanOrEqual(7)
    expect(svg).not.toMatch(/NaN|Infinity/)
  })
})
