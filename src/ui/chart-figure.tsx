import { useId, useRef, useState, type ReactNode } from 'react'
import { resetZoom, stepTold, useChartView } from '../store/chart-view'
import { save } from '../store/commands'
import { rowAt, useCurve } from '../store/curves'
import { usePage } from '../store/page-store'
import { usePinnedRuns } from '../store/pinned-runs'
import type { Point, ThinPoint } from '../store/series'
import { OnDemand } from './boundary'
import { ChartCursor } from './chart-cursor'
import { useChartEvents, type RunEvent } from './chart-events'
import { csvFile, pngFile, svgFile } from './chart-files'
import type { ChartProps } from './chart-props'
import { endWithRoom, sameScale, stepScale, valueScale, type Scale } from './chart-scale'
import { DataTable } from './data-table'
import { count } from './format'
import { lazyPart } from './lazy-part'
import { ModalDialog } from './modal-dialog'
import { pinnedValue, usePinnedCurves, type PinnedCurve } from './pinned-curves'
import { useTurn } from './use-turn'

/** The chart library is most of the page's code, and the page is useful before it arrives. */
export const chartPart = lazyPart(
  'The chart',
  () => import('./chart'),
  ({ Chart }) => Chart,
)

type Props = ChartProps & { name: string; note?: string; children?: ReactNode }

/** A chart with its values at the cursor, else its newest, and the same numbers as a table. */
export function ChartFigure({ name, note, children, ...props }: Props) {
  const nameId = useId()
  const { chart, lines, format } = props
  const { rows } = useCurve(chart)
  const [logs, setLogs] = useState<Logs>({ x: false, y: false })
  const [large, setLarge] = useState(false)
  return (
    <figure className="chart" aria-labelledby={nameId}>
      <figcaption>
        <h3 id={nameId}>{name}</h3>
        <Values {...props} />
      </figcaption>
      <PinnedValues {...props} />
      {children}
      <Tools name={name} logs={logs} onLogs={setLogs}>
        <button type="button" onClick={() => setLarge(true)}>
          Enlarge
        </button>
      </Tools>
      <Plot {...props} name={name} logs={logs} />
      {note && <p className="hint quiet">{note}</p>}
      <DataTable
        name={name}
        head={['Step', ...lines.map(({ label }) => label)]}
        // The newest first; only the newest while it is closed.
        rows={(open) =>
          (open ? [...rows].reverse() : rows.slice(-1)).map((row) => (
            <tr key={row.step}>
              <th scope="row">{count(row.step)}</th>
              {lines.map(({ key }) => (
                <td key={key}>{format(row[key as keyof typeof row])}</td>
              ))}
            </tr>
          ))
        }
      />
      {large && (
        <ModalDialog title={name} className="dialog chart-dialog" onClose={() => setLarge(false)}>
          <Large {...props} name={name} logs={logs} onLogs={setLogs} onClose={() => setLarge(false)} />
        </ModalDialog>
      )}
    </figure>
  )
}

/** Which axes are logarithmic. */
interface Logs {
  x: boolean
  y: boolean
}

interface WithLogs {
  name: string
  logs: Logs
  onLogs: (logs: Logs) => void
}

function Tools({ name, logs, onLogs, children }: WithLogs & { children?: ReactNode }) {
  const zoomed = useChartView(({ zoom }) => zoom !== null)
  return (
    <div className="chart-tools" role="group" aria-label={`View of ${name}`}>
      <button type="button" aria-pressed={logs.y} onClick={() => onLogs({ ...logs, y: !logs.y })}>
        Log y
      </button>
      <button type="button" aria-pressed={logs.x} onClick={() => onLogs({ ...logs, x: !logs.x })}>
        Log x
      </button>
      <button type="button" aria-disabled={!zoomed} onClick={resetZoom}>
        Reset zoom
      </button>
      {children}
    </div>
  )
}

/** The row at the cursor, or the newest. */
function useRow(chart: ChartProps['chart']): Point | undefined {
  const { rows } = useCurve(chart)
  const step = useChartView(stepTold)
  return (step === null ? null : rowAt(chart, step)) ?? rows.at(-1)
}

function Values({ chart, lines, format }: ChartProps) {
  const row = useRow(chart)
  return (
    <p className="newest">
      {lines.slice(0, 4).map(({ key, label, model, faint, own }) => (
        <span key={key} data-model={model} data-faint={faint}>
          {own && (
            <svg className="line-look" width="16" height="8" aria-hidden="true">
              <line x1="0" x2="16" y1="4" y2="4" stroke={own.color} strokeWidth="2" strokeDasharray={own.dash} />
            </svg>
          )}
          <span className="label">{label}</span> <b>{row ? format(row[key as keyof typeof row]) : '–'}</b>
        </span>
      ))}
    </p>
  )
}

