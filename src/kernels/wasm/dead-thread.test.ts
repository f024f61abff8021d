import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { afterEach, expect, test, vi } from 'vitest'
import { modelConvErrors } from '../conv2d/conv-case.test-support'
import { LostError } from '../lost-error'
import { floatsAt, moduleOf, placeOf, threads } from './simd'
import { dropWasm } from './threads'
import { openThreads, threadScript } from './threads.test-support'

const sizes = { models: 2, batch: 4, height: 9, width: 10, inChannels: 8, outChannels: 8, k: 3, bias: true, inputGradient: true }

afterEach(() => vi.restoreAllMocks())

/** A list of one job: the sums of two pairs of rows, one for each helper; the calling thread takes no part. */
function sums(x: tf.Tensor, out: tf.Tensor, first?: number) {
  const [from, to] = [x, out].map(({ dataId }) => (tf.backend() as BackendWasm).getMemoryOffset(dataId)) as [number, number]
  const lists = [[], [[from, from, first ?? to, 1, 4]], [[from + 16, from, to + 16, 1, 4]]]
  return threads().listOf([{ kernel: 'add', lists, after: lists.map(() => [0, 0, 0]) }])
}

test('a list is run as often as asked for; a kernel that fails in it on another thread is named, and the threads work on', async () => {
  await openThreads()
  const x = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8])
  const out = tf.tensor1d(new Float32Array(8))
  const list = sums(x, out)
  // At the end of 4 GiB there is no memory.
  const failing = sums(x, out, 2 ** 32 - 64)
  for (let i = 0; i < 3; i++) {
    list.run()
    expect([...(await out.data())]).toEqual([2, 4, 6, 8, 6, 8, 10, 12])
    if (i === 0) expect(() => failing.run()).toThrow(new LostError('The kernel add failed on another thread'))
  }
  for (const one of [list, failing]) one.dispose()
  tf.dispose([x, out])
})

test('a list beyond 2 GiB is run', async () => {
  await openThreads()
  const { _malloc, _free } = moduleOf(tf.backend() as BackendWasm)
  const below = _malloc(2 ** 31)
  const x = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8])
  const out = tf.zeros([8])
  const { at } = placeOf(tf.backend() as BackendWasm, out)
  expect(at).toBeGreaterThan(2 ** 31)
  const list = sums(x, out)
  list.run()
  expect([...(await out.data())]).toEqual([2, 4, 6, 8, 6, 8, 10, 12])
  list.dispose()
  tf.dispose([x, out])
  _free(below)
})

test('what a slow thread says of one list is not taken for its part of the next', async () => {
  // It comes to the end of a list late, and to its first job.
  const pause = 'if (index === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)'
  const folder = mkdtempSync(join(tmpdir(), 'threads-'))
  const script = join(folder, 'thread.js')
  const source = readFileSync(threadScript, 'utf8')
  const slow = ['leave(layout.end)', 'let doing = 0'].reduce((code, line) => code.replace(line, `${pause}; ${line}`), source)
  expect(slow.length).toBe(source.length + 2 * `${pause}; `.length)
  writeFileSync(script, slow)
  await openThreads(undefined, script)
  const x = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8])
  const [out, other] = [tf.zeros([8]), tf.zeros([8])]
  const values = floatsAt(tf.backend() as BackendWasm, placeOf(tf.backend() as BackendWasm, out))
  const list = sums(x, out)
  const failing = sums(x, other, 2 ** 32 - 64)
  for (let i = 0; i < 4; i++) {
    if (i === 2) expect(() => failing.run()).toThrow(LostError)
    values.fill(0)
    list.run()
    expect([...values]).toEqual([2, 4, 6, 8, 6, 8, 10, 12])
  }
  for (const one of [list, failing]) one.dispose()
  tf.dispose([x, out, other])
  rmSync(folder, { recursive: true })
})

test('a thread that was ended is noticed, and wasm opened anew computes again', async () => {
  await openThreads()
  const { PThread } = (tf.backend() as BackendWasm).wasm as unknown as {
    PThread: { unusedWorkers: { terminate: () => Promise<number> }[] }
  }
  await PThread.unusedWorkers[0]!.terminate()
  // Each look at the clock is a second later: nobody waits for the patience to end.
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000))
  await expect(modelConvErrors(sizes, 1)).rejects.toThrow(LostError)
  const x = tf.tensor1d(new Float32Array(8))
  expect(() => sums(x, x).run()).toThrow(new LostError('A thread of WebAssembly does not answer (at the end of a step)'))
  vi.restoreAllMocks()
  dropWasm()
  await openThreads()
  for (const error of await modelConvErrors(sizes, 1)) expect(error).toBeLessThan(1e-5)
})
