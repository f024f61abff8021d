import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu'

/** One run of a WGSL kernel on the tfjs backend. */
export interface Launch {
  /** Names the WGSL text: two launches with the same key must have the same `code`, for the compiled pipeline is kept under it. */
  key: string
  /** Input buffers by the name they have in WGSL, where they are always f32. */
  inputs: Record<string, TensorInfo>
  /** Components per array element of each input, in the same order: 1 for f32, 4 for vec4<f32>. */
  inputComponents: number[]
  outputShape: number[]
  outputComponent: 1 | 4
  /** Number of threads that have work. */
  threads: number
  /** Whole numbers that the code reads as `uniforms.name`. */
  uniforms?: Record<string, number>
  /** Real numbers that the code reads in the same way. */
  factors?: Record<string, number>
  /** WGSL: the body of a thread, which is numbered by `index`; it writes to `result`. */
  body: () => string
}

const workgroup = 64

/**
 * Values of a tensor as f32. `tf.cast` from int32 or bool to float32 hands on the same buffer, with whole numbers in it, under a new name;
 * only the backend's own record of it tells.
 */
function asFloats(backend: WebGPUBackend, info: TensorInfo): TensorInfo {
  if (backend.tensorMap.get(info.dataId).dtype === 'float32') return info
  const size = util.sizeFromShape(info.shape)
  const code = { key: 'exemplarAsFloats', inputComponents: [1], outputComponent: 1 as const, body: () => `result[index] = f32(x[index]);` }
  return dispatch(backend, { ...code, inputs: { x: info }, outputShape: info.shape, threads: size })
}

/** Queues the kernel and returns its output, a float32 tensor. tfjs spreads more than 65,535 workgroups over y and z by itself. */
export function launch(backend: WebGPUBackend, l: Launch): TensorInfo {
  const inputs = Object.fromEntries(Object.entries(l.inputs).map(([name, info]) => [name, asFloats(backend, info)]))
  const output = dispatch(backend, { ...l, inputs })
  for (const [name, info] of Object.entries(inputs)) if (info !== l.inputs[name]) backend.disposeData(info.dataId)
  return output
}

function dispatch(backend: WebGPUBackend, l: Launch): TensorInfo {
  const uniforms = { threads: l.threads, ...l.uniforms }
  const factors = l.factors ?? {}
  // tfjs compiles anew whenever the rank of an output, or how an input's shape compares with it, differs, and a pipeline takes SwiftShader up
  // to a second: so inputs are shown as lists and outputs as columns, which never compare.
  const outputShape = [util.sizeFromShape(l.outputShape), 1]
  const inputs = Object.values(l.inputs).map((info) => ({ ...info, shape: [util.sizeFromShape(info.shape)] }))
  const program: WebGPUProgram = {
    shaderKey: l.key,
    outputShape,
    outputComponent: l.outputComponent,
    variableNames: Object.keys(l.inputs),
    variableComponents: l.inputComponents,
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil(l.threads / workgroup), 1, 1],
    workgroupSize: [workgroup, 1, 1],
    uniforms: [...Object.keys(uniforms).map((name) => `${name} : i32, `), ...Object.keys(factors).map((name) => `${name} : f32, `)].join(
      '',
    ),
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.threads) { return; }
        ${l.body()}
      }`,
  }
  const values = [
    ...Object.values(uniforms).map((value) => ({ type: 'int32', data: [value] })),
    ...Object.values(factors).map((value) => ({ type: 'float32', data: [value] })),
  ]
  return { ...backend.runWebGPUProgram(program, inputs, 'float32', values), shape: l.outputShape }
}

/** `count` pieces of WGSL, made from 0, 1, 2 ... and joined by new lines: how loops are unrolled here. */
export const unroll = (count: number, piece: (i: number) => string): string => Array.from({ length: count }, (_, i) => piece(i)).join('\n')
