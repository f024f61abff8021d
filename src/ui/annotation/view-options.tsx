import { useEditor, useEditorState } from './editor-context'
import { OpacityField, WindowFields } from './view-fields'

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
      <WindowFields
        window={{ center, width }}
        named={all}
        chosen={chosen}
        onChoose={(which) => editor.setWindow(all[which]!)}
        onChange={(window) => editor.setWindow(window)}
      />
      <OpacityField value={opacity} disabled={outlineOnly} onChange={(value) => editor.set({ opacity: value })} />
      <label className="desk-check">
        <input
          type="checkbox"
          checked={labelsShown}
          aria-keyshortcuts="V"
          title="Show and hide all labels (V)"
          onChange={(event) => editor.set({ labelsShown: event.target.checked })}
        />
        Show labels
      </label>
      <label className="desk-check">
        <input type="checkbox" checked={outlineOnly} onChange={(event) => editor.set({ outlineOnly: event.target.checked })} />
        Outlines only
      </label>
    </section>
  )
}
