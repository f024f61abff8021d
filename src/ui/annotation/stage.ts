/** The canvas of the editor: what is painted where, and what pointers and keys on it mean. It goes past React, which would be too slow. */
import type { Rect } from '../../image/raster'
import { snap } from '../../drawing/brush'
import { labelOf } from '../../drawing/drawing'
import type { Editor, EditorState } from '../../drawing/editor'
import { enclosing } from '../../drawing/patch'
import type { Point } from '../../drawing/drawable'
import { indexAt } from '../../drawing/regions'
import { strokeCased } from '../cased-lines'
import { Layers, type Look } from './layers'
import { aspectOf, fit, panned, toImage, toScreen, zoomed, type Size, type View } from './view'

/** A click this near to the first corner closes the polygon; CSS pixels. */
const nearFirst = 10

type Drag = { kind: 'draw' } | { kind: 'pan'; last: Point } | { kind: 'window'; from: Point; center: number; width: number }

/** A number of the file's units as one reads it. */
const valueText = (value: number): string =>
  Number.isInteger(value) ? String(value) : Number.isFinite(value) ? value.toPrecision(5) : 'none'

const lookOf = ({ drawing: { table }, hidden, opacity, outlineOnly }: EditorState): Look => ({ table, hidden, opacity, outlineOnly })

export interface Outputs {
  /** What is under the pointer, at every move. */
  readout(text: string): void
  /** What a screen reader is told, when the keyboard moves the cross-hair. */
  say(text: string): void
}

export class Stage {
  readonly #editor: Editor
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  /** Lies over the other, and holds what changes with every move: ring, cross-hair, polygon. */
  readonly #over: CanvasRenderingContext2D
  readonly #outputs: Outputs
  readonly #layers: Layers
  readonly #aspect: number
  readonly #ends = new AbortController()
  #size: Size = { width: 1, height: 1 }
  #ratio = 1
  #view: View = { scaleX: 1, scaleY: 1, left: 0, top: 0 }
  /** The view follows the size of the canvas until one zooms or pans. */
  #fitted = true
  #frame = 0
  #stale: 'all' | Rect | null = 'all'
  #drag: Drag | null = null
  /** Fingers on the canvas; two of them zoom and pan. */
  readonly #fingers = new Map<number, Point>()
  #space: 'up' | 'down' | 'panned' = 'up'
  /** Where the pointer is, in CSS pixels of the canvas. */
  #pointer: Point | null = null
  /** The pixel of the cross-hair; it follows the pointer, so that keys go on from there. */
  #cross: Point
  #byKeyboard = false

