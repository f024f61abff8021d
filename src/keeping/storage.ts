/** Where runs are kept. The browser's own are in opfs-disk.ts and browser-storage.ts; tests have their own. */
import type { GivenFile } from '../data/given-file'
import { inTime } from '../lib/in-time'
import type { KeptRun } from './kept-run'
import type { LogStore } from './run-log'

/** Folders of files. A name holds no slash. */
export interface Disk {
  folders(): Promise<string[]>
  /** @throws if there is no such file */
  read(folder: string, name: string): Promise<GivenFile>
  /** Writes from byte `at` on and ends the file there; makes it, and its folder, if it is not there. On return it is on the disk. */
  write(folder: string, name: string, bytes: Uint8Array<ArrayBuffer>, at?: number): Promise<void>
  /** Removes a file, or the folder with all that is in it. What is not there is no error. */
  remove(folder: string, name?: string): Promise<void>
}

/** What is known of each kept run. A record is written whole or not at all, and only what a record names counts as kept. */
export interface Records {
  all(): Promise<KeptRun[]>
  write(run: KeptRun): Promise<void>
  remove(id: string): Promise<void>
}

/** A run is written by one tab at a time. What a tab has taken is free again when it is closed or crashes. */
export interface Locks {
  /** @returns what gives it back; null if another has it, and does not give it back within `patience` milliseconds */
  take(id: string, patience: number): Promise<(() => void) | null>
  /** Those that any tab has taken. */
  taken(): Promise<ReadonlySet<string>>
  /** Resolves when nobody has it. */
  free(id: string): Promise<void>
}

export interface Storage {
  disk: Disk
  records: Records
  log: LogStore
  locks: Locks
  /** Bytes that may still be written, as far as the browser says. */
  room(): Promise<number>
}

/** Milliseconds for one use of the storage: a large state is read from a slow disk in less. */
export const storagePatience = 30_000

/** The same storage, which fails where the browser would never answer: nothing waits for it without end. */
export function boundedStorage({ disk, records, log, locks, room }: Storage): Storage {
  const soon =
    <A extends unknown[], T>(use: (...given: A) => Promise<T>) =>
    (...given: A) =>
      inTime(use(...given), storagePatience)
  const read = async (folder: string, name: string): Promise<GivenFile> => {
    const file = await disk.read(folder, name)
    return { ...file, read: soon((from, to) => file.read(from, to)) }
  }
  return {
    disk: {
      folders: soon(() => disk.folders()),
      read: soon(read),
      write: soon((...given) => disk.write(...given)),
      remove: soon((...given) => disk.remove(...given)),
    },
    records: {
      all: soon(() => records.all()),
      write: soon((run) => records.write(run)),
      remove: soon((id) => records.remove(id)),
    },
    log: {
      all: soon(() => log.all()),
      read: soon((id) => log.read(id)),
      write: soon((...given) => log.write(...given)),
      remove: soon((ids) => log.remove(ids)),
      follow: (heard) => log.follow(heard),
    },
    // What is taken has a patience of its own, and to wait until a run is free may take as long as its tab is open.
    locks: { take: (...given) => locks.take(...given), taken: soon(() => locks.taken()), free: (id) => locks.free(id) },
    room: soon(room),
  }
}
