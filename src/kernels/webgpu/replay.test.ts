import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { expect, test, vi } from 'vitest'
import { MemoryError } from '../memory-error'
import { scaleChannels } from '../scale-channels/scale-channels'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import type { Run } from '../replay'
import { endsOfSubmissions } from './recording'
import { WebgpuReplay } from './replay'

useSoftwareWebgpu()

const length = 8
const memory = () => {
  const { numTensors, numDataBuffers, numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }
  return { numTensors, numDataBuffers, numBytesInGPU }
}

/** A run that multiplies the state by `factor`, and outputs `count` copies of its first value, times `factor`. */
function runOf(state: tf.Tensor, count: number, factor: number): Run<{ flat: tf.Tensor1D }> {
  const values = () => new Float32Array(length).fill(factor)
  return {
    key: `${count} scalars`,
    values,
    upload: () => ({ flat: tf.tensor1d(values()) }),
    dispose: ({ flat }) => flat.dispose(),
    reads: [],
    launch: ({ flat }) =>
      tf.tidy(() => {
        const factors = tf.reshape(flat, [1, length]) as tf.Tensor2D
        const next = scaleChannels(tf.reshape(state, [1, 1, 1, length]) as tf.Tensor4D, factors)
        const scalars = tf.tile(tf.slice(tf.reshape(next, [length]), 0, 1), [count]) as tf.Tensor1D
        return { state: [tf.reshape(next, [length])], scalars }
      }),
  }
}

/** A run that doubles x [1, H, W, length] so many times, one launch after another, and outputs its first pixel. */
function chainOf(x: tf.Tensor4D, times: number): Run<{ flat: tf.Tensor1D }> {
  const values = () => new Float32Array(length).fill(2)
  return {
    key: 'a chain',
    values,
    upload: () => ({ flat: tf.tensor1d(values()) }),
    dispose: ({ flat }) => flat.dispose(),
    reads: [x],
    launch: ({ flat }) =>
      tf.tidy(() => {
        const factors = tf.reshape(flat, [1, length]) as tf.Tensor2D
        let y = x
        for (let i = 0; i < times; i++) y = scaleChannels(y, factors)
        const first = tf.reshape(tf.slice(y, [0, 0, 0, 0], [1, 1, 1, length]), [length])
        return { state: [first], scalars: tf.clone(first) as tf.Tensor1D }
      }),
  }
}

test('any number of scalars from any number of runs comes back, even if later runs have more', async () => {
  const before = memory()
  const state = tf.ones([length])
  const replay = new WebgpuReplay<{ flat: tf.Tensor1D }>([state])
  const counts = [40, 40, 40, 3, 3, 700, 700, 700, 41]
  for (let round = 0; round < 2; round++) {
    let value = (await state.data())[0]!
    const want: number[] = []
    counts.forEach((count, i) => {
      const factor = i % 2 ? 0.5 : 3
      replay.run(runOf(state, count, factor))
      want.push((value *= factor))
    })
    const rows = await replay.read()
    expect(rows.map((row) => row.length)).toEqual(counts)
    rows.forEach((row, i) => expect(new Set(row)).toEqual(new Set([want[i]])))
    expect([...(await state.data())]).toEqual(Array<number>(length).fill(value))
  }
  expect(await replay.read()).toEqual([])
  replay.dispose()
  state.dispose()
  expect(memory()).toEqual(before)
})

test('a run that the GPU has no memory for is an error before it begins, and leaves nothing', async () => {
  const before = memory()
  const state = tf.ones([length])
  const replay = new WebgpuReplay<{ flat: tf.Tensor1D }>([state])
  await replay.prepare(runOf(state, 2, 3))
  const { device } = tf.backend() as WebGPUBackend
  const create = device.createBuffer.bind(device)
  // As if the device allowed none of these.
  device.createBuffer = (descriptor) => {
    const { size, mappedAtCreation } = descriptor
    return mappedAtCreation ? create(descriptor) : Object.defineProperty(create({ ...descriptor, size: 2 ** 50 }), 'size', { value: size })
  }
  await expect(replay.prepare(runOf(state, 5, 3))).rejects.toThrow(MemoryError)
  Reflect.deleteProperty(device, 'createBuffer')
  await replay.prepare(runOf(state, 5, 3))
  replay.run(runOf(state, 5, 2))
  expect(await replay.read()).toEqual([new Float32Array(5).fill(2)])
  replay.dispose()
  state.dispose()
  expect(memory()).toEqual(before)
})

test('a run that cannot be recorded is an error, and leaves nothing', async () => {
  const before = memory()
  const state = tf.ones([length])
  const replay = new WebgpuReplay<{ flat: tf.Tensor1D }>([state])
  await replay.prepare(runOf(state, 2, 3))
  const launch = () => {
    throw new Error('no launch')
  }
  await expect(replay.prepare({ ...runOf(state, 5, 3), launch })).rejects.toThrow('no launch')
  expect(tf.memory().numTensors).toBe(before.numTensors + 1)
  replay.run(runOf(state, 5, 2))
  expect(await replay.read()).toEqual([new Float32Array(5).fill(2)])
  replay.dispose()
  state.dispose()
  expect(memory()).toEqual(before)
})

test('a submission ends after 128 launches, or before they bind more than 512 MiB', () => {
  const launches = (count: number, bytes: number) => new Array<number>(count).fill(bytes)
  const MiB = 2 ** 20
  // As the default step, at most 260 MiB in 128 launches.
  expect(endsOfSubmissions(launches(332, 2 * MiB))).toEqual([128, 256, 332])
  expect(endsOfSubmissions(launches(10, 128 * MiB))).toEqual([4, 8, 10])
  expect(endsOfSubmissions([MiB, 1536 * MiB, MiB, ...launches(128, MiB)])).toEqual([1, 2, 130, 131])
})

test('values that are not needed at the same time share buffers, from the first run on', async () => {
  const side = 64
  const bytes = 4 * side * side * length
  const allocated = () => (tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU
  const x = tf.ones([1, side, side, length]) as tf.Tensor4D
  const state = tf.ones([length])
  const replay = new WebgpuReplay<{ flat: tf.Tensor1D }>([state])
  const run = chainOf(x, 20)
  const before = allocated()
  replay.run(run)
  // x, and two that the chain uses in turn.
  expect(allocated() - before).toBeGreaterThanOrEqual(3 * bytes)
  expect(allocated() - before).toBeLessThan(3.1 * bytes)
  replay.run(run)
  expect((await replay.read()).map((row) => row[0])).toEqual([2 ** 20, 2 ** 20])
  replay.dispose()
  tf.dispose([state, x])
})

test('a run whose launches bind much is shared out over submissions, and computes the same', async () => {
  const { queue } = (tf.backend() as WebGPUBackend).device
  const submissions = vi.spyOn(queue, 'submit')
  const results = []
  for (const side of [64, 1024]) {
    const x = tf.ones([1, side, side, length]) as tf.Tensor4D
    const state = tf.ones([length])
    const replay = new WebgpuReplay<{ flat: tf.Tensor1D }>([state])
    const run = chainOf(x, 10)
    await replay.prepare(run)
    submissions.mockClear()
    replay.run(run)
    results.push({ submissions: submissions.mock.calls.length, value: (await replay.read())[0]![0] })
    replay.dispose()
    tf.dispose([state, x])
  }
  submissions.mockRestore()
  expect(results).toEqual([
    { submissions: 1, value: 2 ** 10 },
    { submissions: 2, value: 2 ** 10 },
  ])
})
