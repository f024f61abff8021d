import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import { countOf, initialise, layoutOf, pack, unpack, valuesOf, type Shapes } from './parameters'
import { bufferShapes, parameterShapes, type UNet } from './unet'

beforeAll(() => useHostBackend('wasm'))

const net: UNet = { widths: [8, 16, 32, 64, 128], classes: 4, norm: 'batch', dropout: [0, 0, 0, 0, 0] }
const empty = (shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, new Float32Array(tf.util.sizeFromShape(shape)).fill(NaN)]))

describe('initialise', () => {
  const shapes = { ...parameterShapes(net), ...bufferShapes(net) }
  const filled = (seed: number) => {
    const values = empty(shapes)
    initialise(values, shapes, new Random(seed))
    return values
  }
  const values = filled(1)

  // 1 / sqrt(fan-in), as torch.nn.Conv2d draws kernel and bias.
  test.each([
    ['down.0.conv1', 9],
    ['down.0.conv2', 72],
    ['down.4.conv1', 576],
    ['squeeze.3', 128],
    ['up.0.conv1', 144],
    ['head', 72],
  ])('kernel and bias of %s are uniform up to 1 / sqrt(%i)', (name, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn)
    const kernel = values[`${name}.weight`]!
    const largest = Math.max(...kernel.map(Math.abs))
    expect(largest).toBeLessThanOrEqual(bound)
    expect(largest).toBeGreaterThan(0.9 * bound)
    const deviation = Math.sqrt(kernel.reduce((sum, v) => sum + v * v, 0) / kernel.length)
    expect(deviation / (bound / Math.sqrt(3))).toBeGreaterThan(0.8)
    expect(deviation / (bound / Math.sqrt(3))).toBeLessThan(1.2)
    const bias = values[`${name}.bias`]!
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(bound)
    expect(new Set(bias).size).toBe(bias.length)
  })

  test('norms start as the identity, running statistics at mean 0 and variance 1', () => {
    let seen = 0
    for (const [name, own] of Object.entries(values)) {
      if (!name.includes('norm')) continue
      seen++
      expect(new Set(own), name).toEqual(new Set([/weight$|var$/.test(name) ? 1 : 0]))
    }
    expect(seen).toBe(18 * 4)
  })

  test('leaves nothing unwritten, and draws a different network for each stream', () => {
    expect(Object.values(values).every((own) => own.every(Number.isFinite))).toBe(true)
    expect(filled(1)).toEqual(values)
    const other = filled(2)
    for (const [name, own] of Object.entries(values)) if (!name.includes('norm')) expect(other[name], name).not.toEqual(own)
  })
})

const anyShapes = fc
  .array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  .map((list): Shapes => Object.fromEntries(list.map((shape, i) => [`tensor ${i}`, shape])))
const anyNetworks = fc.integer({ min: 1, max: 3 })

describe('a layout', () => {
  test('puts every tensor of every network at a multiple of 64 values, one after another', () => {
    fc.assert(
      fc.property(anyShapes, anyNetworks, (shapes, networks) => {
        const { offsets, size } = layoutOf(shapes, networks)
        expect(Object.keys(offsets)).toEqual(Object.keys(shapes))
        let end = 0
        for (const [name, shape] of Object.entries(shapes)) {
          expect(offsets[name]! % 64).toBe(0)
          expect(offsets[name]).toBeGreaterThanOrEqual(end)
          expect(offsets[name]! - end).toBeLessThan(64)
          end = offsets[name]! + networks * tf.util.sizeFromShape(shape)
        }
        expect(size % 64).toBe(0)
        expect(size).toBeGreaterThanOrEqual(end)
        expect(size - end).toBeLessThan(64)
      }),
    )
  })

  test('counts the values of one network', () => {
    expect(countOf({ a: [2, 3], b: [4], c: [1, 1, 5, 1] })).toBe(6 + 4 + 5)
  })
})

describe('pack and unpack', () => {
  test('are inverse to each other, with zeros between the tensors', () => {
    fc.assert(
      fc.property(anyShapes, anyNetworks, (shapes, networks) => {
        const layout = layoutOf(shapes, networks)
        const random = new Random(layout.size)
        const before = tf.memory().numTensors
        tf.tidy(() => {
          const named = Object.fromEntries(
            Object.entries(shapes).map(([name, shape]) => {
              const all = [networks, ...shape]
              return [
                name,
                tf.tensor(
                  Float32Array.from({ length: tf.util.sizeFromShape(all) }, () => random.uniform(1, 2)),
                  all,
                ),
              ]
            }),
          )
          const flat = pack(named, layout)
          expect(flat.shape).toEqual([layout.size])
          const values = flat.dataSync()
          expect(values.filter((v) => v !== 0).length).toBe(networks * countOf(shapes))

          const unpacked = unpack(flat, layout, false)
          expect(Object.keys(unpacked)).toEqual(Object.keys(shapes))
          for (const [name, tensor] of Object.entries(unpacked)) {
            expect(tensor.shape).toEqual([networks, ...shapes[name]!])
            expect(tensor.dataSync()).toEqual(named[name]!.dataSync())
          }
          expect(pack(unpacked, layout).dataSync()).toEqual(values)

          // One network's values are its slice of each tensor's first axis.
          for (let k = 0; k < networks; k++)
            for (const [name, own] of Object.entries(valuesOf(values as Float32Array, layout, k)))
              expect(own, `${name} of network ${k}`).toEqual(tf.slice(named[name]!, k, 1).dataSync())
        })
        expect(tf.memory().numTensors).toBe(before)
      }),
      { numRuns: 30 },
    )
  })

  test('the values of a network are views, and there is no network beyond the last', () => {
    const layout = layoutOf({ a: [2], b: [3] })
    const flat = new Float32Array(layout.size)
    valuesOf(flat, layout, 0)['b']!.fill(1)
    valuesOf(flat, layout, 1)['b']!.fill(2)
    expect([...flat.subarray(64, 70)]).toEqual([1, 1, 1, 2, 2, 2])
    expect(() => valuesOf(flat, layout, 2)).toThrow('There is no network 2: they are numbered 0 to 1.')
  })
})
