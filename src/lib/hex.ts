/** Two hexadecimal digits for each whole number 0..255. */
export const hexOf = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** SHA-256 of bytes, or of numbers as they lie in memory, in hexadecimal digits. */
export const sha256 = async (values: ArrayBufferView<ArrayBuffer>): Promise<string> =>
  hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', values)))
