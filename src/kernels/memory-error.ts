/** The backend has no memory left for what was asked; the message is a sentence. What exists stays usable. */
export class MemoryError extends Error {
  override name = 'MemoryError'
}
