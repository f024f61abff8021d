import { duration } from '../lib/duration'
import { markNames, markWords, restOf } from '../lib/mark'
import { recoveryWords } from '../lib/recovery'
import { defaults, keys, parameters, type Config, type Group, type Key } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { FinishedRun, ReportedImage, ReportedPicture, SourceOfFile } from './finished-run'
import { chartFigure, type Curve } from './report-html-chart'
import { pictureSvg } from './report-html-picture'
import { reportStyle } from './report-html-style'

export type ReportedRun = FinishedRun & {
  images: ReportedImage[]
  exemplars: ReportedPicture[]
  /** Training time, if known. */
  seconds?: number | null
}

/** A report of a thousand pictures would open slowly and nobody would look at it: only the most doubtful are shown. */
const maxPictures = 60

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for HTML, including attributes; invalid characters become a replacement character. */
export const escape = (text: string) =>
  text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]/gu, '\ufffd').replace(/[&<>"']/g, (c) => entities[c]!)

/** A name, isolated so that right-to-left text does not reorder what surrounds it. */
export const named = (name: string) => `<bdi>${escape(name)}</bdi>`

const count = (n: number) => n.toLocaleString('en-US')
const dice = (value: number | null | undefined) => (value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(3))
const percent = (share: number) => (Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '–')

/** Square millimetres, with one decimal if small. */
const square = (area: number) => (area < 100 ? area.toFixed(1) : count(Math.round(area)))

/**
 * A run as one HTML file that needs no network and no script, and whose policy allows neither: settings, curves, pictures, a table of all
 * images. Equal runs give equal text.
 * @param masks the mask files written beside it, and the user's file each belongs to
 */
export function writeReport(run: ReportedRun, masks: readonly SourceOfFile[] = []): string {
  const images = [...run.images].sort((a, b) => b.disagreement - a.disagreement)
  const predicted = images.filter(({ drawn }) => !drawn)
  const further = images.filter((image) => image.further).length
  const colors = run.classes.map(({ color }) => (/^#[0-9a-f]{6}$/i.test(color) ? color : '#888888'))
  return page(
    'Exemplar Lab: report of a run',
    `<h1>Report of a run</h1>
<p class="quiet">Exemplar Lab ${escape(run.version)} · two networks that taught each other from ${plural(run.exemplars.length, 'annotated image')} and ${plural(predicted.length - predicted.filter((image) => image.further).length, 'unlabelled image')}${further > 0 ? `, and segmented ${plural(further, 'further image')}` : ''}</p>
<p class="notice"><strong>For research use only.</strong> This is not a medical device. Nobody has checked these masks: do not use them for diagnosis or treatment.</p>
${[
  summary(run),
  advice(run),
  labels(run, colors),
  pictures('Exemplar', run.exemplars, run, colors),
  curves(run),
  pictures('Predictions', predicted, run, colors),
  table(run, images),
  settings(run.config),
  data(run, masks),
].join('\n')}`,
    run.version,
  )
}

/** A page that needs no network and no script, and whose policy allows neither. @param style more of it, after that of all reports */
export const page = (title: string, content: string, version: string, style = '') => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${reportStyle}${style}</style>
</head>
<body>
<main>
${content}
<footer><p>Written by Exemplar Lab ${escape(version)}, research software. Not a medical device, not approved by anyone for any purpose, not for diagnosis or treatment. This file holds all that it shows: it loads nothing, sends nothing and runs no script.</p></footer>
</main>
</body>
</html>
`

const plural = (n: number, what: string) => `${count(n)} ${what}${n === 1 ? '' : 's'}`

export const section = (heading: string, content: string) => {
  const id = heading.toLowerCase().replace(/[^a-z]+/g, '-')
  return `<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>\n${content}\n</section>`
}

const ends = { paused: 'not ended', stopped: 'stopped before its end', finished: 'finished' } as const

function summary({ step, config, seconds, backend, adapter, scores, images, exemplars, version, recoveries, marks }: ReportedRun): string {
  const last = scores.at(-1)
  const nameOf = (id: string) => exemplars.find((one) => one.id === id)?.name
  const scored = images.filter((image) => image.dice !== null)
  const facts: [what: string, is: string, note?: string][] = [
    ['Steps', `${count(step)} of ${count(config.steps)}`, ends[restOf(step, config.steps, marks)]],
    ...(seconds ? [['Time', duration(seconds), `${(step / seconds).toFixed(1)} steps a second`] satisfies [string, string, string]] : []),
    ...recoveries.map((one) => ['Went back to', `step ${count(one.step)}`, recoveryWords(one)] satisfies [string, string, string]),
    ...marks.map(
      (one) => [markNames[one.what], `step ${count(one.step)}`, escape(markWords(one, nameOf))] satisfies [string, string, string],
    ),
    ['Seed', String(config.seed)],
    ['Version', escape(version)],
    ['Backend', escape(backend), escape(adapter)],
    [
      'Dice on references',
      dice(last?.dice),
      last?.dice == null ? 'no reference masks' : `after step ${count(last.step)}; mean over patients, then classes`,
    ],
    ['Images with a reference', `${count(scored.length)} of ${count(images.length)}`],
    ['Fit on the exemplar', dice(last?.fit), 'not accuracy: both networks have seen this mask'],
  ]
  const list = facts.map(([what, is, note]) => `<div><dt>${what}</dt><dd>${is}${note ? `<small>${note}</small>` : ''}</dd></div>`)
  return section('Summary', `<dl class="facts">${list.join('')}</dl>`)
}

function advice({ findings }: ReportedRun): string {
  if (findings.length === 0) return ''
  const items = findings.map(
    ({ sentence, cause, action }) => `<li>${escape(sentence)} ${escape(cause)} <small>To try: ${escape(action.label)}.</small></li>`,
  )
  return section('Advice', `<ul>${items.join('')}</ul>`)
}

const swatch = (color: string) => `<span class="swatch" style="background:${color}"></span>`

function labels({ classes, scores }: ReportedRun, colors: string[]): string {
  const last = scores.at(-1)
  const rows = classes.map(
    ({ name, value }, index) =>
      `<tr><td>${index}</td><th scope="row">${named(name)}</th><td class="color">${swatch(colors[index]!)}${colors[index]!}</td>` +
      `<td>${escape(value)}</td><td class="number">${index === 0 ? '' : dice(last?.perClass[index - 1])}</td></tr>`,
  )
  return section(
    'Labels',
    scroll(
      'Labels',
      'fit',
      `<table><thead><tr><th scope="col">Index</th><th scope="col">Name</th><th scope="col">Colour</th>` +
        `<th scope="col">Mask value</th><th scope="col" class="number">Dice</th></tr></thead><tbody>${rows.join('')}</tbody></table>`,
    ),
  )
}

/** A table may be wider than a phone's screen; then it can also be scrolled by keyboard. */
export const scroll = (name: string, how: 'fit' | 'names-wrap', content: string) =>
  `<div class="scroll ${how}" tabindex="0" role="group" aria-label="Table: ${name}">${content}</div>`

function pictures(
  heading: 'Exemplar' | 'Predictions',
  all: (ReportedPicture | ReportedImage)[],
  { classes }: ReportedRun,
  colors: string[],
): string {
  if (all.length === 0) return ''
  const legend = classes.map(({ name }, index) => (index === 0 ? '' : `<li>${swatch(colors[index]!)}${named(name)}</li>`))
  const shown = all.slice(0, maxPictures)
  const figures = shown.map((picture) => {
    const { grey, labels, size, name } = picture
    const says = [...new Set(labels)].sort((a, b) => a - b).flatMap((index) => (index > 0 ? [classes[index]?.name ?? String(index)] : []))
    const alt = `${name}, outlined: ${says.join(', ') || 'nothing'}`
    const facts = 'disagreement' in picture ? [`${percent(picture.disagreement)} disagreement`] : []
    if ('further' in picture && picture.further) facts.push('not learnt from')
    if ('dice' in picture && picture.dice !== null) facts.push(`Dice ${dice(picture.dice)}`)
    const lines = facts.map((fact) => `<small>${fact}</small>`).join('')
    return `<figure>${pictureSvg(grey, labels, size, colors, escape(alt))}<figcaption>${named(name)}${lines}</figcaption></figure>`
  })
  const order = all.length > shown.length ? `The ${maxPictures} most doubtful of ${count(all.length)}` : 'The most doubtful'
  const about =
    heading === 'Exemplar'
      ? 'The annotated images, as the networks see them.'
      : `${order} first. Disagreement is the share of pixels that either network calls foreground on which they differ: a sign of doubt, not of error. Two networks can agree and be wrong.`
  return section(
    heading,
    `<p class="quiet">${about}</p><ul class="legend">${legend.join('')}</ul><div class="pictures">${figures.join('\n')}</div>`,
  )
}

function curves({ rows, scores }: ReportedRun): string {
  const curve = <T extends { step: number }>(from: T[], key: keyof T, name: string, look: Curve['look']): Curve => ({
    name,
    look,
    points: from.map((row) => ({ x: row.step, y: (row[key] as number | null) ?? NaN })),
  })
  const pair = (key: 'total' | 'exemplar' | 'synthetic' | 'image' | 'feature' | 'confident' | 'foreground') => [
    curve<StepMetrics>(rows, `${key}A`, 'A', 'a'),
    curve<StepMetrics>(rows, `${key}B`, 'B', 'b'),
  ]
  const agreement = curve<StepMetrics>(rows, 'agreement', '', 'both')
  // Agreement lies near 1, where an axis from 0 would show nothing.
  const lowest = rows.reduce((least, row) => (row.agreement < least ? row.agreement : least), 0.9)
  const figures = [
    chartFigure('Loss', pair('total')),
    chartFigure('Loss on the exemplar', pair('exemplar')),
    chartFigure('Loss on synthetic images', pair('synthetic')),
    chartFigure('Loss, image term', pair('image')),
    chartFigure('Loss, feature term', pair('feature')),
    chartFigure('Confident pixels', pair('confident'), [0, 1]),
    chartFigure('Pixels called foreground', pair('foreground'), [0, 1]),
    chartFigure('Agreement', [agreement], [Math.floor(lowest * 10) / 10, 1]),
    chartFigure(
      'Dice',
      [
        curve<ScoreRow>(scores, 'dice', 'both', 'both'),
        curve<ScoreRow>(scores, 'diceA', 'A', 'a'),
        curve<ScoreRow>(scores, 'diceB', 'B', 'b'),
        curve<ScoreRow>(scores, 'fit', 'fit', 'fit'),
      ],
      [0, 1],
    ),
  ].filter((figure) => figure !== '')
  if (figures.length === 0) return section('Curves', '<p class="quiet">No step was recorded.</p>')
  return section(
    'Curves',
    '<p class="quiet">By step. A is solid, B is dashed. Confident means sure, not right. Dice is measured on reference masks of other patients; the dotted "fit" is the score on the exemplar itself: not accuracy.</p>' +
      `<div class="charts">${figures.join('\n')}</div>`,
  )
}

function table({ classes }: ReportedRun, images: ReportedImage[]): string {
  if (images.length === 0) return ''
  const structures = classes.map(({ name }, index) => ({ name, index })).slice(1)
  const inMm = images.some(({ areaMm2 }) => areaMm2)
  const heads = ['Disagreement', 'Dice', ...structures.map(({ name }) => `${named(name)}<br>${inMm ? 'px · mm²' : 'px'}`)]
  const rows = images.map((image) => {
    const sizes = structures.map(({ index }) => {
      const area = image.areaMm2?.[index]
      return count(image.pixels[index] ?? 0) + (area === undefined ? '' : ` · ${square(area)}`)
    })
    const cells = image.drawn ? ['–', '–', ...sizes] : [percent(image.disagreement), dice(image.dice), ...sizes]
    const marks = `${image.drawn ? ' <small>drawn, not predicted</small>' : ''}${image.further ? ' <small>not learnt from</small>' : ''}`
    return `<tr><th scope="row">${named(image.name)}${marks}</th>${cells.map((cell) => `<td class="number">${cell}</td>`).join('')}</tr>`
  })
  return section(
    'Every image',
    '<p class="quiet">Most doubtful first. Sizes are of the structure in the mask, in pixels of the source: a drawn mask is yours, and others are predicted. Dice is the mean over the structures, where there is a reference mask.</p>' +
      scroll(
        'Every image',
        'names-wrap',
        `<table><thead><tr><th scope="col">Image</th>${heads.map((head) => `<th scope="col" class="number">${head}</th>`).join('')}</tr></thead>` +
          `<tbody>${rows.join('\n')}</tbody></table>`,
      ),
  )
}

function settings(config: Config): string {
  const said = (value: unknown) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : escape(String(value)))
  const changed = (key: Key) => config[key] !== defaults[key]
  const groups = [...new Set(keys.map((key) => parameters[key].group as Group))]
  const tables = groups.map((group) => {
    const rows = keys
      .filter((key) => parameters[key].group === group)
      .map(
        (key) =>
          `<tr${changed(key) ? ' class="changed"' : ''}><th scope="row">${escape(parameters[key].label)}</th>` +
          `<td>${said(config[key])}${changed(key) ? ' <small>(changed)</small>' : ''}</td><td>${said(defaults[key])}</td></tr>`,
      )
    return (
      `<table><caption>${group}</caption><thead><tr><th scope="col">Setting</th><th scope="col">This run</th><th scope="col">Default</th></tr></thead>` +
      `<tbody>${rows.join('')}</tbody></table>`
    )
  })
  const n = keys.filter(changed).length
  const differing = n === 0 ? 'All are the defaults.' : `${n} of ${keys.length} ${n === 1 ? 'differs' : 'differ'} from the defaults.`
  return section('Settings', `<p class="quiet">${differing}</p><div class="settings">${tables.join('\n')}</div>`)
}

/** All facts about the data: a list becomes its length and, folded, its members. */
function data({ data, preprocessing }: ReportedRun, masks: readonly SourceOfFile[]): string {
  const belongs = ({ file, source, drawn, further }: SourceOfFile) =>
    `${file} belongs to ${source}${drawn === 'all' ? ', drawn' : drawn ? `, ${drawn} drawn` : ''}${further ? ', not learnt from' : ''}`
  const facts = { ...data, ...(masks.length > 0 && { masks: masks.map(belongs) }) }
  const words = (key: string) => escape(key.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`).replace(/^./, (c) => c.toUpperCase()))
  const member = (one: unknown): string => {
    if (typeof one !== 'object' || one === null) return named(String(one))
    const { name, width, height, ...rest } = one as Record<string, unknown>
    const size = width !== undefined && height !== undefined ? ` <small>${escape(`${String(width)} x ${String(height)}`)}</small>` : ''
    const others = Object.keys(rest).length > 0 ? ` <small>${escape(JSON.stringify(rest))}</small>` : ''
    return `${name === undefined ? '' : named(String(name))}${size}${others}`
  }
  const rows = Object.entries(facts).flatMap(([key, value]) => {
    if (value === null || value === undefined) return []
    const cell = Array.isArray(value)
      ? value.length === 0
        ? 'none'
        : `${count(value.length)}<details><summary>Names</summary><ul class="names">${value.map((one) => `<li>${member(one)}</li>`).join('')}</ul></details>`
      : member(value)
    return [`<tr><th scope="row">${words(key)}</th><td>${cell}</td></tr>`]
  })
  return section(
    'Data',
    `<table class="fit"><tbody>${rows.join('\n')}<tr><th scope="row">Preparation</th><td>${escape(preprocessing)}</td></tr></tbody></table>`,
  )
}
