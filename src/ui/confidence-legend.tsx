import { viridisStops } from '../image/palette'
import { usePage } from '../store/page-store'

const width = 120

/** The colours of the confidence pictures, the threshold, and the other signs of the diagram. */
export function ConfidenceLegend() {
  const tau = usePage((state) => (state.running ?? state.asked).tau)
  return (
    <div className="legend">
      <p>Confidence</p>
      <svg viewBox={`-4 0 ${width + 8} 40`} width={width + 8} height="40" role="img" aria-label={`Scale from 0 to 1, threshold ${tau}`}>
        <defs>
          <linearGradient id="viridis">
            {viridisStops.map((colour, i) => (
              <stop key={i} offset={i / (viridisStops.length - 1)} stopColor={`rgb(${colour.join(' ')})`} />
            ))}
          </linearGradient>
        </defs>
        <rect x="0" y="16" width={width} height="10" fill="url(#viridis)" />
        <text x="0" y="38">
          0
        </text>
        <text x={width} y="38" textAnchor="end">
          1
        </text>
        {tau <= 1 && (
          <>
            <path className="threshold" d={`M${tau * width} 13v16`} />
            <text x={tau * width} y="10" textAnchor={tau < 0.2 ? 'start' : tau > 0.8 ? 'end' : 'middle'}>
              τ {tau}
            </text>
          </>
        )}
      </svg>
    </div>
  )
}
