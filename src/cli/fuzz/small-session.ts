/** A session small enough to be made a thousand times: three pictures of 16 x 16, one with a mask, on wasm. */
import { makePng } from '../../data/files.test-support'
import { fromBytes } from '../../data/given-file'
import { nodePlatform } from '../platform'
import { makeConfig } from '../../method/config'
import { openBackend } from '../../session/backend'
import type { BackendInfo, SessionEvent } from '../../session/events'
import { Session } from '../../session/session'
import { Fault } from './target'

export const smallConfig = makeConfig({
  size: 16,
  baseWidth: 4,
  steps: 2,
  warmup: 0,
  ramp: 0,
  scoreEvery: 2,
  batchLabeled: 2,
  batchUnlabeled: 2,
})

const side = 16
const picture = (brightness: number) =>
  Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => ((x - 7) ** 2 + (y - 7) ** 2 < 25 ? brightness : (x * 3 + y) % 40)),
  )
const mask = Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => ((x - 7) ** 2 + (y - 7) ** 2 < 25 ? 1 : 0)))

/** Names and bytes of the pictures, and of the mask of the first. */
export const smallFiles = [
  { name: 'a.png', rows: picture(200) },
  { name: 'b.png', rows: picture(150) },
  { name: 'c.png', rows: picture(120) },
  { name: 'a_mask.png', rows: mask },
].map(({ name, rows }) => ({ name, bytes: makePng(name, { rows }).bytes as Uint8Array<ArrayBuffer> }))

export const asGiven = (files: readonly { name: string; bytes: Uint8Array<ArrayBuffer> }[]) =>
  files.map(({ name, bytes }) => ({ role: null, file: fromBytes(name, bytes) }))

let backend: Promise<BackendInfo> | null = null

/** The backend, opened once. */
export const smallBackend = (): Promise<BackendInfo> =>
  (backend ??= openBackend('wasm', nodePlatform, (fault) => {
    throw new Fault(fault.message)
  }))

/** A session on the pictures, ready to start. */
export async function smallSession(report: (event: SessionEvent) => void = () => {}): Promise<Session> {
  const session = new Session(await smallBackend(), report)
  await session.configure(smallConfig)
  await session.loadFiles(asGiven(smallFiles))
  return session
}
