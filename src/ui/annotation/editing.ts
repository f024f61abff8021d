/** What the drawing tools are at work on: one slice of a stack after another, and what is drawn on the others. */
import { createStore } from 'zustand/vanilla'
import { between } from '../../drawing/between'
import { background, unknown, type Annotation, type Drawable } from '../../drawing/drawable'
import { inTermsOf } from '../../drawing/drawing'
import { Editor } from '../../drawing/editor'
import { yieldTask } from '../../lib/yield-task'
import { Autosave } from '../../store/autosave'
import { drafts } from '../../store/drafts'
import { keepLooks, type Look } from '../../store/looks'
import type { Slice } from '../../store/stack'
import { isUsedUp } from '../../store/used-drawings'
import type { Drawn, PictureId } from '../../worker/protocol'

/** Slices whose history is at hand; those of others are forgotten, their drawings are not. */
const mostOpen = 12

interface State {
  /** Null until the first slice has been read. */
  editor: Editor | null
  /** What is being done that takes a moment. */
  busy: string | null
  /** The place in the stack that is on its way. */
  turningTo: number | null
  problem: string | null
  /** An interpolation can be taken back, or made again. */
  interpolated: 'done' | 'undone' | null
}

/** What was drawn on slices between others. */
interface Interpolation {
  made: ReadonlyMap<PictureId, Annotation>
  /** What was kept of these slices before, where anything was, and their editors with their histories. */
  former: ReadonlyMap<PictureId, Annotation>
  editors: ReadonlyMap<PictureId, Editor>
  /** Whether the slice shown has changed. */
  copied: boolean
  /** The slice shown, and its history after it: once that has changed, the interpolation is no longer what is taken back next. */
  shown: Editor
  past: unknown
  future: unknown
}

const isDrawn = ({ labels }: Annotation) => labels.some((label) => label !== background && label !== unknown)

export class Editing {
  readonly stack: readonly Slice[]
  readonly look: Look
  readonly state = createStore<State>(() => ({ editor: null, busy: null, turningTo: null, problem: null, interpolated: null }))
  readonly #fetch: (picture: PictureId, toDraw: boolean) => Promise<Drawable | undefined>
  readonly #begun = Date.now()
  /** The slices shown last, the newest at the end. */
  readonly #editors = new Map<PictureId, Editor>()
  readonly #autosaves = new Map<PictureId, Autosave>()
  #interpolation: Interpolation | null = null
  #ended = false

  /** @param stack the slices in order; one for a picture that is of no volume @param fetch gives a picture, undefined if it cannot be had */
  constructor(stack: readonly Slice[], look: Look, fetch: (picture: PictureId, toDraw: boolean) => Promise<Drawable | undefined>) {
    this.stack = stack
    this.look = look
    this.#fetch = fetch
  }

