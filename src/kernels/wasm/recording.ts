import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { planBuffers } from '../buffer-plan'
import { floatsAt, moduleOf, noting, threads, type NotedJob, type Place, type Pointer } from './simd'
import type { JobList, ListedJob } from './threads'

/**
 * Jobs of a step noted once and run repeatedly, so that no JavaScript is left between them but the calls: an operation costs the gradient tape, the shapes, the
 * tensors and the argument lists about as much time as a small kernel.
 *
 * Nothing runs and nothing is allocated while jobs are noted. Values get addresses beyond those of any memory, and real ones when the list is complete and it
 * is known from which job to which each is needed. What this needs is as on WebGPU (webgpu/recording.ts): a step reads nothing back, what
 * changes is in tensors made before, and the memory belongs to the recording.
 */
export interface Recording {
  /** Number of jobs. */
  readonly jobs: number
  /** Bytes of the memory that holds values between jobs, scratch and results. */
  readonly bytes: number
  /** Where the results lie. */
  readonly results: Place[]
  run(): void
  dispose(): void
}

/** The first address that is none. Numbers that kernels are given are far smaller. */
const beyond = 2 ** 40

/** A value that is only planned. */
interface Value {
  at: Pointer
  bytes: number
}

const wholeVectors = (bytes: number) => 16 * Math.ceil(bytes / 16)

/** Entries of tfjs's table of data. Its own kernels go by `id`. */
interface Data {
  readonly id: number
  memoryOffset: Pointer
  shape: number[]
  dtype: tf.DataType
  refCount: number
}

class NotedData implements Data {
  refCount = 1

  constructor(
    public memoryOffset: Pointer,
    readonly shape: number[],
    readonly dtype: tf.DataType,
  ) {}

  get id(): number {
    throw new Error('A kernel of TensorFlow.js itself cannot be recorded.')
  }
}

/** What a recorded function returns: for each tensor where it is to be written, if not in memory of the recording. */
export interface Kept {
  tensor: tf.Tensor
  into?: Pointer
}

/**
 * Notes the jobs that `run` asks for.
 * @param run makes tensors, which are disposed of. A tensor may be written into the place of one that the jobs read, if the job that writes it reads each
 *   value before it writes there
 * @throws MemoryError if there is not enough memory; nothing is left then
 * @throws Error if `run` asks for what cannot be repeated: a kernel of TensorFlow.js, reading, or the place of something that is still read
 */
export function record(backend: BackendWasm, run: () => Kept[]): Recording {
  const module = moduleOf(backend)
  const { _malloc, _free } = module
  const values: Value[] = []
  const constants: Pointer[] = []
  const jobs: NotedJob[] = []
  let next = beyond

  const plan = (bytes: number): Pointer => {
    const at = next
    values.push({ at, bytes: wholeVectors(bytes) })
    // A gap, so that the end of one value is not the beginning of another.
    next += wholeVectors(bytes) + 16
    return at
  }
  const constant = ({ buffer, byteOffset, byteLength }: Float32Array): Pointer => {
    const at = _malloc(byteLength)
    constants.push(at)
    module.HEAPU8.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    return at
  }
  const enter = (at: Pointer, shape: number[], dtype: tf.DataType): tf.DataId => {
    const dataId = {}
    backend.dataIdMap.set(dataId, new NotedData(at, shape, dtype))
    return dataId
  }

  const { disposeData } = backend
  const hooks: Partial<BackendWasm> = {
    write: (given, shape, dtype) =>
      enter(given ? constant(given as Float32Array) : plan(tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype)), shape, dtype),
    makeOutput: (shape, dtype, at, given) => ({
      dataId: at === undefined ? backend.write(given!, shape, dtype) : enter(at, shape, dtype),
      shape,
      dtype,
    }),
    disposeData: (dataId, force) => {
      const data = backend.dataIdMap.get(dataId) as unknown
      if (!(data instanceof NotedData)) return disposeData.call(backend, dataId, force)
      data.refCount--
      return (force || data.refCount <= 0) && backend.dataIdMap.delete(dataId)
    },
    readSync: () => {
      throw new Error('A recorded step cannot read.')
    },
  }
  const before = Object.keys(hooks).map((name) => [name, Object.getOwnPropertyDescriptor(backend, name)] as const)
  Object.assign(backend, hooks)
  Object.assign(module, { _malloc: plan, _free: (at: Pointer) => at < beyond && _free(at) })
  let results: Result[]
  try {
    results = noting(jobs, run).map(({ tensor, into }) => {
      const place = { at: backend.getMemoryOffset(tensor.dataId), size: tensor.size }
      tensor.dispose()
      return into === undefined ? place : { ...place, into }
    })
  } catch (error) {
    constants.forEach(_free)
    throw error
  } finally {
    Object.assign(module, { _malloc, _free })
    for (const [name, descriptor] of before)
      if (descriptor) Object.defineProperty(backend, name, descriptor)
      else Reflect.deleteProperty(backend, name)
  }
  return withMemory(backend, { values, jobs, results, constants })
}

