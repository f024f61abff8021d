/** The drawing editor: its state and its commands. No DOM: the canvas and the controls call the same methods. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { hueOf } from '../image/palette'
import type { Rect } from '../image/raster'
import type { GreyWindow } from '../image/window'
import { tidy } from '../lib/round-numbers'
import { brush, brushSizes, rangeAround } from './brush'
import {
  addLabel,
  annotationOf,
  editLabel,
  labelOf,
  lockedOf,
  makeDrawing,
  redo,
  remember,
  removeLabel,
  replace,
  undo,
  write,
  type Drawing,
  type Label,
} from './drawing'
import { join, type Patch, type Pen } from './patch'
import { background, unknown, type Annotation, type Drawable, type Point, type Saved } from './drawable'
import { fill, fillHoles, flood, indexAt, paintAll, polygon } from './regions'

export type Tool = 'brush' | 'eraser' | 'polygon' | 'fill' | 'threshold' | 'flood' | 'window' | 'hand'

export interface EditorState {
  drawing: Drawing
  tool: Tool
  /** Value of the label that tools write. Undo leaves it alone; if the label is gone, tools ask for another one. */
  active: number
  /** Labels not shown. Not in the history: it changes the view, not the drawing. */
  hidden: ReadonlySet<number>
  /** Diameter of the brushes in pixels. */
  size: number
  /** Largest difference of values in a flood. */
  tolerance: number
  /** Values that the threshold brush paints. */
  range: { low: number; high: number }
  /** The range is taken from the place where each stroke of the threshold brush begins. */
  rangeFromClick: boolean
  window: GreyWindow
  /** Of the tint over the image, 0..1. */
  opacity: number
  outlineOnly: boolean
  /** Points of the polygon being drawn. */
  points: readonly Point[]
  /** A stroke has begun and not ended. */
  stroking: boolean
  /** What became of the last command, where that cannot be seen. */
  notice: string | null
  /** When what is shown was saved, if it was found in storage. */
  restored: number | null
}

/** Is told where labels changed; null for everywhere. */
type Listener = (box: Rect | null) => void

interface Keeper {
  save(annotation: Annotation): void
  forget(): void
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))

const sameClasses = (a: Annotation['classes'], b: Annotation['classes']) =>
  a.length === b.length && a.every(({ name, color }, k) => name === b[k]!.name && color === b[k]!.color)

/**
 * What was saved, with the labels that are in use by now: a label of the same name is the same, else the one at its place if no other has that
 * one's name, else it is one more. Without this a list in another order would give the wrong classes to what was drawn.
 */
function inUse({ labels, classes }: Annotation, now: Annotation['classes'], fixed: number): Annotation {
  if (fixed <= 1) return { labels, classes }
  const byName = classes.map(({ name }) => now.findIndex((other) => other.name === name))
  const list = [...now]
  const places = classes.map((label, place) => {
    if (place === background) return background
    if (byName[place]! > background) return byName[place]!
    if (place < now.length && !byName.includes(place)) return place
    // A label without pixels need not be there.
    if (!labels.includes(place)) return background
    return list.push(label) - 1
  })
  return { labels: labels.map((label) => places[label] ?? unknown), classes: list }
}

export class Editor {
  readonly picture: Drawable
  readonly state: StoreApi<EditorState>
  readonly #given: Annotation
  readonly #keeper: Keeper
  readonly #listeners = new Set<Listener>()
  /** Parts of the stroke being drawn. They do not overlap: what a stroke has painted it does not paint again. */
  #stroke: { pen: Pen; last: Point; patches: Patch[] } | null = null

