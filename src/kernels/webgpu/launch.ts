import { util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu'

/** One run of a WGSL kernel on the tfjs backend. */
export interface Launch {
  /** Names the WGSL text: two launches with the same key must have the same `code`, for the compiled pipeline is kept under it. */
  key: string
  /** Input buffers by the name they have in WGSL. */
  inputs: Record<string, TensorInfo>
  /** Components per array element of each input, in the same order: 1 for f32, 4 for vec4<f32>. */
  inputComponents: number[]
  outputShape: number[]
  outputComponent: 1 | 4
  /** Number of threads that have work. */
  threads: number
  /** Whole numbers that the code reads as `uniforms.name`. */
  uniforms?: Record<string, number>
  /** WGSL: the body of a thread, which is numbered by `index`; it writes to `result`. */
  body: () => string
}

const workgroup = 64

/** Queues the kernel and returns its output, a float32 tensor. tfjs spreads more than 65,535 workgroups over y and z by itself. */
export function launch(backend: WebGPUBackend, l: Launch): TensorInfo {
  const uniforms = { threads: l.threads, ...l.uniforms }
  const program: WebGPUProgram = {
    shaderKey: l.key,
    outputShape: l.outputShape,
    outputComponent: l.outputComponent,
    variableNames: Object.keys(l.inputs),
    variableComponents: l.inputComponents,
    dispatchLayout: { x: l.outputShape.map((_, axis) => axis) },
    dispatch: [Math.ceil(l.threads / workgroup), 1, 1],
    workgroupSize: [workgroup, 1, 1],
    uniforms: Object.keys(uniforms)
      .map((name) => `${name} : i32, `)
      .join(''),
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.threads) { return; }
        ${l.body()}
      }`,
  }
  const values = Object.values(uniforms).map((value) => ({ type: 'int32', data: [value] }))
  // Seen as flat arrays: tfjs compiles anew whenever an input's shape compares differently with the output's, and a pipeline takes SwiftShader
  // up to a second.
  const inputs = Object.values(l.inputs).map((info) => ({ ...info, shape: [util.sizeFromShape(info.shape)] }))
  return backend.runWebGPUProgram(program, inputs, 'float32', values)
}

/** `count` pieces of WGSL, made from 0, 1, 2 ... and joined by new lines: how loops are unrolled here. */
export const unroll = (count: number, piece: (i: number) => string): string => Array.from({ length: count }, (_, i) => piece(i)).join('\n')
