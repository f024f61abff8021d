/** Masks chosen while a session has data, a run under way, or one at its end. */
import { expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { fromBytes } from '../data/given-file'
import { sessionsOnWasm } from './sessions.test-support'

const { openSession } = sessionsOnWasm()

const side = 16
const png = (name: string, value: (x: number, y: number) => number) => {
  const rows = Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => value(x, y)))
  return { role: null, file: fromBytes(name, makePng('', { rows }).bytes) }
}
const image = (name: string, n: number) => png(name, (x, y) => (x * 11 + y * 7 + n * 31) % 200)
const mask = (name: string, from: number, label: (y: number) => number = () => 1) =>
  png(name, (x, y) => (x >= from && x < from + 6 ? label(y) : 0))

/** "a" to "d": the mask of "a" is called after "b", "c" has its own, and "d" one with a class more. */
async function begin() {
  const { session, of, state } = openSession()
  await session.configure({ size: 16, baseWidth: 4, steps: 40, warmup: 0.25, ramp: 0, scoreEvery: 40 })
  const images = ['a.png', 'b.png', 'c.png', 'd.png'].map((name, n) => image(name, n))
  await session.loadFiles([...images, mask('b_mask.png', 2), mask('c_mask.png', 8)])
  const dataset = () => of('dataset').at(-1)!.dataset
  const pairs = () => dataset().pairs!
  const idOf = (name: string) => pairs().images.find((one) => one.name === name)!.id
  const maskOf = (name: string) => pairs().masks.find((one) => one.name === name)!.id
  const choose = (name: string, its: string | null) => session.chooseMask(idOf(name), its === null ? null : maskOf(its))
  return {
    session,
    dataset,
    pairs,
    choose,
    state,
    references: () =>
      dataset()
        .unlabeled.filter((one) => one.hasReference)
        .map(({ name }) => name),
  }
}

test('before a run: the exemplar moves with its mask, names and settings stay, and it can be taken back', async () => {
  const { session, dataset, pairs, choose, state } = await begin()
  await session.editClass(1, { name: 'heart', color: '#112233' })
  expect(await choose('a.png', 'b_mask.png')).toBe('"a.png" has "b_mask.png" now. "b.png" has no mask now. The exemplar is "a.png" now.')
  expect(state()).toMatchObject({ state: 'ready', step: 0, steps: 40 })
  expect(dataset()).toMatchObject({ exemplars: [{ name: 'a.png' }], classes: [{}, { name: 'heart', color: '#112233' }], missing: [] })
  expect(pairs().undo).toBe('the mask of a.png')
  expect(await session.undoMask()).toBe('"b.png" has "b_mask.png" now. "a.png" has no mask now. The exemplar is "b.png" now.')
  expect(dataset()).toMatchObject({ exemplars: [{ name: 'b.png' }], classes: [{}, { name: 'heart' }], pairs: { undo: null } })
  await expect(session.undoMask()).rejects.toThrow('There is no chosen mask to take back.')
  await expect(session.chooseMask('no such image', null)).rejects.toThrow('This image is no longer loaded')
})

test('nothing is left to learn from: the session waits, and goes on when it is taken back', async () => {
  const { session, dataset, choose, state } = await begin()
  await choose('c.png', null)
  expect(await choose('b.png', null)).toContain('There is no exemplar now: give an image its mask, or draw one.')
  expect([state().state, dataset().missing]).toEqual(['empty', ['an exemplar mask']])
  await session.undoMask()
  expect(state().state).toBe('ready')
})

test('while a run is under way it is refused at once; paused, a reference changes nothing that was learnt', async () => {
  const { session, choose, state, references } = await begin()
  session.pauseAfter = 1
  await session.start()
  await expect(choose('d.png', 'c_mask.png')).rejects.toThrow('Pause or stop the run before you change which mask is of which image.')
  await session.settled()
  const { step, run } = state()
  const weights = await session.checkpoint()
  expect(references()).toEqual(['c.png'])
  await choose('d.png', 'c_mask.png')
  await session.settled()
  expect(references()).toEqual(['d.png'])
  expect(state()).toMatchObject({ state: 'paused', step, run })
  expect(await session.checkpoint()).toEqual(weights)
})

test('a run goes on with another exemplar of the same classes, and no others', async () => {
  const { session, dataset, choose, state } = await begin()
  await session.loadFiles([{ ...mask('d_mask.png', 4, (y) => 1 + Number(y > 8)), role: 'reference' }])
  await session.step()
  await session.settled()
  await choose('a.png', 'b_mask.png')
  expect(state()).toMatchObject({ state: 'paused', step: 1 })
  expect(dataset().exemplars.map(({ name }) => name)).toEqual(['a.png'])
  await expect(choose('a.png', 'd_mask.png')).rejects.toThrow('The labels cannot change during a run')
  for (const name of ['b.png', 'c.png', 'd.png']) await choose(name, null)
  await expect(choose('a.png', null)).rejects.toThrow('The run would be left without an exemplar mask')
  expect(dataset().exemplars.map(({ name }) => name)).toEqual(['a.png'])
  await session.step()
  expect(state().step).toBe(2)
  await session.stop()
  await session.settled()
  await choose('d.png', 'b_mask.png')
  expect(state()).toMatchObject({ state: 'paused', step: 2 })
  expect(dataset().exemplars.map(({ name }) => name)).toEqual(['d.png'])
})
