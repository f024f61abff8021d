import { useStore } from 'zustand'
import { useDrafts } from '../../store/drafts'
import { runsOf } from '../format'
import { useEditing, useEditor } from './editor-context'

/** From slice to slice, and what is taken over from others. */
export function SliceBar() {
  const editing = useEditing()
  const editor = useEditor()
  const drafts = useDrafts()
  const busy = useStore(editing.state, (state) => state.busy)
  const { stack } = editing
  const shown = stack.findIndex(({ id }) => id === editor.picture.id)
  const place = useStore(editing.state, (state) => state.turningTo) ?? shown
  const drawn = stack.flatMap(({ id, annotated }, n) => (annotated || drafts.has(id) ? [n] : []))
  const shares = drawn.map((n) => `${(100 * n) / (stack.length - 1)}%`)
  return (
    <div className="slice-bar" role="group" aria-label="Slices">
      <button
        type="button"
        aria-label="Previous slice"
        aria-keyshortcuts=", PageUp"
        aria-disabled={place === 0}
        title="Previous slice (, or Page Up)"
        onClick={() => editing.turn(-1)}
      >
        ‹
      </button>
      <label className="slice-slider">
        <span>
          Slice {place + 1} of {stack.length}
        </span>
        <span className="slice-track">
          <input
            type="range"
            aria-label="Slice"
            min={1}
            max={stack.length}
            value={place + 1}
            aria-valuetext={`${place + 1} of ${stack.length}${drawn.includes(place) ? ', drawn' : ''}`}
            onChange={(event) => void editing.turnTo(Number(event.target.value) - 1)}
          />
          {/* Where something is drawn; the numbers are below. */}
          <span className="slice-marks" aria-hidden="true">
            {shares.map((left) => (
              <span key={left} style={{ left }} />
            ))}
          </span>
        </span>
      </label>
      <button
        type="button"
        aria-label="Next slice"
        aria-keyshortcuts=". PageDown"
        aria-disabled={place === stack.length - 1}
        title="Next slice (. or Page Down)"
        onClick={() => editing.turn(1)}
      >
        ›
      </button>
      <div className="desk-row">
        <button
          type="button"
          aria-label="Copy from previous slice"
          aria-keyshortcuts="<"
          title="Replaces what is drawn here by what is drawn on the nearest slice before (<)"
          onClick={() => void editing.copyFrom(-1)}
        >
          Copy ‹
        </button>
        <button
          type="button"
          aria-label="Copy from next slice"
          aria-keyshortcuts=">"
          title="Replaces what is drawn here by what is drawn on the nearest slice after (>)"
          onClick={() => void editing.copyFrom(1)}
        >
          Copy ›
        </button>
        <button
          type="button"
          aria-keyshortcuts="I"
          title="Draws on the slices between drawn ones what lies between them by shape (I)"
          onClick={() => void editing.interpolate()}
        >
          Interpolate
        </button>
      </div>
      <p className="quiet" role="status">
        {busy ?? (drawn.length === 0 ? 'No slice is drawn yet.' : `Drawn: ${runsOf(drawn.map((n) => n + 1))}`)}
      </p>
    </div>
  )
}
