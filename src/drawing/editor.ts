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
  copyIn,
  editLabel,
  inTermsOf,
  labelOf,
  lockedOf,
  makeDrawing,
  redo,
  remember,
  removeLabel,
  replace,
  undo,
  write,
  type Change,
  type Drawing,
  type Label,
} from './drawing'
import { Livewire } from './livewire'
import { join, type Patch, type Pen } from './patch'
import { background, unknown, type Annotation, type Drawable, type Point, type Saved } from './drawable'
import { fill, fillHoles, flood, indexAt, paintAll, polygon } from './regions'
import { ellipse, rectangle } from './shapes'
import { close, median, smoothingRadii } from './smooth'

export type Tool =
  'brush' | 'eraser' | 'polygon' | 'livewire' | 'rectangle' | 'ellipse' | 'fill' | 'threshold' | 'flood' | 'window' | 'hand'

/** What is set for the tools and the view: it may go on to the next slice. */
export type Settings = Pick<
  EditorState,
  | 'tool'
  | 'active'
  | 'hidden'
  | 'labelsShown'
  | 'size'
  | 'tolerance'
  | 'range'
  | 'rangeFromClick'
  | 'radius'
  | 'window'
  | 'opacity'
  | 'outlineOnly'
>

export interface EditorState {
  drawing: Drawing
  tool: Tool
  /** Value of the label that tools write. Undo leaves it alone; if the label is gone, tools ask for another one. */
  active: number
  /** Labels not shown. Not in the history: it changes the view, not the drawing. */
  hidden: ReadonlySet<number>
  /** Or none is, whatever `hidden` says. */
  labelsShown: boolean
  /** Diameter of the brushes in pixels. */
  size: number
  /** Largest difference of values in a flood. */
  tolerance: number
  /** Values that the threshold brush paints. */
  range: { low: number; high: number }
  /** The range is taken from the place where each stroke of the threshold brush begins. */
  rangeFromClick: boolean
  /** Of smoothing, in pixels. */
  radius: number
  window: GreyWindow
  /** Of the tint over the image, 0..1. */
  opacity: number
  outlineOnly: boolean
  /** Corners of the polygon, or clicks of the livewire, being drawn. */
  points: readonly Point[]
  /** Those that were taken back, for redo; the next one first. */
  pointsUndone: readonly Point[]
  /** The livewire from the first click to the last, and from there to where the tool is. */
  wire: readonly Point[]
  lead: readonly Point[]
  /** The first and the last corner of the rectangle or ellipse being drawn. */
  shape: { from: Point; to: Point } | null
  /** What a flood would change from where the tool is. */
  preview: Patch | null
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

export const nothingDrawn = 'Draw at least one label first.'

/** The value of `active` where the label that was active is gone. */
const none = -1

/** The values of a drawing's labels in another one, which begins with the same labels in the same order. */
function valuesIn(other: Drawing, { table }: Drawing): Map<number, number> {
  const values = table.slice(0, -1).map(({ value }, place) => [value, other.table[place]!.value] as const)
  return new Map([...values, [unknown, unknown]])
}

/** No stroke, polygon, wire or shape is being drawn. */
const nothingBegun = { points: [], pointsUndone: [], wire: [], lead: [], shape: null, preview: null, stroking: false } as const

/** Above as many pixels a flood is not shown before it is made: it would take longer than a frame lasts. */
const mostPreviewed = 1024 * 1024

export class Editor {
  readonly picture: Drawable
  readonly state: StoreApi<EditorState>
  readonly #given: Annotation
  readonly #keeper: Keeper
  /** Something is kept of this picture. */
  #kept: boolean
  /** What is kept of it equals what it came with. */
  readonly #keptAsGiven: boolean
  /** Steps after which it is as it came, but for its label list. */
  readonly #asGiven = new Set<Change>()
  readonly #listeners = new Set<Listener>()
  /** Parts of the stroke being drawn. They do not overlap: what a stroke has painted it does not paint again. */
  #stroke: { pen: Pen; last: Point; patches: Patch[] } | null = null
  /** Made when it is first needed, for the window in which the image was shown then. */
  #livewire: Livewire | null = null
  #wired: GreyWindow | null = null
  /** The parts of the wire, one from each click to the next. */
  #parts: Point[][] = []
  /** The last flood, as long as nothing followed it: another tolerance makes it anew. `made`: it changed something. */
  #flooded: { pen: Pen; at: Point; past: Drawing['past']; made: boolean } | null = null

