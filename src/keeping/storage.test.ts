import { afterEach, expect, it, vi } from 'vitest'
import { storageReason } from '../lib/storage-reason'
import { boundedStorage, storagePatience, type Storage } from './storage'

afterEach(() => void vi.useRealTimers())

const never = () => new Promise<never>(() => undefined)
const file = { name: 'a', size: 1, read: never }

const silent: Storage = {
  disk: { folders: never, read: never, write: never, remove: never },
  records: { all: never, write: never, remove: never },
  log: { all: never, read: never, write: never, remove: never, follow: () => undefined },
  locks: { take: never, taken: never, free: never },
  room: never,
}

it.each<[string, (storage: Storage) => Promise<unknown>]>([
  ['folders', ({ disk }) => disk.folders()],
  ['read', ({ disk }) => disk.read('a', 'b')],
  ['write', ({ disk }) => disk.write('a', 'b', new Uint8Array(1))],
  ['remove', ({ disk }) => disk.remove('a')],
  ['all', ({ records }) => records.all()],
  ['write a record', ({ records }) => records.write({} as never)],
  ['remove a record', ({ records }) => records.remove('a')],
  ['the run log', ({ log }) => log.all()],
  ['a run of it', ({ log }) => log.read('a')],
  ['write to it', ({ log }) => log.write({} as never)],
  ['remove from it', ({ log }) => log.remove(['a'])],
  ['taken', ({ locks }) => locks.taken()],
  ['room', ({ room }) => room()],
])('%s fails where the browser never answers', async (_, use) => {
  vi.useFakeTimers()
  const failed = use(boundedStorage(silent)).catch(storageReason)
  await vi.advanceTimersByTimeAsync(storagePatience)
  expect(await failed).toBe('its storage does not answer')
})

it('fails in the same way while a file is read', async () => {
  vi.useFakeTimers()
  const { disk } = boundedStorage({ ...silent, disk: { ...silent.disk, read: () => Promise.resolve(file) } })
  const failed = (await disk.read('a', 'b')).read().catch(storageReason)
  await vi.advanceTimersByTimeAsync(storagePatience)
  expect(await failed).toBe('its storage does not answer')
})
