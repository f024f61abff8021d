import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { currentEngine } from '../engine'
import { useHostBackend } from '../testing/host-backends.test-support'
import { useEngine } from './overrides'

beforeAll(() => useHostBackend('wasm'))

/** Whether a clone shares its data with the original, as only with our Identity. */
function clonesShare(): boolean {
  return tf.tidy(() => {
    const x = tf.tensor1d([1, 2])
    return tf.clone(x).dataId === x.dataId
  })
}

test('our kernels are switched together with our operations; one that tfjs lacks stays', () => {
  for (const engine of ['ours', 'stock', 'stock', 'ours', 'ours'] as const) {
    useEngine(engine)
    expect(currentEngine()).toBe(engine)
    expect(clonesShare()).toBe(engine === 'ours')
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined()
  }
})

test('a tfjs kernel replaced before its backend opened still works', async () => {
  for (const engine of ['ours', 'stock'] as const) {
    useEngine(engine)
    // Ours leaves 3 x 3 pools to tfjs.
    const pooled = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 3, 'valid')
    const gradient = tf.tidy(() => tf.grad(pooled)(tf.tensor4d([0, 1, 2, 3, 9, 4, 5, 6, 7], [1, 3, 3, 1])))
    expect([...(await gradient.data())], engine).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0])
    gradient.dispose()
  }
  useEngine('ours')
})