  /** Over which pixel a flood was shown last, of what, and the flood. */
  #hovered: (Pick<EditorState, 'drawing' | 'active' | 'tolerance'> & { index: number | null; patch: Patch | null }) | null = null

  /** @param saved what an earlier visit left, shown at once and one undo away from what the picture came with */
  constructor(picture: Drawable, saved: Saved | null, keeper: Keeper) {
    this.picture = picture
    this.#keeper = keeper
    this.#kept = saved !== null
    const { width, height, labels, window } = picture
    // With background alone nothing could be drawn.
    const classes = picture.classes.length === 1 ? [...picture.classes, { name: 'Class 1', color: hueOf(1) }] : picture.classes
    this.#given = { labels: labels.slice(), classes }
    let drawing = makeDrawing(width, height, this.#given, picture.fixed)
    const differs = saved && !(sameClasses(saved.classes, classes) && saved.labels.every((label, i) => label === labels[i]))
    this.#keptAsGiven = saved !== null && !differs
    if (differs) drawing = replace(drawing, picture.fixed > 1 ? inTermsOf(saved, classes) : saved).drawing
    const middle = { low: tidy(window.center - window.width / 4), high: tidy(window.center + window.width / 4) }
    this.state = createStore<EditorState>(() => ({
      drawing,
      tool: 'brush',
      active: drawing.table.find(({ value }) => value !== background && value !== unknown)?.value ?? background,
      hidden: new Set(),
      labelsShown: true,
      size: clamp(Math.round(Math.min(width, height) / 32), 3, 15),
      tolerance: tidy(window.width * 0.05),
      range: middle,
      rangeFromClick: true,
      radius: 2,
      window: { center: window.center, width: window.width },
      opacity: 0.35,
      outlineOnly: false,
      ...nothingBegun,
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
    return drawn ? null : nothingDrawn
  }

  // The view

  choose(tool: Tool): void {
    this.release()
    this.#parts = []
    this.#set({ ...nothingBegun, tool, notice: null })
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

  set(options: Partial<Pick<Settings, 'labelsShown' | 'range' | 'rangeFromClick' | 'opacity' | 'outlineOnly'>>): void {
    this.#set(options)
  }

  /**
   * As they are set elsewhere.
   * @param drawing the one that has the values `active` and `hidden`, with the labels of this one in the same order: a label may have another value here
   */
  adopt(settings: Partial<Settings>, drawing = this.#now.drawing): void {
    const { tool, active, hidden, labelsShown, size, tolerance, range, rangeFromClick, radius, window, opacity, outlineOnly } = {
      ...this.#now,
      ...settings,
    }
    if (tool !== this.#now.tool) this.choose(tool)
    const values = valuesIn(this.#now.drawing, drawing)
    this.#set({
      ...{ labelsShown, size, tolerance, range, rangeFromClick, radius, window, opacity, outlineOnly },
      hidden: new Set([...hidden].flatMap((value) => values.get(value) ?? [])),
      active: values.get(active) ?? none,
      notice: null,
    })
  }

  /** Says what became of a command that is given elsewhere. */
  tell(notice: string | null): void {
    this.#set({ notice })
  }

  /** Makes the last flood anew, if nothing followed it. */
  setTolerance(tolerance: number): void {
    if (!(tolerance >= 0)) return
    this.#set({ tolerance, preview: null })
    const last = this.#flooded
    const { drawing } = this.#now
    if (!last || last.past !== drawing.past) return
    const without = last.made ? undo(drawing)! : { drawing, patch: null }
    if (without.patch) this.#changed(without.patch.box)
    const patch = flood(drawing.mask, last.pen, this.picture.pixels, last.at, tolerance)
    if (patch) write(drawing, patch)
    this.#take(patch ? remember(without.drawing, patch) : { ...without.drawing, future: [] }, patch)
    this.#flooded = { ...last, past: this.#now.drawing.past, made: patch !== null }
  }

  setRadius(radius: number): void {
    this.#set({ radius: clamp(Math.round(radius), smoothingRadii.min, smoothingRadii.max) })
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
    this.#set({ notice: null, pointsUndone: [] })
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
        this.#commit(patch, 'Nothing to change here.')
        if (tool === 'flood' && patch) this.#flooded = { pen, at, past: this.#now.drawing.past, made: true }
        return
      }
      case 'polygon':
      case 'livewire':
        return this.#addPoint(at)
      case 'rectangle':
      case 'ellipse':
        return this.#set({ shape: { from: at, to: at }, stroking: true })
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
    const { shape } = this.#now
    if (shape) this.#set({ shape: { ...shape, to: places.at(-1) ?? shape.to } })
    else for (const place of places) this.#extend(place)
  }

  /** The tool is over a place without being put down; null for nowhere. Shows where the livewire would go, and what a flood would change. */
  hover(at: Point | null): void {
    const { tool, points, drawing, tolerance, active, preview } = this.#now
    if (tool === 'livewire' && points.length > 0) this.#set({ lead: at ? this.#livewire!.to(at) : [] })
    else if (tool === 'flood' && drawing.mask.labels.length <= mostPreviewed) {
      const row = labelOf(drawing, active)
      const index = at && row && !row.locked ? indexAt(drawing.mask, at) : null
      const last = this.#hovered
      // Within a pixel nothing changes.
      if (last?.index !== index || last.drawing !== drawing || last.active !== active || last.tolerance !== tolerance) {
        const pen = { label: active, locked: lockedOf(drawing), limit: null }
        const patch = index === null ? null : flood(drawing.mask, pen, this.picture.pixels, at!, tolerance)
        this.#hovered = { index, drawing, active, tolerance, patch }
      }
      const { patch } = this.#hovered!
      if (patch !== preview) this.#set({ preview: patch })
    }
  }

  /** The tool is lifted: what was drawn since `press` becomes one step of the history. */
  release(): void {
    const { shape, tool, drawing } = this.#now
    if (shape) return this.#endShape(shape, tool === 'ellipse' ? ellipse : rectangle, drawing)
    const stroke = this.#stroke
    if (!stroke) return
    this.#stroke = null
    this.#set({ stroking: false })
    const patch = join(stroke.patches)
    if (patch) this.#take(remember(this.#now.drawing, patch))
    else if (stroke.pen.limit) this.#set({ notice: `No pixel here is within ${stroke.pen.limit.low} to ${stroke.pen.limit.high}.` })
  }

  #endShape({ from, to }: { from: Point; to: Point }, paint: typeof rectangle, { mask }: Drawing): void {
    this.#set({ shape: null, stroking: false })
    const pen = this.#pen(this.#now.active)
    if (!pen) return
    if (from.x === to.x && from.y === to.y) return this.#set({ notice: 'Drag from one corner to the opposite one.' })
    this.#commit(paint(mask, pen, from, to), 'The shape holds no pixel that may change.')
  }

  #addPoint(at: Point): void {
    if (this.#now.tool === 'livewire') this.#nail(at)
    else this.#set({ points: [...this.#now.points, at] })
  }

  /** Nails the livewire down at a place, and leads it on from there. */
  #nail(at: Point): void {
    const { points, window } = this.#now
    if (points.length === 0) {
      this.#parts = []
      // It follows the edges that are seen.
      if (this.#wired !== window) this.#livewire = new Livewire(this.picture, window)
      this.#wired = window
    } else this.#parts.push(this.#livewire!.to(at))
    this.#livewire!.from(at)
    this.#set({ points: [...points, at], wire: this.#parts.flat(), lead: [] })
  }

  /** Takes back the stroke, polygon, wire or shape being drawn. @returns whether there was one */
  cancel(): boolean {
    const { points, shape } = this.#now
    const stroke = this.#stroke
    this.#stroke = null
    this.#parts = []
    this.#set(nothingBegun)
    for (const patch of [...(stroke?.patches ?? [])].reverse()) {
      write(this.#now.drawing, patch, 'backwards')
      this.#changed(patch.box)
    }
    return stroke !== null || shape !== null || points.length > 0
  }

  /** Closes the polygon, or the livewire along an edge, and paints what it holds. */
  closePolygon(): void {
    const { points, drawing, tool } = this.#now
    const wired = tool === 'livewire'
    if (points.length < (wired ? 2 : 3))
      return this.#set({ notice: wired ? 'A livewire needs at least two clicks.' : 'A polygon needs at least three points.' })
    const pen = this.#pen(this.#now.active)
    if (!pen) return
    const outline = wired ? [...this.#parts.flat(), ...this.#livewire!.to(points[0]!)] : points
    this.#parts = []
    this.#set(nothingBegun)
    this.#commit(polygon(drawing.mask, pen, outline), `The ${wired ? 'wire' : 'polygon'} holds no pixel that may change.`)
  }

  dropLastPoint(): void {
    const points = this.#now.points.slice(0, -1)
    this.#parts = this.#parts.slice(0, Math.max(0, points.length - 1))
    if (this.#now.tool === 'livewire' && points.length > 0) this.#livewire!.from(points.at(-1)!)
    this.#set({ points, pointsUndone: [], wire: this.#parts.flat(), lead: [] })
  }

  fillHoles(): void {
    this.release()
    const pen = this.#pen(this.#now.active)
    if (pen) this.#commit(fillHoles(this.#now.drawing.mask, pen), `${this.#nameOf(pen.label)} has no holes.`)
  }

  /** Smooths the active label's outline, or closes gaps in it. */
  smooth(how: 'median' | 'closing'): void {
    this.release()
    const pen = this.#pen(this.#now.active)
    const { drawing, radius } = this.#now
    if (!pen) return
    const patch = (how === 'median' ? median : close)(drawing.mask, pen, radius)
    this.#commit(patch, `${this.#nameOf(pen.label)} has nothing to ${how === 'median' ? 'smooth' : 'close'} at this radius.`)
  }

  /** Takes what was drawn on another slice, in place of what is here. @returns whether that changed anything */
  copyIn(annotation: Annotation): boolean {
    this.cancel()
    const { drawing, patch } = copyIn(this.#now.drawing, annotation)
    this.#take(drawing, patch)
    return patch !== null
  }

  /** Takes the label list of another slice, if it is another one; that can be undone. */
  adoptLabels(classes: Annotation['classes']): void {
    const own = annotationOf(this.#now.drawing)
    if (sameClasses(own.classes, classes)) return
    const untouched = this.#untouched
    const step = replace(this.#now.drawing, inTermsOf(own, classes))
    if (untouched) this.#asGiven.add(step.drawing.past.at(-1)!)
    this.#take(step.drawing, step.patch)
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
    const { points, pointsUndone } = this.#now
    if (points.length > 0) {
      this.dropLastPoint()
      return this.#set({ pointsUndone: [points.at(-1)!, ...pointsUndone] })
    }
    if (this.cancel()) return
    const step = undo(this.#now.drawing)
    if (step) this.#take(step.drawing, step.patch)
  }

  /** Repeats the last point or step that was taken back. A polygon or livewire being drawn stays; during a stroke there is nothing to repeat. */
  redo(): void {
    const [next, ...later] = this.#now.pointsUndone
    if (next) {
      this.#addPoint(next)
      return this.#set({ pointsUndone: later })
    }
    if (this.#now.stroking) return
    const step = redo(this.#now.drawing)
    if (step) this.#take(step.drawing, step.patch)
  }

  /** Back to what the picture came with; it can be undone. */
  discardRestored(): void {
    this.cancel()
    const step = replace(this.#now.drawing, this.#given)
    this.#asGiven.add(step.drawing.past.at(-1)!)
    this.#take(step.drawing, step.patch)
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

  /** Whether nobody has drawn here: what is shown is what the picture came with, and nothing else was kept of it. */
  get #untouched(): boolean {
    const { past, shortened } = this.#now.drawing
    const last = past.at(-1)
    return !this.#keptAsGiven && (last ? this.#asGiven.has(last) : !shortened)
  }

  /** A new state of the drawing: shown, and saved if somebody has drawn it. */
  #take(drawing: Drawing, patch: Patch | null = null): void {
    if (drawing === this.#now.drawing) return
    const { drawing: before, hidden } = this.#now
    this.#set({ drawing, notice: null, preview: null, pointsUndone: [] })
    // A label that is added later may get the value of one that is gone.
    if (drawing.table !== before.table) this.#set({ hidden: new Set([...hidden].filter((value) => labelOf(drawing, value))) })
    if (patch) this.#changed(patch.box)
    const kept = this.#kept
    this.#kept = !this.#untouched
    if (this.#kept) this.#keeper.save(annotationOf(drawing))
    else if (kept) this.#keeper.forget()
  }
}
