/** Records and locks as the browser has them. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { KeptRun } from './kept-run'
import type { LoggedRun } from './logged-run'
import type { LogStore } from './run-log'
import type { Locks, Records } from './storage'

interface Schema extends DBSchema {
  runs: { key: string; value: KeptRun }
}

/** Opens a database for one use of it: a record is written a few times a minute at most. */
async function within<S extends DBSchema, T>(
  opening: Promise<IDBPDatabase<S>>,
  work: (database: IDBPDatabase<S>) => Promise<T>,
): Promise<T> {
  const database = await opening
  try {
    return await work(database)
  } finally {
    database.close()
  }
}

const using = <T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> =>
  within(openDB<Schema>('exemplar-lab-runs', 1, { upgrade: (opened) => void opened.createObjectStore('runs', { keyPath: 'id' }) }), work)

/** IndexedDB. */
export const browserRecords: Records = {
  all: () => using((database) => database.getAll('runs')),
  write: (run) =>
    using(async (database) => {
      // The files that it names are on the disk: it must not come to be known before it is there too.
      const change = database.transaction('runs', 'readwrite', { durability: 'strict' })
      await Promise.all([change.store.put(run), change.done])
    }),
  remove: (id) => using((database) => database.delete('runs', id)),
}

interface LogSchema extends DBSchema {
  runs: { key: string; value: LoggedRun }
  files: { key: string; value: Uint8Array<ArrayBuffer> }
}

const usingLog = <T>(work: (database: IDBPDatabase<LogSchema>) => Promise<T>): Promise<T> =>
  within(
    openDB<LogSchema>('exemplar-lab-run-log', 1, {
      upgrade: (opened) => {
        opened.createObjectStore('runs', { keyPath: 'id' })
        opened.createObjectStore('files')
      },
    }),
    work,
  )

/** Tells the other tabs of the browser that the log has changed, and does not hear itself. */
let logChannel: BroadcastChannel | null = null

/** IndexedDB, a database of its own: a page of an earlier version, open in another tab, goes on with the one above. */
export const browserLog: LogStore = {
  all: () => usingLog((database) => database.getAll('runs')),
  read: (id) => usingLog(async (database) => (await database.get('files', id)) ?? null),
  write: (run, bytes) =>
    usingLog(async (database) => {
      const change = database.transaction(['runs', 'files'], 'readwrite')
      const put = bytes ? [change.objectStore('files').put(bytes, run.id)] : []
      await Promise.all([change.objectStore('runs').put(run), ...put, change.done])
      logChannel?.postMessage(null)
    }),
  remove: (ids) =>
    usingLog(async (database) => {
      const change = database.transaction(['runs', 'files'], 'readwrite')
      const gone = ids.flatMap((id) => [change.objectStore('runs').delete(id), change.objectStore('files').delete(id)])
      await Promise.all([...gone, change.done])
      logChannel?.postMessage(null)
    }),
  follow: (heard) => {
    logChannel = new BroadcastChannel('exemplar-lab-run-log')
    logChannel.onmessage = () => heard()
  },
}

const prefix = 'exemplar-lab-run-'

/** The Web Locks API. Without it, each tab believes it is alone. */
export const browserLocks = (manager: LockManager | undefined): Locks => ({
  take: async (id, patience) => {
    if (!manager) return () => undefined
    const take = (options: LockOptions) =>
      new Promise<(() => void) | null>((taken, failed) => {
        const hold = (lock: Lock | null) => (lock ? new Promise<void>((release) => taken(() => release())) : taken(null))
        manager.request(prefix + id, options, hold).catch(failed)
      })
    const at = await take({ ifAvailable: true })
    if (at || patience === 0) return at
    return take({ signal: AbortSignal.timeout(patience) }).catch(() => null)
  },
  taken: async () => {
    const { held = [] } = (await manager?.query()) ?? {}
    return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])))
  },
  free: async (id) => {
    await manager?.request(prefix + id, { mode: 'shared' }, () => undefined)
  },
})
