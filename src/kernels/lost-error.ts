/** What computes is gone, or no longer to be trusted, with all that lies there; the message is the beginning of a sentence. */
export class LostError extends Error {
  override name = 'LostError'
}
