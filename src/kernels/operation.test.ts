import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { setEngine } from './engine'
import { defineOp } from './operation'
import { useHostBackend } from './testing/host-backends.test-support'

const twin = vi.fn(({ x, factor }: Record<'x' | 'factor', Float32Array>, { y, root }: Record<'y' | 'root', Float32Array>) => {
  x.forEach((v, i) => (y[i] = factor[0]! * v))
  root.fill(Math.sqrt(factor[0]!))
})
const gradientBy = vi.fn()

/** y = factor x; the gradient with respect to the factor uses its kept square root, to test that it is kept. */
const scaleOp = defineOp({
  name: 'TestScale',
  inputs: ['x', 'factor'],
  optional: ['unused'],
  outputs: ({ x }) => ({ y: x }),
  hidden: () => ({ root: [1] }),
  twin: (inputs, outputs) => twin(inputs, outputs),
  stock: ({ x, factor }) => ({ y: tf.mul(x, factor) }),
  gradient: {
    by: ['x', 'factor'],
    keeps: ['x', 'root'],
    of: (dy, { x, root }, _, wanted) => {
      gradientBy([...wanted])
      const factor = tf.square(root)
      return { x: tf.mul(dy, factor), factor: tf.reshape(tf.sum(tf.mul(dy, x)), [1]) }
    },
  },
})

const ownOp = defineOp({ name: 'TestOwn', inputs: ['x'], outputs: ({ x }) => ({ y: x }), twin: ({ x }, { y }) => y.set(x) })

beforeAll(() => useHostBackend('cpu'))
beforeEach(() => {
  setEngine('ours')
  vi.clearAllMocks()
})

const [x, factor] = [() => tf.tensor1d([1, 2]), () => tf.tensor1d([9])]

test('our kernel runs with our engine, the composition with the stock one and where there is no kernel', () => {
  tf.tidy(() => {
    const run = () => [...scaleOp.run({ x: x(), factor: factor() }, {}).y.dataSync()]
    expect(run()).toEqual([9, 18])
    expect(twin).toHaveBeenCalledTimes(1)
    setEngine('stock')
    expect(run()).toEqual([9, 18])
    setEngine('ours')
    const kernel = tf.getKernel('TestScale', 'cpu')
    tf.unregisterKernel('TestScale', 'cpu')
    expect(run()).toEqual([9, 18])
    tf.registerKernel(kernel)
    expect(twin).toHaveBeenCalledTimes(1)
  })
})

test('an operation without a composition runs its kernel with either engine', () => {
  setEngine('stock')
  expect([...tf.tidy(() => ownOp.run({ x: x() }, {}).y.dataSync())]).toEqual([1, 2])
})

test.each(['ours', 'stock'] as const)('%s: gradients reach the requested inputs, and no constant', (engine) => {
  setEngine(engine)
  tf.tidy(() => {
    const sum = (x: tf.Tensor, factor: tf.Tensor, ...constants: ('x' | 'factor')[]) =>
      tf.sum(tf.add(scaleOp.run({ x, factor }, {}, constants).y, x))
    const both = tf.grads((x, factor) => sum(x!, factor!))([x(), factor()])
    expect(both.map((t) => [...t.dataSync()])).toEqual([[10, 10], [3]])
    const constant = tf.grads((x, factor) => sum(x!, factor!, 'x'))([x(), factor()])
    expect(constant.map((t) => [...t.dataSync()])).toEqual([[1, 1], [3]])
    expect(gradientBy.mock.calls).toEqual(engine === 'ours' ? [[['x', 'factor']], [['factor']]] : [])
  })
})

test('a missing input is named, and undeclared inputs are not passed on', () => {
  expect(() => scaleOp.run({ x: x() } as never, {})).toThrow('TestScale lacks its input "factor"')
  tf.tidy(() => void scaleOp.run({ x: x(), factor: factor(), other: x() } as never, {}))
  expect(twin.mock.calls[0]![0]).toMatchObject({ x: expect.anything(), factor: expect.anything() })
  expect(twin.mock.calls[0]![0]).not.toHaveProperty('other')
})
