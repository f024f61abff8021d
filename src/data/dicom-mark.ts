/** Recognises DICOM files; separate from their reader, which is loaded on demand. */

/** Elements that can start a file without preamble: file meta information, or the first groups of a data set, with plausible length and tag. */
export function startsWithElement(head: Uint8Array): boolean {
  if (head.length < 8) return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const group = view.getUint16(0, true)
  const element = view.getUint16(2, true)
  if (!(group === 2 && element <= 0x102) && !(group === 8 && element <= 0x70)) return false
  return isExplicit(head) || view.getUint32(4, true) <= 1024
}

/** Whether the first element states its type, as in explicit transfer syntaxes. */
export const isExplicit = (head: Uint8Array) => [4, 5].every((i) => head[i]! >= 65 && head[i]! <= 90)

export const hasPreamble = (head: Uint8Array) => [68, 73, 67, 77].every((byte, i) => head[128 + i] === byte)

/**
 * Whether to read a file as DICOM: by "DICM" after the preamble, by its name, or by the first element of a file without preamble.
 * @param head the first kilobyte
 */
export const isDicom = (head: Uint8Array, name: string): boolean =>
  hasPreamble(head) || /\.(dcm|dicom|ima)$/i.test(name) || startsWithElement(head)
