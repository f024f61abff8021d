import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../lib/random'
import { agreement } from '../agreement/agreement'
import { hostBackends, useHostBackend } from '../testing/host-backends.test-support'
import { normal, relativeError, sizesOf } from '../testing/values'
import { pseudoLabels } from './pseudo-labels'

describe.each(hostBackends)('on %s', (backend) => {
  beforeAll(() => useHostBackend(backend))

  test('a pseudo-label is the class with the largest softmax value, taught where that reaches tau; agreement counts pixels', () => {
    for (let i = 0; i < 15; i++)
      tf.tidy(() => {
        const random = new Random(i)
        const { images, height, width, channels } = sizesOf(random, i)
        const shape: [number, number, number, number] = [2 * images, height, width, channels]
        const z = tf.tensor4d(normal(random, ...shape).values, shape)
        const { labels, taught } = pseudoLabels(z, 0.4)
        const best = [...tf.argMax(z, 3).dataSync()]
        const sure = [...tf.max(tf.softmax(z), 3).dataSync()].map((p) => p >= 0.4)
        expect([...labels.dataSync()]).toEqual(best)
        expect([...taught.dataSync()]).toEqual(best.map((label, i) => (sure[i] ? label : -1)))
        const half = best.length / 2
        const share = (holds: (i: number) => boolean, from: number) => best.slice(0, half).filter((_, i) => holds(from + i)).length / half
        const want = [
          share((i) => sure[i]!, 0),
          share((i) => sure[i]!, half),
          share((i) => best[i]! > 0, 0),
          share((i) => best[i]! > 0, half),
          share((i) => best[i] === best[i + half], 0),
        ]
        expect(relativeError(agreement(labels, taught).dataSync<'float32'>(), Float32Array.from(want))).toBeLessThan(1e-6)
      })
  })
})
