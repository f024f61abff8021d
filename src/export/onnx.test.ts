import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-web'
import { beforeAll, describe, expect, test } from 'vitest'
import { useHostBackend } from '../kernels/testing/host-backends.test-support'
import { Random } from '../lib/random'
import { makeConfig, type Config } from '../method/config'
import { logitsOf } from '../method/inference'
import { disposeModels, networkOf, writeModels, type StoredModel } from '../method/model'
import { bufferShapes, parameterShapes, type UNet } from '../nn/unet'
import { toOihw, type Hwio } from './oihw'
import { writeOnnx } from './onnx'
import { onnxReadme } from './onnx-readme'
import { findPython, needs, runPython } from '../lib/python.test-support'
import type { StoredTensor } from '../lib/safetensors'

beforeAll(async () => {
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  await useHostBackend('wasm')
})

/** A model whose every value matters: norms and running statistics are not the initial ones. */
function randomModel(net: UNet, seed: number): StoredModel {
  const random = new Random(seed)
  const values = (shapes: Record<string, number[]>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]): [string, Float32Array] => {
        const [low, high] = /norm\d\.weight|running_var/.test(name) ? [0.5, 1.5] : [-0.5, 0.5]
        // Sums as large as their terms, as in a trained network.
        const bound = shape.length === 4 ? 2 * Math.sqrt(3 / (shape[0]! * shape[1]! * shape[2]!)) : 1
        return [name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => bound * random.uniform(low, high))]
      }),
    )
  const none = Object.fromEntries(
    Object.entries(parameterShapes(net)).map(([name, s]) => [name, new Float32Array(s.reduce((a, b) => a * b))]),
  )
  return { parameters: values(parameterShapes(net)), buffers: values(bufferShapes(net)), m: none, v: {} }
}

/** The same, as exported. */
function exported(net: UNet, { parameters, buffers }: StoredModel): Record<string, StoredTensor> {
  const shapes = { ...parameterShapes(net), ...bufferShapes(net) }
  const tensors = Object.entries({ ...parameters, ...buffers }).map(([name, data]): [string, StoredTensor] => {
    const shape = shapes[name]!
    const [h, w, i, o] = shape as [number, number, number, number]
    return [name, shape.length === 4 ? { shape: [o, i, h, w], data: toOihw(data, shape as unknown as Hwio) } : { shape, data }]
  })
  return Object.fromEntries(tensors)
}

const classesOf = (count: number) => Array.from({ length: count }, (_, i) => ({ name: i === 0 ? 'background' : `class ${i}` }))

/** Two models of a config and, by `write`, the files of A (0), B (1) and the pair. */
function twoModels(values: Partial<Config>, classes: number) {
  const config = makeConfig(values)
  const net = networkOf(config, classes)
  const stored: [StoredModel, StoredModel] = [randomModel(net, 1), randomModel(net, 2)]
  const models = stored.map((model) => exported(net, model))
  const about = { config, classes: classesOf(classes), version: '1.2.3', step: 77 }
  return { net, stored, write: (which: 0 | 1 | 'pair') => writeOnnx(which === 'pair' ? models : [models[which]!], about) }
}

type Size = readonly [batch: number, height: number, width: number]

const randomImages = ([batch, height, width]: Size): Float32Array => {
  const random = new Random(3)
  return Float32Array.from({ length: batch * height * width }, () => random.uniform())
}

/** Softmax of A and of B, [batch, classes, height, width], by the app's own inference. */
async function ours(net: UNet, stored: [StoredModel, StoredModel], images: Float32Array, [batch, height, width]: Size) {
  const models = writeModels(net, stored)
  const softmax = tf.tidy(() => {
    const logits = logitsOf(net, models, tf.tensor4d(images, [batch, height, width, 1]))
    return tf.transpose(tf.softmax(logits), [0, 3, 1, 2])
  })
  const values = (await softmax.data()) as Float32Array
  softmax.dispose()
  disposeModels(models)
  return [values.slice(0, values.length / 2), values.slice(values.length / 2)] as const
}

