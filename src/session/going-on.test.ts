import { strFromU8, unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import type { Config } from '../method/config'
import { learningRateAt } from '../lib/learning-rate'
import { markWords, shortWords } from '../lib/mark'
import { openCheckpoint } from './checkpoint'
import { exemplar, images, inRole } from './disc-files.test-support'
import { sessionsOnWasm, trainerOf } from './sessions.test-support'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 8, warmup: 0.5, ramp: 0.25, tau: 0.34, scoreEvery: 100 }

const { openSession } = sessionsOnWasm()

async function begin(values: Partial<Config> = {}) {
  const opened = openSession()
  const { session, of } = opened
  await session.configure({ ...tiny, ...values })
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  const trainer = () => trainerOf(session)
  const trainOn = async (more: number) => {
    session.pauseAfter = Infinity
    await session.trainOn(more)
    await session.settled()
  }
  return { ...opened, trainer, trainOn, marks: () => of('marks').at(-1)?.marks ?? [] }
}

test('a finished run trains on: each step once, teaching where it was, the learning rate down to the new end', async () => {
  const { trainer, trainOn, runTo, state, marks } = await begin()
  await runTo()
  expect(state()).toMatchObject({ state: 'finished', step: 8, steps: 8 })
  await trainOn(12)
  expect(state()).toMatchObject({ state: 'finished', step: 20, steps: 20 })
  const { rows, config } = trainer()
  expect(rows.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(rows.map(({ learningRate }) => learningRate)).toEqual(rows.map((_, i) => learningRateAt(i, { ...config, steps: i < 8 ? 8 : 20 })))
  // Of 20 steps half would be 10: the networks would unlearn to teach each other.
  expect(rows.findIndex(({ ramp }) => ramp > 0)).toBe(4)
  expect(rows.slice(8).every(({ ramp }) => ramp === 1)).toBe(true)
  expect(marks()).toEqual([
    { step: 4, what: 'teaching' },
    { step: 8, what: 'steps', to: 20, learningRate: rows[8]!.learningRate },
  ])
})

test('a stopped run is not a finished one; it resumes, or trains on by any number', async () => {
  const { session, runTo, trainOn, state, marks } = await begin()
  await runTo(2)
  await session.stop()
  expect(state()).toMatchObject({ state: 'stopped', step: 2, steps: 8 })
  expect(marks()).toEqual([{ step: 2, what: 'stopped' }])
  const said = strFromU8(unzipSync((await session.export('run')).bytes)['config.json']!)
  expect(JSON.parse(said)).toMatchObject({ state: 'stopped', step: 2, marks: marks() })
  await trainOn(1)
  expect(state()).toMatchObject({ state: 'finished', step: 3, steps: 3 })
  await trainOn(3)
  // Teaching begins after the four steps that it was planned after.
  expect(marks().map(({ step, what }) => [step, what])).toEqual([
    [2, 'stopped'],
    [2, 'steps'],
    [3, 'steps'],
    [4, 'teaching'],
  ])
  const other = await begin()
  await other.runTo(3)
  await other.session.stop()
  await other.runTo()
  expect(other.state()).toMatchObject({ state: 'finished', step: 8 })
})

test('what a run is, and what happened to it, comes back from its checkpoint and goes on alike', async () => {
  const { session, runTo, trainOn, state, marks } = await begin()
  await runTo(5)
  await session.stop()
  const bytes = await session.checkpoint()
  const other = await begin({ seed: 9 })
  await other.session.restore(bytes)
  expect(other.state()).toMatchObject({ state: 'stopped', step: 5 })
  expect(other.marks()).toEqual(marks())
  await trainOn(4)
  await other.trainOn(4)
  const [one, same] = [await session.checkpoint(), await other.session.checkpoint()]
  expect(Buffer.compare(one, same)).toBe(0)
  expect((await openCheckpoint(one)).marks).toEqual(marks())
  expect(other.state()).toMatchObject({ ...state(), run: expect.any(Number), stepsPerSecond: expect.anything() })
})

test('where a run was resumed, lost an exemplar and got another setting is marked, and comes back from its checkpoint', async () => {
  const { session, of, runTo, trainOn, marks } = await begin()
  await runTo(1)
  const [first] = of('dataset').at(-1)!.dataset.exemplars
  await session.configure({ largest: true })
  await session.configure({ parts: 2, largest: true })
  await runTo(2)
  // Nobody waits between these, and a step that follows a rest is no resumption.
  await session.step()
  const { id } = of('dataset').at(-1)!.dataset.unlabeled[2]!
  const { labels, classes } = await session.openPicture(id, true)
  await session.annotate([{ picture: id, labels }], classes)
  await session.removeExemplar(first!.id)
  await session.resume()
  await session.pause()
  const said = [
    { step: 1, what: 'setting', values: { largest: true } },
    { step: 1, what: 'setting', values: { parts: 2 } },
    { step: 1, what: 'resumed' },
    { step: 3, what: 'exemplar', picture: id },
    { step: 3, what: 'removed', picture: first!.id },
  ]
  expect(marks().slice(0, 5)).toEqual(said)
  expect(marks().map((mark) => markWords(mark, () => 'a.png'))).toEqual([
    'Step 1: from here on largest true',
    'Step 1: from here on parts 2',
    'Step 1: resumed',
    'Step 3: "a.png" was added as an exemplar',
    'Step 3: "a.png" is no longer an exemplar',
  ])
  expect(shortWords(marks()[1]!)).toBe('setting: parts 2')
  expect((await openCheckpoint(await session.checkpoint())).marks).toEqual(marks())
  await trainOn(1)
  expect(marks().filter(({ what }) => what === 'resumed')).toHaveLength(1)
})

test('an added exemplar is a mark with its picture, and a run that goes back forgets what came after', async () => {
  const { session, of, runTo, trainer, marks } = await begin()
  await runTo(3)
  const { id, name } = of('dataset').at(-1)!.dataset.unlabeled[2]!
  const { labels, classes } = await session.openPicture(id, true)
  await session.annotate([{ picture: id, labels }], classes)
  expect(marks()).toEqual([{ step: 3, what: 'exemplar', picture: id }])
  expect(markWords(marks()[0]!, (picture) => (picture === id ? name : undefined))).toBe(`Step 3: "${name}" was added as an exemplar`)
  await runTo(6)
  expect(marks().map(({ what }) => what)).toEqual(['exemplar', 'teaching'])
  trainer().goBack(null)
  expect(trainer().t).toBeLessThan(7)
  expect(trainer().marks.every(({ step }) => step <= trainer().t)).toBe(true)
})

test('steps that cannot be added are refused in a sentence, and the run is as it was', async () => {
  const { session, runTo, state } = await begin()
  await expect(session.trainOn(5)).rejects.toThrow('Only a run at rest can be given more steps.')
  await runTo()
  const before = state()
  for (const more of [0, -1, NaN]) await expect(session.trainOn(more)).rejects.toThrow('Give the number of further steps, at least 1.')
  await expect(session.trainOn(100_000)).rejects.toThrow('steps is 100008, but must be a number from 1 to 100000.')
  expect(state()).toEqual(before)
})
