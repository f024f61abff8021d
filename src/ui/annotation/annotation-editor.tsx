import { useCallback, useEffect, useId, useRef, useState, type RefObject } from 'react'
import { Autosave } from '../../store/autosave'
import { unknown, type Annotation, type Drawable } from '../../drawing/drawable'
import { Editor } from '../../drawing/editor'
import { count } from '../format'
import { ModalDialog } from '../modal-dialog'
import { DrawingCanvas } from './drawing-canvas'
import { EditorContext, useEditor, useEditorState } from './editor-context'
import { LabelList } from './label-list'
import { Shortcuts } from './shortcuts'
import type { Stage } from './stage'
import { ToolBar } from './tool-bar'
import { ToolOptions } from './tool-options'
import { tools } from './tools'
import { ViewOptions } from './view-options'
import '../styles/annotation.css'

interface Props {
  /** What is drawn on; another picture is another `id`. */
  picture: Drawable
  /** "Use this annotation" was pressed. The dialog stays open until the caller removes it. */
  onDone: (result: Annotation) => void
  /** "Close" or Escape was pressed; what was drawn is saved. */
  onClose: () => void
}

/** The drawing editor, a dialog over the whole window. */
export function AnnotationEditor(props: Props) {
  return <Opened key={props.picture.id} {...props} />
}

function Opened({ picture: given, onDone, onClose }: Props) {
  // As it was when the dialog opened: a parent that passes a new object must not undo what was drawn.
  const [picture] = useState(given)
  const [editor, setEditor] = useState<Editor | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const dialog = useRef<HTMLDialogElement>(null)

  useEffect(() => {
    let here = true
    const autosave = new Autosave(picture, (text) => here && setProblem(text))
    void autosave.load(picture.width * picture.height).then((saved) => here && setEditor(new Editor(picture, saved, autosave)))
    return () => {
      here = false
    }
  }, [picture])

  const close = () => {
    // A stroke begun with the keyboard is kept as well.
    editor?.release()
    onClose()
  }
  return (
    <ModalDialog
      ref={dialog}
      className="annotation"
      title={`Annotate ${picture.name}`}
      head={(titleId) => (
        <header className="annotation-head">
          <div className="annotation-title">
            <h2 id={titleId}>Annotate {picture.name}</h2>
            <p className="quiet">
              {count(picture.width)} × {count(picture.height)} pixels
              {picture.proposal && ' · a prediction to be corrected'}
            </p>
          </div>
          {editor && (
            <EditorContext value={editor}>
              <Head onDone={onDone} />
            </EditorContext>
          )}
          <button type="button" title="Close; what you drew is kept in this browser (Escape)" onClick={close}>
            Close
          </button>
        </header>
      )}
      onClose={close}
    >
      {problem && (
        <p role="alert" className="annotation-problem">
          {problem}
        </p>
      )}
      {editor ? (
        <EditorContext value={editor}>
          <Desk dialog={dialog} />
        </EditorContext>
      ) : (
        <p className="annotation-opening">Opening…</p>
      )}
    </ModalDialog>
  )
}

/** History, and the way out. `aria-disabled`, because a button that disables itself would drop the keyboard focus. */
function Head({ onDone }: Pick<Props, 'onDone'>) {
  const editor = useEditor()
  const past = useEditorState(({ drawing, stroking, points }) => drawing.past.length > 0 || stroking || points.length > 0)
  const future = useEditorState(({ drawing }) => drawing.future.length > 0)
  const missing = useEditorState(Editor.missing)
  const reason = useId()
  return (
    <>
      <div className="annotation-row">
        <button type="button" aria-disabled={!past} aria-keyshortcuts="Control+Z" title="Undo (Ctrl Z)" onClick={() => editor.undo()}>
          Undo
        </button>
        <button
          type="button"
          aria-disabled={!future}
          aria-keyshortcuts="Control+Shift+Z"
          title="Redo (Ctrl Shift Z)"
          onClick={() => editor.redo()}
        >
          Redo
        </button>
      </div>
      <div className="annotation-use">
        {missing && (
          <p id={reason} className="hint quiet">
            {missing}
          </p>
        )}
        <button
          type="button"
          className="primary"
          aria-disabled={missing !== null}
          aria-describedby={missing ? reason : undefined}
          onClick={() => missing === null && onDone(editor.result())}
        >
          Use this annotation
        </button>
      </div>
    </>
  )
}

