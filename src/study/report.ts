/** The report of a study as one HTML file. */
import { chartFigure, type Curve } from '../export/report-html-chart'
import { escape, named, page, scroll, section } from '../export/report-html-page'
import { defaults, keys, parameters } from '../method/config'
import { version } from '../lib/version'
import { reliabilityCurve } from '../method/reliability'
import type { EndedCell, Gathered, Row } from './gather'
import type { Study } from './study'
import { tablesOf, type Table } from './tables'

/** Colours of arms that stand apart on light and dark grounds; after these they start over, dashed, then dotted. */
const colours = ['#1f77b4', '#d9671c', '#2a9d5c', '#b0569a', '#b8860b', '#8a6d5b', '#6f7fd1']
const dashes = ['none', '7 4', '1.5 4']

const style = (arms: number): string =>
  Array.from({ length: arms }, (_, i) => {
    const colour = colours[i % colours.length]!
    const dash = dashes[Math.floor(i / colours.length) % dashes.length]!
    return `.curve.arm${i},.key.arm${i}{stroke:${colour};stroke-dasharray:${dash}}.chart text.arm${i}{fill:${colour}}`
  }).join('\n') + '\n.key{stroke-width:3;vertical-align:middle;margin-right:6px}.ideal{stroke:var(--quiet)}'

/** A study's report: tables, curves, settings and where the runs were made. It loads nothing and runs no script. */
export function reportOf(study: Study, gathered: Gathered): string {
  const { rows, cells, missing } = gathered
  const tables = tablesOf(gathered)
  const arms = [...study.arms.keys()]
  const looks = new Map(arms.map((arm, i) => [arm, `arm${i}` as const]))
  const of = `${cells.length} of ${cells.length + missing.length} runs have scores`
  const content = [
    `<h1>Study: ${escape(study.name)}</h1>`,
    `<p class="quiet">${of}${gathered.strange > 0 ? `; ${gathered.strange} in the folder belong to no arm of the study and are not counted` : ''}.</p>`,
    ...tables.map(tableHtml),
    curvesHtml(rows, looks),
    reliabilityHtml(rows, looks),
    settingsHtml(study),
    placesHtml(cells),
  ]
  return page(`Exemplar Lab: study ${escape(study.name)}`, content.filter(Boolean).join('\n'), version, style(arms.length))
}

function tableHtml({ title, note, head, words, rows }: Table): string {
  const kind = (i: number) => (i < words ? '' : ' class="number"')
  const line = (cells: readonly string[]) => `<tr>${cells.map((cell, i) => `<td${kind(i)}>${named(cell)}</td>`).join('')}</tr>`
  return section(
    escape(title),
    `<p class="quiet">${escape(note)}</p>` +
      scroll(
        escape(title),
        'fit',
        `<table><thead><tr>${head.map((cell, i) => `<th scope="col"${kind(i)}>${escape(cell)}</th>`).join('')}</tr></thead>` +
          `<tbody>${rows.map(line).join('\n')}</tbody></table>`,
      ),
  )
}

type Looks = ReadonlyMap<string, `arm${number}`>

function legend(rows: readonly Row[], looks: Looks): string {
  const arms = [...new Set(rows.map(({ arm }) => arm))]
  const key = (arm: string) => `<svg class="key ${looks.get(arm)}" width="28" height="6" aria-hidden="true"><path d="M0 3H28"/></svg>`
  return `<ul class="legend">${arms.map((arm) => `<li>${key(arm)}${named(arm)}</li>`).join('')}</ul>`
}

const groupsOf = (rows: readonly Row[]): [string, Row[]][] => {
  const drawn = rows.filter(({ cells }) => cells.length > 0)
  return [...new Set(drawn.map(({ data }) => data))].map((data) => [data, drawn.filter((row) => row.data === data)])
}

