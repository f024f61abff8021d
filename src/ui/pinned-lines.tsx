import { usePlotArea } from 'recharts'
import { meanOfKnown } from '../lib/statistics'
import { shareOf, type Scale } from './chart-scale'
import type { PinnedCurve } from './pinned-curves'

/** By place: neither colour nor form alone tells runs apart, and each line bears its name. */
export const pinnedLooks = [
  { stroke: 'var(--run-1)', dash: '7 3 1.5 3' },
  { stroke: 'var(--run-2)', dash: '2 2' },
  { stroke: 'var(--run-3)', dash: '10 3' },
  { stroke: 'var(--run-4)', dash: '4 2 1.5 2 1.5 2' },
] as const

/** Where the name of the first run stands, as a share of the width; the others stand to the left of it, each a quarter further. */
const [nameAt, apart] = [0.97, 0.25]

/** Of a name on a line, in characters. */
const longest = 14

interface Props {
  curves: readonly PinnedCurve[]
  x: Scale
  y: Scale
}

/** The lines of pinned runs, with their names, over those of the run at hand. */
export function PinnedLines({ curves, x, y }: Props) {
  const plot = usePlotArea()
  if (!plot) return null
  const placeOf = (step: number, v: number | null) => {
    const [across, up] = [x.place(step), v === null ? null : y.place(v)]
    if (across === null || up === null) return null
    const [shareX, shareY] = [shareOf(x, across), shareOf(y, up)]
    if (shareX < 0 || shareX > 1) return null
    return { left: plot.x + shareX * plot.width, top: plot.y + (1 - Math.min(1, Math.max(0, shareY))) * plot.height }
  }
  return (
    <g className="pinned-drawn">
      {curves.map(({ run: { id, name }, quantities, points }, n) => {
        const { stroke, dash } = pinnedLooks[n % pinnedLooks.length]!
        const drawn = quantities.map(({ keys }) =>
          points.map(({ step, values }) => placeOf(step, meanOfKnown(keys.map((key) => values[key]?.smooth)))),
        )
        const named = drawn[0]?.filter((place) => place !== null) ?? []
        const aim = plot.x + plot.width * (nameAt - n * apart)
        const at = named.reduce<(typeof named)[number] | null>(
          (best, place) => (best && Math.abs(best.left - aim) <= Math.abs(place.left - aim) ? best : place),
          null,
        )
        return (
          <g key={id}>
            {drawn.map((places, q) => (
              <path
                key={q}
                d={pathOf(places)}
                fill="none"
                stroke={stroke}
                strokeWidth={quantities[q]!.faint ? 0.9 : 1.4}
                strokeDasharray={dash}
              />
            ))}
            {at && (
              <text
                x={at.left}
                y={Math.max(plot.y + 9, at.top - 4)}
                textAnchor={at.left > plot.x + plot.width / 2 ? 'end' : 'start'}
                fill={stroke}
                fontSize={10}
                fontWeight={650}
                className="pinned-name"
              >
                {name.length > longest ? `${name.slice(0, longest - 1)}…` : name}
              </text>
            )}
          </g>
        )
      })}
    </g>
  )
}

/** A line through places, broken where there is none. */
const pathOf = (places: readonly ({ left: number; top: number } | null)[]): string =>
  places.map((place, i) => (place ? `${places[i - 1] ? 'L' : 'M'}${place.left.toFixed(2)} ${place.top.toFixed(2)}` : '')).join('')
