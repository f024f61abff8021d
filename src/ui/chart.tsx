import { useMemo } from 'react'
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
  type TooltipContentProps,
} from 'recharts'
import { markNames } from '../lib/mark'
import { ticksAround, ticksWithin } from '../lib/round-numbers'
import { useCurve } from '../store/curves'
import { usePage } from '../store/page-store'
import type { Point } from '../store/series'
import type { ChartProps } from './chart-props'
import { count } from './format'

const strokes = { A: 'var(--model-a)', B: 'var(--model-b)', both: 'var(--text)', none: 'var(--quiet)' } as const

/** A is solid and B is dashed, so that colour is not the only difference. */
const dash = (model: string, faint: boolean) => (model === 'B' ? (faint ? '2 3' : '6 4') : undefined)

/** A line chart of one thinned series; null is a gap. */
export function Chart({ chart, lines, format, limits, dots = false }: ChartProps) {
  const { points } = useCurve(chart)
  const recoveries = usePage((state) => state.recoveries)
  const marks = usePage((state) => state.marks)
  const { domain, ticks } = useMemo(() => verticalAxis(points, lines, limits), [points, lines, limits])
  return (
    <ResponsiveContainer width="100%" height="100%">
      {/* The keyboard layer of the library speaks through a second role "status"; the data table serves instead. */}
      <LineChart data={points} accessibilityLayer={false} margin={{ top: 6, right: 8, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="step"
          type="number"
          domain={['dataMin', 'dataMax']}
          ticks={ticksWithin(points[0]?.step ?? 0, points.at(-1)?.step ?? 1, 1)}
          tickFormatter={count}
          tickLine={false}
          stroke="var(--quiet)"
          fontSize={11}
          minTickGap={28}
        />
        <YAxis
          domain={domain}
          ticks={ticks}
          width={38}
          tickLine={false}
          axisLine={false}
          stroke="var(--quiet)"
          fontSize={11}
          tickFormatter={String}
        />
        <Tooltip
          isAnimationActive={false}
          allowEscapeViewBox={{ x: false, y: true }}
          offset={16}
          content={(props) => <Exact {...props} lines={lines} format={format} />}
        />
        {recoveries.map(({ step }, i) => (
          <ReferenceLine key={i} x={step} stroke="var(--quiet)" strokeDasharray="1 3" ifOverflow="hidden" />
        ))}
        {marks.map(({ step, what }, i) => (
          <ReferenceLine
            key={`${what} ${i}`}
            x={step}
            stroke="var(--quiet)"
            ifOverflow="hidden"
            label={{ value: markNames[what], position: 'insideTopLeft', fontSize: 10, fill: 'var(--quiet)' }}
          />
        ))}
        {lines.map(({ key, model, faint }) => (
          <Line
            key={key}
            dataKey={key}
            type="linear"
            stroke={strokes[model]}
            strokeWidth={faint ? 1 : 1.75}
            strokeOpacity={faint ? 0.8 : 1}
            strokeDasharray={dash(model, faint) ?? ''}
            dot={dots && !faint ? { r: 2, strokeWidth: 0, fill: strokes[model] } : false}
            activeDot={{ r: 3, strokeWidth: 0 }}
            isAnimationActive={false}
            connectNulls={false}
          />
        ))}
      </LineChart>
    </ResponsiveContainer>
  )
}

/** The ends and the ticks of the vertical axis for the lines shown. */
function verticalAxis(points: readonly Point[], lines: ChartProps['lines'], limits: ChartProps['limits']) {
  let [lowest, highest] = [Infinity, -Infinity]
  for (const point of points)
    for (const { key } of lines) {
      const v = point[key as keyof Point]
      if (typeof v !== 'number' || !Number.isFinite(v)) continue
      lowest = Math.min(lowest, v)
      highest = Math.max(highest, v)
    }
  if (limits) {
    const [low, high] = limits
    const domain = [typeof low === 'number' ? low : low(lowest), high] as const
    return { domain, ticks: ticksWithin(...domain) }
  }
  const ticks = lowest <= highest ? ticksAround(lowest, highest) : [0, 1]
  return { domain: [ticks[0]!, ticks.at(-1)!] as const, ticks }
}

/** The values under the pointer. */
function Exact({ active, label, payload, lines, format }: TooltipContentProps & Pick<ChartProps, 'lines' | 'format'>) {
  if (!active || payload.length === 0) return null
  const row = payload[0]!.payload as Record<string, number | null>
  return (
    <div className="exact">
      <p>step {count(Number(label))}</p>
      {lines.map(({ key, label: name, model }) => (
        <p key={key} data-model={model}>
          {name} <b>{format(row[key])}</b>
        </p>
      ))}
    </div>
  )
}
