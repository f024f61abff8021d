import { expect, test } from 'vitest'
import { isOwnFile, timesOf, withRequest, type Sent } from './requests'

const file = 'https://host/lab/assets/chart-1.js'

test('a request seen by both watchers counts once, two requests twice', () => {
  let sent: Sent[] = []
  sent = withRequest(sent, 'page', { url: file, ownFile: true })
  sent = withRequest(sent, 'service worker', { url: file, ownFile: true, method: 'GET', bytes: 0 })
  expect(sent.map(timesOf)).toEqual([1])
  sent = withRequest(sent, 'page', { url: file, ownFile: true })
  expect(sent).toEqual([{ url: file, method: 'GET', seen: { page: 2, 'service worker': 1 }, bytes: 0, ownFile: true }])
  expect(sent.map(timesOf)).toEqual([2])
})

test('bytes add up, and are unknown while only the page has seen the request', () => {
  let sent = withRequest([], 'page', { url: file, ownFile: true })
  expect(sent[0]!.bytes).toBeNull()
  for (const bytes of [5, 7]) sent = withRequest(sent, 'service worker', { url: file, ownFile: false, method: 'POST', bytes })
  // What one watcher does not take for a fetch of an own file is none.
  expect(sent).toMatchObject([{ method: 'POST', bytes: 12, ownFile: false }])
  sent = withRequest(sent, 'service worker', { url: file, ownFile: true, method: 'GET', bytes: 0 })
  expect(sent.map(({ method, bytes }) => [method, bytes])).toEqual([
    ['POST', 12],
    ['GET', 0],
  ])
})

test.each([
  ['https://host/lab/assets/chart-1.js', true],
  ['https://host/lab/itk/a.wasm.gz', true],
  ['https://host/lab/', true],
  ['https://host/lab/assets/chart-1.js?again=2', true],
  ['https://host/lab/assets/chart-1.js?image=iVBOR', false],
  ['https://host/lab/collect', false],
  ['https://host/other/assets/chart-1.js', false],
  ['https://elsewhere/lab/assets/chart-1.js', false],
])('%s is an own file of https://host/lab/?size=32: %s', (url, own) => {
  expect(isOwnFile(url, 'https://host/lab/?size=32')).toBe(own)
})
