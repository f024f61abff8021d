import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { currentEngine } from '../engine'
import { useHostBackend } from '../testing/host-backends.test-support'
import { useEngine } from './overrides'

beforeAll(() => useHostBackend('wasm'))

/** True where a clone shares its data with the original, which only our Identity does. */
function clonesShare(): boolean {
  return tf.tidy(() => {
    const x = tf.tensor1d([1, 2])
    return tf.clone(x).dataId === x.dataId
  })
}

test('our kernels go in and out together with our operations; one that tfjs lacks stays', () => {
  for (const engine of ['ours', 'stock', 'stock', 'ours', 'ours'] as const) {
    useEngine(engine)
    expect(currentEngine()).toBe(engine)
    expect(clonesShare()).toBe(engine === 'ours')
    expect(tf.getKernel('Conv2DBackpropFilter', 'wasm')).toBeDefined()
  }
})
