import { describe, expect, test } from 'vitest'
import type { Config } from '../method/config'
import type { Network } from '../method/history'
import type { StoredModel } from '../method/model'
import { sessionsOnWasm, trainerOf } from './sessions.test-support'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 6, warmup: 0, ramp: 0, tau: 0.34, scoreEvery: 100 }

const { openSession } = sessionsOnWasm()

async function begin(values: Partial<Config> = {}) {
  const opened = openSession()
  await opened.session.configure({ ...tiny, ...values })
  await opened.session.loadSample('Cardiac phantom')
  const trainer = () => trainerOf(opened.session)
  /** A's state and B's, with moments and running statistics. */
  const state = async (): Promise<Record<Network, StoredModel>> => {
    const [A, B] = await trainer().stored()
    return { A, B }
  }
  return { ...opened, trainer, networks: state }
}

describe.each([
  ['Adam', {}],
  ['SGD, running statistics, weight decay', { optimizer: 'sgd', norm: 'batch', weightDecay: 0.01 }],
  ['a batch in parts, taught by itself', { parts: 2, teacher: 'self' }],
] as [string, Partial<Config>][])('a step of one network alone, %s', (_, values) => {
  test.each(['A', 'B'] as const)('%s learns as in a step of both, and the other is as before to the last bit', async (only) => {
    const other = only === 'A' ? 'B' : 'A'
    const both = await begin(values)
    const alone = await begin(values)
    for (const { session } of [both, alone]) await session.step()
    const before = await alone.networks()
    await both.session.step()
    await alone.session.step(only)
    const [expected, after] = [await both.networks(), await alone.networks()]
    expect(after[only]).toEqual(expected[only])
    expect(after[only]).not.toEqual(before[only])
    expect(after[other]).toEqual(before[other])
    expect(expected[other]).not.toEqual(before[other])
    // What was measured in it is what a step of both measures.
    const { only: said, ...row } = alone.trainer().rows[1]!
    expect(said).toBe(only)
    expect(row).toEqual(both.trainer().rows[1])
  })
})

test('it counts once, is noted in the curves and the table, and a checkpoint with it goes on as the run does', async () => {
  const { session, state, of, runTo, networks } = await begin()
  await session.step('A')
  expect(state()).toMatchObject({ state: 'paused', step: 1 })
  await runTo(3)
  await session.step('B')
  await session.step()
  const bytes = await session.checkpoint()
  expect(of('metrics').flatMap(({ rows }) => rows.map(({ step, only }) => [step, only]))).toEqual([
    [1, 'A'],
    [2, undefined],
    [3, undefined],
    [4, 'B'],
    [5, undefined],
  ])
  const again = await begin()
  await again.session.restore(bytes)
  expect(await again.session.checkpoint()).toEqual(bytes)
  await runTo()
  await again.runTo()
  expect(state()).toMatchObject({ state: 'finished', step: 6 })
  expect(await again.networks()).toEqual(await networks())
  expect(again.trainer().rows.map(({ only }) => only)).toEqual(['A', undefined, undefined, 'B', undefined, undefined])
  const files = await session.files('run')
  const csv = new TextDecoder().decode((files['metrics.csv'] as Uint8Array) ?? new Uint8Array())
  const [head, ...lines] = csv
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  expect(lines.map((cells) => cells[head!.indexOf('only')])).toEqual(['A', '', '', 'B', '', ''])
})

test('only from where a step is allowed', async () => {
  const { session, state } = await begin({ steps: 1 })
  await session.step('B')
  expect(state()).toMatchObject({ state: 'finished', step: 1 })
  await session.step('A')
  expect(state()).toMatchObject({ state: 'finished', step: 1 })
})
