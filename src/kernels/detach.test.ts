import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { detach } from './detach'
import { hostBackends, useHostBackend } from './testing/host-backends.test-support'

describe.each(hostBackends)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  test('no gradient flows through a detached tensor, and its data outlives the original', () => {
    const x = tf.tensor1d([1, 2, 3])
    const grad = tf.grad((x) => tf.sum(tf.mul(x, detach(x))))(x)
    expect([...grad.dataSync()]).toEqual([1, 2, 3])
    const copy = detach(x)
    x.dispose()
    expect([...copy.dataSync()]).toEqual([1, 2, 3])
    tf.dispose([grad, copy])
  })
})