/** onnxruntime's output for a file. */
async function theirs(bytes: Uint8Array, images: Float32Array, [batch, height, width]: Size): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] })
  const { probabilities } = await session.run({ image: new ort.Tensor('float32', images, [batch, 1, height, width]) })
  await session.release()
  return probabilities!
}

/** The largest difference; infinite if any value is not a number. */
const difference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!)
    largest = Number.isNaN(d) ? Infinity : Math.max(largest, d)
  }
  return largest
}

describe('onnxruntime gives what the app gives', () => {
  const size = 32
  test.each<[norm: 'group' | 'batch', baseWidth: number, classes: number, images: Size]>([
    ['group', 4, 2, [1, 32, 32]],
    ['group', 8, 4, [3, 48, 80]],
    ['group', 12, 3, [1, 16, 16]],
    ['group', 16, 5, [1, 128, 128]],
    // As large as images get: long sums must not lose digits.
    ['group', 4, 2, [1, 512, 512]],
    ['batch', 4, 3, [3, 32, 32]],
    ['batch', 8, 2, [1, 64, 16]],
    ['batch', 16, 4, [1, 128, 128]],
  ])('%sNorm, base width %i, %i classes, images %j', async (norm, baseWidth, classes, shape) => {
    const { net, stored, write } = twoModels({ norm, baseWidth, size }, classes)
    const images = randomImages(shape)
    const [A, B] = await ours(net, stored, images, shape)
    expect(difference(A, B), 'A and B differ, so can be told apart').toBeGreaterThan(0.1)
    const [batch, height, width] = shape
    for (const [which, expected] of [
      [0, A],
      [1, B],
      ['pair', A.map((v, i) => (v + B[i]!) / 2)],
    ] as const) {
      const { dims, data } = await theirs(write(which), images, shape)
      expect(dims).toEqual([batch, classes, height, width])
      expect(difference(data as Float32Array, expected)).toBeLessThan(1e-4)
    }
  })

  test('the setting "inference" does not change the pair', () => {
    const [a, mean] = (['A', 'mean'] as const).map((inference) => twoModels({ baseWidth: 4, inference }, 2).write('pair'))
    expect(Buffer.compare(a!, mean!)).toBe(0)
  })
})

test('input and output have names, types and named dimensions', async () => {
  const session = await ort.InferenceSession.create(twoModels({ baseWidth: 4 }, 3).write('pair'))
  const float = { isTensor: true, type: 'float32' }
  expect(session.inputMetadata).toMatchObject([{ ...float, name: 'image', shape: ['batch', 1, 'height', 'width'] }])
  expect(session.outputMetadata).toMatchObject([{ ...float, name: 'probabilities', shape: ['batch', 3, 'height', 'width'] }])
  await session.release()
})

test('a file is hardly larger than its weights, however the values are laid out in memory', () => {
  const { net, stored, write } = twoModels({ baseWidth: 16 }, 4)
  const bytes = write(0)
  expect(bytes.length - 4 * 1_813_764).toBeGreaterThan(0)
  expect(bytes.length - 4 * 1_813_764).toBeLessThan(40_000)
  expect(write('pair').length - 8 * 1_813_764).toBeLessThan(80_000)

  const model = exported(net, stored[0])
  const moved = Object.entries(model).map(([name, { shape, data }]): [string, StoredTensor] => {
    const larger = new Float32Array(data.length + 6)
    larger.set(data, 5)
    return [name, { shape, data: larger.subarray(5, 5 + data.length) }]
  })
  const about = { config: makeConfig({ baseWidth: 16 }), classes: classesOf(4), version: '1.2.3', step: 77 }
  expect(Buffer.compare(writeOnnx([Object.fromEntries(moved)], about), bytes)).toBe(0)
})

