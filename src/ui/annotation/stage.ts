/** The canvas of the editor: which part of the image it shows, and what is painted when. It bypasses React, which would be too slow. */
import { outlineOf } from '../../image/outlines'
import type { Rect } from '../../image/raster'
import type { GreyWindow } from '../../image/window'
import { labelOf } from '../../drawing/drawing'
import type { Editor, EditorState } from '../../drawing/editor'
import { enclosing, type Patch } from '../../drawing/patch'
import type { Point } from '../../drawing/drawable'
import { indexAt } from '../../drawing/regions'
import { pathOf } from '../cased-lines'
import { dragged } from './gestures'
import { Layers, type Look } from './layers'
import { paintOverlay } from './overlay'
import { aspectOf, fit, panned, toImage, toScreen, zoomed, type Size, type View } from './view'

/** A value in the file's units, as people read it. */
const valueText = (value: number): string =>
  Number.isInteger(value) ? String(value) : Number.isFinite(value) ? value.toPrecision(5) : 'none'

/** Hides every label. */
const all = new Set(Array.from({ length: 256 }, (_, label) => label))

const lookOf = ({ drawing: { table }, hidden, labelsShown, opacity, outlineOnly }: EditorState): Look => ({
  table,
  hidden: labelsShown ? hidden : all,
  opacity,
  outlineOnly,
})

export interface Outputs {
  /** What is under the pointer, at every move. */
  readout(text: string): void
  /** What a screen reader is told, when the keyboard moves the cross-hair. */
  say(text: string): void
}

/** The outline of the pixels that a patch changes. @param width of the image */
function outlineOfPatch({ box, runs }: Patch, width: number): Path2D {
  const part = new Uint8Array(box.width * box.height)
  for (let at = 0; at < runs.length; at += 3) {
    const start = (Math.floor(runs[at]! / width) - box.y) * box.width + (runs[at]! % width) - box.x
    part.fill(1, start, start + runs[at + 1]!)
  }
  const path = new Path2D()
  path.addPath(pathOf(outlineOf(part, box.width, box.height, 1)), { e: box.x, f: box.y })
  return path
}

/** What pointers and keys are doing; both read and write it. */
interface Hands {
  /** Where the pointer is, in CSS pixels of the canvas. */
  pointer: Point | null
  /** The pixel of the cross-hair; it follows the pointer, so that keys go on from there. */
  cross: Point
  /** The keyboard was used last, so the cross-hair is shown. */
  byKeyboard: boolean
  /** A pointer is down and drags something. */
  dragging: boolean
  /** The space bar: with it held, a drag moves the image. */
  space: 'up' | 'down' | 'panned'
}

/** What users do on it is in `followPointers` and `followKeys`. */
export class Stage {
  readonly editor: Editor
  readonly canvas: HTMLCanvasElement
  readonly hands: Hands
  readonly #context: CanvasRenderingContext2D
  /** Lies over the other, and holds what changes with every move: ring, cross-hair, polygon. */
  readonly #over: CanvasRenderingContext2D
  readonly #outputs: Outputs
  /** Keeps what is in sight for the next stage. */
  readonly #kept: { view: View | null }
  readonly #layers: Layers
  readonly #aspect: number
  readonly #ends = new AbortController()
  #size: Size = { width: 1, height: 1 }
  #ratio = 1
  #view: View = { scaleX: 1, scaleY: 1, left: 0, top: 0 }
  /** The view follows the size of the canvas until the user zooms or pans. */
  #fitted = true
  #frame = 0
  /** Around what a flood would change, in pixels of the image. */
  #preview: Path2D | null = null
  #stale: 'all' | Rect | null = 'all'

