import type { ReactNode } from 'react'
import type { Drawable } from '../../drawing/drawable'

/** The patient's directions at the four sides of an image. */
export function Sides({ sides }: Pick<Drawable, 'sides'>) {
  if (!sides) return null
  return (
    <div className="desk-sides">
      {(['left', 'right', 'top', 'bottom'] as const).map((side) => (
        <span key={side} data-side={side}>
          <span className="unseen">{side}: </span>
          {sides[side]}
        </span>
      ))}
    </div>
  )
}

interface ZoomProps {
  onZoom: (factor: number) => void
  onFit: () => void
  /** More buttons, before these. */
  children?: ReactNode
}

/** Buttons over an image that enlarge it, and show all of it again. */
export function ZoomButtons({ onZoom, onFit, children }: ZoomProps) {
  return (
    <div className="desk-zoom">
      {children}
      <button type="button" aria-label="Zoom in" aria-keyshortcuts="+" title="Zoom in (+)" onClick={() => onZoom(1.25)}>
        +
      </button>
      <button type="button" aria-label="Zoom out" aria-keyshortcuts="-" title="Zoom out (−)" onClick={() => onZoom(0.8)}>
        −
      </button>
      <button type="button" aria-label="Fit" aria-keyshortcuts="0" title="Fit the image (0)" onClick={onFit}>
        Fit
      </button>
    </div>
  )
}
