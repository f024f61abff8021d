/** GPU time by kernel, from timestamps. */
import { wrapMethod } from './gpu-counters'
import { finish, webgpuBackend } from './queue'
import type { KernelTime } from './report'

/** WebGPU allows no larger query set. */
const perSet = 4096

/** A name for each pipeline compiled by tfjs: its key up to the list of variants. tfjs's own labels do not survive minification. */
function namesOfPipelines(): Map<unknown, string> {
  const { pipelineCache } = webgpuBackend() as unknown as { pipelineCache: Record<string, unknown> }
  return new Map(Object.entries(pipelineCache).map(([key, pipeline]) => [pipeline, key.split(/[_;]/)[0]!]))
}

type Group = Parameters<GPUComputePassEncoder['setBindGroup']>

/**
 * Calls `f` and returns the time of each kernel launched in it, the longest first; null if the device has no timestamps. Every dispatch
 * gets its own compute pass, since only passes can be timed.
 */
export async function timeKernels(f: () => void | Promise<void>): Promise<KernelTime[] | null> {
  const device = webgpuBackend()?.device
  if (!device?.features.has('timestamp-query')) return null
  await finish()
  const sets: GPUQuerySet[] = []
  const launched: GPUComputePipeline[] = []
  const restore = wrapMethod(
    'GPUCommandEncoder',
    'beginComputePass',
    (original) =>
      function () {
        let pipeline: GPUComputePipeline
        const groups = new Map<number, Group>()
        const launch = (method: 'dispatchWorkgroups' | 'dispatchWorkgroupsIndirect', args: unknown[]) => {
          const at = (2 * launched.length) % perSet
          if (at === 0) sets.push(device.createQuerySet({ type: 'timestamp', count: perSet }))
          launched.push(pipeline)
          const timestampWrites = { querySet: sets.at(-1)!, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 }
          const pass = original.call(this, { timestampWrites }) as GPUComputePassEncoder
          pass.setPipeline(pipeline)
          for (const group of groups.values()) pass.setBindGroup(...group)
          ;(pass[method] as (...args: unknown[]) => void)(...args)
          pass.end()
        }
        // Stands in for a GPUComputePassEncoder and keeps what the next dispatch needs.
        return {
          setPipeline: (next: GPUComputePipeline) => (pipeline = next),
          setBindGroup: (...group: Group) => groups.set(group[0], group),
          dispatchWorkgroups: (...args: unknown[]) => launch('dispatchWorkgroups', args),
          dispatchWorkgroupsIndirect: (...args: unknown[]) => launch('dispatchWorkgroupsIndirect', args),
          end: () => undefined,
        }
      },
  )
  try {
    await f()
    await finish()
  } finally {
    restore()
  }
  const times = await readTimes(device, sets, launched.length)
  const names = namesOfPipelines()
  const byName = new Map<string, KernelTime>()
  launched.forEach((pipeline, i) => {
    const name = names.get(pipeline) ?? (pipeline.label.split('_')[0] || 'unnamed')
    const entry = byName.get(name) ?? { name, launches: 0, seconds: 0 }
    entry.launches++
    entry.seconds += times[i]!
    byName.set(name, entry)
  })
  return [...byName.values()].sort((a, b) => b.seconds - a.seconds)
}

/** Seconds of each launch. */
async function readTimes(device: GPUDevice, sets: GPUQuerySet[], count: number): Promise<number[]> {
  const bytes = perSet * 8
  const times: number[] = []
  for (const set of sets) {
    const resolved = device.createBuffer({ size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC })
    const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST })
    const encoder = device.createCommandEncoder()
    const used = Math.min(perSet, 2 * count - 2 * times.length)
    encoder.resolveQuerySet(set, 0, used, resolved, 0)
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const stamps = new BigUint64Array(staging.getMappedRange())
    // Nanoseconds; negative if the clock was set back.
    for (let i = 0; i < used; i += 2) times.push(Math.max(0, Number(stamps[i + 1]! - stamps[i]!)) / 1e9)
    for (const thing of [resolved, staging, set]) thing.destroy()
  }
  return times
}
