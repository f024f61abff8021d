import { DataTable } from './data-table'
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
  const start = (i: number) => reading(min + ((max - min) * i) / counts.length)
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
      <DataTable
        name={name}
        head={['Values', 'Voxels']}
        // Parts in which no voxel lies are left out.
        rows={(open) =>
          open &&
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
          )
        }
      />
    </figure>
  )
}
