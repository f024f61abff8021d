/** A safetensors file in a gzip, for label maps: they get a hundred times smaller. */
import { gzipSync } from 'fflate'
import { fromBytes } from '../data/given-file'
import { openFile } from '../data/opened-file'
import { readSafetensors, writeSafetensors, type Metadata, type StoredTensor } from '../lib/safetensors'

/** The same tensors give the same bytes. */
export const packTensors = (tensors: Record<string, StoredTensor>, metadata: Metadata): Uint8Array<ArrayBuffer> =>
  new Uint8Array(gzipSync(writeSafetensors(tensors, metadata), { mtime: 0 }))

/**
 * Reads what `packTensors` wrote.
 * @param mostBytes that it may have, unpacked
 * @throws Error, or an InputError, for anything else
 */
export async function unpackTensors(bytes: Uint8Array<ArrayBuffer>, mostBytes: number): Promise<ReturnType<typeof readSafetensors>> {
  const size = gunzippedSize(bytes)
  if (size === null || size > mostBytes) throw new Error(`The gzip is none, or would take more than ${mostBytes} bytes.`)
  const { body } = await openFile(fromBytes('', bytes))
  return readSafetensors(await body(0, size))
}

/** Deflate's best ratio is a little over a thousand to one; a larger claim is false. */
const maxRatio = 1040

/** Bytes that a gzip holds, from its end; null if that cannot be. */
function gunzippedSize(bytes: Uint8Array<ArrayBuffer>): number | null {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return null
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true)
  return size <= bytes.length * maxRatio ? size : null
}