  constructor(editor: Editor, canvas: HTMLCanvasElement, over: HTMLCanvasElement, outputs: Outputs) {
    const { picture } = editor
    const state = editor.state.getState()
    this.#editor = editor
    this.#canvas = canvas
    this.#context = canvas.getContext('2d', { alpha: false })!
    this.#over = over.getContext('2d')!
    this.#outputs = outputs
    this.#aspect = aspectOf(picture.spacing)
    this.#cross = { x: Math.floor(picture.width / 2), y: Math.floor(picture.height / 2) }
    this.#layers = new Layers(picture, state.drawing.mask)
    this.#layers.setWindow(state.window)
    this.#layers.update(null, lookOf(state))

    const { signal } = this.#ends
    const stop = editor.listen((box) => {
      this.#layers.update(box, lookOf(editor.state.getState()))
      this.#repaint(box ?? 'all')
    })
    const unsubscribe = editor.state.subscribe((next, before) => this.#follow(next, before))
    const sizes = new ResizeObserver(() => this.#resize())
    sizes.observe(canvas)
    signal.addEventListener('abort', () => {
      stop()
      unsubscribe()
      sizes.disconnect()
      cancelAnimationFrame(this.#frame)
    })
    canvas.addEventListener('pointerdown', (event) => this.#down(event), { signal })
    canvas.addEventListener('pointermove', (event) => this.#move(event), { signal })
    canvas.addEventListener('pointerup', (event) => this.#up(event), { signal })
    canvas.addEventListener('pointercancel', (event) => this.#up(event, true), { signal })
    canvas.addEventListener('pointerleave', () => this.#leave(), { signal })
    canvas.addEventListener('contextmenu', (event) => event.preventDefault(), { signal })
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false })
    canvas.addEventListener('keydown', (event) => this.#keyDown(event), { signal })
    canvas.addEventListener('keyup', (event) => this.#keyUp(event), { signal })
    canvas.addEventListener('focus', () => this.#redraw(), { signal })
    canvas.addEventListener('blur', () => this.#blur(), { signal })
    this.#resize()
  }

  dispose(): void {
    this.#ends.abort()
  }

  fit(): void {
    this.#fitted = true
    this.#look(fit(this.#editor.picture, this.#size, this.#aspect))
  }

  /** About the cross-hair if keys are used, else about the middle of the canvas. */
  zoom(factor: number, at: Point = this.#byKeyboard ? this.#crossOnScreen() : { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#fitted = false
    this.#look(zoomed(this.#view, factor, at, this.#editor.picture, this.#size, this.#aspect))
  }

  #pan(dx: number, dy: number): void {
    this.#fitted = false
    this.#look(panned(this.#view, dx, dy, this.#editor.picture, this.#size))
  }

  #look(view: View): void {
    this.#view = view
    // For tests, which draw in image coordinates.
    Object.assign(this.#canvas.dataset, { scaleX: view.scaleX, scaleY: view.scaleY, left: view.left, top: view.top })
    this.#repaint('all')
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    if (width === 0 || height === 0) return
    this.#size = { width, height }
    this.#ratio = devicePixelRatio || 1
    for (const { canvas } of [this.#context, this.#over]) {
      canvas.width = Math.round(width * this.#ratio)
      canvas.height = Math.round(height * this.#ratio)
    }
    if (this.#fitted) this.fit()
    else this.#pan(0, 0)
    // At once: a resized canvas is empty, and would flash until the next frame.
    this.#paint()
  }

  #follow(next: EditorState, before: EditorState): void {
    if (next.window !== before.window) {
      this.#layers.setWindow(next.window)
      this.#repaint('all')
    }
    if (next.drawing.table !== before.drawing.table || next.hidden !== before.hidden) {
      this.#layers.update(null, lookOf(next))
      this.#repaint('all')
    }
    if (next.opacity !== before.opacity || next.outlineOnly !== before.outlineOnly) this.#repaint('all')
    if (next.drawing !== before.drawing) this.#tell()
    this.#redraw()
  }

  // Painting

  #repaint(what: 'all' | Rect): void {
    const stale = this.#stale
    this.#stale = what === 'all' || stale === 'all' ? 'all' : stale ? enclosing(stale, what) : what
    this.#redraw()
  }

  #redraw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#paint())
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const state = this.#editor.state.getState()
    if (this.#stale) this.#layers.paint(this.#context, this.#view, this.#ratio, lookOf(state), this.#stale === 'all' ? null : this.#stale)
    this.#stale = null
    this.#paintOver(state)
  }

  #paintOver({ tool, size, points, active, drawing }: EditorState): void {
    const context = this.#over
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, context.canvas.width, context.canvas.height)
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    context.lineJoin = 'round'
    const color = tool === 'eraser' ? '#ffffff' : (labelOf(drawing, active)?.color ?? '#ffffff')
    const cased = (path: Path2D, width: number) => strokeCased(context, [{ path, color }], width)
    const showCross = this.#byKeyboard && document.activeElement === this.#canvas
    const at = showCross ? this.#crossMiddle() : this.#pointer && toImage(this.#view, this.#pointer)

    if (points.length > 0) {
      const path = new Path2D()
      const corners = points.map((point) => toScreen(this.#view, point))
      corners.forEach(({ x, y }, k) => (k === 0 ? path.moveTo(x, y) : path.lineTo(x, y)))
      if (at) {
        const { x, y } = toScreen(this.#view, at)
        path.lineTo(x, y)
      }
      cased(path, 1.5)
      corners.forEach(({ x, y }, k) => {
        const dot = new Path2D()
        dot.arc(x, y, k === 0 && points.length > 2 ? 6 : 3.5, 0, 2 * Math.PI)
        context.fillStyle = color
        context.fill(dot)
        cased(dot, 1)
      })
    }
    if (at && ['brush', 'eraser', 'threshold'].includes(tool)) {
      const middle = toScreen(this.#view, snap(at, size))
      const ring = new Path2D()
      ring.ellipse(middle.x, middle.y, (size / 2) * this.#view.scaleX, (size / 2) * this.#view.scaleY, 0, 0, 2 * Math.PI)
      cased(ring, 1)
    }
    if (showCross) {
      const { x, y } = this.#crossOnScreen()
      const gap = 4 + Math.max(this.#view.scaleX, this.#view.scaleY) / 2
      const arms = new Path2D()
      for (const [dx, dy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        arms.moveTo(x + dx * gap, y + dy * gap)
        arms.lineTo(x + dx * (gap + 14), y + dy * (gap + 14))
      }
      cased(arms, 1)
    }
  }

  // Telling

  #describe(at: Point): string {
    const { drawing } = this.#editor.state.getState()
    const index = indexAt(drawing.mask, at)
    if (index === null) return ''
    const label = labelOf(drawing, drawing.mask.labels[index]!)?.name ?? ''
    return `x ${Math.floor(at.x)}, y ${Math.floor(at.y)} · value ${valueText(this.#editor.picture.pixels[index]!)} · ${label}`
  }

  #tell(): void {
    const at = this.#byKeyboard ? this.#crossMiddle() : this.#pointer && toImage(this.#view, this.#pointer)
    this.#outputs.readout(at ? this.#describe(at) : '')
  }

  // Pointers

  #placeOf(event: MouseEvent): Point {
    const { left, top } = this.#canvas.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  #down(event: PointerEvent): void {
    const at = this.#placeOf(event)
    if (event.pointerType === 'touch') {
      this.#fingers.set(event.pointerId, at)
      if (this.#fingers.size > 1) {
        // The first finger of two was not meant to draw.
        this.#editor.cancel()
        this.#drag = null
        return
      }
    }
    if (this.#drag) return
    try {
      this.#canvas.setPointerCapture(event.pointerId)
    } catch {
      // A pointer that is gone already, or one made by a script.
    }
    this.#byKeyboard = false
    this.#pointer = at
    const { tool, window, points } = this.#editor.state.getState()
    const panning = event.button === 1 || (event.button === 0 && (tool === 'hand' || this.#space !== 'up'))
    if (panning) {
      // The middle button would scroll.
      event.preventDefault()
      if (this.#space !== 'up') this.#space = 'panned'
      this.#drag = { kind: 'pan', last: at }
    } else if (event.button === 2 || (event.button === 0 && tool === 'window')) {
      this.#drag = { kind: 'window', from: at, ...window }
    } else if (event.button === 0) {
      const first = points.length > 2 ? toScreen(this.#view, points[0]!) : null
      if (tool === 'polygon' && first && Math.hypot(first.x - at.x, first.y - at.y) <= nearFirst) return this.#editor.closePolygon()
      this.#drag = { kind: 'draw' }
      this.#editor.press(toImage(this.#view, at))
    }
  }

  #move(event: PointerEvent): void {
    const at = this.#placeOf(event)
    if (this.#fingers.has(event.pointerId)) {
      if (this.#fingers.size > 1) return this.#pinch(event.pointerId, at)
      this.#fingers.set(event.pointerId, at)
    }
    this.#byKeyboard = false
    this.#pointer = at
    const { picture } = this.#editor
    const place = toImage(this.#view, at)
    this.#cross = {
      x: Math.min(picture.width - 1, Math.max(0, Math.floor(place.x))),
      y: Math.min(picture.height - 1, Math.max(0, Math.floor(place.y))),
    }
    const drag = this.#drag
    if (drag?.kind === 'pan') {
      this.#pan(at.x - drag.last.x, at.y - drag.last.y)
      drag.last = at
    } else if (drag?.kind === 'window') {
      this.#shiftWindow(drag, at.x - drag.from.x, at.y - drag.from.y)
    } else if (drag) {
      // Pointers report more often than frames come; a quick curve would be cut short.
      const parts = event.getCoalescedEvents?.() ?? []
      this.#editor.drag((parts.length > 0 ? parts : [event]).map((part) => toImage(this.#view, this.#placeOf(part))))
    }
    this.#tell()
    this.#redraw()
  }

  #up(event: PointerEvent, cancelled = false): void {
    this.#fingers.delete(event.pointerId)
    const drag = this.#drag
    if (!drag) return
    this.#drag = null
    if (drag.kind !== 'draw') return
    // A cancelled touch takes its stroke back, but not the polygon.
    if (cancelled && this.#editor.state.getState().stroking) this.#editor.cancel()
    else this.#editor.release()
  }

  #leave(): void {
    this.#pointer = null
    if (!this.#byKeyboard) this.#outputs.readout('')
    this.#redraw()
  }

  #pinch(id: number, to: Point): void {
    const from = this.#fingers.get(id)!
    const other = [...this.#fingers].find(([key]) => key !== id)![1]
    this.#fingers.set(id, to)
    const apart = (a: Point, b: Point) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y))
    this.zoom(apart(to, other) / apart(from, other), { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 })
    this.#pan((to.x - from.x) / 2, (to.y - from.y) / 2)
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault()
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1
    const delta = (event.deltaY || event.deltaX) * lines
    if (delta === 0) return
    if (event.shiftKey) return this.#editor.growBrush(delta < 0 ? 1 : -1)
    // A pinch on a touch pad comes as a wheel with Ctrl, in small steps.
    this.zoom(Math.exp(-delta * (event.ctrlKey ? 0.01 : 0.002)), this.#placeOf(event))
    this.#tell()
  }

  /** By CSS pixels: 250 to the right are a factor e of width, 250 down a whole width of level. */
  #shiftWindow({ center, width }: { center: number; width: number }, dx: number, dy: number): void {
    this.#editor.setWindow({ center: center + (dy / 250) * width, width: width * Math.exp(dx / 250) })
  }

  // Keys

  #crossMiddle(): Point {
    return { x: this.#cross.x + 0.5, y: this.#cross.y + 0.5 }
  }

  #crossOnScreen(): Point {
    return toScreen(this.#view, this.#crossMiddle())
  }

  #keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const { tool } = this.#editor.state.getState()
    const steps: Record<string, Point> = {
      ArrowLeft: { x: -1, y: 0 },
      ArrowRight: { x: 1, y: 0 },
      ArrowUp: { x: 0, y: -1 },
      ArrowDown: { x: 0, y: 1 },
    }
    const step = steps[event.key]
    if (step) this.#arrow(step, event.shiftKey ? 10 : 1)
    else if (event.key === ' ') {
      // On release, because Space and a drag move the image.
      if (!event.repeat) this.#space = 'down'
    } else if (event.key === 'Enter') {
      if (tool === 'polygon') this.#editor.closePolygon()
      else if (!event.repeat) this.#act()
    } else if (event.key === 'Backspace' && tool === 'polygon') this.#editor.dropLastPoint()
    else return
    event.preventDefault()
  }

  #keyUp(event: KeyboardEvent): void {
    if (event.key !== ' ') return
    event.preventDefault()
    if (this.#space === 'down') this.#act()
    this.#space = 'up'
  }

  #arrow(step: Point, by: number): void {
    const { tool, window } = this.#editor.state.getState()
    if (tool === 'hand') return this.#pan(-step.x * by * 20, -step.y * by * 20)
    if (tool === 'window') return this.#shiftWindow(window, step.x * by * 5, step.y * by * 5)
    const { width, height } = this.#editor.picture
    this.#byKeyboard = true
    this.#cross = {
      x: Math.min(width - 1, Math.max(0, this.#cross.x + step.x * by)),
      y: Math.min(height - 1, Math.max(0, this.#cross.y + step.y * by)),
    }
    this.#editor.drag([this.#crossMiddle()])
    this.#keepCrossInSight()
    this.#tell()
    this.#outputs.say(this.#describe(this.#crossMiddle()))
    this.#redraw()
  }

  #keepCrossInSight(): void {
    const { x, y } = this.#crossOnScreen()
    const margin = Math.min(24, this.#size.width / 4, this.#size.height / 4)
    const missing = (place: number, room: number) => Math.max(0, margin - place) - Math.max(0, place - (room - margin))
    const [dx, dy] = [missing(x, this.#size.width), missing(y, this.#size.height)]
    // An image that is in sight as a whole stays where it is, though its rim is in the margin.
    if ((dx !== 0 || dy !== 0) && !this.#fitted) this.#pan(dx, dy)
  }

  /** What a click would do, at the cross-hair. */
  #act(): void {
    const { stroking, tool } = this.#editor.state.getState()
    if (tool === 'hand' || tool === 'window') return
    this.#byKeyboard = true
    if (stroking) this.#editor.release()
    else this.#editor.press(this.#crossMiddle())
    const state = this.#editor.state.getState()
    const corners = state.points.length
    const done = stroking ? 'Stroke ended.' : state.stroking ? 'Stroke started.' : tool === 'polygon' ? `Corner ${corners} set.` : ''
    this.#outputs.say([done, this.#describe(this.#crossMiddle())].filter(Boolean).join(' '))
    this.#tell()
    this.#redraw()
  }

  #blur(): void {
    this.#space = 'up'
    // A stroke of the keyboard would go on unseen.
    if (!this.#drag) this.#editor.release()
    this.#redraw()
  }
}
