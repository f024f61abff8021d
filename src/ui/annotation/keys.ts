/** The stage without a mouse: arrow keys move a cross-hair, Space and Enter do what a click there would. */
import type { Point } from '../../drawing/drawable'
import type { Tool } from '../../drawing/editor'
import { arrows } from './gestures'
import type { Stage } from './stage'

/** These are drawn from click to click. */
const isOutline = (tool: Tool) => tool === 'polygon' || tool === 'livewire'

/** Follows keys on the canvas until the stage goes. */
export function followKeys(stage: Stage): void {
  const { canvas, signal } = stage
  canvas.addEventListener('keydown', (event) => keyDown(stage, event), { signal })
  canvas.addEventListener('keyup', (event) => keyUp(stage, event), { signal })
  canvas.addEventListener('focus', () => stage.redraw(), { signal })
  canvas.addEventListener('blur', () => blur(stage), { signal })
}

function keyDown(stage: Stage, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const { editor, hands } = stage
  const { tool } = editor.state.getState()
  const step = arrows[event.key]
  if (step) arrow(stage, step, event.shiftKey ? 10 : 1)
  else if (event.key === ' ') {
    // On release, because Space and a drag move the image.
    if (!event.repeat) hands.space = 'down'
  } else if (event.key === 'Enter') {
    if (isOutline(tool)) editor.closePolygon()
    else if (!event.repeat) act(stage)
  } else if (event.key === 'Backspace' && isOutline(tool)) editor.dropLastPoint()
  else return
  event.preventDefault()
}

function keyUp(stage: Stage, event: KeyboardEvent): void {
  if (event.key !== ' ') return
  event.preventDefault()
  if (stage.hands.space === 'down') act(stage)
  stage.hands.space = 'up'
}

function arrow(stage: Stage, step: Point, by: number): void {
  const { editor, hands } = stage
  const { tool, window } = editor.state.getState()
  if (tool === 'hand') return stage.pan(-step.x * by * 20, -step.y * by * 20)
  if (tool === 'window') return stage.shiftWindow(window, step.x * by * 5, step.y * by * 5)
  hands.byKeyboard = true
  stage.setCross({ x: hands.cross.x + step.x * by, y: hands.cross.y + step.y * by })
  editor.drag([stage.crossMiddle])
  editor.hover(stage.crossMiddle)
  keepCrossInSight(stage)
  stage.tell()
  stage.say('')
  stage.redraw()
}

function keepCrossInSight(stage: Stage): void {
  const { x, y } = stage.crossOnScreen
  const { width, height } = stage.size
  const margin = Math.min(24, width / 4, height / 4)
  const missing = (place: number, room: number) => Math.max(0, margin - place) - Math.max(0, place - (room - margin))
  const [dx, dy] = [missing(x, width), missing(y, height)]
  // An image that is wholly in sight stays where it is, even if its rim lies in the margin.
  if ((dx !== 0 || dy !== 0) && !stage.fitted) stage.pan(dx, dy)
}

/** What a click would do, at the cross-hair. */
function act(stage: Stage): void {
  const { editor, hands } = stage
  const { stroking, tool } = editor.state.getState()
  if (tool === 'hand' || tool === 'window') return
  hands.byKeyboard = true
  if (stroking) editor.release()
  else editor.press(stage.crossMiddle)
  const state = editor.state.getState()
  const corners = state.points.length
  stage.say(stroking ? 'Stroke ended.' : state.stroking ? 'Stroke started.' : isOutline(tool) ? `Corner ${corners} set.` : '')
  stage.tell()
  stage.redraw()
}

function blur(stage: Stage): void {
  stage.hands.space = 'up'
  // Or a stroke begun with the keyboard would go on unseen.
  if (!stage.hands.dragging) stage.editor.release()
  stage.redraw()
}
