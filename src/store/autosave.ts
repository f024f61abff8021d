/** What is being drawn, kept in the browser's storage from edit to edit. Apart from the rest, for the first view needs none of it. */
import { unknown, type Annotation, type Drawable, type Saved } from '../drawing/drawable'
import { inTime } from '../lib/in-time'
import { storageReason } from '../lib/storage-reason'
import { browserShelf, notStored, put, unwritten, type Row, type Shelf } from './stored-drawings'
import { markDraft } from './drafts'

/** Storage that does not answer, for example during another tab's upgrade, must not prevent drawing. */
const patience = 3000

function isWhole(row: Row, pixels: number): boolean {
  const { labels, classes, savedAt } = row
  return (
    labels instanceof Uint8Array &&
    labels.length === pixels &&
    Array.isArray(classes) &&
    classes.length > 0 &&
    classes.every(({ name, color }) => typeof name === 'string' && /^#[0-9a-f]{6}$/i.test(color)) &&
    labels.every((label) => label < classes.length || label === unknown) &&
    typeof savedAt === 'number'
  )
}

/**
 * The saved state of one image. It is written in the background: the newest state, one at a time; what was overtaken
 * during a write is never written. A failure is reported in one sentence, and the next edit tries again.
 */
export class Autosave {
  readonly #id: string
  /** No longer written; an old entry is removed with the drawing. */
  readonly #formerKey: string
  readonly #shelf: Shelf
  /** Called with a sentence when storing fails, with null when it works again. */
  readonly #tell: (problem: string | null) => void
  /** What is unwritten has changed since it was written last. */
  #changed = false
  #busy: Promise<void> | null = null

  constructor({ id, formerKey }: Pick<Drawable, 'id' | 'formerKey'>, tell: (problem: string | null) => void, shelf: Shelf = browserShelf) {
    this.#id = id
    this.#formerKey = formerKey
    this.#tell = tell
    this.#shelf = shelf
  }

  /** The state saved for an image of this many pixels; null if there is none or it cannot be read. */
  async load(pixels: number): Promise<Saved | null> {
    try {
      const row = await inTime(this.#read(), patience)
      if (!row) return null
      if (!isWhole(row, pixels)) throw new Error('It does not fit the image.')
      return { labels: row.labels, classes: row.classes, savedAt: row.savedAt }
    } catch (problem) {
      this.#tell(
        `What was drawn here before could not be read (${storageReason(problem)}). You can draw; keep the page open until you have used it.`,
      )
      return null
    }
  }

  async #read(): Promise<Row | undefined> {
    const held = unwritten.get(this.#id)
    if (held !== undefined) return held ?? undefined
    return (await this.#shelf.read(this.#id)) ?? (await this.#shelf.read(this.#formerKey))
  }

  save(annotation: Annotation): void {
    markDraft(this.#id, true)
    this.#hold({ key: this.#id, savedAt: Date.now(), ...annotation })
  }

  /** Removes what was saved. */
  forget(): void {
    markDraft(this.#id, false)
    this.#hold(null)
  }

  /** At once, so that whoever opens the image before it is written finds it. */
  #hold(row: Row | null): void {
    unwritten.set(this.#id, row)
    this.#changed = true
    this.#busy ??= this.#work()
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    while (this.#busy) await this.#busy
  }

  async #work(): Promise<void> {
    // So that #busy is set before this ends.
    await Promise.resolve()
    while (this.#changed) {
      this.#changed = false
      const row = unwritten.get(this.#id)
      // All drawings were forgotten meanwhile.
      if (row === undefined) continue
      try {
        if (row) await put(row, this.#shelf)
        else {
          for (const key of [this.#id, this.#formerKey]) await this.#shelf.remove(key)
          if (unwritten.get(this.#id) === null) unwritten.delete(this.#id)
        }
        this.#tell(null)
      } catch (problem) {
        this.#tell(notStored(problem))
      }
    }
    this.#busy = null
  }
}
