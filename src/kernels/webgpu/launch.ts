import { env, util } from '@tensorflow/tfjs-core'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { elementOfHalves, halfFunction, isHalf, makeActivation, sizeOfHalves, throughFunctions, type HalfBuffer } from './halves'
import { sharedPartOf } from '../shared-part'
import { laneOf, lanesTogether, sharesSum, totals } from './subgroups'

/** One run of a WGSL kernel with one output. */
export interface Launch extends Work {
  outputShape: number[]
  outputComponent: 1 | 4
  /** The tensor to write to; a new one if absent. */
  into?: TensorInfo | undefined
  /** As in Output. */
  activation?: boolean
}

/** One run of a WGSL kernel with several outputs. */
export interface Launches extends Work {
  outputs: Output[]
}

export interface Output {
  /** The name of its buffer in WGSL. */
  name: string
  shape: number[]
  component: 1 | 4
  into?: TensorInfo | undefined
  /** Holds activations or gradients of them: stored as halves where the precision says so and `component` is 4. The code may only assign to it, whole elements. */
  activation?: boolean
}

interface Work {
  /** Identifies the WGSL text: launches with equal keys must have equal text, since compiled pipelines are cached by key. */
  key: string
  /** Input buffers by name in WGSL, where they always read as f32, whether stored as halves or not. */
  inputs: Record<string, TensorInfo>
  /** Components per array element of each input, in the same order: 1 for f32, 4 for vec4<f32>. */
  inputComponents: number[]
  /** Number of threads with work. */
  threads: number
  /** Whole numbers that the code reads as `uniforms.name`. Values that change from step to step belong in an input instead. */
  uniforms?: Record<string, number>
  /** Real numbers that the code reads likewise. */
  factors?: Record<string, number>
  /** WGSL: the body of thread number `index`; a single output is called `result`. */
  body: () => string
  /** Threads per workgroup, 64 by default. */
  workgroupSize?: number
  /**
   * WGSL declarations at module scope: the var<workgroup> arrays that the threads of a workgroup share. With a header the body may have barriers,
   * so all threads of a workgroup run it, even without work or past the last workgroup, and it must check what it writes. It
   * finds its place in its workgroup in `local : i32` and the number of the workgroup in `group : i32`; neither counts as uniform for the
   * compiler, so what decides about a barrier must come from `uniforms`.
   */
  header?: () => string
  /**
   * How many values the code adds up for each `index`, where that is all it does. If they are many and the adapter has subgroups, the threads of a workgroup share them. The code
   * finds in `lane` which of `laneCount` it is, adds up every `laneCount`th value from there on and joins the sums with total1(f32), ... or total4(vec4<f32>), which every
   * lane must call as often; lane 0 alone writes. Elsewhere there is one lane.
   */
  summed?: number
}

const usualWorkgroup = 64
const mostWorkgroups = 65_535

/** A device's compiled pipelines and uniform buffers; both never change for a given key. */
interface Compiled {
  pipelines: Map<string, GPUComputePipeline>
  uniforms: Map<string, GPUBuffer>
}
const compiled = new WeakMap<GPUDevice, Compiled>()

function compiledFor(device: GPUDevice): Compiled {
  let entry = compiled.get(device)
  if (!entry) compiled.set(device, (entry = { pipelines: new Map(), uniforms: new Map() }))
  return entry
}

/**
 * Values of a tensor as f32. `tf.cast` from int32 or bool to float32 passes on the same buffer, still holding integers, under a new name;
 * only the backend's own record shows it.
 */
function asFloats(backend: WebGPUBackend, info: TensorInfo): TensorInfo {
  if (backend.tensorMap.get(info.dataId).dtype === 'float32') return info
  backend.uploadToGPU(info.dataId)
  const [floats] = dispatch(backend, {
    key: 'exemplarAsFloats',
    inputs: { x: info },
    inputComponents: [1],
    inputType: 'i32',
    outputs: [{ name: 'result', shape: info.shape, component: 1 }],
    threads: util.sizeFromShape(info.shape),
    body: () => `result[index] = f32(x[index]);`,
  })
  return floats!
}