/** Everything below the head, and the keys that work everywhere in the dialog. */
function Desk({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const editor = useEditor()
  const canvas = useRef<HTMLCanvasElement>(null)
  const stage = useRef<Stage | null>(null)
  const [sheet, setSheet] = useState(false)
  const toCanvas = useCallback(() => canvas.current?.focus(), [])
  const keepStage = useCallback((standing: Stage | null) => {
    stage.current = standing
  }, [])

  // Drawing can begin at once, by pointer and by keyboard.
  useEffect(() => toCanvas(), [toCanvas])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null
      if (event.key === 'Tab') wrapFocus(dialog.current!, event)
      // Keys pressed in the sheet belong to it, and keys in fields to the fields, but Escape leaves the field, not the dialog.
      if (event.defaultPrevented || target?.closest('dialog') !== (target === document.body ? null : dialog.current)) return
      if (target?.matches('input:is([type=text], [type=number], [type=color]), select')) {
        if (event.key !== 'Escape') return
        event.preventDefault()
        toCanvas()
      } else if (press(editor, stage.current, () => setSheet(true), event)) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [editor, dialog, toCanvas])

  return (
    <>
      <Restored toCanvas={toCanvas} />
      <div className="annotation-desk">
        <ToolBar toCanvas={toCanvas} />
        <DrawingCanvas canvas={canvas} onStage={keepStage} />
        {/* It scrolls where there is little room; its controls make it reachable by keyboard. */}
        <div className="annotation-side">
          <ToolOptions />
          <LabelList toCanvas={toCanvas} />
          <ViewOptions />
          <button type="button" aria-keyshortcuts="?" title="All keys (?)" onClick={() => setSheet(true)}>
            Shortcuts
          </button>
        </div>
      </div>
      {sheet && <Shortcuts onClose={() => setSheet(false)} />}
    </>
  )
}

/** Tab wraps from the last control to the first: in between the browser would move to its own toolbars, where the keys do not work. */
function wrapFocus(dialog: HTMLElement, event: KeyboardEvent): void {
  const controls = [...dialog.querySelectorAll<HTMLElement>(':is(button, input, select):enabled, [tabindex="0"]')]
  const [from, to] = event.shiftKey ? [controls.at(0), controls.at(-1)] : [controls.at(-1), controls.at(0)]
  if (document.activeElement !== from && document.activeElement !== document.body) return
  event.preventDefault()
  to?.focus()
}

/** @returns whether the key did something */
function press(
  editor: Editor,
  stage: Stage | null,
  openSheet: () => void,
  { key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent,
): boolean {
  const letter = key.length === 1 ? key.toUpperCase() : key
  if (altKey) return false
  if (ctrlKey || metaKey) {
    if (letter === 'Z' && !shiftKey) editor.undo()
    else if (letter === 'Y' || letter === 'Z') editor.redo()
    else return false
    return true
  }
  const row = tools.find((tool) => tool.key === letter)
  if (row) editor.choose(row.tool)
  else if (/^[1-9]$/.test(key)) {
    const label = editor.state.getState().drawing.table[Number(key)]
    if (!label || label.value === unknown) return false
    editor.activate(label.value)
  } else if (letter === 'U') editor.activate(unknown)
  else if (key === '[') editor.growBrush(-1)
  else if (key === ']') editor.growBrush(1)
  else if (key === '+' || key === '=') stage?.zoom(1.25)
  else if (key === '-') stage?.zoom(0.8)
  else if (key === '0') stage?.fit()
  else if (key === '?') openSheet()
  else if (key === 'Escape') return editor.cancel()
  else return false
  return true
}

function Restored({ toCanvas }: { toCanvas: () => void }) {
  const editor = useEditor()
  const restored = useEditorState((state) => state.restored)
  if (restored === null) return null
  const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(restored)
  return (
    <div className="annotation-restored">
      <p role="status">Restored what you drew on {when}.</p>
      <button
        type="button"
        onClick={() => {
          editor.discardRestored()
          toCanvas()
        }}
      >
        Discard
      </button>
      <button
        type="button"
        onClick={() => {
          editor.keepRestored()
          toCanvas()
        }}
      >
        Keep
      </button>
    </div>
  )
}
