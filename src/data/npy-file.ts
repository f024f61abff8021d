import { axesOf, inOrder, isPicture } from './array-axes'
import { checkVolume } from './image-size'
import { InputError } from './input-error'
import { bytesOf, samplesFrom, type NumberType } from './number-type'
import type { OpenedFile } from './opened-file'
import { makeVolume, type Samples, type Volume } from './volume'

/** The header of a .npy file. */
interface NpyHeader {
  /** Bytes before the numbers. */
  start: number
  type: NumberType
  /** Whether the numbers are bool. */
  truth: boolean
  bigEndian: boolean
  fortran: boolean
  /** Lengths of the axes, in numpy's order. */
  shape: number[]
}

export const isNpy = (head: Uint8Array): boolean => [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => head[i] === byte)

/**
 * Reads the array of a .npy file (numpy's NEP 1); parsed here because npyjs 1.2 lacks big-endian numbers, makes a JavaScript array of
 * bool, and reads the whole file before its header. 2-D is rows x columns, 3-D slices x rows x columns, 4-D frames first.
 * @param array its name in a .npz file, the end of `name`
 * @throws InputError
 */
export async function readNpy(file: OpenedFile, array: string | null = null): Promise<Volume> {
  const { name } = file
  const { start, type, truth, bigEndian, fortran, shape } = await readHeader(file)
  const axes = axesOf(name, shape, type === 'u1' && !truth)
  const { size, channels, frameMeans, notes } = axes
  checkVolume(name, size, channels * bytesOf(type))
  const length = shape.reduce((a, b) => a * b)
  const stored = samplesFrom(await file.body(start, length * bytesOf(type)), type, bigEndian, name)
  // A numpy bool is a byte that need not be 0 or 1.
  if (truth) for (let i = 0; i < stored.length; i++) stored[i] = stored[i] === 0 ? 0 : 1
  const samples = inOrder(fortran ? fromFortran(stored, shape) : stored, axes)
  const kind = array === null ? 'npy' : 'npz'
  return makeVolume({ name, array, kind, size, frameMeans, channels, alpha: channels === 4, samples, notes })
}

/** Whether an array has two to four axes of numbers. @throws InputError */
export async function isPictureArray(file: OpenedFile): Promise<boolean> {
  const { shape, type, truth } = await readHeader(file)
  return isPicture(shape, type === 'u1' && !truth)
}

async function readHeader(file: OpenedFile): Promise<NpyHeader> {
  const { name, head } = file
  const fail = (what: string) => new InputError(`"${name}" is a NumPy file ${what}.`, name)
  if (head.length < 12) throw fail('that is cut short; copy or save it again')
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const wide = head[6]! > 1
  const first = wide ? 12 : 10
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  const damaged = () => fail('with a damaged header; save it again with numpy.save')
  if (length > 2 ** 16) throw damaged()
  const text = new TextDecoder('latin1').decode((await file.body(0, first + length)).subarray(first))
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d+)'/.exec(text)
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1]
  const lengths = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]
  if (order === undefined || lengths === undefined) throw damaged()
  const truth = descr?.[2] === 'b'
  const type = truth ? 'u1' : `${descr?.[2]}${descr?.[3]}`
  if (!/^([ui][1248]|f[248])$/.test(type))
    throw fail('of something other than plain numbers (complex, text or records); save it with a type such as float32 or uint8')
  const shape = lengths
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => parseInt(part))
  return { start: first + length, type: type as NumberType, truth, bigEndian: descr![1] === '>', fortran: order === 'True', shape }
}

/** From first axis fastest to last axis fastest. */
function fromFortran(stored: Samples, shape: readonly number[]): Samples {
  const out = stored.slice()
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  const index = shape.map(() => 0)
  for (let to = 0, from = 0; to < out.length; to++) {
    out[to] = stored[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}
