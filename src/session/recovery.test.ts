import { unzipSync } from 'fflate'
import { afterEach, expect, test, vi } from 'vitest'
import { readSafetensors, writeSafetensors } from '../lib/safetensors'
import { LostError } from '../kernels/lost-error'
import { MemoryError } from '../kernels/memory-error'
import type { Config } from '../method/config'
import type { StepMetrics } from '../method/history'
import { StepRunner } from '../method/step-runner'
import { openCheckpoint } from './checkpoint'
import type { Reopen } from './faults'
import { Speed } from './speed'
import { sessionsOnWasm, trainerOf } from './sessions.test-support'
import type { Trainer } from './trainer'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 12, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 4 }

const { openSession, wasm } = sessionsOnWasm()
// Before the sessions end.
afterEach(() => void vi.restoreAllMocks())

async function begin(values: Partial<Config> = {}, reopen: Reopen | null = null) {
  // On a slow machine a state would be kept in between, and the run go back to that.
  vi.spyOn(Speed.prototype, 'keepDue', 'get').mockReturnValue(false)
  const opened = openSession(undefined, reopen)
  const { session, of } = opened
  await session.configure({ ...tiny, ...values })
  await session.loadSample('Cardiac phantom')
  const trainer = () => trainerOf(session)
  return { ...opened, trainer, recoveries: () => of('recovered').at(-1)?.recoveries }
}

/** Makes the losses of a step bad whenever it is taken, so many times. */
function spoil(step: number, loss: number, times: number): void {
  const read = StepRunner.prototype.read
  let left = times
  vi.spyOn(StepRunner.prototype, 'read').mockImplementation(async function (this: StepRunner): Promise<StepMetrics[]> {
    const rows = await read.call(this)
    return rows.map((row) => (row.step === step && left-- > 0 ? { ...row, totalB: loss } : row))
  })
}

/** How far a run had come when a loss was read: steps are read several at a time, more of them where they are quick. */
const atLeast = (step: number): unknown => expect.toSatisfy((reached: number) => reached >= step)

const allFinite = async (trainer: Trainer) =>
  (await trainer.stored()).every(({ parameters }) => Object.values(parameters).every((values) => values.every(Number.isFinite)))

test.each([
  ['explodes', 4e28, /^The loss has grown to 4\.0e\+28 at step 9\. /],
  ['is no number', NaN, /^The loss is no longer a number at step 9\. /],
])('a loss that %s sends the run back to its last good state, with half the learning rate', async (_, loss, words) => {
  const { session, of, runTo, trainer, state, recoveries } = await begin({ learningRate: 0.004, polyPower: 0 })
  await runTo(6)
  spoil(9, loss, 1)
  await runTo(12)
  expect(state()).toMatchObject({ state: 'finished', step: 12 })
  expect(recoveries()).toEqual([{ step: 6, reached: atLeast(9), why: 'loss', learningRate: 0.002 }])
  expect(of('problem')).toEqual([])
  expect(of('recovered').map(({ message }) => message)).toEqual([expect.stringMatching(words)])
  expect(of('recovered')[0]!.message).toMatch(/went back to step 6 and goes on with half the learning rate, 0\.002\.$/)
  const { rows, scores } = trainer()
  expect(rows.map(({ step, learningRate }) => [step, learningRate])).toEqual(
    Array.from({ length: 12 }, (_, i) => [i + 1, i < 6 ? 0.004 : 0.002]),
  )
  expect(scores.map(({ step }) => step)).toEqual([4, 8, 12])
  expect(await allFinite(trainer())).toBe(true)
  const { 'config.json': config } = unzipSync((await session.export('run')).bytes)
  expect(JSON.parse(new TextDecoder().decode(config))).toMatchObject({ config: { learningRate: 0.004 }, recoveries: recoveries() })
})

test('a run that recovered goes on from its checkpoint as it would have without', async () => {
  const { session, runTo } = await begin()
  await runTo(2)
  spoil(4, Infinity, 1)
  await runTo(6)
  const bytes = await session.checkpoint()
  await runTo(12)
  const other = await begin()
  await other.session.restore(bytes)
  expect(other.recoveries()).toEqual([{ step: 2, reached: atLeast(4), why: 'loss', learningRate: expect.any(Number) }])
  await other.runTo(12)
  expect(await other.session.checkpoint()).toEqual(await session.checkpoint())
})

test('a checkpoint that tells of a recovery that cannot be is damaged', async () => {
  const { session, runTo } = await begin()
  await runTo(2)
  const { tensors, metadata } = readSafetensors(await session.checkpoint())
  // The former format, which anybody can write: it has no seal.
  const withOne = (recovery: unknown) =>
    openCheckpoint(writeSafetensors(tensors, { ...metadata, format: 'exemplar-lab-checkpoint-1', recoveries: JSON.stringify([recovery]) }))
  const one = { step: 1, reached: 2, why: 'loss', learningRate: 0.001 }
  expect((await withOne(one)).recoveries).toEqual([one])
  for (const odd of [{ step: 0.5 }, { reached: '<b>2</b>' }, { why: 'luck' }, { learningRate: null }])
    await expect(withOne({ ...one, ...odd })).rejects.toThrow('The checkpoint is damaged')
  await expect(withOne(null)).rejects.toThrow('The checkpoint is damaged')
})

