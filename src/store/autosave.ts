/** What is being drawn, kept in the browser's storage from edit to edit. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import { unknown, type Annotation, type Drawable, type Saved } from '../drawing/drawable'
import { inTime } from '../lib/in-time'
import { storageReason } from '../lib/storage-reason'
import { markDraft, setDrafts } from './drafts'

interface Row extends Saved {
  key: string
}

/** Where annotations are kept. Tests replace it. */
export interface Shelf {
  read(key: string): Promise<Row | undefined>
  write(row: Row): Promise<void>
  remove(key: string): Promise<void>
  keys(): Promise<string[]>
  clear(): Promise<void>
}

interface Schema extends DBSchema {
  annotations: { key: string; value: Row; indexes: { savedAt: number } }
}

/** A separate database, so that its version does not depend on other stores. */
const open = (): Promise<IDBPDatabase<Schema>> =>
  openDB<Schema>('exemplar-lab-annotations', 1, {
    upgrade: (database) => void database.createObjectStore('annotations', { keyPath: 'key' }).createIndex('savedAt', 'savedAt'),
  })

/** The browser's IndexedDB, opened for each use: edits are rare enough, and nothing has to be closed or checked for loss. */
export const browserShelf: Shelf = {
  read: (key) => using((database) => database.get('annotations', key)),
  write: (row) =>
    using(async (database) => {
      await database.put('annotations', row)
    }),
  remove: (key) => using((database) => database.delete('annotations', key)),
  keys: () => using((database) => database.getAllKeys('annotations')),
  clear: () => using((database) => database.clear('annotations')),
}

async function using<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
  const database = await open()
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

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

/** What the browser's storage did not take, by key: kept as long as the page is open, also when the drawing is closed. */
const unwritten = new Map<string, Row>()

/** Whether closing the page would lose a drawing. */
export const hasUnwritten = (): boolean => unwritten.size > 0

/** Number of drawings that are kept. */
export const countDrawings = async (shelf: Shelf = browserShelf): Promise<number> => (await shelf.keys()).length

/** Learns which images have a drawing from an earlier visit. */
export const listDrafts = async (shelf: Shelf = browserShelf): Promise<void> => setDrafts([...(await shelf.keys()), ...unwritten.keys()])

/** Removes some drawings. */
export async function removeDrawings(ids: readonly string[], shelf: Shelf = browserShelf): Promise<void> {
  for (const id of ids) await shelf.remove(id)
}

/** Removes all drawings. */
export async function forgetDrawings(shelf: Shelf = browserShelf): Promise<void> {
  unwritten.clear()
  setDrafts([])
  await shelf.clear()
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
      if (row) unwritten.set(this.#id, row)
      else unwritten.delete(this.#id)
      try {
        if (row) await this.#shelf.write(row)
        else for (const key of [this.#id, this.#formerKey]) await this.#shelf.remove(key)
        unwritten.delete(this.#id)
        this.#tell(null)
      } catch (problem) {
        this.#tell(
          `What you draw could not be saved in this browser (${storageReason(problem)}). Nothing is lost while the page stays open.`,
        )
      }
    }
    this.#busy = null
  }
}
