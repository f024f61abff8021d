import { serialize } from 'node:v8'
import { expect, it, vi } from 'vitest'
import { makePng } from '../data/files.test-support'
import { makeNifti } from '../data/volumes.test-support'
import { Keeper } from '../keeping/keeper'
import { RunLog } from '../keeping/run-log'
import { usualOptions } from '../session/export-files'
import { Session } from '../session/session'
import { answering } from './answers'
import type { BackendInfo, Command, Event, Given, Outcome, RequestName } from './protocol'

const backend: BackendInfo = { backend: 'cpu', adapter: 'none', software: false }

/** The worker's end of the protocol without a worker. No network is made, so no backend is needed. */
function begin() {
  let posted: (Event | Outcome)[] = []
  const post = (message: Event | Outcome) => void posted.push(message)
  const answer = answering(() => {
    const session = new Session(backend, post)
    const keeper = new Keeper(session, backend, () => undefined)
    const log = new RunLog(
      session,
      () => Promise.resolve(null),
      () => undefined,
      () => undefined,
    )
    return Promise.resolve({ session, keeper, log, keepIn: () => Promise.resolve(), backend, openHost: () => Promise.resolve(backend) })
  }, post)
  let id = 0
  /** Asks, and returns everything posted up to the answer. */
  const ask = async <T extends RequestName>(type: T, given: Given<T>) => {
    posted = []
    await answer({ type, id: ++id, given } as Command)
    const outcomes = posted.filter(({ type }) => type === 'done' || type === 'failed') as Outcome[]
    expect(outcomes.map((outcome) => outcome.id)).toEqual([id])
    const of = <E extends Event['type']>(name: E) => posted.filter(({ type }) => type === name) as unknown as Event<E>[]
    return { outcome: outcomes[0]!, posted, of, bytes: posted.reduce((sum, message) => sum + serialize(message).length, 0) }
  }
  return { ask, answer, posted: () => posted }
}

const file = (role: Given<'load-files'>['files'][number]['role'], name: string, bytes: Uint8Array<ArrayBuffer>) => ({
  role,
  name,
  blob: new Blob([bytes]),
})

const disc = (inside: number, outside: number) =>
  Array.from({ length: 20 }, (_, y) => Array.from({ length: 20 }, (_, x) => (Math.hypot(x - 9, y - 9) < 6 ? inside : outside)))

/** An annotated picture, and a volume of 900 images. */
async function loaded() {
  const lab = begin()
  await lab.ask('init', { backend: 'cpu', threads: 1 })
  const size = [20, 20, 900] as const
  const values = Array.from({ length: 400 * 900 }, (_, i) => (i * 37) % 211)
  await lab.ask('configure', { values: { size: 32 } })
  const { outcome, of } = await lab.ask('load-files', {
    files: [
      file('exemplar-image', 'e.png', makePng('e.png', { rows: disc(200, 50) }).bytes),
      file('exemplar-mask', 'e_mask.png', makePng('e_mask.png', { rows: disc(1, 0) }).bytes),
      file('unlabeled', 'v.nii', makeNifti(size, values, 'i2') as Uint8Array<ArrayBuffer>),
    ],
  })
  expect(outcome).toMatchObject({ type: 'done' })
  const { dataset } = of('dataset').at(-1)!
  expect(dataset.unlabeled).toHaveLength(900)
  return { ...lab, dataset, thumbnails: of('thumbnails') }
}

