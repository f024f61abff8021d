import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, expect, vi } from 'vitest'
import * as phantoms from '../data/phantom'
import type { Config } from '../method/config'
import { openCheckpoint } from './checkpoint'
import type { BackendInfo, SessionEvent } from './events'
import type { Reopen } from './faults'
import { Session } from './session'
import type { Trainer } from './trainer'
import { openWasm } from './wasm.test-support'

/** Every sample that the tests of a file ask for, drawn once: it takes half a second, and nothing changes what is drawn. */
const drawn = new Map<string, phantoms.Phantom>()
const draw = phantoms.makePhantoms
vi.spyOn(phantoms, 'makePhantoms').mockImplementation((...of) => {
  const key = JSON.stringify(of)
  const known = drawn.get(key) ?? draw(...of)
  drawn.set(key, known)
  return known
})

/** What a checkpoint holds, but for what happened to the run: a run that was resumed equals one that was not, though it says so. */
export async function besidesMarks(bytes: Uint8Array<ArrayBuffer>): Promise<object> {
  const checkpoint = await openCheckpoint(bytes)
  const tensors = Object.fromEntries(Object.entries(checkpoint.tensors).filter(([name]) => name !== 'seal'))
  return { ...checkpoint, marks: checkpoint.marks.filter(({ what }) => what !== 'resumed'), tensors }
}

/** A run of three steps with a score, as short as a run can be. */
export const threeSteps: Partial<Config> = {
  size: 16,
  baseWidth: 4,
  steps: 3,
  warmup: 0,
  ramp: 0,
  tau: 0.34,
  scoreEvery: 2,
  batchLabeled: 2,
  batchUnlabeled: 1,
}

/** What trains in a session, which is private to it. */
export const trainerOf = (session: Session): Trainer => (session as unknown as { run: { open(): Trainer } }).run.open()

/**
 * Opens wasm before the tests of a file, and ends the sessions of each test after it, which must then leave no tensor behind.
 * @returns what opens a session with the events it sent, and the backend once it is open
 */
export function sessionsOnWasm() {
  let backend: BackendInfo
  beforeAll(async () => {
    backend = await openWasm()
  })
  const opened: Session[] = []
  afterEach(async () => {
    for (const session of opened.splice(0)) await session.reset()
    expect(tf.memory().numTensors, 'tensors left behind').toBe(0)
  })

  function openSession(hear: (event: SessionEvent) => void = () => {}, reopen: Reopen | null = null) {
    const events: SessionEvent[] = []
    const report = (event: SessionEvent) => {
      events.push(event)
      hear(event)
    }
    const session = new Session(backend, report, reopen)
    opened.push(session)
    const of = <T extends SessionEvent['type']>(type: T) => events.filter((e): e is SessionEvent & { type: T } => e.type === type)
    /** Starts or resumes, up to the end of a step or of the run. */
    const runTo = async (step = Infinity) => {
      session.pauseAfter = step
      await (session.state === 'ready' ? session.start() : session.resume())
      await session.settled()
    }
    return { session, of, runTo, state: () => of('state').at(-1)! }
  }

  return { openSession, wasm: () => backend }
}
