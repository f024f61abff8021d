/** Convolutions of the reference networks, ours beside stock, and the best matrix product of the same backend. */
import * as tf from '@tensorflow/tfjs-core'
import { conv2d, conv2dFilterGradientOp, conv2dInputGradientOp, conv2dOp } from '../kernels/conv2d/conv2d'
import { byEngine } from '../kernels/engine'
import { useEngine } from '../kernels/overrides/overrides'
import { Random } from '../lib/random'
import { networkOf } from '../method/model'
import { parameterShapes, type UNet } from '../nn/unet'
import type { BackendInfo } from '../session/events'
import { countGpu } from './gpu-counters'
import { emptyPool, finish } from './queue'
import { convOps, median, stepSizes, type ConvOp, type Engine, type KernelResult, type MatmulResult, type StepName } from './report'
import { configOf } from './step-bench'

/** A convolution with stride 1 and 'same' padding over square images. */
export interface ConvShape {
  batch: number
  size: number
  inChannels: number
  outChannels: number
  filter: number
}

/** The distinct convolutions of a network on images of `size`, and how many layers use each; the first layer comes first. */
export function convLayers(net: UNet, size: number, batch: number): { shape: ConvShape; layers: number; first: boolean }[] {
  const found = new Map<string, { shape: ConvShape; layers: number; first: boolean }>()
  for (const [name, shape] of Object.entries(parameterShapes(net))) {
    if (shape.length !== 4) continue
    const [filter, , inChannels, outChannels] = shape as [number, number, number, number]
    // "down.2.conv1.weight" works at level 2, "squeeze.2.weight" before upsampling, at level 3, "head.weight" at level 0.
    const level = Number(/\.(\d)\./.exec(name)?.[1] ?? 0) + (name.startsWith('squeeze') ? 1 : 0)
    const layer: ConvShape = { batch, size: size >> level, inChannels, outChannels, filter }
    const entry = found.get(textOf(layer))
    if (entry) entry.layers++
    else found.set(textOf(layer), { shape: layer, layers: 1, first: found.size === 0 })
  }
  return [...found.values()]
}

export const textOf = ({ batch, size, inChannels, outChannels, filter }: ConvShape): string =>
  `${batch}x${size}x${size}x${inChannels} * ${filter}x${filter}x${inChannels}x${outChannels}`

/** Operations of a convolution or of either gradient: a multiply-add counts as two. */
const operations = ({ batch, size, inChannels, outChannels, filter }: ConvShape): number =>
  2 * batch * size ** 2 * filter ** 2 * inChannels * outChannels

/** One convolution and its gradients as functions without arguments, and its tensors. */
interface ConvCalls {
  run: Record<ConvOp, () => tf.Tensor>
  dispose: () => void
}

const noise = (shape: number[]): tf.Tensor => {
  const random = new Random(1, 'bench')
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.uniform(-1, 1)),
    shape,
  )
}

/**
 * A convolution and its gradients as kernels of the active engine: ours for one network, or those of tf.conv2d. Not by tf.grads: that would
 * run the forward pass for each gradient. The only place that knows how either is called.
 */
function convCalls({ batch, size, inChannels, outChannels, filter: k }: ConvShape): ConvCalls {
  const inputShape = [batch, size, size, inChannels]
  const filterShape = [k, k, inChannels, outChannels]
  const filter = noise(filterShape)
  const tensors = { x: noise(inputShape), filter, w: tf.reshape(filter, [1, ...filterShape]), dy: noise([batch, size, size, outChannels]) }
  const attrs = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], inputShape, filterShape }
  const { x, dy, w } = tensors
  const stock = (name: string, ...inputs: ('x' | 'filter' | 'dy')[]) =>
    tf.engine().runKernel(name, Object.fromEntries(inputs.map((input) => [input, tensors[input]])), attrs) as tf.Tensor
  const calls: Record<ConvOp, Record<Engine, () => tf.Tensor>> = {
    forward: { ours: () => conv2dOp.kernel({ x, w }, {}).y, stock: () => stock('Conv2D', 'x', 'filter') },
    'input gradient': {
      ours: () => conv2dInputGradientOp.kernel({ dy, w }, {}).dx,
      stock: () => stock('Conv2DBackpropInput', 'dy', 'filter'),
    },
    'filter gradient': {
      ours: () => conv2dFilterGradientOp.kernel({ x, dy, w }, {}).dw,
      stock: () => stock('Conv2DBackpropFilter', 'x', 'dy'),
    },
  }
  const call = (op: ConvOp) => {
    const run = byEngine(calls[op])
    return () => tf.tidy(() => run())
  }
  return {
    run: { forward: call('forward'), 'input gradient': call('input gradient'), 'filter gradient': call('filter gradient') },
    dispose: () => tf.dispose(Object.values(tensors)),
  }
}

/** Calls this slow are not repeated. */
const slowCall = 0.3
/** A sample has enough calls to take about this long, but at most `mostCalls`. */
const sampleSeconds = 0.03
const mostCalls = 64
/** Pairs of samples, ours and stock in turn: at most this many, for at most this long. */
const mostRounds = 7
const roundsSeconds = 1.5

