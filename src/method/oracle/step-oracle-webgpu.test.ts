import { readFileSync } from 'node:fs'
import '#gradients'
import { expect, test } from 'vitest'
import { useSoftwareWebgpu } from '../../kernels/testing/dawn.test-support'
import { cases } from './cases.test-support'
import { deviations, runCase, toleranceOf, type Outcome } from './outcome.test-support'

useSoftwareWebgpu()

const stored = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Record<string, Outcome>

// As on wasm, in step-oracle.test.ts; these cases cover all kernels.
test('a step on WebGPU matches PyTorch with the batch in 3 parts', async () => {
  const given = cases['each level alone']!
  const inParts = { ...given, config: { ...given.config, parts: 3 } }
  expect(deviations(await runCase(inParts), stored['each level alone']!, toleranceOf(given))).toEqual({})
})

test.each(['cross, all levels, dice', 'each level alone', 'cross-entropy', 'classes balanced', 'unknown pixels', 'own draws'])(
  'a step on WebGPU matches PyTorch: %s',
  async (name) => {
    const given = cases[name]!
    expect(deviations(await runCase(given), stored[name]!, toleranceOf(given))).toEqual({})
  },
)
