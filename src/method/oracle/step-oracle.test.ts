import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setEngine } from '../../kernels/engine'
import { useHostBackend } from '../../kernels/testing/host-backends.test-support'
import { findPython, needs, runPython } from '../../lib/python.test-support'
import { planViews } from '../view-plan'
import { cases } from './cases.test-support'
import { writeFixture } from './fixture.test-support'
import { deviations, runCase, toleranceOf, type Outcome } from './outcome.test-support'

const stored = fileURLToPath(new URL('expected.json', import.meta.url))
const script = fileURLToPath(new URL('step_oracle.py', import.meta.url))
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, Outcome>
const python = findPython('torch', 'numpy')

describe.skipIf(!python)(needs('PyTorch makes the stored numbers', python, 'torch and numpy'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'step-oracle-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeAll(async () => {
    // By the twins, whose images are the same everywhere to the last bit but for the engine's own functions.
    await useHostBackend('cpu')
    const before = tf.memory().numTensors
    await writeFixture(folder, cases)
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
  })

  test('from a fixture written now', () => {
    const made = join(folder, 'expected.json')
    expect(runPython(python!, [script, folder, made])).toEqual({ status: 0, output: '' })
    if (env['UPDATE_ORACLE']) writeFileSync(stored, readFileSync(made))
    const [now, before] = [read(made), read(stored)]
    expect(Object.keys(now)).toEqual(Object.keys(before))
    // Both are in double precision; the images of a fixture may differ in their last bit from engine to engine.
    for (const name of Object.keys(now)) expect(deviations(now[name]!, before[name]!, { metrics: 1e-6, digests: 1e-5 }), name).toEqual({})
  })
})

test('CutMix pastes from other images in each case', () => {
  for (const { config, data, t } of Object.values(cases)) {
    for (const k of [0, 1] as const) {
      const { boxes, partners } = planViews(data, config, t, k)
      expect(partners.filter((partner, i) => partner !== i && boxes[4 * i + 2]! > 0).length).toBeGreaterThan(1)
    }
  }
})

describe('the stored numbers', () => {
  test('belong to our cases, and differ from case to case', () => {
    const outcomes = read(stored)
    expect(Object.keys(outcomes)).toEqual(Object.keys(cases))
    // Of B: self-teaching A does not notice that B has draws of its own.
    const totals = Object.values(outcomes).map(({ metrics }) => metrics['totalB']!)
    for (const [i, a] of totals.entries()) for (const b of totals.slice(0, i)) expect(Math.abs(a - b)).toBeGreaterThan(1e-4)
  })

  test('come from steps that teach some pixels and not others, with networks that disagree', () => {
    for (const [name, { metrics }] of Object.entries(read(stored))) {
      if (name === 'every pixel confident') continue
      for (const share of ['confidentA', 'confidentB', 'foregroundA', 'foregroundB', 'agreement']) {
        expect(metrics[share], `${name}, ${share}`).toBeGreaterThan(0.05)
        expect(metrics[share], `${name}, ${share}`).toBeLessThan(0.95)
      }
    }
  })
})

test('a single wrong or missing number is found', () => {
  const outcome = read(stored)['BatchNorm']!
  const tolerance = { metrics: 1e-6, digests: 1e-5 }
  const changed = structuredClone(outcome)
  expect(deviations(changed, outcome, tolerance)).toEqual({})
  changed.metrics['imageA']! *= 1 + 1e-5
  changed.gradients.B['up.0.conv1.weight']![3]! += 1e-4 * changed.gradients.B['up.0.conv1.weight']![0]!
  delete changed.gradients.A['head.bias']
  changed.running.A['down.0.norm1.running_var']![0]! *= 1 + 1e-4
  changed.sgd.B['change']![2] = NaN
  const found = [
    'metrics.imageA',
    'gradients.A.head.bias',
    'gradients.B.up.0.conv1.weight',
    'running.A.down.0.norm1.running_var',
    'sgd.B.change',
  ]
  expect(Object.keys(deviations(changed, outcome, tolerance))).toEqual(found)
  expect(Object.keys(deviations(outcome, changed, tolerance))).toEqual(found)
})

/** Enough cases to run every kernel. */
const few = ['cross, all levels, dice', 'cross-entropy', 'classes balanced', 'unknown pixels', 'BatchNorm', 'own draws']

describe.each([
  ['wasm', 'ours', Object.keys(cases)],
  ['wasm', 'stock', few],
  ['cpu', 'ours', few],
] as const)('a step on %s with %s kernels matches PyTorch', (backend, engine, names) => {
  beforeAll(async () => {
    await useHostBackend(backend)
    setEngine(engine)
  })
  afterAll(() => setEngine('ours'))

  test.each(names)('%s', async (name) => {
    const before = tf.memory().numTensors
    const given = cases[name]!
    expect(deviations(await runCase(given), read(stored)[name]!, toleranceOf(given))).toEqual({})
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
  })

  // 3 or 4 labelled and 4 unlabelled images: parts of different sizes, at 4 one without a labelled image.
  test.each(names.map((name, i) => ({ name, parts: 2 + (i % 3) })))('$name, the batch in $parts parts', async ({ name, parts }) => {
    const before = tf.memory().numTensors
    const given = { ...cases[name]!, config: { ...cases[name]!.config, parts } }
    expect(deviations(await runCase(given), read(stored)[name]!, toleranceOf(given))).toEqual({})
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before)
  })
})
