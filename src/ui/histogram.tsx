import { useState } from 'react'
import { count } from './format'
import { barHeights, place } from './histogram-bars'
import { reading } from './source-words'
import type { GreyWindow } from '../image/window'

interface Props {
  /** Voxels in equal steps from min to max. */
  counts: readonly number[]
  min: number
  max: number
  /** Marked where it is known. */
  window: GreyWindow | null
}

/** How often each value occurs, on a logarithmic scale: air would hide everything else on a linear one. */
export function Histogram({ counts, min, max, window }: Props) {
  const bars = barHeights(counts)
  const path = bars.map((height, i) => (height > 0 ? `M${i} 1V${1 - height}H${i + 1}V1Z` : '')).join('')
  const from = window && place(window.center - window.width / 2, min, max)
  const to = window && place(window.center + window.width / 2, min, max)
  const name = `Histogram of values from ${reading(min)} to ${reading(max)}`
  return (
    <figure className="histogram" aria-label={name}>
      <div className="bars">
        <svg viewBox={`0 0 ${bars.length} 1`} preserveAspectRatio="none" aria-hidden="true">
          <path d={path} />
        </svg>
        {window && from !== null && to !== null && (
          <div className="window" style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
        )}
      </div>
      <p className="ends quiet">
        <span>{reading(min)}</span>
        <span>count, logarithmic</span>
        <span>{reading(max)}</span>
      </p>
      <HistogramTable name={name} counts={counts} min={min} max={max} />
    </figure>
  )
}

/** The counts as numbers: parts in which no voxel lies are left out. */
function HistogramTable({ name, counts, min, max }: Omit<Props, 'window'> & { name: string }) {
  const [open, setOpen] = useState(false)
  const start = (i: number) => reading(min + ((max - min) * i) / counts.length)
  return (
    <details className="data-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Data table</summary>
      {/* It scrolls, so a keyboard has to reach it. */}
      <div className="scroll" tabIndex={0} role="group" aria-label={`${name}, rows`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Values</th>
              <th scope="col">Voxels</th>
            </tr>
          </thead>
          <tbody>
            {open &&
              counts.map(
                (voxels, i) =>
                  voxels > 0 && (
                    <tr key={i}>
                      <th scope="row">
                        {start(i)} to {start(i + 1)}
                      </th>
                      <td>{count(voxels)}</td>
                    </tr>
                  ),
              )}
          </tbody>
        </table>
      </div>
    </details>
  )
}
