import '#gradients'
import { beforeAll, describe, expect, test } from 'vitest'
import { configOf, shapesData } from '../../bench/step-bench'
import { stepSizes } from '../../bench/report'
import { useHostBackend } from '../../kernels/testing/host-backends.test-support'
import { scheduleOf } from '../../kernels/parameter-update/parameter-update.twin'
import { learningRateAt } from '../../lib/learning-rate'
import { networkOf, createModels, disposeModels, readModels } from '../../method/model'
import { runStep } from '../../method/step.test-support'
import { findPython, needs } from '../../lib/python.test-support'
import { makeFixture, type Fixture } from './fixture'
import { openJax } from './jax-step'
import { openTorch } from './torch-step'

// No dropout, which each library draws for itself.
const config = { ...configOf(stepSizes.T16), dropout: 0, tau: 0.3 }
const data = shapesData(config)
const steps = 3

let fixture: Fixture
/** Losses of the last of `steps` steps on the same views: four terms of network A, then of B. */
let want: number[]

beforeAll(async () => {
  await useHostBackend('cpu')
  fixture = await makeFixture(config, data)
  const net = networkOf(config, data.classes)
  const models = createModels(net, config)
  let state = await readModels(net, models)
  disposeModels(models)
  for (let i = 0; i < steps; i++) {
    const { metrics, after } = await runStep(net, { data, config, t: 0 }, state, ({ values }) => {
      values['schedule'] = scheduleOf(learningRateAt(0, config), i + 1)
    })
    state = after
    want = [
      [metrics.exemplarA, metrics.syntheticA, metrics.imageA, metrics.featureA],
      [metrics.exemplarB, metrics.syntheticB, metrics.imageB, metrics.featureB],
    ].flat()
  }
})

function expectSame(got: number[]): void {
  expect(got).toHaveLength(want.length)
  got.forEach((loss, i) => expect(Math.abs(loss / want[i]! - 1), `loss ${i}: ${loss}, ours ${want[i]}`).toBeLessThan(1e-4))
}

test('jax-js makes the same steps', { timeout: 300_000 }, async () => {
  const jax = await openJax(fixture, 'wasm')
  expectSame(await jax.run(steps))
  jax.dispose()
})

const python = findPython('torch', 'numpy')
describe.skipIf(!python)(needs('beside PyTorch', python, 'PyTorch and NumPy'), () => {
  test('PyTorch makes the same steps', async () => {
    const torch = await openTorch(fixture, false, 1)
    expectSame((await torch.run(steps)).losses)
    torch.dispose()
  })
})
