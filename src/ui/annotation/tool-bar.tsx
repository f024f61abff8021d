import { useEditor, useEditorState } from './editor-context'
import { tools } from './tools'

/** One button for each tool. After a click the keys belong to the canvas again; after Enter or Space the focus stays. */
export function ToolBar({ toCanvas }: { toCanvas: () => void }) {
  const editor = useEditor()
  const current = useEditorState((state) => state.tool)
  return (
    <div className="tools" role="group" aria-label="Tools">
      {tools.map(({ tool, name, key, hint, icon }) => (
        <button
          key={tool}
          type="button"
          aria-label={name}
          aria-pressed={tool === current}
          aria-keyshortcuts={key}
          title={`${name} (${key}): ${hint}`}
          onClick={({ detail }) => {
            editor.choose(tool)
            if (detail > 0) toCanvas()
          }}
        >
          <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d={icon} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" />
          </svg>
          <span aria-hidden="true">{name}</span>
          <kbd aria-hidden="true">{key}</kbd>
        </button>
      ))}
    </div>
  )
}
