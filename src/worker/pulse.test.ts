import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Pulse, pulsePace } from './pulse'

/** Locks as a browser has them: a request is granted when whoever holds the name dies. */
function fakeLocks() {
  const waiting = new Map<string, () => void>()
  const request = (name: string, { signal }: { signal: AbortSignal }, granted: () => void) =>
    new Promise<void>((resolve, reject) => {
      waiting.set(name, () => resolve(granted()))
      signal.addEventListener('abort', () => {
        waiting.delete(name)
        reject(new DOMException('', 'AbortError'))
      })
    })
  vi.stubGlobal('navigator', { locks: { request } })
  return waiting
}

let clock = 0
beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(performance, 'now').mockImplementation(() => clock)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

function begin() {
  const gone: string[] = []
  let pings = 0
  const pulse = new Pulse(
    () => pings++,
    (how) => gone.push(how),
  )
  /** Looks that come on time, or so many milliseconds late. */
  const looks = (count: number, late = 0) => {
    for (let i = 0; i < count; i++) {
      clock += pulsePace.every + late
      vi.advanceTimersByTime(pulsePace.every)
    }
  }
  return { pulse, gone, looks, pings: () => pings }
}

it('tells within ten seconds that nothing is heard, and not before', () => {
  const { pulse, gone, looks, pings } = begin()
  looks(100)
  // Its script may take long to arrive.
  expect([gone, pings()]).toEqual([[], 0])
  pulse.heard({ type: 'alive', lock: null })
  looks(pulsePace.looks)
  expect([gone, pings()]).toEqual([[], pulsePace.looks])
  looks(1)
  expect(gone).toEqual(['silent'])
  expect((pulsePace.looks + 1) * pulsePace.every).toBeLessThan(10_000)
  looks(pulsePace.looks)
  expect(gone).toEqual(['silent'])
  looks(1)
  expect(gone).toEqual(['silent', 'silent'])
  pulse.end()
  looks(100)
  expect(gone).toHaveLength(2)
})

it('takes anything heard for a sign of life', () => {
  const { pulse, gone, looks } = begin()
  pulse.heard({ type: 'alive', lock: null })
  for (let i = 0; i < 20; i++) {
    looks(pulsePace.looks)
    pulse.heard()
  }
  expect(gone).toEqual([])
})

it('draws no conclusion from looks that come late: after a sleep, in a throttled tab, behind a busy page', () => {
  const { pulse, gone, looks } = begin()
  pulse.heard({ type: 'alive', lock: null })
  looks(pulsePace.looks)
  // The lid was closed for an hour.
  looks(1, 3_600_000)
  looks(pulsePace.looks)
  expect(gone).toEqual([])
  looks(1, 3_600_000)
  // Once a minute.
  looks(100, 59_000)
  expect(gone).toEqual([])
  looks(pulsePace.looks + 1)
  expect(gone).toEqual(['silent'])
})

it('learns of a death from the lock at once, even in a tab that sleeps, and of none that the page itself caused', async () => {
  const locks = fakeLocks()
  const first = begin()
  first.pulse.heard({ type: 'alive', lock: 'one' })
  locks.get('one')!()
  expect(first.gone).toEqual(['dead'])
  const second = begin()
  second.pulse.heard({ type: 'alive', lock: 'two' })
  second.pulse.end()
  await Promise.resolve()
  expect(locks.has('two')).toBe(false)
  expect(second.gone).toEqual([])
})