type Result = Place & { into?: Pointer }

/** Gives the values of noted jobs memory. */
function withMemory(
  backend: BackendWasm,
  { values, jobs, results, constants }: { values: Value[]; jobs: NotedJob[]; results: Result[]; constants: Pointer[] },
): Recording {
  const { _malloc, _free } = moduleOf(backend)
  const used = jobs.map((job) => ('work' in job ? job.places.map(({ at }) => at) : job.lists.flat(2)))
  const uses = used.map((addresses) => [...new Set(addresses.filter((at) => at >= beyond).map((at) => indexOf(values, at)))])

  /** Values of which the place is given. */
  const given = new Map<number, Pointer>()
  for (const { at, into } of results) if (into !== undefined) given.set(indexOf(values, at), into)
  for (const [value, into] of given) {
    const written = uses.findIndex((list) => list.includes(value))
    const end = into + values[value]!.bytes
    if (used.some((addresses, job) => job > written && addresses.some((at) => at >= into && at < end)))
      throw new Error('What a step is to overwrite is read after it.')
  }
  const kept = results.filter(({ at, into }) => into === undefined && at >= beyond).map(({ at }) => indexOf(values, at))
  const plan = planBuffers(
    values.map(({ bytes }) => bytes),
    uses.map((list) => list.filter((value) => !given.has(value))),
    new Set(kept),
  )

  const own = [...constants]
  let list: JobList
  const real = (at: Pointer): Pointer => {
    if (at < beyond) return at
    const value = indexOf(values, at)
    return (given.get(value) ?? own[constants.length + plan.placeOf[value]!]!) + at - values[value]!.at
  }
  try {
    for (const bytes of plan.buffers) own.push(_malloc(bytes))
    list = threads().listOf(listed(backend, jobs, real))
  } catch (error) {
    own.forEach(_free)
    throw error
  }
  return {
    jobs: jobs.length,
    bytes: plan.buffers.reduce((sum, bytes) => sum + bytes, 0),
    results: results.map(({ at, size, into }) => ({ at: into ?? real(at), size })),
    run: () => list.run(),
    dispose() {
      list.dispose()
      own.splice(0).forEach(_free)
    },
  }
}

/** The number of the value that an address belongs to. */
function indexOf(values: readonly Value[], address: Pointer): number {
  let [low, high] = [0, values.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (values[middle]!.at <= address) low = middle
    else high = middle
  }
  return low
}

/** The jobs at real addresses, each after all before it that another thread takes part in. */
function listed(backend: BackendWasm, jobs: readonly NotedJob[], real: (at: Pointer) => Pointer): ListedJob[] {
  const { count } = threads()
  const left = new Array<number>(count).fill(0)
  return jobs.map((job, i): ListedJob => {
    const lists = 'work' in job ? [[]] : job.lists.map((calls) => calls.map((values) => values.map(real)))
    const after = lists.map(() => [...left])
    lists.forEach((_, thread) => (left[thread] = i + 1))
    if (!('work' in job)) return { kernel: job.kernel, lists, after }
    const places = job.places.map(({ at, size }) => ({ at: real(at), size }))
    // The views are made anew: the memory may have grown.
    return { kernel: 'on the page', lists, after, work: () => job.work(...places.map((place) => floatsAt(backend, place))) }
  })
}