/** Queues the kernel and returns its output, a float32 tensor. */
export function launch(backend: WebGPUBackend, { outputShape, outputComponent, into, activation = false, ...work }: Launch): TensorInfo {
  return launchAll(backend, {
    ...work,
    outputs: [{ name: 'result', shape: outputShape, component: outputComponent, into, activation }],
  })[0]!
}

/** The values of a tensor of halves as floats, a new tensor of this shape. */
export const floatsOf = (backend: WebGPUBackend, dataId: object, shape = [sizeOfHalves(backend, dataId)]): TensorInfo =>
  launch(backend, {
    key: 'exemplarFloats',
    inputs: { x: { dataId, shape, dtype: 'float32' } },
    inputComponents: [4],
    outputShape: shape,
    outputComponent: 4,
    threads: util.sizeFromShape(shape) / 4,
    body: () => `result[index] = x[index];`,
  })

/** A copy of a float32 tensor, of halves where the precision is f16. @param x its size is a multiple of 4 */
export const activationOf = (backend: WebGPUBackend, x: TensorInfo): TensorInfo =>
  launch(backend, {
    key: 'exemplarHalves',
    inputs: { x },
    inputComponents: [4],
    outputShape: x.shape,
    outputComponent: 4,
    activation: true,
    threads: util.sizeFromShape(x.shape) / 4,
    body: () => `result[index] = x[index];`,
  })

/** Queues the kernel and returns its outputs, float32 tensors. */
export function launchAll(backend: WebGPUBackend, work: Launches): TensorInfo[] {
  const inputs = Object.fromEntries(Object.entries(work.inputs).map(([name, info]) => [name, asFloats(backend, info)]))
  const outputs = dispatch(backend, { ...work, inputs })
  for (const [name, info] of Object.entries(inputs)) if (info !== work.inputs[name]) backend.disposeData(info.dataId)
  return outputs
}

/**
 * Queues one dispatch. Not by tfjs's runWebGPUProgram, which recompiles for every rank and relation of shapes (a pipeline takes
 * SwiftShader up to a second), makes a uniform buffer per dispatch, and supports neither several outputs nor tensors that share a buffer.
 */
function dispatch(backend: WebGPUBackend, work: Launches & { inputType?: 'i32' }): TensorInfo[] {
  const { device } = backend
  const { pipelines, uniforms } = compiledFor(device)
  const inputs = Object.entries(work.inputs)
  const outputs = work.outputs.map(({ shape, into, activation, component }) => {
    const info = into ?? (activation && component === 4 ? makeActivation(backend, shape) : backend.makeTensorInfo(shape, 'float32'))
    backend.uploadToGPU(info.dataId)
    return into ? { ...into, shape } : info
  })
  const halves: HalfBuffer[] = [
    ...work.outputs.filter((_, i) => isHalf(outputs[i]!)).map(({ name, component }) => ({ name, component, written: true })),
    ...inputs.flatMap(([name, info], i) => (isHalf(info) ? [{ name, component: work.inputComponents[i] as 1 | 4, written: false }] : [])),
  ]

  const together = work.summed !== undefined && sharesSum(backend, work.summed)
  const key = [work.key, ...halves.map(({ name }) => name)].join(' half ') + (together ? ' together' : '')
  let pipeline = pipelines.get(key)
  if (!pipeline) {
    const module = device.createShaderModule({ label: key, code: shaderOf(work, halves, together) })
    pipeline = device.createComputePipeline({ label: key, layout: 'auto', compute: { module, entryPoint: 'main' } })
    pipelines.set(key, pipeline)
  }

  const whole = [work.threads, ...Object.values(work.uniforms ?? {})]
  const real = Object.values(work.factors ?? {})
  const uniformKey = `${whole.join()}|${real.join()}`
  let uniform = uniforms.get(uniformKey)
  if (!uniform) {
    uniform = device.createBuffer({ size: 4 * (whole.length + real.length), usage: GPUBufferUsage.UNIFORM, mappedAtCreation: true })
    const bytes = uniform.getMappedRange()
    new Int32Array(bytes, 0, whole.length).set(whole)
    new Float32Array(bytes, 4 * whole.length).set(real)
    uniform.unmap()
    uniforms.set(uniformKey, uniform)
  }

  for (const [, info] of inputs) backend.uploadToGPU(info.dataId)
  const tensors = [...outputs, ...inputs.map(([, info]) => info)]
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [...tensors.map((info) => bindingOf(backend, info)), { buffer: uniform }].map((resource, binding) => ({ binding, resource })),
  })

  const groups = together ? work.threads : Math.ceil(work.threads / (work.workgroupSize ?? usualWorkgroup))
  const rows = Math.ceil(groups / mostWorkgroups)
  backend.ensureCommandEncoderReady()
  const internals = backend as unknown as Internals
  internals.computePassEncoder ??= internals.commandEncoder.beginComputePass()
  internals.computePassEncoder.setPipeline(pipeline)
  internals.computePassEncoder.setBindGroup(0, bindGroup)
  internals.computePassEncoder.dispatchWorkgroups(Math.ceil(groups / rows), rows)
  if (++internals.dispatchCountInPass >= Math.max(dispatchesPerSubmit, env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE'))) {
    internals.endComputePassEncoder()
    backend.submitQueue()
  }
  return outputs
}