test('after three times the run stops with one sentence, and its weights can be exported', async () => {
  const { session, of, runTo, trainer, state, recoveries } = await begin({ learningRate: 0.008 })
  await runTo(2)
  await runTo(5)
  spoil(7, Infinity, Infinity)
  await runTo(12)
  expect(state()).toMatchObject({ state: 'failed' })
  // The first time to the newest state, then to the one before: the newest may have been bad already.
  expect(recoveries()).toEqual([
    { step: 5, reached: atLeast(7), why: 'loss', learningRate: 0.004 },
    { step: 2, reached: atLeast(7), why: 'loss', learningRate: 0.002 },
    { step: 2, reached: atLeast(7), why: 'loss', learningRate: 0.001 },
  ])
  expect(of('problem')).toMatchObject([
    { kind: 'run', message: expect.stringMatching(/at step 7, though .* halved 3 times\. The weights of step 2 are kept: export them/) },
  ])
  expect(await allFinite(trainer())).toBe(true)
  expect((await session.export('weights')).name).toMatch(/-step-2-.*\.zip$/)
})

test('weights that are no numbers are found where the run rests, before any loss shows them', async () => {
  const { session, runTo, trainer, state, recoveries } = await begin()
  await runTo(3)
  const stored = trainer().stored.bind(trainer())
  vi.spyOn(trainer(), 'stored').mockImplementationOnce(async () => {
    const models = await stored()
    models[1].parameters['head.bias']![0] = NaN
    return models
  })
  await runTo(12)
  expect(recoveries()).toMatchObject([{ step: 3, reached: 12, why: 'loss' }])
  expect(state()).toMatchObject({ state: 'paused', step: 3 })
  await session.resume()
  await session.settled()
  expect(state()).toMatchObject({ state: 'finished', step: 12 })
})

test('a backend that is lost is opened anew, and the run ends with the weights of one that was not interrupted', async () => {
  const whole = await begin()
  await whole.runTo(12)
  const asked: unknown[] = []
  const reopen: Reopen = (...given) => {
    asked.push(given)
    return Promise.resolve({ ...wasm(), adapter: 'opened anew' })
  }
  const { session, of, runTo, trainer, state, recoveries } = await begin({}, reopen)
  await runTo(4)
  // In the middle of a step, which the loss makes throw.
  const { read } = StepRunner.prototype
  vi.spyOn(StepRunner.prototype, 'read').mockImplementationOnce(async function (this: StepRunner) {
    await read.call(this)
    throw new LostError('The GPU was lost (a test)')
  })
  await runTo(8)
  expect(recoveries()).toMatchObject([{ step: 4, why: 'backend' }])
  // At rest.
  await session.lose(new LostError('The GPU was lost (again)'))
  expect(state()).toMatchObject({ state: 'paused', step: 8 })
  await runTo(12)
  expect(state()).toMatchObject({ state: 'finished', step: 12 })
  expect(asked).toEqual([
    ['wasm', false],
    ['wasm', false],
  ])
  expect(session.backend.adapter).toBe('opened anew')
  expect(of('problem')).toEqual([])
  expect(of('recovered').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^The GPU was lost \(a test\)\. It was opened anew; the run goes on from step 4, \d+ before where it was\.$/),
    'The GPU was lost (again). It was opened anew; the run goes on from step 8, where it was.',
  ])
  expect(await trainer().stored()).toEqual(await whole.trainer().stored())
  expect(trainer().rows).toEqual(whole.trainer().rows)
})

test('a backend that is lost at the same step again is left, and one that cannot be had ends the run with a sentence', async () => {
  const asked: boolean[] = []
  const { of, runTo, state } = await begin({}, (_, host) => {
    asked.push(host)
    return Promise.resolve(wasm())
  })
  vi.spyOn(StepRunner.prototype, 'read').mockRejectedValue(new WebAssembly.RuntimeError('memory access out of bounds'))
  await runTo(12)
  expect(asked).toEqual([false, true])
  expect(state().state).toBe('failed')
  expect(of('problem')).toMatchObject([
    { kind: 'backend', message: 'WebAssembly stopped (memory access out of bounds), again and again. Reload the page.' },
  ])
})

test('memory that runs out in mid-run pauses it at a good state, and fewer images at once go on from there', async () => {
  const { session, of, runTo, trainer, state } = await begin({ size: 48, steps: 8, batchLabeled: 4, batchUnlabeled: 4 })
  await runTo(3)
  vi.spyOn(StepRunner.prototype, 'step').mockImplementationOnce(() => {
    throw new MemoryError('Full.')
  })
  await runTo(8)
  expect(state()).toMatchObject({ state: 'paused', step: 3 })
  const { message, offers } = of('problem').at(-1)!
  expect(message).toMatch(/^There is not enough memory for this run, which needs about .*: take batch 4 in \d parts/)
  await session.configure(offers![0]!.values)
  await expect(session.configure({ size: 64 })).rejects.toThrow(/new run/)
  await runTo(8)
  expect(state()).toMatchObject({ state: 'finished', step: 8 })
  expect(trainer().rows.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})
