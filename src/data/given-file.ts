/**
 * A file as the user gave it, read piece by piece: a header is checked before anything large is allocated. The page makes it from a
 * File, which costs nothing to send to a worker; the terminal from a path.
 */
export interface GivenFile {
  /** With its folders, if known: "patient1/IM-0001.dcm". */
  name: string
  /** The path of one array in a file that holds several; all of them if missing. */
  array?: string
  /** Bytes. */
  size: number
  /** The bytes from `from` (default 0) up to but excluding `to` (default the end); fewer if the file ends earlier. */
  read(from?: number, to?: number): Promise<Uint8Array<ArrayBuffer>>
}

/** A file in memory, such as one from a zip. */
export const fromBytes = (name: string, bytes: Uint8Array<ArrayBuffer>): GivenFile => ({
  name,
  size: bytes.length,
  read: (from = 0, to = bytes.length) => Promise.resolve(bytes.slice(from, to)),
})

/** A file held by the browser. */
export const fromBlob = (name: string, blob: Blob): GivenFile => ({
  name,
  size: blob.size,
  read: async (from = 0, to = blob.size) => new Uint8Array(await blob.slice(from, to).arrayBuffer()),
})
