import { useCallback, useEffect, useId, useRef, useState, type RefObject } from 'react'
import { useStore } from 'zustand'
import { unknown, type Drawable } from '../../drawing/drawable'
import { Editor, nothingDrawn } from '../../drawing/editor'
import { exportDrawings, fetchPicture, turnedTo } from '../../store/commands'
import { tidy } from '../../lib/round-numbers'
import { useDrafts } from '../../store/drafts'
import { lookOf } from '../../store/looks'
import { stackName, type Slice } from '../../store/stack'
import type { PictureId } from '../../worker/protocol'
import { count } from '../format'
import { ModalDialog } from '../modal-dialog'
import { NewProblem } from '../new-problem'
import { DrawingCanvas } from './drawing-canvas'
import { Editing } from './editing'
import { EditingContext, EditorContext, useEditing, useEditor, useEditorState } from './editor-context'
import { LabelList } from './label-list'
import { Shortcuts } from './shortcuts'
import { SliceBar } from './slice-bar'
import type { Stage } from './stage'
import { ToolBar } from './tool-bar'
import { toleranceStep } from './tolerance'
import { ToolOptions } from './tool-options'
import { tools } from './tools'
import { ViewOptions } from './view-options'
import '../styles/desk.css'
import '../styles/annotation.css'

interface Props {
  /** What is drawn on first; another picture is another `id`. */
  picture: Drawable & { id: PictureId }
  /** The slices of its volume in order, itself among them. */
  stack: readonly Slice[]
  /** "Use this annotation" was pressed. The dialog stays open until the caller removes it. */
  onDone: (...drawn: Parameters<typeof exportDrawings>) => void
  /** "Close" or Escape was pressed; what was drawn is saved. */
  onClose: () => void
}

/** The drawing editor, a dialog over the whole window. */
export function AnnotationEditor(props: Props) {
  return <Opened key={props.picture.id} {...props} />
}

function Opened({ picture: given, stack, onDone, onClose }: Props) {
  // As it was when the dialog opened: a parent that passes a new object must not undo what was drawn.
  const [picture] = useState(given)
  const [editing] = useState(() => new Editing(stack, lookOf(stackName(picture.id)), fetchPicture))

  useEffect(() => {
    void editing.show(picture)
    // A page that is reloaded or closed says nothing to the dialog.
    const keep = () => editing.keepLook()
    addEventListener('pagehide', keep)
    return () => {
      removeEventListener('pagehide', keep)
      editing.end()
    }
  }, [editing, picture])

  return (
    <EditingContext value={editing}>
      <Dialog name={picture.name} onDone={onDone} onClose={onClose} />
    </EditingContext>
  )
}

