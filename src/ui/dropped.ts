/** What a drop holds, in dropped folders too. */

/** A dropped file with its path from the folder that was dropped: folders tell masks from images, and patients apart. */
export interface Dropped {
  file: File
  path: string
}

export interface Drop {
  files: Dropped[]
  /** Paths of files and folders that the browser may not read. */
  unread: string[]
}

/** All files of a drop. To be called while the event is handled: afterwards the transfer is empty. */
export async function filesOf(transfer: DataTransfer): Promise<Drop> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  if (entries.length === 0) return { files: [...transfer.files].map((file) => ({ file, path: file.name })), unread: [] }
  return filesIn(entries)
}

/** All files of these entries; one that cannot be read keeps no other out. */
export async function filesIn(entries: readonly FileSystemEntry[]): Promise<Drop> {
  const drops = await Promise.all(entries.map((entry) => within(entry).catch((): Drop => ({ files: [], unread: [pathOf(entry)] }))))
  return { files: drops.flatMap(({ files }) => files), unread: drops.flatMap(({ unread }) => unread) }
}

const pathOf = ({ fullPath }: FileSystemEntry) => fullPath.replace(/^\//, '')

async function within(entry: FileSystemEntry): Promise<Drop> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed))
    return { files: [{ file, path: pathOf(entry) }], unread: [] }
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const entries: FileSystemEntry[] = []
  let unread: string[] = []
  // A reader gives at most a hundred entries at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed)).catch(() => {
      unread = [pathOf(entry)]
      return []
    })
    if (some.length === 0) break
    entries.push(...some)
  }
  const found = await filesIn(entries)
  return { files: found.files, unread: [...found.unread, ...unread] }
}
