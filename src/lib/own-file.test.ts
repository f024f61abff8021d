import { afterEach, expect, test, vi } from 'vitest'
import { fetchOwn, loadOwn, LoadError, throwLoadError } from './own-file'

/** Fails so many times, then gives what it was asked with. */
function failing(times: number) {
  let tries = 0
  return (failures: readonly unknown[]) => {
    tries++
    return tries > times ? Promise.resolve({ tries, known: failures.length }) : Promise.reject(new Error(`failure ${tries}`))
  }
}

test('a file is tried four times, with growing pauses, and each try knows of those before', async () => {
  for (const times of [0, 1, 2, 3]) {
    const pauses: number[] = []
    const wait = (ms: number) => Promise.resolve(void pauses.push(ms))
    expect(await loadOwn('The chart', failing(times), wait)).toEqual({ tries: times + 1, known: times })
    expect(pauses).toHaveLength(times)
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
  }
})

test('after the last try the sentence says what is missing, and whose fault it is not', async () => {
  const wait = () => Promise.resolve()
  const error = await loadOwn('The chart', failing(4), wait).catch((problem: unknown) => problem)
  expect(error).toBeInstanceOf(LoadError)
  expect(error).toMatchObject({
    message: 'The chart could not be loaded from the server; your run is kept.',
    cause: new Error('failure 4'),
  })
})

afterEach(() => vi.unstubAllGlobals())

test('an answer that is not the file is a failure too', async () => {
  vi.useFakeTimers()
  const statuses = [503, 404, 200]
  vi.stubGlobal('fetch', () => {
    const status = statuses.shift()
    return Promise.resolve({ ok: status === 200, status, arrayBuffer: () => Promise.resolve(Uint8Array.of(7).buffer) })
  })
  const bytes = fetchOwn('The decoder', 'decoder.wasm')
  await vi.runAllTimersAsync()
  expect(new Uint8Array(await bytes)).toEqual(Uint8Array.of(7))
  vi.useRealTimers()
})

test('only a failed load is thrown on', () => {
  expect(() => throwLoadError(new LoadError('The chart', null))).toThrow(LoadError)
  expect(() => throwLoadError(new Error('cut short'))).not.toThrow()
  expect(() => throwLoadError('a string, as some libraries throw')).not.toThrow()
})