  constructor(editor: Editor, canvas: HTMLCanvasElement, over: HTMLCanvasElement, kept: { view: View | null }, outputs: Outputs) {
    const { picture } = editor
    const state = editor.state.getState()
    this.editor = editor
    this.canvas = canvas
    this.#context = canvas.getContext('2d', { alpha: false })!
    this.#over = over.getContext('2d')!
    this.#outputs = outputs
    this.#kept = kept
    if (kept.view) {
      this.#view = kept.view
      this.#fitted = false
    }
    this.#aspect = aspectOf(picture.spacing)
    const cross = { x: Math.floor(picture.width / 2), y: Math.floor(picture.height / 2) }
    this.hands = { pointer: null, cross, byKeyboard: false, dragging: false, space: 'up' }
    this.#layers = new Layers(picture, state.drawing.mask)
    this.#layers.setWindow(state.window)
    this.#layers.update(null, lookOf(state))

    const stop = editor.listen((box) => {
      this.#layers.update(box, lookOf(editor.state.getState()))
      this.#repaint(box ?? 'all')
    })
    const unsubscribe = editor.state.subscribe((next, before) => this.#follow(next, before))
    const sizes = new ResizeObserver(() => this.#resize())
    sizes.observe(canvas)
    this.signal.addEventListener('abort', () => {
      stop()
      unsubscribe()
      sizes.disconnect()
      cancelAnimationFrame(this.#frame)
    })
    this.#resize()
  }

  /** Aborted when the stage goes. */
  get signal(): AbortSignal {
    return this.#ends.signal
  }

  dispose(): void {
    this.#ends.abort()
  }

  // The view

  get size(): Size {
    return this.#size
  }

  /** Whether all of the image is in sight because nobody has zoomed or panned. */
  get fitted(): boolean {
    return this.#fitted
  }

  fit(): void {
    this.#fitted = true
    this.#look(fit(this.editor.picture, this.#size, this.#aspect))
  }

  /** About the cross-hair if keys are used, else about the middle of the canvas. */
  zoom(factor: number, at = this.hands.byKeyboard ? this.crossOnScreen : { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#fitted = false
    this.#look(zoomed(this.#view, factor, at, this.editor.picture, this.#size, this.#aspect))
  }

  /** By CSS pixels. */
  pan(dx: number, dy: number): void {
    this.#fitted = false
    this.#look(panned(this.#view, dx, dy, this.editor.picture, this.#size))
  }

  /** @param at in CSS pixels of the canvas */
  toImage(at: Point): Point {
    return toImage(this.#view, at)
  }

  /** In CSS pixels of the canvas. */
  toScreen(at: Point): Point {
    return toScreen(this.#view, at)
  }

  #look(view: View): void {
    this.#view = view
    this.#kept.view = this.#fitted ? null : view
    // For tests, which draw in image coordinates.
    Object.assign(this.canvas.dataset, { scaleX: view.scaleX, scaleY: view.scaleY, left: view.left, top: view.top })
    this.#repaint('all')
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas
    if (width === 0 || height === 0) return
    this.#size = { width, height }
    this.#ratio = devicePixelRatio || 1
    for (const { canvas } of [this.#context, this.#over]) {
      canvas.width = Math.round(width * this.#ratio)
      canvas.height = Math.round(height * this.#ratio)
    }
    if (this.#fitted) this.fit()
    else this.pan(0, 0)
    // At once: a resized canvas is empty and would flicker until the next frame.
    this.#paint()
  }

  // Painting

  #follow(next: EditorState, before: EditorState): void {
    if (next.window !== before.window) {
      this.#layers.setWindow(next.window)
      this.#repaint('all')
    }
    if (next.drawing.table !== before.drawing.table || next.hidden !== before.hidden || next.labelsShown !== before.labelsShown) {
      this.#layers.update(null, lookOf(next))
      this.#repaint('all')
    }
    if (next.opacity !== before.opacity || next.outlineOnly !== before.outlineOnly) this.#repaint('all')
    if (next.drawing !== before.drawing) this.tell()
    if (next.preview !== before.preview) this.#preview = next.preview && outlineOfPatch(next.preview, this.editor.picture.width)
    this.redraw()
  }

  #repaint(what: 'all' | Rect): void {
    const stale = this.#stale
    this.#stale = what === 'all' || stale === 'all' ? 'all' : stale ? enclosing(stale, what) : what
    this.redraw()
  }

  /** Repaints in the next frame: the stale part of the image, and everything that lies over it. */
  redraw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#paint())
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const state = this.editor.state.getState()
    if (this.#stale) this.#layers.paint(this.#context, this.#view, this.#ratio, lookOf(state), this.#stale === 'all' ? null : this.#stale)
    this.#stale = null
    const crossShown = this.hands.byKeyboard && document.activeElement === this.canvas
    const { pointer } = this.hands
    const at = crossShown ? this.crossMiddle : pointer && this.toImage(pointer)
    paintOverlay(this.#over, this.#view, this.#ratio, state, this.#preview, at, crossShown)
  }

  // Telling

  get crossMiddle(): Point {
    return { x: this.hands.cross.x + 0.5, y: this.hands.cross.y + 0.5 }
  }

  get crossOnScreen(): Point {
    return this.toScreen(this.crossMiddle)
  }

  /** Sets the cross-hair on the pixel that holds a place, or the nearest one. */
  setCross({ x, y }: Point): void {
    const { width, height } = this.editor.picture
    this.hands.cross = { x: Math.min(width - 1, Math.max(0, Math.floor(x))), y: Math.min(height - 1, Math.max(0, Math.floor(y))) }
  }

  #describe(at: Point): string {
    const { drawing } = this.editor.state.getState()
    const index = indexAt(drawing.mask, at)
    if (index === null) return ''
    const label = labelOf(drawing, drawing.mask.labels[index]!)?.name ?? ''
    return `x ${Math.floor(at.x)}, y ${Math.floor(at.y)} · value ${valueText(this.editor.picture.pixels[index]!)} · ${label}`
  }

  /** Writes what is under the cross-hair or the pointer. */
  tell(): void {
    const { byKeyboard, pointer } = this.hands
    const at = byKeyboard ? this.crossMiddle : pointer && this.toImage(pointer)
    this.#outputs.readout(at ? this.#describe(at) : '')
  }

  /** Tells a screen reader what was done, and what is under the cross-hair. */
  say(done: string): void {
    this.#outputs.say([done, this.#describe(this.crossMiddle)].filter(Boolean).join(' '))
  }

  /** By CSS pixels. */
  shiftWindow(window: GreyWindow, dx: number, dy: number): void {
    this.editor.setWindow(dragged(window, dx, dy))
  }
}
