/** What mouse, pen and fingers do on the stage: draw, move and zoom the image, change its window. */
import type { Point } from '../../drawing/drawable'
import type { Drawing } from '../../drawing/drawing'
import { capture, pinched, placeOn, turnOf } from './gestures'
import type { Stage } from './stage'

/** A click this close to the first corner closes the polygon; CSS pixels. */
const nearFirst = 10

/** Of one pointer: a palm beside a pen neither draws nor ends what the pen draws. */
type Drag = { id: number; byTouch: boolean } & (
  { kind: 'draw'; past: Drawing['past'] } | { kind: 'pan'; last: Point } | { kind: 'window'; from: Point; center: number; width: number }
)

/** Follows them until the stage goes. */
export function followPointers(stage: Stage): void {
  const { canvas, signal } = stage
  const pointers = new Pointers(stage)
  canvas.addEventListener('pointerdown', (event) => pointers.down(event), { signal })
  canvas.addEventListener('pointermove', (event) => pointers.move(event), { signal })
  canvas.addEventListener('pointerup', (event) => pointers.up(event), { signal })
  canvas.addEventListener('pointercancel', (event) => pointers.up(event, true), { signal })
  // It comes after every `pointerup` too, when there is nothing left to end.
  canvas.addEventListener('lostpointercapture', (event) => pointers.up(event), { signal })
  canvas.addEventListener('pointerleave', (event) => pointers.leave(event), { signal })
  canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
  canvas.addEventListener('wheel', (event) => pointers.wheel(event), { signal, passive: false })
}

class Pointers {
  readonly #stage: Stage
  #drag: Drag | null = null
  /** Fingers on the canvas; two of them zoom and pan, unless a pen or a mouse drags. */
  readonly #fingers = new Map<number, Point>()

  constructor(stage: Stage) {
    this.#stage = stage
  }

  #hold(drag: Drag | null): void {
    this.#drag = drag
    this.#stage.hands.dragging = drag !== null
  }

  #placeOf(event: MouseEvent): Point {
    return placeOn(this.#stage.canvas, event)
  }

  down(event: PointerEvent): void {
    const stage = this.#stage
    const { editor, hands } = stage
    const at = this.#placeOf(event)
    if (event.pointerType === 'touch') {
      this.#fingers.set(event.pointerId, at)
      if (this.#fingers.size > 1) {
        if (this.#drag?.byTouch) this.#takeBack()
        return
      }
    }
    // The hand lay down before the pen did.
    if (event.pointerType === 'pen' && this.#drag?.byTouch) this.#takeBack()
    if (this.#drag) return
    const who = { id: event.pointerId, byTouch: event.pointerType === 'touch' }
    capture(stage.canvas, event)
    hands.byKeyboard = false
    hands.pointer = at
    const { tool, window, points, drawing } = editor.state.getState()
    const panning = event.button === 1 || (event.button === 0 && (tool === 'hand' || hands.space !== 'up'))
    if (panning) {
      // The middle button would scroll.
      event.preventDefault()
      if (hands.space !== 'up') hands.space = 'panned'
      this.#hold({ ...who, kind: 'pan', last: at })
    } else if (event.button === 2 || (event.button === 0 && tool === 'window')) {
      this.#hold({ ...who, kind: 'window', from: at, ...window })
    } else if (event.button === 0) {
      const first = points.length > (tool === 'livewire' ? 1 : 2) ? stage.toScreen(points[0]!) : null
      if ((tool === 'polygon' || tool === 'livewire') && first && Math.hypot(first.x - at.x, first.y - at.y) <= nearFirst)
        return editor.closePolygon()
      this.#hold({ ...who, kind: 'draw', past: drawing.past })
      editor.press(stage.toImage(at))
    }
  }

  /** The first finger of two was not meant to draw, nor was a palm. */
  #takeBack(): void {
    const drag = this.#drag
    this.#hold(null)
    if (drag?.kind !== 'draw') return
    const { editor } = this.#stage
    const { points, drawing } = editor.state.getState()
    // Of a polygon or a livewire the last corner only: one zooms on the way.
    if (points.length > 0) editor.dropLastPoint()
    else if (!editor.cancel() && drawing.past !== drag.past) editor.undo()
  }

  move(event: PointerEvent): void {
    const stage = this.#stage
    const at = this.#placeOf(event)
    if (this.#fingers.has(event.pointerId)) {
      if (this.#fingers.size > 1 && !this.#drag) return this.#pinch(event.pointerId, at)
      this.#fingers.set(event.pointerId, at)
    }
    if (this.#drag && this.#drag.id !== event.pointerId) return
    // The button went up where nothing told.
    if (this.#drag && event.pointerType === 'mouse' && event.buttons === 0) this.up(event)
    const drag = this.#drag
    stage.hands.pointer = at
    // A stroke that the keyboard draws goes on from where it is.
    if (drag || !stage.editor.state.getState().stroking) {
      stage.hands.byKeyboard = false
      stage.setCross(stage.toImage(at))
    }
    if (drag?.kind === 'pan') {
      stage.pan(at.x - drag.last.x, at.y - drag.last.y)
      drag.last = at
    } else if (drag?.kind === 'window') {
      stage.shiftWindow(drag, at.x - drag.from.x, at.y - drag.from.y)
    } else if (drag) {
      // Pointers report more often than frames are drawn; without these, quick curves would lose their corners.
      const parts = event.getCoalescedEvents?.() ?? []
      stage.editor.drag((parts.length > 0 ? parts : [event]).map((part) => stage.toImage(this.#placeOf(part))))
    } else stage.editor.hover(stage.toImage(at))
    stage.tell()
    stage.redraw()
  }

  up(event: PointerEvent, cancelled = false): void {
    this.#fingers.delete(event.pointerId)
    const drag = this.#drag
    if (drag?.id !== event.pointerId) return
    this.#hold(null)
    if (drag.kind !== 'draw') return
    const { editor } = this.#stage
    // A cancelled touch takes its stroke back, but not the polygon.
    if (cancelled && editor.state.getState().stroking) editor.cancel()
    else editor.release()
  }

  leave(event: PointerEvent): void {
    if (this.#drag && this.#drag.id !== event.pointerId) return
    this.#stage.hands.pointer = null
    this.#stage.editor.hover(null)
    this.#stage.tell()
    this.#stage.redraw()
  }

  #pinch(id: number, to: Point): void {
    const { factor, middle, dx, dy } = pinched(this.#fingers, id, to)
    this.#stage.zoom(factor, middle)
    this.#stage.pan(dx, dy)
  }

  wheel(event: WheelEvent): void {
    event.preventDefault()
    const delta = turnOf(event)
    if (delta === 0) return
    if (event.shiftKey) return this.#stage.editor.growBrush(delta < 0 ? 1 : -1)
    // A pinch on a touch pad comes as a wheel with Ctrl, in small steps.
    this.#stage.zoom(Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.002)), this.#placeOf(event))
    this.#stage.tell()
  }
}
