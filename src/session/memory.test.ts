import * as tf from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { expect, test } from 'vitest'
import { makeConfig, presets, type Config } from '../method/config'
import { emptyDataset, type Dataset } from './dataset'
import { afterMemoryError, NoRoomError, refuseTooLarge, refuseTooLargeExport, reportOf, type Room } from './memory'
import { makeVolume } from '../data/volume'
import { ProblemError } from './problem'
import { sampleDataset } from './samples'
import { sessionsOnWasm } from './sessions.test-support'

const { openSession } = sessionsOnWasm()

const dataset = sampleDataset('Cardiac phantom')
const tiny: Partial<Config> = { size: 32, baseWidth: 4, batchLabeled: 4, batchUnlabeled: 4, steps: 2, warmup: 0, ramp: 0 }

async function begin(values: Partial<Config>) {
  const { session, of } = openSession()
  await session.configure(values)
  await session.loadSample('Cardiac phantom')
  return { session, problems: () => of('problem') }
}

/** The error of something refused. */
function refusalOf(config: Config, room: Room, of = dataset): NoRoomError {
  try {
    refuseTooLarge(of, config, room, 'wasm')
  } catch (error) {
    if (error instanceof NoRoomError) return error
    throw error
  }
  throw new Error('It was not refused.')
}

test('settings that have room are not refused', () => {
  for (const preset of [presets.Quick, presets.Balanced, presets.Best, presets.Paper])
    expect(() => refuseTooLarge(dataset, makeConfig(preset), { total: 3.8e9, largest: 2e9, owner: 'WebAssembly' }, 'wasm')).not.toThrow()
})

test('preset Paper in one part on wasm is refused before the first step, with settings that have room', async () => {
  const { session } = await begin({ ...presets.Paper, parts: 1 })
  const error = (await session.start().catch((e: unknown) => e)) as ProblemError
  const { kind, message, offers } = error.problem!
  expect(kind).toBe('input')
  expect(message).toMatch(
    /^This run needs about 6\.\d GB of memory, and WebAssembly has 3\.9 GB: take batch 12 in 2 parts, or size 1\d\d\.$/,
  )
  expect(offers![0]).toEqual({ label: 'batch 12 in 2 parts', values: { parts: 2 } })
  expect(session.state).toBe('ready')
})

test('every offer has room, is the least change of its kind, and then runs', async () => {
  const config = makeConfig(tiny)
  const { bytes } = reportOf(dataset, config, { total: null, largest: null, owner: '' }, 'wasm')
  const room = { total: 0.85 * bytes, largest: null, owner: 'a small machine' }
  const { offers, message } = refusalOf(config, room)
  expect(message).toContain('a small machine has')
  expect(offers.map(({ values }) => values)).toEqual([{ parts: 2 }, { size: 16 }])
  for (const { values } of offers) {
    const other = makeConfig(values, config)
    expect(reportOf(dataset, other, room, 'wasm').fits).toBe(true)
    const { session } = await begin(other)
    await session.start()
    await session.settled()
    expect(session.state).toBe('finished')
    await session.reset()
  }
})

test('a tensor larger than a backend takes is refused, and what can be shared out is', () => {
  const { message, offers } = refusalOf(makeConfig(presets.Paper), { total: null, largest: 128 * 2 ** 20, owner: 'this GPU' })
  expect(message).toMatch(/^This run needs a tensor of \d+ MB, and this GPU has at most 134 MB: take batch 12 in \d+ parts, or size \d+\.$/)
  expect(offers.length).toBe(2)
})

test('more images than one tensor can have are refused, and the batch in more parts is not offered', () => {
  const many = { ...dataset, unlabeled: Array.from({ length: 600 }, () => dataset.unlabeled[0]!) }
  const config = makeConfig({ size: 256, parts: 2 })
  const room = { total: null, largest: 128 * 2 ** 20, owner: 'this GPU' }
  expect(() => refuseTooLarge(dataset, config, room, 'wasm')).not.toThrow()
  const refusal = refusalOf(config, room, many)
  expect(refusal.message).toMatch(/^This run needs a tensor of 158 MB, and this GPU has at most 134 MB: take size 2\d\d\.$/)
  for (const { offers } of [refusal, afterMemoryError(many, config, room, 'wasm')])
    expect(offers.map(({ values }) => Object.keys(values))).toEqual([['size']])
})

test('where nothing fits, both together are offered, or nothing', () => {
  const room = (total: number): Room => ({ total, largest: null, owner: 'this' })
  const config = makeConfig({ ...tiny, size: 512, baseWidth: 32, parts: 4 })
  expect(refusalOf(config, room(1e6)).message).toMatch(/: take a smaller size and batch\.$/)
  const one = makeConfig({ ...tiny, size: 512, baseWidth: 4, batchLabeled: 32, batchUnlabeled: 32 })
  const [offer] = refusalOf(one, room(20e6)).offers
  expect(offer?.label).toMatch(/^batch 32 in 32 parts and size \d+$/)
})

test('memory that runs out in the first step is an offer, and the run can then begin', async () => {
  const { session, problems } = await begin({ ...tiny, size: 48 })
  const module = (tf.backend() as BackendWasm).wasm as unknown as { _malloc: (bytes: number) => number }
  const { _malloc } = module
  let left = 12e6
  module._malloc = (bytes) => {
    if ((left -= bytes) >= 0) return _malloc(bytes)
    // As a full heap: the request goes beyond what can be had.
    return _malloc(2 ** 33)
  }
  await session.start()
  await session.settled()
  module._malloc = _malloc
  expect(problems().map(({ message, kind }) => ({ message, kind }))).toEqual([
    {
      kind: 'input',
      message: expect.stringMatching(
        /^There is not enough memory for this run, which needs about \d+ MB: take batch 4 in \d parts, or size 32\.$/,
      ) as string,
    },
  ])
  expect(session.state).toBe('ready')
  await session.configure(problems()[0]!.offers![0]!.values)
  await session.start()
  await session.settled()
  expect(session.state).toBe('finished')
})

test('maps that would take more than a page gets are refused before they are made, with what fits; masks are not', () => {
  const volume = makeVolume({ name: 'ct.nii', kind: 'nifti', size: [512, 512, 200, 1], samples: new Uint8Array(0) })
  const source = { volume } as unknown as Dataset['sources'][number]
  const unlabeled = Array.from({ length: 200 }, () => ({ source })) as unknown as Dataset['unlabeled']
  const dataset = { ...emptyDataset, classes: Array.from({ length: 5 }) as Dataset['classes'], unlabeled }
  expect(() => refuseTooLargeExport(dataset, 'maps')).toThrow(
    'The maps of these images would take about 3.1 GB of memory, and a page gets 2.1 GB at most: export the masks, which take about 157 MB, or the weights, which take little; or segment fewer images at once, about 136 of 200. Nothing is lost.',
  )
  for (const what of ['masks', 'run', 'weights'] as const) expect(() => refuseTooLargeExport(dataset, what)).not.toThrow()
})