it('sends only the renamed label among 900 images, and each picture once', async () => {
  const { ask, dataset, thumbnails } = await loaded()
  const ids = [...dataset.unlabeled, ...dataset.exemplars].map(({ id }) => id)
  const sent = thumbnails.flatMap(({ pixels }) => pixels)
  expect(sent.map(([id]) => id).sort()).toEqual([...new Set(ids)].sort())
  expect(sent.every(([, { length }]) => length === dataset.size ** 2)).toBe(true)

  const renamed = await ask('edit-class', { index: 1, name: 'Liver', color: '#123456' })
  expect(renamed.outcome.type).toBe('done')
  expect(renamed.of('class')).toMatchObject([{ info: { index: 1, name: 'Liver', color: '#123456' } }])
  expect(renamed.bytes).toBeLessThan(10_000)

  const { classes } = dataset
  const drawn = await ask('annotate', { drawings: [{ picture: ids[7]!, labels: new Uint8Array(400).fill(1, 0, 200) }], classes })
  expect(drawn.of('thumbnails').map(({ pixels, labels, gone }) => [pixels, labels.map(([id]) => id), gone])).toEqual([[[], [ids[7]], []]])

  const cropped = await ask('configure', { values: { crop: 0.8 } })
  expect(cropped.of('thumbnails').flatMap(({ pixels }) => pixels)).toHaveLength(901)
  expect(cropped.of('thumbnails').flatMap(({ labels }) => labels)).toHaveLength(2)
  const again = await ask('configure', { values: { tau: 0.9 } })
  expect(again.of('dataset')).toHaveLength(1)
  expect(again.of('thumbnails')).toEqual([])

  const fewer = await ask('choose-slices', { source: dataset.sources[0]!.id, axis: 2, frame: null, every: 2 })
  expect(fewer.of('thumbnails').map(({ pixels, gone }) => [pixels.length, gone.length])).toEqual([[0, 449]])
})

it('answers each request by its own id, one failing between two others', async () => {
  const { answer, posted } = begin()
  const commands: Command[] = [
    { type: 'init', id: 1, given: { backend: null, threads: 1 } },
    { type: 'load-sample', id: 2, given: { sample: 'Cardiac phantom' } },
    { type: 'configure', id: 3, given: { values: { size: 17 } } },
    { type: 'export', id: 4, given: { what: 'run', options: { format: 'source', keepIdentifiers: false, rename: false } } },
    { type: 'inspect-source', id: 5, given: { source: 'none' } },
    { type: 'edit-class', id: 6, given: { index: 1, name: 'RV', color: '#000001' } },
  ]
  await Promise.all(commands.map(answer))
  const outcomes = posted().filter(({ type }) => type === 'done' || type === 'failed') as Outcome[]
  expect(outcomes.map((outcome) => [outcome.id, outcome.type])).toEqual([
    [1, 'done'],
    [2, 'done'],
    [3, 'failed'],
    [4, 'failed'],
    [5, 'failed'],
    [6, 'done'],
  ])
  expect(outcomes[0]).toMatchObject({ answer: backend })
  expect(outcomes[3]).toMatchObject({ problem: { kind: 'input', message: 'There is nothing to export before the first step.' } })
})

it('fails requests to a backend that could not be opened, and says why once', async () => {
  const posted: (Event | Outcome)[] = []
  const answer = answering(
    () => Promise.reject(new Error('no engine')),
    (message) => void posted.push(message),
  )
  await answer({ type: 'start', id: 1, given: {} })
  await Promise.all([answer({ type: 'init', id: 2, given: { backend: null, threads: 1 } }), answer({ type: 'start', id: 3, given: {} })])
  expect(posted).toMatchObject([
    { type: 'failed', id: 1, problem: { message: expect.stringContaining('before init') } },
    { type: 'failed', id: 2, problem: { kind: 'bug', message: expect.stringContaining('no engine') } },
    { type: 'failed', id: 3, problem: null },
  ])
})

it('exports though the disk on which the run is to be kept first does not answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const upToDate = vi.spyOn(Keeper.prototype, 'upToDate', 'get').mockReturnValue(false)
  const keep = vi.spyOn(Keeper.prototype, 'keep').mockReturnValue(new Promise(() => undefined))
  try {
    const { ask } = begin()
    await ask('init', { backend: 'cpu', threads: 1 })
    const asked = ask('export', { what: 'masks', options: usualOptions })
    await vi.waitFor(() => expect(keep).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(5000)
    expect((await asked).outcome).toMatchObject({ problem: { message: 'There is nothing to export before the first step.' } })
  } finally {
    for (const spy of [upToDate, keep]) spy.mockRestore()
    vi.useRealTimers()
  }
})