function curvesHtml(rows: readonly Row[], looks: Looks): string {
  const figures = groupsOf(rows).flatMap(([data, own]) => {
    const curves = (x: 'step' | 'minutes'): Curve[] =>
      own.map(({ arm, curve }) => ({
        name: '',
        column: named(arm),
        look: looks.get(arm)!,
        points: curve.map((point) => ({ x: point[x], y: point.dice })).filter((point) => !Number.isNaN(point.x)),
      }))
    return [
      chartFigure(`${escape(data)}: Dice by steps`, curves('step'), [0, 1]),
      chartFigure(`${escape(data)}: Dice by minutes`, curves('minutes'), [0, 1], { unit: 'minutes', least: 0.1, tick: 0 }),
    ]
  })
  if (figures.length === 0) return ''
  const note = 'Mean over the runs of each arm, at the steps at which all of them are scored.'
  return section('Curves', `<p class="quiet">${note}</p>${legend(rows, looks)}<div class="charts">${figures.join('\n')}</div>`)
}

function reliabilityHtml(rows: readonly Row[], looks: Looks): string {
  const ideal: Curve = { name: '', column: 'calibrated', look: 'fit', points: [0, 1].map((x) => ({ x, y: x })) }
  const figures = groupsOf(rows).map(([data, own]) => {
    const curves = own.flatMap(({ arm, calibration }): Curve[] => {
      if (!calibration) return []
      const points = reliabilityCurve(calibration.reliability.foreground).map(({ confidence, right }) => ({ x: confidence, y: right }))
      return [{ name: '', column: named(arm), look: looks.get(arm)!, points }]
    })
    return chartFigure(`${escape(data)}: how often a pseudo-label is right, by its confidence`, [ideal, ...curves], [0, 1], {
      unit: 'confidence',
      least: 1,
      tick: 0,
    })
  })
  if (figures.length === 0) return ''
  const note =
    'Foreground pixels, in bins of 0.05; the dotted line is what a calibrated network would give. Below it a network is surer than it is right.'
  return section('Reliability', `<p class="quiet">${note}</p>${legend(rows, looks)}<div class="charts">${figures.join('\n')}</div>`)
}

/** What every arm and data set changes of the defaults. */
function settingsHtml({ arms, data, cells }: Study): string {
  const said = (values: object) => Object.entries(values).map(([key, value]) => `${key}=${String(value)}`)
  const rows = [
    ...[...data].map(([name, { settings }]) => [name, said(settings)] as const),
    ...[...arms].map(
      ([name, { settings, labels }]) =>
        [name, [...said(settings), ...(labels === 'all' ? ['true masks of all training images'] : [])]] as const,
    ),
  ]
  const first = cells[0]?.config ?? defaults
  const common = keys.filter((key) => cells.every(({ config }) => config[key] === first[key]) && first[key] !== parameters[key].default)
  const shared = common.map((key) => `${key}=${String(first[key])}`).join(', ')
  const body = rows.map(([name, own]) => `<tr><th scope="row">${named(name)}</th><td>${escape(own.join(', ') || 'as they are')}</td></tr>`)
  return section(
    'Settings',
    `<p class="quiet">Beside the defaults${shared ? ` and what all runs share: ${escape(shared)}` : ''}. Each run's file has all of its settings.</p>` +
      `<table class="fit"><tbody>${body.join('\n')}</tbody></table>`,
  )
}

/** Where the runs were made: versions, backends and processors, with how many runs each. */
function placesHtml(cells: readonly EndedCell[]): string {
  const places = new Map<string, number>()
  for (const { made } of cells) {
    const all = [`Exemplar Lab ${made.version}${made.commit ? ` (${made.commit})` : ''}`, `${made.backend}, ${made.adapter}`]
    const text = [...all, ...Object.entries(made.place).map(([what, is]) => `${what} ${is}`)].join(' · ')
    places.set(text, (places.get(text) ?? 0) + 1)
  }
  if (places.size === 0) return ''
  return section('Where', `<ul>${[...places].map(([text, n]) => `<li>${n} runs: ${escape(text)}</li>`).join('')}</ul>`)
}
