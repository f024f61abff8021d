import { useId, type ReactNode } from 'react'
import { useCurve } from '../store/curves'
import { OnDemand } from './boundary'
import type { ChartProps } from './chart-props'
import { DataTable } from './data-table'
import { count } from './format'
import { lazyPart } from './lazy-part'
import { useTurn } from './use-turn'

/** The chart library is most of the page's code, and the page is useful before it arrives. */
export const chartPart = lazyPart(
  'The chart',
  () => import('./chart'),
  ({ Chart }) => Chart,
)

/** A chart with its newest values, and the same numbers as a table. */
export function ChartFigure({ name, note, children, ...props }: ChartProps & { name: string; note?: string; children?: ReactNode }) {
  const nameId = useId()
  const { chart, lines, format } = props
  const { rows } = useCurve(chart)
  const newest = rows.at(-1)
  const drawn = useTurn(newest !== undefined)
  return (
    <figure className="chart" aria-labelledby={nameId}>
      <figcaption>
        <h3 id={nameId}>{name}</h3>
        <p className="newest">
          {lines.slice(0, 4).map(({ key, label, model, faint }) => (
            <span key={key} data-model={model} data-faint={faint}>
              <span className="label">{label}</span> <b>{newest ? format(newest[key as keyof typeof newest]) : '–'}</b>
            </span>
          ))}
        </p>
      </figcaption>
      {children}
      <div className="plot">
        {drawn ? (
          <OnDemand part={chartPart}>{(Chart) => <Chart {...props} />}</OnDemand>
        ) : (
          <p className="empty">{chart === 'dice' ? 'Scores appear here as they are measured.' : 'The curve begins with the first step.'}</p>
        )}
      </div>
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
    </figure>
  )
}
