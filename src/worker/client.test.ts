import { expect, it } from 'vitest'
import { Client, RequestError, type WorkerLike } from './client'
import { FakeWorker } from './fake-worker.test-support'
import type { Event } from './protocol'

function make() {
  const workers: FakeWorker[] = []
  const events: Event[] = []
  const gone: string[] = []
  const client = new Client(
    (event) => events.push(event),
    (how) => gone.push(how),
    () => {
      const worker = new FakeWorker()
      workers.push(worker)
      return worker as unknown as WorkerLike
    },
  )
  return { client, workers, events, gone }
}

const state = (run: number): Event => ({ type: 'state', state: 'ready', step: 0, steps: 600, stepsPerSecond: null, secondsLeft: null, run })

it('transfers drawn labels and nothing else', () => {
  const { client, workers } = make()
  const labels = new Uint8Array([1, 2, 3])
  void client.ask('start', {})
  void client.ask('annotate', { drawings: [{ picture: 's/2/0/0', labels }], classes: [] })
  expect(workers[0]!.posted.map((p) => p.transfer)).toEqual([[], [labels.buffer]])
})

it('ends each request with its own outcome, in any order', async () => {
  const { client, workers, events } = make()
  const exported = client.ask('export', { what: 'run', options: { format: 'source', keepIdentifiers: false, rename: false } })
  const configured = client.ask('configure', { values: {} })
  const [first, second] = workers[0]!.posted.map(({ command }) => command.id)
  const problem = { kind: 'input', message: 'No.', file: null } as const
  workers[0]!.say({ type: 'failed', id: second!, problem })
  await expect(configured).rejects.toEqual(new RequestError(problem))
  workers[0]!.say({ type: 'problem', run: 0, ...problem })
  const answer = { name: 'run.zip', bytes: new Uint8Array(2) }
  workers[0]!.say({ type: 'done', id: first!, answer })
  expect(await exported).toBe(answer)
  // A second outcome, or one that nobody waits for, is ignored.
  workers[0]!.say({ type: 'failed', id: first!, problem })
  expect(events.map(({ type }) => type)).toEqual(['problem'])
})

it('takes an error that the worker survives for what it is, tells it once, and fails nothing', async () => {
  const { client, workers, events } = make()
  workers[0]!.say({ type: 'alive', lock: null })
  const step = client.ask('step', {})
  workers[0]!.die('boom')
  expect(events).toEqual([])
  expect(workers[0]!.posted.at(-1)!.command).toEqual({ type: 'ping' })
  workers[0]!.say({ type: 'beat' })
  workers[0]!.say({ type: 'beat' })
  expect(events).toMatchObject([{ type: 'problem', kind: 'run', message: expect.stringMatching(/which goes on \(boom\)/) }])
  workers[0]!.say({ type: 'done', id: workers[0]!.idOf('step'), answer: undefined })
  await step
  client.dispose()
})

it('fails pending requests when the worker dies or is ended, each once and silently', async () => {
  const { client, workers, events } = make()
  const told = new RequestError(null)
  const [start, step] = [client.ask('start', {}), client.ask('step', {})]
  workers[0]!.die('boom')
  await expect(start).rejects.toEqual(told)
  await expect(step).rejects.toEqual(told)
  expect(events).toHaveLength(1)
  const stop = client.ask('stop', {})
  client.restart()
  await expect(stop).rejects.toEqual(told)
  const reset = client.ask('reset', {})
  client.dispose()
  await expect(reset).rejects.toEqual(told)
  await expect(client.ask('start', {})).rejects.toEqual(told)
  expect(workers[1]!.posted).toHaveLength(1)
  expect(events).toHaveLength(1)
})

it("turns the worker's own errors into problems of the newest run", () => {
  const { workers, events } = make()
  workers[0]!.say(state(4))
  workers[0]!.dispatchEvent(new globalThis.Event('messageerror'))
  expect(events.slice(1)).toMatchObject([{ type: 'problem', kind: 'bug', run: 4 }])
})

it('drops messages from an ended worker', () => {
  const { client, workers, events } = make()
  client.restart()
  expect(workers.map((w) => w.ended)).toEqual([true, false])
  workers[0]!.say(state(9))
  workers[0]!.dispatchEvent(new globalThis.Event('error'))
  expect(events).toEqual([])
  workers[1]!.say(state(0))
  expect(events).toHaveLength(1)
})
