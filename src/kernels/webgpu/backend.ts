import * as tf from '@tensorflow/tfjs-core'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { tuneConvolutions, type TuningStore } from '../conv2d/tuning'
import { isHalf } from './halves'
import { floatsOf } from './launch'
import { setSoftware } from './threads-wanted'

/** An adapter with its device; `software` is true if the CPU emulates the GPU, `name` is for display. */
export interface Webgpu {
  adapter: GPUAdapter
  device: GPUDevice
  software: boolean
  name: string
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|basic render/i

/** Opens the device with all of the adapter's limits, since tfjs needs one buffer per tensor of any size. */
export async function openDevice(adapter: GPUAdapter): Promise<Webgpu> {
  const { limits, info } = adapter
  const device = await adapter.requestDevice({
    requiredFeatures: (['timestamp-query', 'subgroups'] as const).filter((feature) => adapter.features.has(feature)),
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  })
  const parts = [info.description, info.device, info.vendor, info.architecture]
  const software = info.isFallbackAdapter || softwareNames.test(parts.join(' '))
  const name = info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(' ') || 'unnamed adapter'
  return { adapter, device, software, name }
}

/** The browser's WebGPU, in a page or a worker; null if it has none or offers no adapter. */
export async function requestWebgpu(): Promise<Webgpu | null> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' })
  return adapter ? openDevice(adapter) : null
}

/** The backend of tfjs, which knows only floats, for tensors that may be stored as halves. */
class Backend extends WebGPUBackend {
  /** Runs a kernel of tfjs, on floats. */
  override runWebGPUProgram(...[program, inputs, ...rest]: Parameters<WebGPUBackend['runWebGPUProgram']>): tf.TensorInfo {
    const floats = inputs.map((info) => (isHalf(info) ? floatsOf(this, info.dataId, info.shape) : info))
    const result = super.runWebGPUProgram(program, floats, ...rest)
    floats.forEach((info, i) => void (info !== inputs[i] && this.disposeData(info.dataId)))
    return result
  }

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    if (!isHalf({ dataId })) return super.read(dataId)
    const floats = floatsOf(this, dataId)
    const values = await super.read(floats.dataId)
    this.disposeData(floats.dataId)
    return values
  }
}

/**
 * Makes WebGPU on this device the backend of tfjs, with the variants of our convolutions that are fastest on this adapter. Removes an earlier WebGPU backend and its tensors.
 * @param now a clock, milliseconds
 * @param store remembers the variants for next time; without one they are measured once per process
 */
export async function openWebgpu(
  { adapter, device, software, name }: Webgpu,
  now: () => number,
  store: TuningStore | null = null,
): Promise<void> {
  if (tf.findBackendFactory('webgpu')) tf.removeBackend('webgpu')
  const backend = new Backend(device, adapter.info)
  tf.registerBackend('webgpu', () => backend, 3)
  setSoftware(backend, software)
  await tf.setBackend('webgpu')
  await tf.ready()
  await tuneConvolutions(backend, { software, adapterName: name, now, ...(store && { store }) })
}

/** Devices that were given up, whose end is no news. */
const closed = new WeakSet<GPUDevice>()

export const isClosed = (device: GPUDevice): boolean => closed.has(device)

/** Closes WebGPU, with all that lies in its memory, once another backend is active or the device was lost. */
export async function closeWebgpu(): Promise<void> {
  const { device } = tf.findBackend('webgpu') as WebGPUBackend
  closed.add(device)
  // Whoever waits for values still gets them, unless the device is gone.
  await device.queue.onSubmittedWorkDone().catch(() => undefined)
  tf.removeBackend('webgpu')
  device.destroy()
}
