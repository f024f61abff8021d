import { afterEach, beforeEach, expect, it, vi } from 'vitest'

let stored: Map<string, string>
beforeEach(() => {
  stored = new Map()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  })
})
afterEach(() => vi.unstubAllGlobals())

/** The module as after a reload. */
async function visit() {
  vi.resetModules()
  return import('./looks')
}

const view = { scaleX: 2, scaleY: 3, left: -10, top: 4.5 }
const shown = { window: { center: 40, width: 400 }, opacity: 0.5, outlineOnly: true }

it('keeps how a stack is shown from visit to visit, once it is asked to', async () => {
  const first = await visit()
  expect(first.lookOf('a')).toEqual({ view: null, shown: null })
  Object.assign(first.lookOf('a'), { view, shown })
  expect((await visit()).lookOf('a').view).toBeNull()
  first.keepLooks()
  const second = await visit()
  expect(second.lookOf('a')).toEqual({ view, shown })
  expect(second.lookOf('b')).toEqual({ view: null, shown: null })
  second.forgetLooks()
  expect(second.lookOf('a').view).toBeNull()
  expect((await visit()).lookOf('a').view).toBeNull()
})

it('keeps the fifty that were shown last', async () => {
  const { lookOf, keepLooks } = await visit()
  for (let i = 0; i < 60; i++) lookOf(`s${i}`).view = view
  lookOf('s5')
  keepLooks()
  const next = await visit()
  expect(['s5', 's59', 's11'].map((name) => next.lookOf(name).view)).toEqual([view, view, view])
  expect(['s6', 's10'].map((name) => next.lookOf(name).view)).toEqual([null, null])
})

it.each(['', 'no JSON', '{}', '[["a", {"view": {"scaleX": "2"}, "shown": null}]]', '[["a"]]'])(
  'shows everything as it comes where what is stored is %j',
  async (text) => {
    stored.set('exemplar-lab-looks', text)
    expect((await visit()).lookOf('a')).toEqual({ view: null, shown: null })
  },
)

it('holds for a visit where storage is refused', async () => {
  const refuse = () => {
    throw new DOMException('refused', 'SecurityError')
  }
  vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse, removeItem: refuse })
  const { lookOf, keepLooks, forgetLooks } = await visit()
  lookOf('a').view = view
  keepLooks()
  expect(lookOf('a').view).toEqual(view)
  forgetLooks()
  expect(lookOf('a').view).toBeNull()
})
