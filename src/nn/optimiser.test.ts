import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { scheduleOf } from '../kernels/parameter-update/parameter-update.twin'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { update, type Optimiser, type Trained } from './optimiser'
import { layoutOf, valuesOf } from './parameters'

beforeAll(() => useHostBackend('wasm'))

const gradients = [
  [0.1, -0.2, 0.3, 0.4],
  [-0.1, -0.2, 0.05, 0],
  [0.01, 0.3, 0, -0.4],
]
const learningRates = [0.1, 0.05, 0.02]

/*
 * From torch 1.13, in float64: w = [.5, -.25, 2, 0], torch.optim.Adam([w], weight_decay=.01) and
 * torch.optim.SGD([w], momentum=.9, weight_decay=.01), with o.param_groups[0]['lr'] and w.grad set to the above before each o.step();
 * then w, exp_avg or momentum_buffer, exp_avg_sq.
 */
const expected: Record<Optimiser['optimizer'], { parameters: number[]; m: number[]; v?: number[] }[]> = {
  adam: [
    {
      parameters: [0.40000001, -0.15, 1.9, -0.099999998],
      m: [0.0105, -0.02025, 0.032, 0.04],
      v: [1.1025e-5, 4.100625e-5, 0.0001024, 0.00016],
    },
    {
      parameters: [0.4003924, -0.10000661, 1.8594043, -0.13340974],
      m: [-0.00014999999, -0.038375, 0.0357, 0.0359],
      v: [2.0229975e-5, 8.1567494e-5, 0.0001070586, 0.000159841],
    },
    {
      parameters: [0.39926064, -0.098573322, 1.846147, -0.13164485],
      m: [0.0012653924, -0.0046375066, 0.033989404, -0.0078234097],
      v: [2.0405855e-5, 0.00017088689, 0.00010729728, 0.00032075022],
    },
  ],
  sgd: [
    { parameters: [0.4895, -0.22975, 1.968, -0.04], m: [0.105, -0.2025, 0.32, 0.4] },
    { parameters: [0.48953025, -0.21052263, 1.950116, -0.05798], m: [-0.000605, -0.3845475, 0.35768, 0.3596] },
    { parameters: [0.48924323, -0.20955867, 1.9432877, -0.056441204], m: [0.014350803, -0.048197976, 0.34141316, -0.0769398] },
  ],
}

const close = (tensor: tf.Tensor, values: number[]) =>
  [...tensor.dataSync()].forEach((v, i) => expect(Math.abs(v - values[i]!)).toBeLessThan(1e-6 * Math.max(1, Math.abs(values[i]!))))

describe.each(['adam', 'sgd'] as const)('%s', (optimizer) => {
  const settings: Optimiser = { optimizer, weightDecay: 0.01, momentum: 0.9 }
  const rest = (parameters: number[]): Trained => ({
    parameters: tf.tensor1d(parameters),
    m: tf.zeros([parameters.length]),
    v: optimizer === 'adam' ? tf.zeros([parameters.length]) : null,
  })

  test('follows PyTorch over three updates with different learning rates, leaving its arguments unchanged', () => {
    let state = rest([0.5, -0.25, 2, 0])
    gradients.forEach((g, i) => {
      const [gradient, schedule] = [tf.tensor1d(g), tf.tensor1d(scheduleOf(learningRates[i]!, i + 1))]
      const before = tf.memory().numTensors
      const old = Object.values(state).map((tensor: tf.Tensor | null) => tensor && [...tensor.dataSync()])
      const next = update(state, gradient, schedule, settings)
      // The input is unchanged, and only the next state is made.
      expect(Object.values(state).map((tensor: tf.Tensor | null) => tensor && [...tensor.dataSync()])).toEqual(old)
      expect(tf.memory().numTensors - before).toBe(optimizer === 'adam' ? 3 : 2)
      tf.dispose([gradient, schedule, state.parameters, state.m, ...(state.v ? [state.v] : [])])
      state = next
      const { parameters, m, v } = expected[optimizer][i]!
      close(state.parameters, parameters)
      close(state.m, m)
      if (v) close(state.v!, v)
      else expect(state.v).toBeNull()
    })
    tf.dispose([state.parameters, state.m, ...(state.v ? [state.v] : [])])
  })

  test('learning rate and weight decay reach every weight of every network, and the gaps between them stay 0', () => {
    tf.tidy(() => {
      const layout = layoutOf({ kernel: [3, 3, 2, 5], bias: [5] })
      const values = new Float32Array(layout.size)
      for (const k of [0, 1]) for (const own of Object.values(valuesOf(values, layout, k))) own.fill(k + 1)
      // Without a gradient only decay moves a weight.
      const moved = (learningRate: number, weightDecay: number) => {
        const schedule = tf.tensor1d(scheduleOf(learningRate, 1))
        return update(rest([...values]), tf.zeros([layout.size]), schedule, {
          ...settings,
          weightDecay,
        }).parameters.dataSync() as Float32Array
      }
      expect(moved(0.1, 0)).toEqual(values)
      expect(moved(0, 0.1)).toEqual(values)
      const after = moved(0.1, 0.5)
      // Adam's first step is the learning rate, whatever the size; SGD's is the learning rate times the decay of the weight.
      for (const k of [0, 1])
        for (const own of Object.values(valuesOf(after, layout, k)))
          for (const v of own) expect(v).toBeCloseTo(optimizer === 'adam' ? k + 1 - 0.1 : (k + 1) * (1 - 0.1 * 0.5), 5)
      expect(after.filter((v) => v !== 0).length).toBe(2 * (90 + 5))
    })
  })
})
