import { createContext, memo, use, useId, useMemo, type ReactNode } from 'react'
import {
  CartesianGrid,
  LineChart,
  ResponsiveContainer,
  usePlotArea,
  XAxis,
  YAxis,
  type XAxisTickContentProps,
  type YAxisTickContentProps,
} from 'recharts'
import { tidy } from '../lib/round-numbers'
import type { Thin, ThinPoint } from '../store/series'
import type { RunEvent } from './chart-events'
import type { ChartProps, Line } from './chart-props'
import { shareOf, type Scale } from './chart-scale'
import { count } from './format'
import type { PinnedCurve } from './pinned-curves'
import { PinnedLines } from './pinned-lines'
import { useTurn } from './use-turn'

const strokes = { A: 'var(--model-a)', B: 'var(--model-b)', both: 'var(--text)', none: 'var(--quiet)' } as const

const strokeOf = ({ own, model }: Line) => own?.color ?? strokes[model]

/** A is solid and B is dashed, so that colour is not the only difference. */
const dashOf = ({ own, model, faint }: Line) => (own ? own.dash : model === 'B' ? (faint ? '2 3' : '6 4') : undefined)

interface Props extends Pick<ChartProps, 'lines' | 'dots'> {
  points: readonly ThinPoint[]
  x: Scale
  y: Scale
  events: readonly RunEvent[]
  /** Of other runs. */
  pinned: readonly PinnedCurve[]
}

/**
 * A chart of one thinned series: the library's axes and grid, between which the lines are drawn. The library takes as long for any of its parts as for all,
 * so what it is given changes only when it looks different; the lines change with every step.
 */
export function Chart(drawn: Props) {
  return (
    <Drawn value={drawn}>
      <Frame />
    </Drawn>
  )
}

const Drawn = createContext<Props>(null!)

const margin = { top: 6, right: 8, bottom: 0, left: 0 }

/** Never drawn anew itself, but its parts are. */
const Frame = memo(function Frame() {
  return (
    <ResponsiveContainer width="100%" height="100%">
      {/* The keyboard layer of the library speaks through a second role "status"; the cursor and the data table serve instead. */}
      <LineChart accessibilityLayer={false} margin={margin}>
        {/* The library takes as long for its axes as for all else when it draws a chart first. */}
        <InTurn>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <Steps />
          <Values />
        </InTurn>
        <InTurn>
          <Marks />
          <Curves />
          <Pinned />
        </InTurn>
      </LineChart>
    </ResponsiveContainer>
  )
})

/** What first comes in a frame of its own. */
const InTurn = ({ children }: { children: ReactNode }) => useTurn(true) && children

function Steps() {
  const { x } = use(Drawn)
  return useMemo(
    () => (
      <XAxis
        dataKey="x"
        type="number"
        domain={[...x.domain]}
        allowDataOverflow
        niceTicks="none"
        ticks={x.ticks}
        tick={(tick: XAxisTickContentProps) => {
          const place = Number(tick.payload.value)
          // The last would be cut off at the edge.
          const last = shareOf(x, place) > 0.95 && { x: Number(tick.x) + margin.right, textAnchor: 'end' as const }
          return <Tick {...tick} {...last} down={0.71} words={count(Math.round(x.value(place)))} />
        }}
        tickLine={false}
        stroke="var(--quiet)"
        interval={0}
      />
    ),
    [x],
  )
}

function Values() {
  const { y } = use(Drawn)
  return useMemo(
    () => (
      <YAxis
        dataKey="y"
        domain={[...y.domain]}
        allowDataOverflow
        niceTicks="none"
        ticks={y.ticks}
        width={38}
        tickLine={false}
        axisLine={false}
        stroke="var(--quiet)"
        interval={0}
        tick={(tick: YAxisTickContentProps) => <Tick {...tick} down={0.355} words={String(tidy(y.value(Number(tick.payload.value)), 3))} />}
      />
    ),
    [y],
  )
}

/** The number at a tick, in one line: the library would measure its words to wrap them. @param down by how much its baseline lies lower, in em */
function Tick({ x, y, textAnchor, down, words }: Pick<XAxisTickContentProps, 'x' | 'y' | 'textAnchor'> & { down: number; words: string }) {
  return (
    <text className="tick" x={x} y={y} dy={`${down}em`} textAnchor={textAnchor} fontSize={11} fill="var(--quiet)">
      {words}
    </text>
  )
}

/** A line across where something happened; the library takes most of a millisecond for each. */
function Marks() {
  const { x, events } = use(Drawn)
  const plot = usePlotArea()
  return useMemo(
    () =>
      plot &&
      events.map(({ step }, i) => {
        const share = shareOf(x, x.place(Math.max(1, step))!)
        if (share < 0 || share > 1) return null
        const across = plot.x + share * plot.width
        return (
          <line
            key={i}
            className="event"
            x1={across}
            x2={across}
            y1={plot.y}
            y2={plot.y + plot.height}
            stroke="var(--quiet)"
            strokeDasharray="1 3"
          />
        )
      }),
    [x, events, plot],
  )
}

