import { expect, test } from 'vitest'
import { LoadError } from '../lib/own-file'
import { FakeWorker } from './fake-worker.test-support'
import { startedWorker, type WorkerLike } from './started-worker'

/** A worker, those that were made for it, what it said, and the end of its present pause. */
function open() {
  const made: FakeWorker[] = []
  const heard: { type: string; error?: unknown; message?: unknown; data?: unknown }[] = []
  let endPause = () => {}
  const make = () => {
    made.push(new FakeWorker())
    return made.at(-1) as unknown as WorkerLike
  }
  const worker = startedWorker(make, () => new Promise((done) => (endPause = done)))
  for (const type of ['message', 'error']) worker.addEventListener(type, (event) => heard.push(event))
  /** The script does not come, and the pause after that is over. */
  const refuse = async () => {
    made.at(-1)!.die('')
    await new Promise(setImmediate)
    endPause()
    await new Promise(setImmediate)
  }
  return { worker, made, heard, refuse }
}

const answer = { type: 'done', id: 1, answer: undefined } as const

test('a worker whose script did not come is started again, and gets what was posted meanwhile', async () => {
  const { worker, made, heard, refuse } = open()
  worker.postMessage('first')
  await refuse()
  worker.postMessage('second')
  expect(made.map(({ posted }) => posted.map(({ command }) => command))).toEqual([['first'], ['first', 'second']])
  made[1]!.say(answer)
  expect(heard).toMatchObject([{ type: 'message', data: answer }])
  // A late event of the one before is not its own.
  made[0]!.say(answer)
  expect(heard).toHaveLength(1)
})

test('what it is given is copied until it has spoken, then transferred', () => {
  const { worker, made } = open()
  const { buffer } = new Uint8Array(3)
  worker.postMessage('first', [buffer])
  made[0]!.say(answer)
  worker.postMessage('second', [buffer])
  expect(made[0]!.posted.map(({ transfer }) => transfer)).toEqual([undefined, [buffer]])
})

test('after four tries it says so, once', async () => {
  const { made, heard, refuse } = open()
  for (let i = 0; i < 5; i++) await refuse()
  expect(made).toHaveLength(4)
  expect(heard).toMatchObject([{ type: 'error', message: 'The engine could not be loaded from the server; your run is kept.' }])
  expect(heard[0]!.error).toBeInstanceOf(LoadError)
})

test('an error of a script that came is passed on, and one after it has spoken too', async () => {
  const { made, heard, refuse } = open()
  made[0]!.die('x is not defined')
  await refuse()
  expect(made).toHaveLength(1)
  expect(heard.map(({ type, message }) => [type, message])).toEqual([
    ['error', 'x is not defined'],
    ['error', ''],
  ])
})

test('one that was ended stays so', async () => {
  const { worker, made, heard, refuse } = open()
  worker.terminate()
  await refuse()
  expect(made).toHaveLength(1)
  expect(made[0]!.ended).toBe(true)
  expect(heard).toEqual([])
})
