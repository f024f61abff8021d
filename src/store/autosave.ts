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
  /** The state to write next; null to remove. */
  #next: Annotation | null | undefined
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
    return unwritten.get(this.#id) ?? (await this.#shelf.read(this.#id)) ?? (await this.#shelf.read(this.#formerKey))
  }

  save(annotation: Annotation): void {
    markDraft(this.#id, true)
    this.#next = annotation
    this.#busy ??= this.#work()
  }

  /** Removes what was saved. */
  forget(): void {
    markDraft(this.#id, false)
    this.#next = null
    this.#busy ??= this.#work()
  }

  /** Resolves when everything is written. */
  async settled(): Promise<void> {
    while (this.#busy) await this.#busy
  }

  async #work(): Promise<void> {
    // So that #busy is set before this ends.
    await Promise.resolve()
    while (this.#next !== undefined) {
      const next = this.#next
      this.#next = undefined
      const row = next && { key: this.#id, savedAt: Date.now(), ...next }
      if (!row) unwritten.delete(this.#id)
      try {
        if (row) await put(row, this.#shelf)
        else for (const key of [this.#id, this.#formerKey]) await this.#shelf.remove(key)
        this.#tell(null)
      } catch (problem) {
        this.#tell(notStored(problem))
      }
    }
    this.#busy = null
  }
}