function Dialog({ name, onDone, onClose }: Pick<Props, 'onDone' | 'onClose'> & { name: string }) {
  const editing = useEditing()
  const editor = useStore(editing.state, (state) => state.editor)
  const problem = useStore(editing.state, (state) => state.problem)
  const dialog = useRef<HTMLDialogElement>(null)
  const shown = editor?.picture
  const id = shown?.id as PictureId | undefined
  useEffect(() => {
    if (id !== undefined) turnedTo(id)
  }, [id])

  const close = () => {
    editing.end()
    onClose()
  }
  const title = `Annotate ${shown?.name ?? name}`
  return (
    <ModalDialog
      ref={dialog}
      className="desk annotation"
      title={title}
      head={(titleId) => (
        <header className="desk-head">
          <div className="desk-title">
            <h2 id={titleId}>{title}</h2>
            {shown && (
              <p className="quiet">
                {count(shown.width)} × {count(shown.height)} pixels
                {shown.proposal && ' · a prediction to be corrected'}
              </p>
            )}
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
      <NewProblem />
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

/** Saves what is drawn as a file; it is told where it cannot be seen. */
async function exportAll(editing: Editing, editor: Editor): Promise<void> {
  const { drawings, classes } = await editing.drawings()
  if (drawings.length === 0) return editor.tell(nothingDrawn)
  const name = await exportDrawings(drawings, classes)
  // A failure is shown by itself.
  editor.tell(name === undefined ? null : `Saved as ${name}.`)
}

/** Hands over what is drawn; a slice that counts as drawn may be empty by now. */
async function handOver(editing: Editing, editor: Editor, onDone: Props['onDone']): Promise<void> {
  const { drawings, classes } = await editing.drawings()
  if (drawings.length === 0) return editor.tell(nothingDrawn)
  onDone(drawings, classes)
}

/** History, and the way out. `aria-disabled`, because a button that disables itself would drop the keyboard focus. */
function Head({ onDone }: Pick<Props, 'onDone'>) {
  const editing = useEditing()
  const editor = useEditor()
  const busy = useStore(editing.state, (state) => state.busy !== null)
  const interpolated = useStore(editing.state, (state) => state.interpolated)
  const past = useEditorState(({ drawing, stroking, points }) => drawing.past.length > 0 || stroking || points.length > 0)
  const future = useEditorState(({ drawing, pointsUndone }) => drawing.future.length > 0 || pointsUndone.length > 0)
  const empty = useEditorState(Editor.missing)
  const drafts = useDrafts()
  const others = editing.stack.filter(({ id }) => id !== editor.picture.id && drafts.has(id)).length
  const missing = others > 0 ? null : empty
  const reason = useId()
  return (
    <>
      <div className="desk-row">
        <button
          type="button"
          aria-disabled={!past && interpolated !== 'done'}
          aria-keyshortcuts="Control+Z"
          title="Undo (Ctrl Z)"
          onClick={() => editing.undo()}
        >
          Undo
        </button>
        <button
          type="button"
          aria-disabled={!future && interpolated !== 'undone'}
          aria-keyshortcuts="Control+Shift+Z"
          title="Redo (Ctrl Shift Z)"
          onClick={() => editing.redo()}
        >
          Redo
        </button>
      </div>
      <div className="annotation-use">
        {(missing || others > 0) && (
          <p id={reason} className="hint quiet">
            {missing ?? `With ${others} other drawn slice${others === 1 ? '' : 's'}`}
          </p>
        )}
        <button
          type="button"
          className="primary"
          aria-disabled={missing !== null || busy}
          aria-describedby={missing || others > 0 ? reason : undefined}
          onClick={() => missing === null && !busy && void handOver(editing, editor, onDone)}
        >
          Use this annotation
        </button>
      </div>
    </>
  )
}

/** Everything below the head, and the keys that work everywhere in the dialog. */
function Desk({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  const editing = useEditing()
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
      const inField = target?.matches('input:is([type=text], [type=number], [type=color]), select')
      if (inField || (isSlider(target) && event.key === 'Escape')) {
        if (event.key !== 'Escape') return
        event.preventDefault()
        toCanvas()
      } else if (press(editing, editor, stage.current, () => setSheet(true), event)) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [editing, editor, dialog, toCanvas])

  return (
    <>
      <Restored toCanvas={toCanvas} />
      <div className="desk-parts">
        <ToolBar toCanvas={toCanvas} />
        <DrawingCanvas canvas={canvas} onStage={keepStage}>
          {editing.stack.length > 1 && <SliceBar />}
        </DrawingCanvas>
        {/* It scrolls where there is little room; its controls make it reachable by keyboard. */}
        <div className="desk-side">
          <ToolOptions />
          <LabelList toCanvas={toCanvas} />
          <ViewOptions />
          <div className="desk-row">
            <button
              type="button"
              aria-keyshortcuts="Control+S"
              title="Saves what is drawn on this image, or on all slices of its volume, as a file in the format of the image (Ctrl S)"
              onClick={() => void exportAll(editing, editor)}
            >
              Export drawing
            </button>
            <button type="button" aria-keyshortcuts="?" title="All keys (?)" onClick={() => setSheet(true)}>
              Shortcuts
            </button>
          </div>
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

/** These keys move a slider. */
const isSlider = (target: EventTarget | null) => target instanceof Element && target.matches('input[type=range]')

/** The brush, or the tolerance of a flood. */
function grow(editor: Editor, direction: 1 | -1): void {
  const { tool, tolerance } = editor.state.getState()
  if (tool !== 'flood') return editor.growBrush(direction)
  const step = toleranceStep(editor.picture)
  editor.setTolerance(Math.max(0, tidy(tolerance + direction * step)))
}

/** @returns whether the key did something */
function press(
  editing: Editing,
  editor: Editor,
  stage: Stage | null,
  openSheet: () => void,
  { key, ctrlKey, metaKey, altKey, shiftKey, target }: KeyboardEvent,
): boolean {
  const letter = key.length === 1 ? key.toUpperCase() : key
  if (altKey) return false
  if (ctrlKey || metaKey) {
    if (letter === 'Z' && !shiftKey) editing.undo()
    else if (letter === 'Y' || letter === 'Z') editing.redo()
    else if (letter === 'S') void exportAll(editing, editor)
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
  else if (letter === 'V') editor.set({ labelsShown: !editor.state.getState().labelsShown })
  else if (letter === 'M') editor.smooth('median')
  else if (letter === 'C') editor.smooth('closing')
  else if (letter === 'I') void editing.interpolate()
  else if (key === ',' || (key === 'PageUp' && !isSlider(target))) editing.turn(-1)
  else if (key === '.' || (key === 'PageDown' && !isSlider(target))) editing.turn(1)
  else if (key === '<') void editing.copyFrom(-1)
  else if (key === '>') void editing.copyFrom(1)
  else if (key === '[') grow(editor, -1)
  else if (key === ']') grow(editor, 1)
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
