import * as tf from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { afterAll, expect, test } from 'vitest'
import { openDawn } from '../kernels/webgpu/node-adapter'
import { Random } from '../lib/random'
import type { Config } from '../method/config'
import { openBackend, reopenBackend, type Platform } from './backend'
import type { SessionEvent } from './events'
import { Session } from './session'
import { trainerOf } from './sessions.test-support'
import { withoutGpu } from './wasm.test-support'

const steps = 15
const config: Partial<Config> = {
  ...{ size: 16, baseWidth: 4, steps, warmup: 0, ramp: 0, tau: 0.34, scoreEvery: 100 },
  ...{ batchLabeled: 2, batchUnlabeled: 1 },
}

const platform: Platform = { ...withoutGpu, webgpu: () => openDawn({ software: true }) }

afterAll(() => void Reflect.deleteProperty(globalThis.navigator ?? {}, 'gpu'))

/** A run whose device is destroyed after each of these steps. @returns its weights, and its recoveries */
async function run(losses: readonly number[]) {
  const events: SessionEvent[] = []
  const onFault = (fault: Error) => void session.lose(fault)
  const info = await openBackend('webgpu', platform, onFault)
  const session: Session = new Session(
    info,
    (event) => events.push(event),
    (on, host) => reopenBackend(on, host, platform, onFault),
  )
  await session.configure(config)
  await session.loadSample('Cardiac phantom')
  session.followLive(false)
  const trainer = trainerOf(session)
  let taken = 0
  const taking = trainer.steps.bind(trainer)
  trainer.steps = async (most) => {
    const next = losses[taken]
    if (next !== undefined && trainer.t >= next) {
      taken++
      // Steps are queued on it when it goes.
      const made = taking(most)
      ;(tf.backend() as WebGPUBackend).device.destroy()
      return made
    }
    // Now and then, as a clock would.
    if (trainer.t % 2 === 0) await trainer.keep()
    return taking(1)
  }
  await session.start()
  await session.settled()
  expect(events.filter(({ type }) => type === 'problem')).toEqual([])
  expect(session.state).toBe('finished')
  const found = { weights: await trainer.stored(), rows: trainer.rows, recoveries: trainer.recoveries }
  await session.reset()
  return found
}

test('a run whose device is lost five times at random ends with the weights of one that was not', { timeout: 500_000 }, async () => {
  const whole = await run([])
  const random = new Random(1, 'losses')
  const losses = Array.from({ length: 5 }, (_, i) => 1 + 3 * i + random.integer(2))
  const { weights, rows, recoveries } = await run(losses)
  expect(recoveries.map(({ why }) => why)).toEqual(Array(5).fill('backend'))
  // Not more than what was done since the last state.
  for (const { step, reached } of recoveries) expect(reached - step).toBeLessThan(2 + 32)
  expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
  let most = 0
  weights.forEach(({ parameters }, k) => {
    for (const [name, values] of Object.entries(parameters))
      values.forEach((v, i) => (most = Math.max(most, Math.abs(v - whole.weights[k]!.parameters[name]![i]!))))
  })
  expect(most).toBeLessThan(1e-5)
})