/** What pinned runs have at the cursor, or at the newest step of the run at hand. */
function PinnedValues({ chart, lines, format }: ChartProps) {
  const pinned = usePinnedRuns()
  const row = useRow(chart)
  if (pinned.length === 0) return null
  return (
    <ul className="pinned-values" aria-label="Pinned">
      {pinned.map((run, n) => (
        <li key={run.id} data-pinned={n + 1}>
          <span className="label">{run.name}</span> <b>{format(pinnedValue(run, chart, lines, row))}</b>
        </li>
      ))}
    </ul>
  )
}

function Plot({ name, logs, ...props }: ChartProps & { name: string; logs: Logs }) {
  const { chart, lines, limits } = props
  const { points, ends, rows } = useCurve(chart)
  const zoom = useChartView((view) => view.zoom)
  const events = useChartEvents()
  const pinned = usePinnedCurves(chart, lines)
  const drawn = useTurn(rows.length > 0 || pinned.length > 0)
  const planned = usePage(({ running }) => running?.steps)
  const [first, last] = spanOf([...(rows.length > 0 ? [ends] : []), ...pinned.map((one) => one.ends)])
  const x = useSteady(stepScale(...(zoom ?? [first, endWithRoom(first, last, planned)]), logs.x))
  const y = useSteady(valueScale(reachOf([points, ...pinned.map((one) => one.points)], lines), limits, logs.y))
  if (!drawn)
    return (
      <div className="plot">
        <p className="empty">{chart === 'dice' ? 'Scores appear here as they are measured.' : 'The curve begins with the first step.'}</p>
      </div>
    )
  return (
    <div className="plot">
      <OnDemand part={chartPart}>
        {(Chart) => (
          <>
            <Chart points={points} lines={lines} dots={props.dots ?? false} x={x} y={y} events={events} pinned={pinned} />
            <Cursor {...props} name={name} x={x} newest={last} points={points} events={events} pinned={pinned} />
          </>
        )}
      </OnDemand>
    </div>
  )
}

type CursorProps = ChartProps & {
  name: string
  x: Scale
  newest: number
  points: readonly ThinPoint[]
  events: readonly RunEvent[]
  pinned: readonly PinnedCurve[]
}

/** Apart from the chart, which is not drawn anew as it moves. */
function Cursor({ name, x, newest, points, events, pinned, chart, lines, format }: CursorProps) {
  const row = useRow(chart)
  const place = `step ${count(row?.step ?? 0)}`
  const here = events.filter(({ step }) => step === row?.step).map(({ words }) => words)
  const values = lines.map(({ key, label }) => `${label} ${format(row?.[key as keyof typeof row])}`)
  const others = pinned.map(({ run }) => `${run.name} ${format(pinnedValue(run, chart, lines, row))}`)
  const words = [place, ...here, ...values, ...others].join(', ')
  return <ChartCursor name={name} x={x} newest={newest} points={points} place={place} words={words} />
}

/** A scale that stays the same object for as long as it says the same. */
function useSteady(scale: Scale): Scale {
  const [steady, settle] = useState(scale)
  if (sameScale(steady, scale)) return steady
  settle(scale)
  return scale
}

/** From the first of some steps to the last. */
const spanOf = (all: readonly (readonly [number, number])[]): [number, number] => [
  Math.min(...all.map(([from]) => from)),
  Math.max(...all.map(([, to]) => to)),
]

/** How far the values of the lines reach. */
function reachOf(curves: readonly (readonly ThinPoint[])[], lines: ChartProps['lines']) {
  let [lowest, highest, lowestPositive] = [Infinity, -Infinity, Infinity]
  for (const point of curves.flat())
    for (const { key } of lines) {
      const thin = point.values[key]
      if (!thin) continue
      lowest = Math.min(lowest, thin.low)
      highest = Math.max(highest, thin.high)
      for (const v of [thin.low, thin.value, thin.high, thin.smooth]) if (v > 0) lowestPositive = Math.min(lowestPositive, v)
    }
  return { lowest, highest, lowestPositive }
}

function Large({ name, logs, onLogs, onClose, ...props }: ChartProps & WithLogs & { onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null)
  const file = `exemplar-lab-${name.toLowerCase().replaceAll(' ', '-')}`
  const withPicture = (work: (svg: SVGSVGElement) => void) => {
    const svg = box.current!.querySelector<SVGSVGElement>('svg.recharts-surface')
    if (svg) work(svg)
  }
  return (
    <div className="chart" ref={box}>
      <Values {...props} />
      <PinnedValues {...props} />
      <Tools name={name} logs={logs} onLogs={onLogs} />
      <Plot {...props} name={name} logs={logs} />
      <div className="dialog-buttons">
        <button type="button" onClick={() => save(csvFile(file, props.chart, props.lines))}>
          Save CSV
        </button>
        <button type="button" onClick={() => withPicture((svg) => save(svgFile(file, svg)))}>
          Save SVG
        </button>
        <button type="button" onClick={() => withPicture((svg) => void pngFile(file, svg).then(save))}>
          Save PNG
        </button>
        <button type="button" className="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  )
}