/** Enough to keep the queue busy, few enough for the GPU to start early. */
const dispatchesPerSubmit = 64

interface Internals {
  commandEncoder: GPUCommandEncoder
  computePassEncoder: GPUComputePassEncoder | null
  dispatchCountInPass: number
  endComputePassEncoder(): void
}

function bindingOf(backend: WebGPUBackend, info: TensorInfo): GPUBufferBinding {
  const buffer = backend.tensorMap.get(info.dataId).resource as GPUBuffer
  const part = sharedPartOf(info)
  return part ? { buffer, offset: 4 * part.offset, size: 4 * util.sizeFromShape(info.shape) } : { buffer }
}

function shaderOf(work: Launches & { inputType?: 'i32' }, halves: HalfBuffer[], together: boolean): string {
  const workgroup = together ? lanesTogether : (work.workgroupSize ?? usualWorkgroup)
  const type = (name: string, component: number, single = 'f32') => {
    const half = halves.find((buffer) => buffer.name === name)
    return half ? elementOfHalves(half) : component === 4 ? 'vec4<f32>' : single
  }
  const fields = ['threads', ...Object.keys(work.uniforms ?? {})].map((name) => `${name}: i32,`)
  fields.push(...Object.keys(work.factors ?? {}).map((name) => `${name}: f32,`))
  const buffers = [
    ...work.outputs.map(({ name, component }) => `var<storage, read_write> ${name}: array<${type(name, component)}>;`),
    ...Object.keys(work.inputs).map(
      (name, i) => `var<storage, read> ${name}: array<${type(name, work.inputComponents[i]!, work.inputType)}>;`,
    ),
    'var<uniform> uniforms: Uniforms;',
  ]
  const body = throughFunctions(work.body(), halves)
  return `
    ${together ? 'enable subgroups;' : ''}
    struct Uniforms { ${fields.join(' ')} }
    ${buffers.map((buffer, binding) => `@group(0) @binding(${binding}) ${buffer}`).join('\n')}
    ${halves.map(halfFunction).join('\n')}
    ${work.header?.() ?? ''}
    ${work.summed !== undefined ? totals(body, together) : ''}
    @compute @workgroup_size(${workgroup})
    fn main(
      @builtin(global_invocation_id) thread: vec3<u32>,
      @builtin(num_workgroups) groups: vec3<u32>,
      @builtin(local_invocation_index) localIndex: u32,
      @builtin(workgroup_id) workgroup: vec3<u32>,
    ) {
      let index = i32(${together ? 'workgroup.x + workgroup.y * groups.x' : `thread.x + thread.y * groups.x * ${workgroup}u`});
      ${work.header ? `let local = i32(localIndex); let group = index / ${workgroup};` : 'if (index >= uniforms.threads) { return; }'}
      ${work.summed !== undefined ? laneOf(together) : ''}
      ${body}
    }`
}

/** `count` pieces of WGSL, made from 0, 1, 2 ... and joined by new lines: how loops are unrolled here. */
export const unroll = (count: number, piece: (i: number) => string): string => Array.from({ length: count }, (_, i) => piece(i)).join('\n')