  get #editor(): Editor | null {
    return this.state.getState().editor
  }

  /** Where the slice shown is in the stack; -1 before there is one. */
  get place(): number {
    return this.stack.findIndex(({ id }) => id === this.#editor?.picture.id)
  }

  /** Whether something is drawn on a slice: an exemplar, or a drawing that is kept. */
  isDrawn = ({ id, annotated }: Slice): boolean => annotated || drafts.getState().has(id)

  // Turning

  /** Shows a picture: the first one, or another slice of the stack. */
  async show(picture: Drawable): Promise<void> {
    const id = picture.id as PictureId
    const before = this.#editor
    const known = this.#editors.get(id)
    const editor = known ?? (await this.#open(picture, before))
    if (this.#ended || this.#editor !== before) return
    if (before) {
      before.release()
      editor.adoptLabels(before.result().classes)
      const settings = before.state.getState()
      editor.adopt(settings, settings.drawing)
    } else editor.adopt(this.look.shown ?? {})
    this.#editors.delete(id)
    this.#editors.set(id, editor)
    for (const other of [...this.#editors.keys()].slice(0, -mostOpen)) this.#editors.delete(other)
    this.state.setState({ editor, interpolated: null })
    if (before) editor.tell(`Slice ${this.place + 1} of ${this.stack.length}: ${picture.name}`)
  }

  async #open(picture: Drawable, before: Editor | null): Promise<Editor> {
    const autosave = this.#autosave(picture.id as PictureId, picture.formerKey)
    const stored = await autosave.load(picture.width * picture.height)
    // Classes may be called otherwise since it was used.
    const saved = stored && isUsedUp(picture.id as PictureId) ? { ...stored, ...inTermsOf(stored, picture.classes) } : stored
    if (!before) return this.#kept(new Editor(picture, saved, autosave), saved)
    // The label list goes on from the slice before.
    const { classes } = before.result()
    const given = inTermsOf({ labels: new Uint8Array(picture.labels), classes: picture.classes }, classes)
    const own = saved && { ...inTermsOf(saved, given.classes), savedAt: saved.savedAt }
    return this.#kept(new Editor({ ...picture, ...given }, own, autosave), saved)
  }

  /** What was drawn since the tools were opened is not announced as if it came from an earlier visit. */
  #kept(editor: Editor, saved: { savedAt: number } | null): Editor {
    if (saved && saved.savedAt >= this.#begun) editor.keepRestored()
    return editor
  }

  #autosave(id: PictureId, formerKey = ''): Autosave {
    let autosave = this.#autosaves.get(id)
    const tell = (problem: string | null) => !this.#ended && this.state.setState({ problem })
    if (!autosave) this.#autosaves.set(id, (autosave = new Autosave({ id, formerKey }, tell)))
    return autosave
  }

  /** Shows the slice at a place in the stack; of several asked for at once, the last one. */
  async turnTo(place: number): Promise<void> {
    const { busy, turningTo } = this.state.getState()
    if (!this.stack[place] || (busy !== null && turningTo === null)) return
    this.state.setState({ turningTo: place })
    if (turningTo !== null) return
    this.#editor?.release()
    for (let next = place; next !== this.place; next = this.state.getState().turningTo!) {
      const { id } = this.stack[next]!
      const known = this.#editors.get(id)
      const before = this.place
      if (known) await this.show(known.picture)
      else
        await this.#while(`Opening slice ${next + 1} …`, async () => {
          const picture = await this.#fetch(id, true)
          if (picture) await this.show(picture)
        })
      // It cannot be had, or the tools were closed.
      if (this.place === before) break
    }
    this.state.setState({ turningTo: null })
  }

  turn(by: 1 | -1): void {
    const place = (this.state.getState().turningTo ?? this.place) + by
    if (this.stack[place]) void this.turnTo(place)
    else if (this.stack.length > 1) this.#editor?.tell(by > 0 ? 'This is the last slice.' : 'This is the first slice.')
  }

  async #while(busy: string, work: () => Promise<void>): Promise<void> {
    if (this.state.getState().busy !== null) return
    this.state.setState({ busy })
    try {
      await work()
    } finally {
      this.state.setState({ busy: null })
    }
  }

  // What is drawn on the slices

  /** What is drawn on a slice; null for nothing. A prediction that nobody has touched is not drawn. */
  async #drawnOn(slice: Slice): Promise<Annotation | null> {
    const editor = this.#editors.get(slice.id)
    if (editor) {
      const own = editor.result()
      return this.isDrawn(slice) && isDrawn(own) ? own : null
    }
    const { width, height } = this.#editor!.picture
    const saved = drafts.getState().has(slice.id) ? await this.#autosave(slice.id).load(width * height) : null
    if (saved) return isDrawn(saved) ? saved : null
    if (!slice.annotated) return null
    const picture = await this.#fetch(slice.id, false)
    return picture ? { labels: new Uint8Array(picture.labels), classes: picture.classes } : null
  }

  /** Everything drawn in this stack, in terms of one label list: the slice shown, and all others that are not exemplars as they are. */
  async drawings(): Promise<{ drawings: Drawn[]; classes: Annotation['classes'] }> {
    const shown = this.#editor!
    let { classes } = shown.result()
    const drawings: Drawn[] = []
    for (const slice of this.stack.length > 0
      ? this.stack
      : [{ id: shown.picture.id as PictureId, name: '', slice: 0, annotated: false, inUse: true }]) {
      const isShown = slice.id === shown.picture.id
      const unchanged = slice.annotated && !drafts.getState().has(slice.id)
      if (!isShown && unchanged) continue
      const drawn = isShown ? shown.result() : await this.#drawnOn(slice)
      if (!drawn || !isDrawn(drawn)) continue
      const here = inTermsOf(drawn, classes)
      classes = here.classes
      drawings.push({ picture: slice.id, labels: new Uint8Array(here.labels) })
    }
    return { drawings, classes }
  }

  /** Copies what is drawn on the nearest slice before or after this one. */
  async copyFrom(direction: 1 | -1): Promise<void> {
    const editor = this.#editor
    if (!editor) return
    const others = direction > 0 ? this.stack.slice(this.place + 1) : this.stack.slice(0, this.place).reverse()
    await this.#while('Copying …', async () => {
      for (const slice of others.filter(this.isDrawn)) {
        const drawn = await this.#drawnOn(slice)
        if (!drawn) continue
        const number = this.stack.indexOf(slice) + 1
        return editor.tell(editor.copyIn(drawn) ? `Copied from slice ${number}.` : `Slice ${number} shows the same already.`)
      }
      editor.tell(`Nothing is drawn on a slice ${direction > 0 ? 'after' : 'before'} this one.`)
    })
  }

  /** Draws on every slice that lies between two with drawings what lies between them by shape. */
  async interpolate(): Promise<void> {
    const editor = this.#editor
    if (!editor) return
    editor.release()
    await this.#while('Interpolating …', async () => {
      const drawn: { slice: Slice; place: number; own: Annotation }[] = []
      for (const [place, slice] of this.stack.entries()) {
        if (slice.id !== editor.picture.id && !this.isDrawn(slice)) continue
        const own = await this.#drawnOn(slice)
        if (own) drawn.push({ slice, place, own })
      }
      const { width, height } = editor.picture
      const made = new Map<PictureId, Annotation>()
      for (const [n, upper] of drawn.slice(1).entries()) {
        const lower = drawn[n]!
        if (upper.place - lower.place < 2) continue
        const above = inTermsOf(upper.own, lower.own.classes)
        const at = await between(
          { width, height, labels: new Uint8Array(lower.own.labels) },
          { width, height, labels: new Uint8Array(above.labels) },
          yieldTask,
        )
        for (const { id, slice } of this.stack.slice(lower.place + 1, upper.place)) {
          await yieldTask()
          const share = (slice - lower.slice.slice) / (upper.slice.slice - lower.slice.slice)
          made.set(id, { labels: at(share), classes: above.classes })
        }
      }
      if (made.size === 0) return editor.tell('Draw on two slices that have others between them first.')
      // Pixels marked as unknown, or a prediction that was cleared, are not drawn but kept.
      const former = new Map<PictureId, Annotation>()
      for (const id of made.keys()) {
        const saved = id !== editor.picture.id && drafts.getState().has(id) ? await this.#autosave(id).load(width * height) : null
        if (saved) former.set(id, saved)
      }
      this.#write(made, former)
      const numbers = [...made.keys()].map((id) => this.stack.findIndex((slice) => slice.id === id) + 1)
      editor.tell(
        `Drawn on ${made.size === 1 ? `slice ${numbers[0]}` : `${made.size} slices, ${numbers[0]} to ${numbers.at(-1)}`}: Undo takes it back.`,
      )
    })
  }

  /** @param former what was kept of slices that are drawn on */
  #write(made: ReadonlyMap<PictureId, Annotation>, former: ReadonlyMap<PictureId, Annotation>): void {
    const shown = this.#editor!
    const editors = new Map<PictureId, Editor>()
    let copied = false
    for (const [id, annotation] of made) {
      if (id === shown.picture.id) copied = shown.copyIn(annotation)
      else {
        const own = this.#editors.get(id)
        if (own) editors.set(id, own)
        this.#editors.delete(id)
        this.#autosave(id).save(annotation)
      }
    }
    const { past, future } = shown.state.getState().drawing
    this.#interpolation = { made, former, editors, copied, shown, past, future }
    this.state.setState({ interpolated: 'done' })
  }

  /** The interpolation that the next undo or redo is about, if it is. */
  #lately(state: 'done' | 'undone'): Interpolation | null {
    const last = this.#interpolation
    const { editor, interpolated } = this.state.getState()
    if (!last || interpolated !== state || last.shown !== editor) return null
    const { drawing, points, stroking } = editor.state.getState()
    return points.length === 0 && !stroking && drawing.past === last.past && drawing.future === last.future ? last : null
  }

  undo(): void {
    const last = this.#lately('done')
    if (!last) return this.#editor?.undo()
    for (const id of last.made.keys()) {
      if (id === last.shown.picture.id) {
        if (last.copied) last.shown.undo()
        continue
      }
      const [own, saved] = [last.editors.get(id), last.former.get(id)]
      if (own) this.#editors.set(id, own)
      else this.#editors.delete(id)
      if (saved) this.#autosave(id).save(saved)
      else this.#autosave(id).forget()
    }
    const { past, future } = last.shown.state.getState().drawing
    this.#interpolation = { ...last, past, future }
    this.state.setState({ interpolated: 'undone' })
    last.shown.tell('The interpolation was taken back.')
  }

  redo(): void {
    const last = this.#lately('undone')
    if (last && last.shown.state.getState().pointsUndone.length === 0) this.#write(last.made, last.former)
    else this.#editor?.redo()
  }

  /** The tools are closed: a stroke begun with the keyboard is kept as well, and how it looked. */
  end(): void {
    this.#ended = true
    const editor = this.#editor
    if (!editor) return
    editor.release()
    this.keepLook()
  }

  /** Has the browser keep how the stack is shown. */
  keepLook(): void {
    const editor = this.#editor
    if (!editor) return
    const { window, opacity, outlineOnly } = editor.state.getState()
    this.look.shown = { window, opacity, outlineOnly }
    keepLooks()
  }
}
