import * as tf from '@tensorflow/tfjs-core'
import { unzipSync } from 'fflate'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { makePng } from '../data/files.test-support'
import { fromBytes, type GivenFile } from '../data/given-file'
import type { Config } from '../method/config'
import type { BackendInfo, FileRole, SessionEvent } from './events'
import { Session } from './session'
import { openWasm } from './wasm.test-support'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 8, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 3 }

let backend: BackendInfo
beforeAll(async () => {
  backend = await openWasm()
})
let open: Session[] = []
afterEach(async () => {
  await Promise.all(open.map((session) => session.reset()))
  open = []
  expect(tf.memory().numTensors, 'tensors left behind').toBe(0)
})

/** A session, as in a fresh page, with the events it sent. */
function begin() {
  const events: SessionEvent[] = []
  const session = new Session(backend, (event) => events.push(event))
  open.push(session)
  const of = <T extends SessionEvent['type']>(type: T) => events.filter((e): e is SessionEvent & { type: T } => e.type === type)
  const goOn = async (until = Infinity) => {
    session.pauseAfter = until
    await (session.state === 'ready' ? session.start() : session.resume())
    await session.settled()
  }
  return { session, of, goOn, state: () => of('state').at(-1)!, dataset: () => of('dataset').at(-1)! }
}

/** A disc of value 2 in a ring of value 1, moved by dx. */
function disc(dx: number) {
  const rows = (f: (r: number) => number) =>
    Array.from({ length: 40 }, (_, y) => Array.from({ length: 48 }, (_, x) => f(Math.hypot(x - 20 - dx, y - 20))))
  return { image: rows((r) => (r < 6 ? 220 : r < 12 ? 120 : 30)), mask: rows((r) => (r < 6 ? 2 : r < 12 ? 1 : 0)) }
}
const png = (name: string, rows: number[][]) => fromBytes(name, makePng(name, { rows }).bytes)
const inRole = (role: FileRole | null, files: GivenFile[]) => files.map((file) => ({ role, file }))

const images = [-3, 2, 4].map((dx, i) => png(`p${i}_1.png`, disc(dx).image))
const exemplar = [
  ...inRole('exemplar-image', [png('e_1.png', disc(0).image)]),
  ...inRole('exemplar-mask', [png('e_1_mask.png', disc(0).mask)]),
]

test('the archive of a run is part of its export, and continues with its images', async () => {
  const { session, goOn } = begin()
  await expect(session.archive()).rejects.toThrow('nothing to save')
  await session.configure(tiny)
  const files = [...exemplar, ...inRole('unlabeled', images)]
  await session.loadFiles(files)
  await goOn(5)
  const bytes = await session.archive()
  const exported = unzipSync((await session.export('run')).bytes)
  const entries = unzipSync(bytes)
  expect(Object.keys(entries)).toEqual(['config.json', 'checkpoint.safetensors'])
  for (const [name, content] of Object.entries(entries)) expect(exported[name]).toEqual(content)
  expect(await session.archive()).toEqual(bytes)
  await goOn()

  const again = begin()
  await again.session.loadFiles([...files, ...inRole(null, [fromBytes('run.zip', bytes)])])
  expect(again.state()).toMatchObject({ state: 'paused', step: 5 })
  expect(await again.session.archive()).toEqual(bytes)
  await again.goOn()
  expect(again.state()).toMatchObject({ state: 'finished', step: 8 })
  expect(await again.session.checkpoint()).toEqual(await session.checkpoint())
})
