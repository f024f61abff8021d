import { removable, type Label } from '../../drawing/drawing'
import { background, unknown } from '../../drawing/drawable'
import { ColourInput } from '../colour-input'
import { count } from '../format'
import { NameField } from '../name-field'
import { useEditor, useEditorState } from './editor-context'

/** The labels: which one tools write, what they are called, and which are shown and locked. */
export function LabelList({ toCanvas }: { toCanvas: () => void }) {
  const editor = useEditor()
  const table = useEditorState((state) => state.drawing.table)
  const { spacing } = editor.picture
  return (
    <section aria-label="Labels">
      <table className="annotation-labels">
        <caption>Labels</caption>
        <thead>
          <tr>
            <th scope="col">Draw</th>
            <th scope="col">Name</th>
            <th scope="col" className="number">
              Pixels
            </th>
            {spacing && (
              <th scope="col" className="number">
                mm²
              </th>
            )}
            <th scope="col">Show</th>
            <th scope="col">Lock</th>
            <th scope="col">
              <span className="unseen">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {table.map((label, row) => (
            <LabelRow key={label.value} label={label} row={row} toCanvas={toCanvas} />
          ))}
        </tbody>
      </table>
      <button type="button" onClick={() => editor.addLabel()}>
        Add label
      </button>
    </section>
  )
}

/** Square millimetres, with three figures where it is small. */
const areaText = (area: number): string => (area >= 100 || area === 0 ? count(Math.round(area)) : area.toPrecision(3))

function LabelRow({ label, row, toCanvas }: { label: Label; row: number; toCanvas: () => void }) {
  const { value, name, color, locked } = label
  const editor = useEditor()
  const { spacing } = editor.picture
  const active = useEditorState((state) => state.active === value)
  const hidden = useEditorState((state) => state.hidden.has(value))
  const pixels = useEditorState((state) => state.drawing.counts[value]!)
  const canGo = useEditorState((state) => removable(state.drawing, value))
  const isClass = value !== background && value !== unknown
  const key = value === unknown ? 'U' : isClass && row < 10 ? String(row) : null
  return (
    <tr data-active={active}>
      <td>
        <label className="annotation-choice" title={`Draw with ${name}${key ? ` (${key})` : ''}`}>
          <input
            type="radio"
            name="active label"
            aria-label={`Draw with ${name}`}
            aria-keyshortcuts={key ?? undefined}
            checked={active}
            onChange={() => editor.activate(value)}
          />
          <kbd aria-hidden="true">{key}</kbd>
        </label>
      </td>
      <td>
        <span className="annotation-name">
          {isClass ? (
            <ColourInput label={`Colour of ${name}`} color={color} onChoose={(chosen) => editor.editLabel(value, { color: chosen })} />
          ) : (
            <span className={value === unknown ? 'hatched' : 'no-colour'} />
          )}
          {isClass ? (
            <NameField
              // It is uncontrolled: after undo the key makes a new one.
              key={name}
              label={`Name of label ${row}`}
              name={name}
              onRename={(chosen) => editor.editLabel(value, { name: chosen })}
              onEnter={toCanvas}
            />
          ) : (
            <span>{name}</span>
          )}
        </span>
      </td>
      <td className="number">{count(pixels)}</td>
      {spacing && <td className="number">{value !== background && value !== unknown ? areaText(pixels * spacing[0] * spacing[1]) : ''}</td>}
      <td>
        {value !== background && (
          <input
            type="checkbox"
            aria-label={`Show ${name}`}
            checked={!hidden}
            onChange={(event) => editor.show(value, event.target.checked)}
          />
        )}
      </td>
      <td>
        <input
          type="checkbox"
          aria-label={`Lock ${name}`}
          checked={locked}
          onChange={(event) => editor.editLabel(value, { locked: event.target.checked })}
        />
      </td>
      <td>
        {isClass && (
          <button
            type="button"
            className="annotation-remove"
            aria-label={`Remove ${name}`}
            title={canGo ? `Remove ${name}` : `${name} has pixels: only a label without pixels can be removed.`}
            disabled={!canGo}
            onClick={() => {
              editor.removeLabel(value)
              toCanvas()
            }}
          >
            ×
          </button>
        )}
      </td>
    </tr>
  )
}