function Pinned() {
  const { pinned, x, y } = use(Drawn)
  return useMemo(() => <PinnedLines curves={pinned} x={x} y={y} />, [pinned, x, y])
}

/**
 * The lines: each bold as it is smoothed, over its values as they came: faint while each has a point, else as the area from the lowest to the highest.
 * Where one breaks off and goes on later there is a cross. Drawn by themselves, since the library takes five milliseconds for each.
 */
function Curves() {
  const { points, lines, dots = false, x, y } = use(Drawn)
  const plot = usePlotArea()
  const clip = useId()
  if (!plot) return null
  const across = points.map(({ step }) => {
    const place = x.place(step)
    return place === null ? null : plot.x + shareOf(x, place) * plot.width
  })
  const up = (v: number) => {
    const place = y.place(v)
    return place === null ? null : plot.y + (1 - shareOf(y, place)) * plot.height
  }
  const lowest = plot.y + plot.height
  const thinned = points.some(({ rows }) => rows > 1)
  const heights = (key: string, of: keyof Thin) => points.map(({ values }) => (values[key] ? up(values[key][of]) : null))
  return (
    <g className="curves-drawn" clipPath={`url(#${clip})`}>
      <defs>
        <clipPath id={clip}>
          <rect x={plot.x} y={plot.y} width={plot.width} height={plot.height} />
        </clipPath>
      </defs>
      {lines.map((line) => {
        const { key } = line
        return thinned ? (
          <path
            key={key}
            className="range"
            d={area(
              across,
              heights(key, 'high'),
              heights(key, 'low').map((v, i) => v ?? (points[i]!.values[key] ? lowest : null)),
            )}
            fill={strokeOf(line)}
            fillOpacity={0.2}
          />
        ) : (
          <path
            key={key}
            className="raw"
            d={path(across, heights(key, 'value'))}
            fill="none"
            stroke={strokeOf(line)}
            strokeOpacity={0.35}
          />
        )
      })}
      {lines.map((line) => {
        const { key, faint } = line
        const smooth = heights(key, 'smooth')
        return (
          <g key={key}>
            <path
              className="bold"
              d={path(across, smooth)}
              fill="none"
              stroke={strokeOf(line)}
              strokeWidth={faint ? 1 : 1.75}
              strokeOpacity={faint ? 0.8 : 1}
              strokeDasharray={dashOf(line)}
            />
            {dots && !faint && <path className="dots" d={dotsOf(across, smooth)} fill={strokeOf(line)} />}
            {gapsOf(smooth).map((i) => (
              <text key={i} x={across[i]!} y={smooth[i]! + 4} fill={strokeOf(line)} fontSize={12} textAnchor="middle">
                ×
              </text>
            ))}
          </g>
        )
      })}
    </g>
  )
}

/** Runs of points that have a place. */
function runsOf(across: readonly (number | null)[], heights: readonly (number | null)[]): number[][] {
  const runs: number[][] = []
  let open = false
  across.forEach((v, i) => {
    const has = v !== null && heights[i] !== null
    if (has && open) runs.at(-1)!.push(i)
    else if (has) runs.push([i])
    open = has
  })
  return runs
}

const join = (run: readonly number[], across: readonly (number | null)[], heights: readonly (number | null)[]) =>
  run.map((i) => `${across[i]!.toFixed(2)} ${heights[i]!.toFixed(2)}`).join('L')

const path = (across: readonly (number | null)[], heights: readonly (number | null)[]): string =>
  runsOf(across, heights)
    .map((run) => `M${join(run, across, heights)}`)
    .join('')

const area = (across: readonly (number | null)[], high: readonly (number | null)[], low: readonly (number | null)[]): string =>
  runsOf(across, high)
    .map((run) => `M${join(run, across, high)}L${join([...run].reverse(), across, low)}Z`)
    .join('')

/** A dot of 2 px at each point, as one element: hundreds of them would take most of an update. */
const dotsOf = (across: readonly (number | null)[], heights: readonly (number | null)[]): string =>
  runsOf(across, heights)
    .flat()
    .map((i) => `M${(across[i]! - 2).toFixed(2)} ${heights[i]!.toFixed(2)}a2 2 0 1 0 4 0a2 2 0 1 0-4 0`)
    .join('')

/** The last points before a line breaks off, if it goes on later. */
function gapsOf(heights: readonly (number | null)[]): number[] {
  const last = heights.map((v) => v !== null).lastIndexOf(true)
  return heights.flatMap((v, i) => (i < last && v !== null && heights[i + 1] === null ? [i] : []))
}
