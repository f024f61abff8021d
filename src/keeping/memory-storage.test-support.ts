import { fromBytes } from '../data/given-file'
import type { KeptRun } from './kept-run'
import { MemoryLog } from './run-log'
import type { Storage } from './storage'

/** What the tabs of one browser share: it outlives them. */
export class MemoryBrowser {
  readonly folders = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>()
  readonly records = new Map<string, KeptRun>()
  readonly log = new MemoryLog()
  /** Bytes that the disk has. */
  quota = Infinity
  /** What each tab is called by when another has changed the log. */
  private readonly followers = new Map<object, () => void>()
  private readonly taken = new Map<string, { done: Promise<void>; release: () => void }>()

  get used(): number {
    return [...this.folders.values()].flatMap((files) => [...files.values()]).reduce((sum, { length }) => sum + length, 0)
  }

  /** The names of all files, each with its folder. */
  get files(): string[] {
    return [...this.folders].flatMap(([folder, files]) => [...files.keys()].map((name) => `${folder}/${name}`)).sort()
  }

  /** A tab's view of it; what the tab takes is free again once it is `closed`. */
  tab(): Storage & { close: () => void } {
    const own = new Set<() => void>()
    const tellOthers = () => this.followers.forEach((heard, tab) => tab !== own && heard())
    const take = (id: string) => {
      let end = () => {}
      const done = new Promise<void>((resolve) => (end = resolve))
      const release = () => {
        this.taken.delete(id)
        own.delete(release)
        end()
      }
      this.taken.set(id, { done, release })
      own.add(release)
      return release
    }
    return {
      close: () => {
        own.forEach((release) => release())
        this.followers.delete(own)
      },
      room: () => Promise.resolve(this.quota - this.used),
      disk: {
        folders: () => Promise.resolve([...this.folders.keys()]),
        read: async (folder, name) => {
          // As a File from the disk: its bytes are read when asked for.
          const bytes = () => {
            const found = this.folders.get(folder)?.get(name)
            if (!found) throw new DOMException(`no ${folder}/${name}`, 'NotFoundError')
            return found
          }
          return { ...fromBytes(name, bytes()), read: async (from, to) => bytes().slice(from, to) }
        },
        write: async (folder, name, bytes, at = 0) => {
          const files = this.folders.get(folder) ?? new Map<string, Uint8Array<ArrayBuffer>>()
          this.folders.set(folder, files)
          const former = files.get(name) ?? new Uint8Array()
          const next = new Uint8Array(at + bytes.length)
          next.set(former.subarray(0, at))
          // What fits is written before it fails, as on a disk.
          const fits = Math.max(0, Math.min(next.length, former.length + this.quota - this.used))
          next.set(bytes, at)
          files.set(name, next.slice(0, fits))
          if (fits < next.length) throw new DOMException('full', 'QuotaExceededError')
        },
        remove: async (folder, name) => {
          if (name === undefined) this.folders.delete(folder)
          else this.folders.get(folder)?.delete(name)
        },
      },
      records: {
        all: () => Promise.resolve([...this.records.values()].map((run) => structuredClone(run))),
        write: async (run) => void this.records.set(run.id, structuredClone(run)),
        remove: async (id) => void this.records.delete(id),
      },
      log: {
        all: () => this.log.all(),
        read: (id) => this.log.read(id),
        write: async (run, bytes) => {
          await this.log.write(run, bytes)
          tellOthers()
        },
        remove: async (ids) => {
          await this.log.remove(ids)
          if (ids.length > 0) tellOthers()
        },
        follow: (heard) => void this.followers.set(own, heard),
      },
      locks: {
        take: async (id) => (this.taken.has(id) ? null : take(id)),
        taken: () => Promise.resolve(new Set(this.taken.keys())),
        free: async (id) => await this.taken.get(id)?.done,
      },
    }
  }
}
