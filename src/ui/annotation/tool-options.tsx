import { useId } from 'react'
import { brushSizes } from '../../drawing/brush'
import { smoothingRadii } from '../../drawing/smooth'
import { tidy } from '../../lib/round-numbers'
import type { EditorState } from '../../drawing/editor'
import { NumberInput } from '../number-input'
import { useEditor, useEditorState } from './editor-context'
import { toleranceStep } from './tolerance'
import { rowOf } from './tools'

/** What can be set for the chosen tool, and what acts on the active label at once. */
export function ToolOptions() {
  const editor = useEditor()
  const tool = useEditorState((state) => state.tool)
  const { name, hint } = rowOf(tool)
  return (
    <section aria-label="Tool">
      <h3>{name}</h3>
      <p className="hint quiet">{hint}</p>
      {(tool === 'brush' || tool === 'eraser' || tool === 'threshold') && <BrushSize />}
      {tool === 'threshold' && <Range />}
      {tool === 'flood' && <Tolerance />}
      {(tool === 'polygon' || tool === 'livewire') && <Corners wired={tool === 'livewire'} />}
      <h3>Active label</h3>
      <SmoothingRadius />
      <div className="desk-row">
        <button
          type="button"
          aria-keyshortcuts="M"
          title="Spikes and notches narrower than the radius go: a median of the labels (M)"
          onClick={() => editor.smooth('median')}
        >
          Smooth
        </button>
        <button
          type="button"
          aria-keyshortcuts="C"
          title="Gaps and holes narrower than the radius become the active label, where they are background (C)"
          onClick={() => editor.smooth('closing')}
        >
          Close gaps
        </button>
        <button type="button" title="Background enclosed by the active label becomes that label" onClick={() => editor.fillHoles()}>
          Fill holes
        </button>
        <button type="button" title="Everything that is not locked becomes background; this can be undone" onClick={() => editor.clear()}>
          Clear
        </button>
      </div>
    </section>
  )
}

function BrushSize() {
  const editor = useEditor()
  const size = useEditorState((state) => state.size)
  return (
    <label className="desk-slider">
      <span>Brush size</span>
      <input
        type="range"
        min={brushSizes.min}
        max={brushSizes.max}
        value={size}
        aria-keyshortcuts="[ ]"
        title="Brush size in pixels ([ and ])"
        onChange={(event) => editor.setSize(Number(event.target.value))}
      />
      <span>{size} px</span>
    </label>
  )
}

function SmoothingRadius() {
  const editor = useEditor()
  const radius = useEditorState((state) => state.radius)
  return (
    <label className="desk-slider">
      <span>Radius</span>
      <input
        type="range"
        min={smoothingRadii.min}
        max={smoothingRadii.max}
        value={radius}
        title="How far smoothing and closing reach, in pixels"
        onChange={(event) => editor.setRadius(Number(event.target.value))}
      />
      <span>{radius} px</span>
    </label>
  )
}

function Range() {
  const editor = useEditor()
  const { low, high } = useEditorState((state) => state.range)
  const fromClick = useEditorState((state) => state.rangeFromClick)
  const set = (range: Partial<EditorState['range']>) => editor.set({ range: { low, high, ...range }, rangeFromClick: false })
  return (
    <>
      <div className="desk-row">
        <NumberInput label="Lowest value" value={low} onChange={(value) => set({ low: value })} />
        <NumberInput label="Highest value" value={high} onChange={(value) => set({ high: value })} />
      </div>
      <label className="desk-check">
        <input type="checkbox" checked={fromClick} onChange={(event) => editor.set({ rangeFromClick: event.target.checked })} />
        From where a stroke begins
      </label>
    </>
  )
}

function Tolerance() {
  const editor = useEditor()
  const tolerance = useEditorState((state) => state.tolerance)
  const step = toleranceStep(editor.picture)
  const id = useId()
  return (
    <div className="desk-slider with-number">
      <label htmlFor={id}>Tolerance</label>
      <input
        id={id}
        type="range"
        min={0}
        max={tidy(50 * step)}
        step={step}
        value={tolerance}
        aria-keyshortcuts="[ ]"
        title="Largest difference of values ([ and ]); moving it makes the last flood anew"
        onChange={(event) => editor.setTolerance(tidy(Number(event.target.value)))}
      />
      <NumberInput name="Tolerance" value={tolerance} min={0} onChange={(value) => editor.setTolerance(value)} />
    </div>
  )
}

/** `aria-disabled`, because a button that disables itself when pressed loses the focus; pressing it then does nothing. */
function Corners({ wired }: { wired: boolean }) {
  const editor = useEditor()
  const corners = useEditorState((state) => state.points.length)
  return (
    <div className="desk-row">
      <button type="button" aria-disabled={corners < (wired ? 2 : 3)} title="Enter" onClick={() => editor.closePolygon()}>
        {wired ? 'Close wire' : 'Close polygon'}
      </button>
      <button type="button" aria-disabled={corners === 0} title="Backspace" onClick={() => editor.dropLastPoint()}>
        Remove corner
      </button>
      <button type="button" aria-disabled={corners === 0} title="Escape" onClick={() => editor.cancel()}>
        Cancel
      </button>
    </div>
  )
}
