/**
 * Counts WebGPU calls by wrapping the methods of its prototypes: it sees every caller, tfjs or ours, and works in browsers and
 * in Dawn, whose classes also have their methods on prototypes.
 */

export interface GpuCounts {
  dispatches: number
  newBuffers: number
  bindGroups: number
  copies: number
  uploads: number
  submits: number
}

const watched: [className: string, method: string, counter: keyof GpuCounts][] = [
  ['GPUComputePassEncoder', 'dispatchWorkgroups', 'dispatches'],
  ['GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', 'dispatches'],
  ['GPUDevice', 'createBuffer', 'newBuffers'],
  ['GPUDevice', 'createBindGroup', 'bindGroups'],
  ['GPUCommandEncoder', 'copyBufferToBuffer', 'copies'],
  ['GPUQueue', 'writeBuffer', 'uploads'],
  ['GPUQueue', 'submit', 'submits'],
]

type Method = (this: unknown, ...args: unknown[]) => unknown

/** Replaces a method of a WebGPU class by `make` of the original; returns a function that puts it back. */
export function wrapMethod(className: string, method: string, make: (original: Method) => Method): () => void {
  const prototype = (globalThis as unknown as Record<string, { prototype: Record<string, Method> } | undefined>)[className]?.prototype
  const original = prototype?.[method]
  if (!prototype || !original) throw new Error(`There is no ${className}.${method} here.`)
  const wrapped = make(original)
  prototype[method] = wrapped
  return () => {
    // Removing a wrapper from below another would let that one restore this one later.
    if (prototype[method] !== wrapped) throw new Error(`${className}.${method} was wrapped again and not put back.`)
    prototype[method] = original
  }
}

/** Calls `f`, waits for it, and returns how often it used the device. Throws without WebGPU. */
export async function countGpu(f: () => void | Promise<void>): Promise<GpuCounts> {
  const counts: GpuCounts = { dispatches: 0, newBuffers: 0, bindGroups: 0, copies: 0, uploads: 0, submits: 0 }
  const restore = watched.map(([className, method, counter]) =>
    wrapMethod(
      className,
      method,
      (original) =>
        function (...args) {
          counts[counter]++
          return original.apply(this, args)
        },
    ),
  )
  try {
    await f()
  } finally {
    for (const put of restore.reverse()) put()
  }
  return counts
}

/** Sizes of GPUBuffers that were created since the watch began and are not destroyed. */
export interface MemoryWatch {
  bytes: () => number
  stop: () => void
}

export function watchGpuMemory(): MemoryWatch {
  let bytes = 0
  const living = new WeakMap<object, number>()
  const restore = [
    wrapMethod(
      'GPUDevice',
      'createBuffer',
      (original) =>
        function (...args) {
          const buffer = original.apply(this, args) as { size: number }
          living.set(buffer, buffer.size)
          bytes += buffer.size
          return buffer
        },
    ),
    wrapMethod(
      'GPUBuffer',
      'destroy',
      (original) =>
        function (...args) {
          bytes -= living.get(this as object) ?? 0
          living.delete(this as object)
          return original.apply(this, args)
        },
    ),
  ]
  return { bytes: () => bytes, stop: () => restore.forEach((put) => put()) }
}