describe('what cannot be written is refused', () => {
  const config = makeConfig({ baseWidth: 4 })
  const about = { config, classes: classesOf(3), version: '1.2.3', step: 1 }
  const net = networkOf(config, 3)
  const model = exported(net, randomModel(net, 1))
  const { 'up.2.conv1.bias': bias, ...fewer } = model
  test.each<[what: string, models: Record<string, StoredTensor>[], config: Config, message: string]>([
    ['no model', [], config, 'one model or two, not 0'],
    ['three models', [model, model, model], config, 'one model or two, not 3'],
    ['a missing tensor', [model, fewer], config, 'no tensor "up.2.conv1.bias"'],
    ['another width', [model], makeConfig({ baseWidth: 8 }), '"down.0.conv1.weight" has shape [4, 1, 3, 3], not [8, 1, 3, 3]'],
    ['no running statistics', [model], makeConfig({ baseWidth: 4, norm: 'batch' }), 'no tensor "down.0.norm1.running_mean"'],
    ['too few values', [{ ...fewer, 'up.2.conv1.bias': { ...bias!, data: new Float32Array(15) } }], config, 'has 15 values, not 16'],
    ['whole numbers', [{ ...fewer, 'up.2.conv1.bias': { ...bias!, data: new Int32Array(16) } }], config, 'not hold 32-bit floats'],
  ])('%s', (_, models, config, message) => {
    expect(() => writeOnnx(models, { ...about, config })).toThrow(message)
  })
})

/** Runs Python in a folder that holds the pair's file of each norm. */
function runWithFiles(python: string, code: string): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-'))
  try {
    for (const norm of ['group', 'batch'] as const)
      writeFileSync(join(folder, `${norm}.onnx`), twoModels({ norm, baseWidth: 4, size: 32 }, 3).write('pair'))
    return runPython(python, ['-c', `import os, sys; os.chdir(sys.argv[1])\n${code}`, folder])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// Debian 12's onnx, 1.12, knows opsets up to 17.
const knowsOpset = 'import onnx, sys; sys.exit(onnx.defs.onnx_opset_version() < 18)'
const withOnnx = ['/usr/bin/python3', 'python3'].find((python) => runPython(python, ['-c', knowsOpset]).status === 0) ?? null
describe.skipIf(!withOnnx)(needs('ONNX files checked by onnx', withOnnx, 'onnx 1.13 or newer'), () => {
  test('the checker finds nothing, shapes fit, and the metadata can be read', () => {
    const code = `
import json, onnx
for norm in ('group', 'batch'):
    model = onnx.load(norm + '.onnx')
    assert model.ir_version == 8 and [(o.domain, o.version) for o in model.opset_import] == [('', 18)]
    onnx.checker.check_model(model, full_check=True)
    values = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True).graph.value_info
    assert len(values) > 100
    said = {p.key: p.value for p in model.metadata_props}
    assert json.loads(said['classes']) == ['background', 'class 1', 'class 2'], said
    assert (said['producer'], said['version'], said['step'], said['size']) == ('exemplar-lab', '1.2.3', '77', '32'), said
    assert 'not a medical device' in said['notice'] and 'not a medical device' in model.doc_string
    assert (model.producer_name, model.producer_version) == ('exemplar-lab', '1.2.3')
    names = [n.name for n in model.graph.node]
    assert len(set(names)) == len(names)
    used = {i for n in model.graph.node for i in n.input}
    assert all(t.name in used for t in model.graph.initializer), 'values that nothing uses'`
    expect(runWithFiles(withOnnx!, code)).toEqual({ status: 0, output: '' })
  })
})

const withRuntime = findPython('onnxruntime', 'numpy')
describe.skipIf(!withRuntime)(needs('the lines of README.txt run by onnxruntime', withRuntime, 'onnxruntime and numpy'), () => {
  test('give a mask of the image’s size', () => {
    const lines = onnxReadme.split('\n').filter((line) => line.startsWith('    '))
    const code = `
import numpy
image = numpy.random.default_rng(0).integers(0, 4096, (48, 64)).astype('u2')
${lines
  .map((line) => line.slice(4))
  .join('\n')
  .replace('model-pair', 'group')}
assert labels.shape == (48, 64) and probabilities.shape == (3, 48, 64), (labels.shape, probabilities.shape)
assert abs(probabilities.sum(0) - 1).max() < 1e-5`
    expect(runWithFiles(withRuntime!, code)).toEqual({ status: 0, output: '' })
  })
})
