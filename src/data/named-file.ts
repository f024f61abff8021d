/** A file as the user gave it. */
export interface NamedFile {
  name: string
  bytes: Uint8Array<ArrayBuffer>
}
