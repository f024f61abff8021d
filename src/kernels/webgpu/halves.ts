import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * Tensors stored as halves: two 16-bit floats in a u32, which WGSL packs and unpacks on every adapter, shader-f16 or not. Arithmetic stays f32.
 * tfjs has no such type: there a tensor of halves is float32, and its backend's record half as long, which sizes the buffer. Only `launch` knows of
 * them; for everything else Backend (backend.ts) makes floats first.
 */
export type Precision = 'f32' | 'f16'

const halves = new WeakSet<object>()
let current: Precision = 'f32'

/** Runs `run` with activations and their gradients stored in this precision: those outputs of launches that may be halves then are. */
export function withPrecision<T>(precision: Precision, run: () => T): T {
  const before = current
  current = precision
  try {
    return run()
  } finally {
    current = before
  }
}

export const isHalf = ({ dataId }: { dataId: object }): boolean => halves.has(dataId)

/** A tensor to be written: of halves where the precision is f16. @param shape its size is a multiple of 4 */
export function makeActivation(backend: WebGPUBackend, shape: number[]): TensorInfo {
  if (current === 'f32') return backend.makeTensorInfo(shape, 'float32')
  const { dataId } = backend.makeTensorInfo([util.sizeFromShape(shape) / 2], 'float32')
  halves.add(dataId)
  return { dataId, shape, dtype: 'float32' }
}

/** Number of values in a tensor of halves. */
export const sizeOfHalves = (backend: WebGPUBackend, dataId: object): number => 2 * util.sizeFromShape(backend.tensorMap.get(dataId).shape)

/** Largest half: WGSL leaves open what becomes of larger numbers. */
const largest = '65504.0'

/** A buffer of halves in WGSL, with a function that reads or writes 1 or 4 values, whichever the code asks for. */
export interface HalfBuffer {
  name: string
  component: 1 | 4
  written: boolean
}

/** The type of its elements: 4 halves, or 2 where single ones are read. */
export const elementOfHalves = ({ component }: HalfBuffer): string => (component === 4 ? 'vec2<u32>' : 'u32')

/** The function through which `throughFunctions` makes the code read or write a buffer of halves. */
export function halfFunction({ name, component, written }: HalfBuffer): string {
  if (written) {
    const pack = (of: string) => `pack2x16float(clamp(value.${of}, vec2<f32>(-${largest}), vec2<f32>(${largest})))`
    return `fn ${name}_put(i: i32, value: vec4<f32>) { ${name}[i] = vec2<u32>(${pack('xy')}, ${pack('zw')}); }`
  }
  if (component === 4)
    return `fn ${name}_at(i: i32) -> vec4<f32> { let four = ${name}[i]; return vec4<f32>(unpack2x16float(four.x), unpack2x16float(four.y)); }`
  return `fn ${name}_at(i: i32) -> f32 { let two = unpack2x16float(${name}[i >> 1u]); return select(two.x, two.y, (i & 1) == 1); }`
}

/** Position after the bracket that closes the one before `start`. */
function afterBracket(code: string, start: number): number {
  let depth = 1
  let at = start
  for (; depth > 0; at++) {
    if (at >= code.length) throw new Error(`A bracket stays open in: ${code}`)
    if (code[at] === '[') depth++
    else if (code[at] === ']') depth--
  }
  return at
}

/**
 * WGSL that reads these buffers as `name_at(i)` where it says `name[i]`, and writes `name_put(i, value)` where it says `name[i] = value;`. So a kernel is
 * written once, for arrays of f32 or vec4<f32>, whatever its buffers hold.
 */
export function throughFunctions(code: string, buffers: HalfBuffer[]): string {
  if (buffers.length === 0) return code
  const names = new RegExp(`(?<![\\w.])(${buffers.map(({ name }) => name).join('|')})\\[`, 'g')
  let text = ''
  let done = 0
  for (let found = names.exec(code); found; found = names.exec(code)) {
    const name = found[1]!
    const inside = names.lastIndex
    let end = afterBracket(code, inside)
    const index = throughFunctions(code.slice(inside, end - 1), buffers)
    text += code.slice(done, found.index)
    if (buffers.find((buffer) => buffer.name === name)!.written) {
      const assigned = /^\s*=\s*([^=;][^;]*);/.exec(code.slice(end))
      if (!assigned) throw new Error(`${name} holds halves and can only be assigned to.`)
      text += `${name}_put(${index}, ${throughFunctions(assigned[1]!, buffers)});`
      end += assigned[0].length
    } else text += `${name}_at(${index})`
    names.lastIndex = done = end
  }
  return text + code.slice(done)
}