/**
 * Seconds of one call, from `calls` of them. On a GPU the clock starts once all are queued: the host's time to queue them is
 * measured with steps. If something was submitted while they were queued, it starts before.
 */
async function sample(call: () => tf.Tensor, calls: number): Promise<number> {
  await finish()
  const begun = performance.now()
  for (let i = 0; i < calls; i++) call().dispose()
  const queued = performance.now()
  await finish()
  const ended = performance.now()
  return (ended - (queuesQuietly ? queued : begun)) / 1000 / calls
}
let queuesQuietly = false

/** Lets tfjs queue any number of dispatches before it submits, while `f` runs. */
async function quietly<T>(info: BackendInfo, call: () => tf.Tensor, f: () => Promise<T>): Promise<T> {
  if (info.backend !== 'webgpu') return f()
  const before = tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 1_000_000)
  try {
    await finish()
    const { submits } = await countGpu(() => {
      for (let i = 0; i < 4; i++) call().dispose()
    })
    queuesQuietly = submits === 0
    return await f()
  } finally {
    queuesQuietly = false
    tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', before)
  }
}

/** Median seconds of a call with each engine, in turn, after one call that compiles: on a software adapter that can take 5 seconds. */
async function compare(
  info: BackendInfo,
  engines: readonly Engine[],
  call: () => tf.Tensor,
  bytes: number,
): Promise<Partial<Record<Engine, number>>> {
  // Outputs of queued calls stay alive until submission.
  const limit = Math.max(1, Math.min(mostCalls, Math.floor(2 ** 28 / bytes)))
  const found: Partial<Record<Engine, number>> = {}
  const plan: { engine: Engine; calls: number; times: number[] }[] = []
  for (const engine of engines) {
    useEngine(engine)
    await sample(call, 1)
    const once = await sample(call, 1)
    if (once > slowCall) found[engine] = once
    else plan.push({ engine, calls: Math.max(1, Math.min(limit, Math.ceil(sampleSeconds / once))), times: [] })
  }
  const until = performance.now() + 1000 * roundsSeconds
  for (let round = 0; round < mostRounds && plan.length > 0 && (round === 0 || performance.now() < until); round++)
    for (const { engine, calls, times } of plan) {
      useEngine(engine)
      times.push(await quietly(info, call, () => sample(call, calls)))
    }
  for (const { engine, times } of plan) found[engine] = median(times)
  return found
}

/** Each distinct convolution of a reference network, forward and both gradients. */
export async function measureKernels(
  network: StepName,
  engines: readonly Engine[],
  info: BackendInfo,
  tell: (message: string) => void,
): Promise<KernelResult[]> {
  const config = configOf(stepSizes[network])
  const results: KernelResult[] = []
  for (const { shape, layers, first } of convLayers(networkOf(config, 4), config.size, 2 * stepSizes[network].batch)) {
    tell(`Convolutions of ${network}: ${textOf(shape)}`)
    await emptyPool()
    const calls = convCalls(shape)
    for (const op of convOps) {
      // Images need no gradient.
      if (first && op === 'input gradient') continue
      // TensorFlow.js has no filter gradient on wasm.
      const both = info.backend === 'wasm' && op === 'filter gradient' ? engines.filter((engine) => engine === 'ours') : engines
      if (both.length === 0) continue
      const bytes = 4 * shape.batch * shape.size ** 2 * Math.max(shape.inChannels, shape.outChannels)
      const { ours = null, stock = null } = await compare(info, both, calls.run[op], bytes)
      const gflops = operations(shape) / (ours ?? stock!) / 1e9
      results.push({ op, shape: textOf(shape), network, layers, oursSeconds: ours, stockSeconds: stock, gflops })
    }
    calls.dispose()
  }
  return results
}

/** Sides of square matrices. Larger ones gain nothing on these backends, or take minutes. */
const matmulSides = (info: BackendInfo): number[] => {
  if (info.backend === 'webgpu' && !info.software) return [512, 1024, 2048, 4096]
  return info.backend === 'wasm' ? [256, 512, 1024] : [128, 256]
}

/** tf.matMul in several sizes, and the same products as 1x1 convolutions: on wasm and on software adapters those are 3 to 20 times faster. */
export async function measureMatmul(info: BackendInfo, tell: (message: string) => void): Promise<MatmulResult[]> {
  const results: MatmulResult[] = []
  const add = async (how: string, n: number, call: () => tf.Tensor) => {
    tell(`Matrix product: ${how}, ${n}`)
    const { ours } = await compare(info, ['ours'], call, 4 * n * n)
    results.push({ how, shape: `${n}x${n} * ${n}x${n}`, seconds: ours!, gflops: (2 * n ** 3) / ours! / 1e9 })
  }
  for (const n of matmulSides(info)) {
    const [a, b] = [noise([n, n]), noise([n, n])]
    await add('tf.matMul', n, () => tf.matMul(a, b))
    await add('1x1 convolution', n, () =>
      tf.tidy(() => conv2d(tf.reshape(a, [1, n / 16, 16, n]) as tf.Tensor4D, tf.reshape(b, [1, 1, 1, n, n]) as tf.Tensor5D)),
    )
    tf.dispose([a, b])
    await emptyPool()
  }
  return results
}
