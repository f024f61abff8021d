/**
 * A file as the user gave it, read piece by piece: a header is looked at before anything large is allocated. The page makes it of a
 * File, which costs nothing to send to a worker; the terminal of a path.
 */
export interface GivenFile {
  /** With its folders, where they are known: "patient1/IM-0001.dcm". */
  name: string
  /** Which of its arrays is meant, by path, of a file that holds several; all of them where this is missing. */
  array?: string
  /** Bytes. */
  size: number
  /** The bytes from `from` (0) up to but without `to` (the end); fewer where the file ends earlier. */
  read(from?: number, to?: number): Promise<Uint8Array<ArrayBuffer>>
}

/** A file that is in memory, such as one out of a zip. */
export const fromBytes = (name: string, bytes: Uint8Array<ArrayBuffer>): GivenFile => ({
  name,
  size: bytes.length,
  read: (from = 0, to = bytes.length) => Promise.resolve(bytes.slice(from, to)),
})

/** A file that the browser holds. */
export const fromBlob = (name: string, blob: Blob): GivenFile => ({
  name,
  size: blob.size,
  read: async (from = 0, to = blob.size) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
})
