/** Drawings in the browser's storage. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Annotation, Saved } from '../drawing/drawable'
import { storageReason } from '../lib/storage-reason'
import { setDrafts } from './drafts'

export interface Row extends Saved {
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

/**
 * What the browser's storage does not have yet or did not take, by key, also when the drawing is closed; null where something is still to be removed.
 * It lasts as long as the page is open.
 */
export const unwritten = new Map<string, Row | null>()

/** Whether closing the page would lose a drawing. */
export const hasUnwritten = (): boolean => [...unwritten.values()].some((row) => row !== null)

/** Number of drawings that are kept. */
export const countDrawings = async (shelf: Shelf = browserShelf): Promise<number> => (await shelf.keys()).length

/** Learns which images have a drawing from an earlier visit. */
export async function listDrafts(shelf: Shelf = browserShelf): Promise<void> {
  const keys = new Set([...(await shelf.keys()), ...unwritten.keys()])
  setDrafts([...keys].filter((key) => unwritten.get(key) !== null))
}

/** Writes one; until it is, it is kept as long as the page is open. */
export async function put(row: Row, shelf: Shelf): Promise<void> {
  unwritten.set(row.key, row)
  await shelf.write(row)
  // It may have been overtaken.
  if (unwritten.get(row.key) === row) unwritten.delete(row.key)
}

export const notStored = (problem: unknown): string =>
  `What you draw could not be saved in this browser (${storageReason(problem)}). Nothing is lost while the page stays open.`

/** Stores a drawing. @returns a sentence where that fails; then it is kept as long as the page is open */
export const storeDrawing = (id: string, annotation: Annotation, shelf: Shelf = browserShelf): Promise<string | null> =>
  put({ key: id, savedAt: Date.now(), ...annotation }, shelf).then(() => null, notStored)

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
