import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../testing/dawn.test-support'
import { launchAll } from './launch'
import { lanesTogether, sharesSum } from './subgroups'
import { setSoftware } from './threads-wanted'

useSoftwareWebgpu()

/** Whole numbers small enough for sums to be exact. */
const numbersOf = (count: number) => Array.from({ length: count }, (_, i) => (i % 7) + 1)

/** Sums of 1, 2, ... times a number in vectors of each size, for `count` indices, and the lanes that took part. */
async function sums(count: number, values: number) {
  const names = ['one', 'two', 'three', 'four']
  const x = tf.tensor1d(numbersOf(count))
  const outputs = launchAll(tf.backend() as WebGPUBackend, {
    key: 'exemplarTestTotals',
    inputs: { x },
    inputComponents: [1],
    outputs: [
      ...names.map((name, i) => ({ name, shape: [count, i + 1], component: 1 as const })),
      { name: 'took', shape: [count], component: 1 },
    ],
    threads: count,
    uniforms: { values },
    summed: values,
    body: () => `
      var sum = 0.0;
      var mine = 0.0;
      for (var i = lane; i < uniforms.values; i += laneCount) { sum += f32(i + 1) * x[index]; mine = 1.0; }
      let a = total1(sum);
      let b = total2(sum * vec2<f32>(1.0, 2.0));
      let c = total3(sum * vec3<f32>(1.0, 2.0, 3.0));
      let d = total4(sum * vec4<f32>(1.0, 2.0, 3.0, 4.0));
      let lanes = total1(mine);
      if (lane == 0) {
        one[index] = a;
        for (var i = 0; i < 2; i++) { two[2 * index + i] = b[i]; }
        for (var i = 0; i < 3; i++) { three[3 * index + i] = c[i]; }
        for (var i = 0; i < 4; i++) { four[4 * index + i] = d[i]; }
        took[index] = lanes;
      }`,
  }).map((info) => tf.engine().makeTensorFromTensorInfo(info))
  const read = await Promise.all(outputs.map(async (tensor) => [...(await tensor.data())]))
  tf.dispose([x, outputs])
  return read
}

test('the lanes of a workgroup give the sums that one thread gives, and only where that pays', async () => {
  const backend = tf.backend() as WebGPUBackend
  expect(backend.device.features.has('subgroups'), 'this adapter has no subgroups: nothing was tested').toBe(true)
  try {
    for (const [count, values] of [
      [1, 15],
      [1, 16],
      [3, 31],
      [300, 40],
      [2, 1000],
    ] as const) {
      for (const software of [true, false]) {
        setSoftware(backend, software)
        const shared = !software && values >= 16
        expect(sharesSum(backend, values)).toBe(shared)
        const got = await sums(count, values)
        const numbers = numbersOf(count)
        const sum = (values * (values + 1)) / 2
        const want = [1, 2, 3, 4].map((size) => numbers.flatMap((x) => [1, 2, 3, 4].slice(0, size).map((times) => times * x * sum)))
        expect(got).toEqual([...want, numbers.map(() => (shared ? Math.min(values, lanesTogether) : 1))])
      }
    }
  } finally {
    setSoftware(backend, true)
  }
})
