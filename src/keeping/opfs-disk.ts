import { fromBlob } from '../data/given-file'
import type { Disk } from './storage'

const missing = (error: unknown) => error instanceof DOMException && error.name === 'NotFoundError'

/** The browser's file system of this origin, in a worker: only there can a file be written in place. */
export class OpfsDisk implements Disk {
  /** Held while they are opened: Chromium (156) never answers if it collects the file's handle before. */
  private readonly opening = new Set<FileSystemFileHandle>()

  constructor(private readonly root: FileSystemDirectoryHandle) {}

  async folders(): Promise<string[]> {
    const names: string[] = []
    for await (const [name, entry] of await this.top()) if (entry.kind === 'directory') names.push(name)
    return names
  }

  async read(folder: string, name: string) {
    const file = await (await (await this.top()).getDirectoryHandle(folder)).getFileHandle(name)
    return fromBlob(name, await file.getFile())
  }

  async write(folder: string, name: string, bytes: Uint8Array<ArrayBuffer>, at = 0): Promise<void> {
    const inside = await (await this.top()).getDirectoryHandle(folder, { create: true })
    const file = await inside.getFileHandle(name, { create: true })
    this.opening.add(file)
    const handle = await file.createSyncAccessHandle().finally(() => this.opening.delete(file))
    try {
      for (let done = 0; done < bytes.length;) {
        const written = handle.write(bytes.subarray(done), { at: at + done })
        // Some browsers write less than asked, and say nothing else, when the disk is full.
        if (written === 0) throw new DOMException('Nothing more can be written.', 'QuotaExceededError')
        done += written
      }
      handle.truncate(at + bytes.length)
      handle.flush()
    } finally {
      handle.close()
    }
  }

  async remove(folder: string, name?: string): Promise<void> {
    try {
      const top = await this.top()
      if (name === undefined) await top.removeEntry(folder, { recursive: true })
      else await (await top.getDirectoryHandle(folder)).removeEntry(name)
    } catch (error) {
      if (!missing(error)) throw error
    }
  }

  private top(): Promise<FileSystemDirectoryHandle> {
    return this.root.getDirectoryHandle('runs', { create: true })
  }
}
