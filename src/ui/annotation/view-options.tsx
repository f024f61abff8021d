import { tidy } from '../../lib/round-numbers'
import { NumberInput } from '../number-input'
import { useEditor, useEditorState } from './editor-context'

/** How the image and the labels over it are shown; none of it affects the result. */
export function ViewOptions() {
  const editor = useEditor()
  const { window: own, presets } = editor.picture
  const { center, width } = useEditorState((state) => state.window)
  const opacity = useEditorState((state) => state.opacity)
  const labelsShown = useEditorState((state) => state.labelsShown)
  const outlineOnly = useEditorState((state) => state.outlineOnly)
  const all = [{ name: 'Automatic', ...own }, ...presets]
  const chosen = all.findIndex((preset) => preset.center === center && preset.width === width)
  return (
    <section aria-label="View">
      <h3>View</h3>
      <label className="field">
        <span>Window</span>
        <select value={chosen} onChange={(event) => editor.setWindow(all[Number(event.target.value)]!)}>
          {chosen < 0 && <option value={-1}>By hand</option>}
          {all.map(({ name }, k) => (
            <option key={k} value={k}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <div className="annotation-row">
        <NumberInput label="Window centre" value={tidy(center)} onChange={(value) => editor.setWindow({ center: value, width })} />
        <NumberInput label="Window width" value={tidy(width)} min={0} onChange={(value) => editor.setWindow({ center, width: value })} />
      </div>
      <label className="annotation-slider">
        <span>Opacity</span>
        <input
          type="range"
          min={0}
          max={100}
          value={Math.round(opacity * 100)}
          disabled={outlineOnly}
          onChange={(event) => editor.set({ opacity: Number(event.target.value) / 100 })}
        />
        <span>{Math.round(opacity * 100)} %</span>
      </label>
      <label className="annotation-check">
        <input
          type="checkbox"
          checked={labelsShown}
          aria-keyshortcuts="V"
          title="Show and hide all labels (V)"
          onChange={(event) => editor.set({ labelsShown: event.target.checked })}
        />
        Show labels
      </label>
      <label className="annotation-check">
        <input type="checkbox" checked={outlineOnly} onChange={(event) => editor.set({ outlineOnly: event.target.checked })} />
        Outlines only
      </label>
    </section>
  )
}
