/**
 * A problem with a file the user gave; the message is one sentence that names the file and says what to do. Control characters, which names in an archive
 * may have, become blanks: a terminal would obey them.
 */
export class InputError extends Error {
  override name = 'InputError'
  /** @param file the name of the file the sentence is about */
  constructor(
    message: string,
    readonly file: string,
  ) {
    super(message.replace(/\p{Cc}+/gu, ' '))
  }
}