  /** @param saved what an earlier visit left, shown at once and one undo away from what the picture came with */
  constructor(picture: Drawable, saved: Saved | null, keeper: Keeper) {
    this.picture = picture
    this.#keeper = keeper
    const { width, height, labels, window } = picture
    // With background alone nothing could be drawn.
    const classes = picture.classes.length === 1 ? [...picture.classes, { name: 'Class 1', color: hueOf(1) }] : picture.classes
    this.#given = { labels: labels.slice(), classes }
    let drawing = makeDrawing(width, height, this.#given, picture.fixed)
    const differs = saved && !(sameClasses(saved.classes, classes) && saved.labels.every((label, i) => label === labels[i]))
    if (differs) drawing = replace(drawing, inUse(saved, classes, picture.fixed)).drawing
    const middle = { low: tidy(window.center - window.width / 4), high: tidy(window.center + window.width / 4) }
    this.state = createStore<EditorState>(() => ({
      drawing,
      tool: 'brush',
      active: drawing.table.find(({ value }) => value !== background && value !== unknown)?.value ?? background,
      hidden: new Set(),
      size: clamp(Math.round(Math.min(width, height) / 32), 3, 15),
      tolerance: tidy(window.width * 0.05),
      range: middle,
      rangeFromClick: true,
      window: { center: window.center, width: window.width },
      opacity: 0.35,
      outlineOnly: false,
      points: [],
      stroking: false,
      notice: null,
      restored: differs ? saved.savedAt : null,
    }))
  }

  /** @returns a function that stops the listening */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  result(): Annotation {
    this.release()
    return annotationOf(this.state.getState().drawing)
  }

  /** Why the drawing cannot be used yet; null if it can. */
  static missing({ drawing: { counts, table } }: EditorState): string | null {
    const drawn = table.some(({ value }) => value !== background && value !== unknown && counts[value]! > 0)
    return drawn ? null : 'Draw at least one label first.'
  }

  // The view

  choose(tool: Tool): void {
    this.release()
    this.#set({ tool, points: [], notice: null })
  }

  activate(value: number): void {
    if (labelOf(this.#now.drawing, value)) this.#set({ active: value, notice: null })
  }

  show(value: number, shown: boolean): void {
    const hidden = new Set(this.#now.hidden)
    if (shown) hidden.delete(value)
    else hidden.add(value)
    this.#set({ hidden })
  }

  set(options: Partial<Pick<EditorState, 'tolerance' | 'range' | 'rangeFromClick' | 'opacity' | 'outlineOnly'>>): void {
    this.#set(options)
  }

  setSize(size: number): void {
    this.#set({ size: clamp(Math.round(size), brushSizes.min, brushSizes.max) })
  }

  /** One step larger or smaller, about a tenth. */
  growBrush(direction: 1 | -1): void {
    const { size } = this.#now
    this.setSize(size + direction * Math.max(1, Math.round(size / 10)))
  }

  setWindow({ center, width }: GreyWindow): void {
    if (Number.isFinite(center) && width > 0 && Number.isFinite(width)) this.#set({ window: { center, width } })
  }

  // Drawing: press, drag, release, as with a pointer; the keyboard does the same with its cross-hair.

  /** The tool is put down at a place, which may be outside the image. */
  press(at: Point): void {
    this.release()
    this.#set({ notice: null })
    const { tool, drawing, tolerance } = this.#now
    if (tool === 'window' || tool === 'hand') return
    const pen = this.#pen(tool === 'eraser' ? background : this.#now.active)
    if (!pen) return
    switch (tool) {
      case 'fill':
      case 'flood': {
        const index = indexAt(drawing.mask, at)
        if (index === null) return
        const under = drawing.mask.labels[index]!
        if (pen.locked.has(under)) return this.#set({ notice: `${this.#nameOf(under)} is locked: unlock it to fill here.` })
        const patch = tool === 'fill' ? fill(drawing.mask, pen, at) : flood(drawing.mask, pen, this.picture.pixels, at, tolerance)
        return this.#commit(patch, 'Nothing to change here.')
      }
      case 'polygon':
        return this.#set({ points: [...this.#now.points, at] })
      case 'threshold':
        if (this.#now.rangeFromClick) {
          const { mask } = drawing
          const range = rangeAround(mask, this.picture.pixels, at, this.#now.size, this.picture.window.width)
          if (range) this.#set({ range: { low: tidy(range.low), high: tidy(range.high) } })
        }
        return this.#begin({ ...pen, limit: { values: this.picture.pixels, ...this.#now.range } }, at)
      case 'brush':
      case 'eraser':
        return this.#begin(pen, at)
      default:
        return tool satisfies never
    }
  }

  /** The tool moves through these places. */
  drag(places: readonly Point[]): void {
    for (const place of places) this.#extend(place)
  }

  /** The tool is lifted: what was drawn since `press` becomes one step of the history. */
  release(): void {
    const stroke = this.#stroke
    if (!stroke) return
    this.#stroke = null
    this.#set({ stroking: false })
    const patch = join(stroke.patches)
    if (patch) this.#take(remember(this.#now.drawing, patch))
    else if (stroke.pen.limit) this.#set({ notice: `No pixel here is within ${stroke.pen.limit.low} to ${stroke.pen.limit.high}.` })
  }

  /** Takes back the stroke or the polygon being drawn. @returns whether there was one */
  cancel(): boolean {
    const { points } = this.#now
    const stroke = this.#stroke
    this.#stroke = null
    this.#set({ points: [], stroking: false })
    for (const patch of [...(stroke?.patches ?? [])].reverse()) {
      write(this.#now.drawing, patch, 'backwards')
      this.#changed(patch.box)
    }
    return stroke !== null || points.length > 0
  }

  closePolygon(): void {
    const { points, drawing } = this.#now
    if (points.length < 3) return this.#set({ notice: 'A polygon needs at least three points.' })
    const pen = this.#pen(this.#now.active)
    if (!pen) return
    this.#set({ points: [] })
    this.#commit(polygon(drawing.mask, pen, points), 'The polygon holds no pixel that may change.')
  }

  dropLastPoint(): void {
    this.#set({ points: this.#now.points.slice(0, -1) })
  }

  fillHoles(): void {
    this.release()
    const pen = this.#pen(this.#now.active)
    if (pen) this.#commit(fillHoles(this.#now.drawing.mask, pen), `${this.#nameOf(pen.label)} has no holes.`)
  }

  /** Everything that is not locked becomes background. */
  clear(): void {
    this.cancel()
    const pen = this.#pen(background)
    if (pen) this.#commit(paintAll(this.#now.drawing.mask, pen), 'There is nothing to clear.')
  }

  // History

  /** Takes back the last point or stroke being drawn, else the last step. */
  undo(): void {
    if (this.#now.points.length > 0) return this.dropLastPoint()
    if (this.cancel()) return
    const step = undo(this.#now.drawing)
    if (step) this.#take(step.drawing, step.patch)
  }

  redo(): void {
    this.cancel()
    const step = redo(this.#now.drawing)
    if (step) this.#take(step.drawing, step.patch)
  }

  /** Back to what the picture came with; it can be undone. */
  discardRestored(): void {
    this.cancel()
    const step = replace(this.#now.drawing, this.#given)
    this.#take(step.drawing, step.patch)
    this.#keeper.forget()
    this.#set({ restored: null })
  }

  keepRestored(): void {
    this.#set({ restored: null })
  }

  // Labels

  addLabel(): void {
    this.release()
    const { drawing, value } = addLabel(this.#now.drawing)
    if (value === null) return this.#set({ notice: 'There is no room for another label.' })
    this.#take(drawing)
    this.#set({ active: value })
  }

  editLabel(value: number, edit: Partial<Pick<Label, 'name' | 'color' | 'locked'>>): void {
    this.release()
    this.#take(editLabel(this.#now.drawing, value, edit))
  }

  removeLabel(value: number): void {
    this.release()
    this.#take(removeLabel(this.#now.drawing, value))
  }

  get #now(): EditorState {
    return this.state.getState()
  }

  #set(part: Partial<EditorState>): void {
    this.state.setState(part)
  }

  #changed(box: Rect | null): void {
    for (const listener of this.#listeners) listener(box)
  }

  #nameOf(value: number): string {
    return labelOf(this.#now.drawing, value)?.name ?? 'This label'
  }

  /** Null, with the reason as a notice, where nothing may be drawn with the label. */
  #pen(label: number): Pen | null {
    const row = labelOf(this.#now.drawing, label)
    if (row && !row.locked) return { label, locked: lockedOf(this.#now.drawing), limit: null }
    this.#set({ notice: row ? `${row.name} is locked: unlock it to draw with it.` : 'Choose a label to draw with.' })
    return null
  }

  #begin(pen: Pen, at: Point): void {
    this.#stroke = { pen, last: at, patches: [] }
    this.#set({ stroking: true })
    this.#extend(at)
  }

  #extend(to: Point): void {
    const stroke = this.#stroke
    if (!stroke) return
    const patch = brush(this.#now.drawing.mask, stroke.pen, stroke.last, to, this.#now.size)
    stroke.last = to
    if (!patch) return
    write(this.#now.drawing, patch)
    stroke.patches.push(patch)
    this.#changed(patch.box)
  }

  #commit(patch: Patch | null, otherwise: string): void {
    if (!patch) return this.#set({ notice: otherwise })
    write(this.#now.drawing, patch)
    this.#changed(patch.box)
    this.#take(remember(this.#now.drawing, patch))
  }

  /** A new state of the drawing: shown, and saved. */
  #take(drawing: Drawing, patch: Patch | null = null): void {
    if (drawing === this.#now.drawing) return
    this.#set({ drawing, notice: null })
    if (patch) this.#changed(patch.box)
    this.#keeper.save(annotationOf(drawing))
  }
}
