import { expect, it } from 'vitest'
import { Client, type WorkerLike } from './client'
import type { Command, Event } from './protocol'

/** Stands in for a Worker: keeps what was posted and lets a test raise its events. */
class FakeWorker extends EventTarget {
  posted: { command: Command; transfer: Transferable[] }[] = []
  ended = false
  postMessage(command: Command, transfer: Transferable[]) {
    this.posted.push({ command, transfer })
  }
  terminate() {
    this.ended = true
  }
  say(event: Event) {
    this.dispatchEvent(Object.assign(new globalThis.Event('message'), { data: event }))
  }
}

function make() {
  const workers: FakeWorker[] = []
  const events: Event[] = []
  const client = new Client(
    (event) => events.push(event),
    () => {
      const worker = new FakeWorker()
      workers.push(worker)
      return worker as unknown as WorkerLike
    },
  )
  return { client, workers, events }
}

const state = (run: number): Event => ({ type: 'state', state: 'ready', step: 0, steps: 600, stepsPerSecond: null, secondsLeft: null, run })

it('gives drawn labels away and nothing else', () => {
  const { client, workers } = make()
  const labels = new Uint8Array([1, 2, 3])
  client.send({ type: 'start' })
  client.send({ type: 'annotate', of: 'pile', index: 0, key: 'k', labels, classes: [] })
  expect(workers[0]!.posted.map((p) => p.transfer)).toEqual([[], [labels.buffer]])
})

it("turns the worker's own errors into problems of the newest run", () => {
  const { workers, events } = make()
  workers[0]!.say(state(4))
  workers[0]!.dispatchEvent(Object.assign(new globalThis.Event('error'), { message: 'boom' }))
  workers[0]!.dispatchEvent(new globalThis.Event('messageerror'))
  expect(events.slice(1)).toMatchObject([
    { type: 'problem', kind: 'bug', run: 4, message: expect.stringContaining('boom') },
    { type: 'problem', kind: 'bug', run: 4 },
  ])
})

it('drops what an ended worker still says', () => {
  const { client, workers, events } = make()
  client.restart()
  expect(workers.map((w) => w.ended)).toEqual([true, false])
  workers[0]!.say(state(9))
  workers[0]!.dispatchEvent(new globalThis.Event('error'))
  expect(events).toEqual([])
  workers[1]!.say(state(0))
  expect(events).toHaveLength(1)
  client.dispose()
  client.send({ type: 'start' })
  expect(workers[1]!.posted).toEqual([])
})
