/**
 * The safetensors format (github.com/huggingface/safetensors): header length in 8 little-endian bytes, a JSON header padded with spaces
 * to a multiple of 8, then the values of all tensors without holes. Like every typed array in use, values are little-endian.
 */

/** Values in row-major order. */
export interface StoredTensor {
  shape: number[]
  data: Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array
}

/** Text by key; the format allows only strings here. */
export type Metadata = Record<string, string>

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I8: Int8Array,
  I16: Int16Array,
  I32: Int32Array,
  U8: Uint8Array,
  U16: Uint16Array,
  U32: Uint32Array,
} as const
type Dtype = keyof typeof arrays

const dtypes = Object.keys(arrays) as Dtype[]

const dtypeOf = (data: StoredTensor['data']): Dtype => dtypes.find((type) => data instanceof arrays[type])!

const sizeOf = (shape: readonly number[]) => shape.reduce((size, side) => size * side, 1)

const metadataKey = '__metadata__'

/**
 * Bytes of a safetensors file; tensors are stored in the order given.
 * @throws Error if a shape does not fit its data, or for a tensor named `__metadata__`
 */
export function writeSafetensors(tensors: Record<string, StoredTensor>, metadata: Metadata = {}): Uint8Array<ArrayBuffer> {
  let end = 0
  const entries = Object.entries(tensors).map(([name, { shape, data }]) => {
    if (name === metadataKey) throw new Error(`A tensor cannot be named ${metadataKey}.`)
    if (sizeOf(shape) !== data.length) throw new Error(`Tensor "${name}" has shape [${shape.join(', ')}] but ${data.length} values.`)
    const start = end
    end += data.byteLength
    return [name, { dtype: dtypeOf(data), shape, data_offsets: [start, end] }] as const
  })
  // fromEntries rather than assignment, so that "__proto__" is an ordinary name.
  const head = new TextEncoder().encode(JSON.stringify(Object.fromEntries([[metadataKey, metadata] as const, ...entries])))
  const headLength = Math.ceil(head.length / 8) * 8

  const bytes = new Uint8Array(8 + headLength + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headLength), true)
  bytes.fill(32, 8, 8 + headLength)
  bytes.set(head, 8)
  let at = 8 + headLength
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/**
 * Reads tensors of all types that typed arrays have, in the order of the header; the data are copies.
 * @throws Error, one sentence, for a file that is cut short, damaged, has holes or holds another type
 */
export function readSafetensors(bytes: Uint8Array): { tensors: Record<string, StoredTensor>; metadata: Metadata } {
  const fail = (what: string) => new Error(`This is not a readable safetensors file: ${what}.`)
  if (bytes.length < 8) throw fail(`it has only ${bytes.length} bytes`)
  const headLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (headLength > bytes.length - 8) throw fail(`its header should have ${headLength} bytes, but ${bytes.length - 8} are left`)

  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headLength)))
  } catch {
    throw fail('its header is not JSON')
  }
  if (!isRecord(header)) throw fail('its header is not a JSON object')
  const { [metadataKey]: metadata = {}, ...described } = header
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
    throw fail('its metadata are not all text')

  const body = bytes.subarray(8 + headLength)
  const spans: [start: number, end: number][] = []
  const tensors = Object.entries(described).map(([name, entry]): [string, StoredTensor] => {
    const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {}
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) throw fail(`tensor "${name}" lacks a valid description`)
    if (typeof dtype !== 'string' || !Object.hasOwn(arrays, dtype))
      throw fail(`tensor "${name}" has type ${String(dtype)}, and only ${dtypes.join(', ')} can be read`)
    const Values = arrays[dtype as Dtype]
    const [start, end] = offsets as [number, number]
    if (end > body.length) throw fail(`tensor "${name}" ends at byte ${end} of ${body.length}`)
    if (end - start !== sizeOf(shape) * Values.BYTES_PER_ELEMENT)
      throw fail(`tensor "${name}" has ${end - start} bytes for shape [${shape.join(', ')}] of ${dtype}`)
    spans.push([start, end])
    // Not body.slice(): for Node's Buffer that is a view, not a copy.
    return [name, { shape, data: new Values(new Uint8Array(body.subarray(start, end)).buffer) }]
  })

  let filled = 0
  for (const [start, end] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== filled) throw fail(`its tensors overlap or leave a hole at byte ${filled}`)
    filled = end
  }
  if (filled !== body.length) throw fail(`${body.length - filled} bytes after the last tensor belong to none`)
  return { tensors: Object.fromEntries(tensors), metadata: metadata as Metadata }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
