import { ticksWithin, tidy } from '../lib/round-numbers'

/** One curve: NaN is a gap. */
export interface Curve {
  /** Label at the curve's end; may be empty. */
  name: string
  /** Heads its column in the table, as HTML, where it has no name. */
  column?: string
  /** How it is drawn: model A (solid), model B (dashed), both (plain) or the fit (dotted); or a class of the page's own style. */
  look: 'a' | 'b' | 'both' | 'fit' | `arm${number}`
  points: { x: number; y: number }[]
}

const [width, height] = [340, 170]
const box = { left: 38, right: 276, top: 10, bottom: 146 }

/** More points than this are indistinguishable on 238 units. */
const maxPoints = 240

/** Means of equal parts, so that no part of a long run is skipped; a part without a number is a gap. */
function thin(points: Curve['points']): Curve['points'] {
  const each = Math.ceil(points.length / maxPoints)
  if (each === 1) return points
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
  return Array.from({ length: Math.ceil(points.length / each) }, (_, i) => {
    const part = points.slice(i * each, (i + 1) * each)
    return { x: mean(part.map(({ x }) => x)), y: mean(part.map(({ y }) => y).filter(Number.isFinite)) }
  })
}

/** Rows of the table below a chart: enough to follow the curve. */
const mostRows = 12

/** What a curve shows at x: between two of its points the line that joins them; null where nothing is drawn. */
function shownAt(points: Curve['points'], x: number): number | null {
  const after = points.findIndex((point) => point.x >= x)
  const [a, b] = [points[Math.max(0, after - 1)], points[after]]
  if (!a || !b || (a === b && b.x !== x)) return null
  const shown = b.x === x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x)
  return Number.isFinite(shown) ? shown : null
}

/** The numbers of a chart, for who does not see it. */
function tableOf(title: string, curves: readonly Curve[], unit: string): string {
  const all = [...new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const rows = Math.min(mostRows, all.length)
  const chosen = Array.from({ length: rows }, (_, i) => all[Math.round((i * (all.length - 1)) / Math.max(1, rows - 1))]!)
  const head = ({ name, column = name || title }: Curve) => `<th scope="col" class="number">${column}</th>`
  const cell = (value: number | null) => `<td class="number">${value === null ? '–' : tidy(value, 4)}</td>`
  const line = (at: number) => `<tr><th scope="row">${tidy(at)}</th>${curves.map(({ points }) => cell(shownAt(points, at))).join('')}</tr>`
  return (
    `<details><summary>Data table</summary><div class="scroll fit" tabindex="0" role="group" aria-label="Table: ${title}">` +
    `<table><thead><tr><th scope="col">${unit}</th>${curves.map(head).join('')}</tr></thead>` +
    `<tbody>${chosen.map(line).join('')}</tbody></table></div></details>`
  )
}

const short = (value: number) =>
  Math.abs(value) >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)))
const place = (value: number) => value.toFixed(1)

/**
 * A line chart as SVG, with a table of its numbers below; the last value of each curve is written beside it. An empty string if there are no
 * numbers.
 * @param title plain text without markup
 * @param range of the y axis; by default from 0 to the largest value
 * @param across the unit of the x axis, which begins at 0; how far it reaches at least; and the least distance of two ticks
 */
export function chartFigure(
  title: string,
  curves: readonly Curve[],
  range?: readonly [number, number],
  across: { unit: string; least: number; tick: number } = { unit: 'steps', least: 1, tick: 1 },
): string {
  const shown = curves.filter(({ points }) => points.some(({ y }) => Number.isFinite(y)))
  const drawn = shown.map((curve) => ({ ...curve, points: thin(curve.points) }))
  if (drawn.length === 0) return ''
  const all = drawn.flatMap(({ points }) => points)
  const values = all.map(({ y }) => y).filter(Number.isFinite)
  const [low, high] = range ?? [0, values.reduce((a, b) => Math.max(a, b), 0) * 1.05 || 1]
  const lastX = curves.flatMap(({ points }) => points).reduce((most, { x }) => Math.max(most, x), across.least)
  const x = (value: number) => box.left + (value / lastX) * (box.right - box.left)
  const y = (value: number) => box.bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (box.bottom - box.top)

  const grid = ticksWithin(low, high).map(
    (tick) =>
      `<path class="grid" d="M${box.left} ${place(y(tick))}H${box.right}"/>` +
      `<text x="${box.left - 5}" y="${place(y(tick) + 3.5)}" text-anchor="end">${short(tick)}</text>`,
  )
  const steps = ticksWithin(0, lastX, across.tick).map(
    (tick) => `<text x="${place(x(tick))}" y="${height - 8}" text-anchor="middle">${short(tick)}</text>`,
  )
  const lines = drawn.map(({ look, points }) => {
    const parts = points.map((p, i) => {
      if (!Number.isFinite(p.y)) return ''
      const start = i === 0 || !Number.isFinite(points[i - 1]!.y)
      // A single point has no length; its round ends make a dot.
      return `${start ? 'M' : 'L'}${place(x(p.x))} ${place(y(p.y))}${start ? 'h0' : ''}`
    })
    return `<path class="curve ${look}" d="${parts.join('')}"/>`
  })
  const ends = drawn.map(({ name, look, points }) => {
    const known = points.filter(({ y }) => Number.isFinite(y))
    return { name, look, first: known[0]!.y, last: known.at(-1)!.y }
  })
  const told = ends.map(({ name, first, last }) => `${name} from ${first.toFixed(3)} to ${last.toFixed(3)}`.trim()).join(', ')
  return (
    `<figure class="chart"><figcaption>${title}</figcaption>` +
    `<svg role="img" aria-label="${title} over ${tidy(lastX)} ${across.unit}: ${told}" viewBox="0 0 ${width} ${height}">` +
    grid.join('') +
    steps.join('') +
    lines.join('') +
    apart(ends.map((end) => ({ ...end, at: y(end.last) + 3.5 })))
      .map(
        ({ name, look, last, at }) =>
          `<text class="end ${look}" x="${box.right + 5}" y="${place(at)}">${`${name} ${last.toFixed(2)}`.trim()}</text>`,
      )
      .join('') +
    '</svg>' +
    tableOf(title, shown, across.unit) +
    '</figure>'
  )
}

/** Moves labels down, then up from the bottom, until none overlap. */
function apart<T extends { at: number }>(labels: T[]): T[] {
  const line = 12
  const sorted = [...labels].sort((a, b) => a.at - b.at)
  for (let i = 1; i < sorted.length; i++) sorted[i]!.at = Math.max(sorted[i]!.at, sorted[i - 1]!.at + line)
  let bottom = box.bottom + 3.5
  for (let i = sorted.length - 1; i >= 0; i--) {
    sorted[i]!.at = Math.min(sorted[i]!.at, bottom)
    bottom = sorted[i]!.at - line
  }
  return sorted
}
