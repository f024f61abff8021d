import { duration } from '../lib/duration'
import { markWords, restOf } from '../lib/mark'
import { recoveryWords } from '../lib/recovery'
import { keys, makeConfig, nearestPreset, parameters, presets, type Config, type Group, type Key } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import type { FinishedRun, SourceOfFile } from './finished-run'
import { chartFigure, type Curve } from './report-html-chart'
import { count, dice, escape, named, page, plural, scroll, section, swatch } from './report-html-page'
import { exemplarPictures, imagesTable, predictedPictures, volumesTable } from './report-html-results'

/**
 * A run as one HTML file that needs no network and no script, and whose policy allows neither: settings, curves, pictures, tables of all
 * volumes and images. Equal runs give equal text at one time.
 * @param masks the mask files written beside it, and the user's file each belongs to @param made when; null leaves it out
 */
export function writeReport(run: FinishedRun, masks: readonly SourceOfFile[] = [], made: Date | null = null): string {
  const images = [...run.images].sort((a, b) => b.disagreement - a.disagreement)
  const predicted = images.filter(({ drawn }) => !drawn)
  const further = images.filter((image) => image.further).length
  const colors = run.classes.map(({ color }) => (/^#[0-9a-f]{6}$/i.test(color) ? color : '#888888'))
  return page(
    'Exemplar Lab: report of a run',
    `<h1>Report of a run</h1>
<p class="quiet">${made ? `${escape(dateText(made))} · ` : ''}Exemplar Lab ${escape(run.version)} · two networks that taught each other from ${plural(run.exemplars.length, 'annotated image')} and ${plural(predicted.length - predicted.filter((image) => image.further).length, 'unlabelled image')}${further > 0 ? `, and segmented ${plural(further, 'further image')}` : ''}</p>
<p class="notice"><strong>For research use only.</strong> This is not a medical device. Nobody has checked these masks: do not use them for diagnosis or treatment.</p>
${[
  summary(run),
  advice(run),
  labels(run, colors),
  exemplarPictures(run.exemplars, run.classes, colors),
  curves(run),
  predictedPictures(predicted, run.classes, colors),
  volumesTable(run.images, run.classes),
  imagesTable(images, run.classes),
  settings(run.config),
  data(run, masks),
].join('\n')}`,
    run.version,
  )
}

/** "27 November 2026, 03:42 (UTC+01:00)", as the clock of this machine shows it. */
function dateText(made: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  const month = new Intl.DateTimeFormat('en', { month: 'long' }).format(made)
  const east = -made.getTimezoneOffset()
  const zone = `UTC${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`
  return `${made.getDate()} ${month} ${made.getFullYear()}, ${two(made.getHours())}:${two(made.getMinutes())} (${zone})`
}

const ends = { paused: 'not ended', stopped: 'stopped before its end', finished: 'finished' } as const

function summary({ step, config, trained, backend, adapter, scores, images, exemplars, version, recoveries, marks }: FinishedRun): string {
  const last = scores.at(-1)
  const nameOf = (id: string) => exemplars.find((one) => one.id === id)?.name
  const scored = images.filter((image) => image.dice !== null)
  const facts: [what: string, is: string, note?: string][] = [
    ['Steps', `${count(step)} of ${count(config.steps)}`, ends[restOf(step, config.steps, marks)]],
    ...(trained ? [timeOf(trained, step)] : []),
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
  const events = [
    ...recoveries.map((one) => ({ step: one.step, words: recoveryWords(one) })),
    ...marks.map((one) => ({ step: one.step, words: markWords(one, nameOf) })),
  ].sort((a, b) => a.step - b.step)
  const happened = events.map(({ words }) => `<li>${escape(words)}.</li>`).join('')
  return section('Summary', `<dl class="facts">${list.join('')}</dl>${happened && `<h3>What happened</h3><ul>${happened}</ul>`}`)
}

/** How long a run was trained, as far as that was watched: it may have been continued from a file. */
function timeOf({ seconds, from }: NonNullable<FinishedRun['trained']>, step: number): [string, string, string] {
  const speed = `${((step - from) / seconds).toFixed(1)} steps a second`
  return ['Training time', duration(seconds), from === 0 ? speed : `since it was continued at step ${count(from)}; ${speed}`]
}

function advice({ findings }: FinishedRun): string {
  if (findings.length === 0) return ''
  const items = findings.map(
    ({ sentence, cause, action }) => `<li>${escape(sentence)} ${escape(cause)} <small>To try: ${escape(action.label)}.</small></li>`,
  )
  return section('Advice', `<ul>${items.join('')}</ul>`)
}

function labels({ classes, scores }: FinishedRun, colors: string[]): string {
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

function curves({ rows, scores }: FinishedRun): string {
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

function settings(config: Config): string {
  const said = (value: unknown) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : escape(String(value)))
  const { preset } = nearestPreset(config)
  const usual = makeConfig({ seed: config.seed }, makeConfig(presets[preset]))
  const changed = (key: Key) => config[key] !== usual[key]
  const groups = [...new Set(keys.map((key) => parameters[key].group as Group))]
  const tables = groups.map((group) => {
    const rows = keys
      .filter((key) => parameters[key].group === group)
      .map(
        (key) =>
          `<tr${changed(key) ? ' class="changed"' : ''}><th scope="row">${escape(parameters[key].label)}</th>` +
          `<td>${said(config[key])}${changed(key) ? ' <small>(changed)</small>' : ''}</td><td>${said(usual[key])}</td></tr>`,
      )
    return (
      `<table><caption>${group}</caption><thead><tr><th scope="col">Setting</th><th scope="col">This run</th><th scope="col">${preset}</th></tr></thead>` +
      `<tbody>${rows.join('')}</tbody></table>`
    )
  })
  const n = keys.filter(changed).length
  const differing =
    n === 0
      ? `All are those of the preset ${preset}.`
      : `${n} of ${keys.length} ${n === 1 ? 'differs' : 'differ'} from the preset ${preset}.`
  return section('Settings', `<p class="quiet">${differing}</p><div class="settings">${tables.join('\n')}</div>`)
}

/** All facts about the data: a list becomes its length and, folded, its members. */
function data({ data, preprocessing }: FinishedRun, masks: readonly SourceOfFile[]): string {
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
