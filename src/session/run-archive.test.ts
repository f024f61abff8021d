import { zipSync, type Zippable } from 'fflate'
import { expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { isRunArchive, openRunArchive } from './run-archive'

const text = (content: string) => new TextEncoder().encode(content)
const zip = (content: Zippable) => fromBytes('r.zip', zipSync(content) as Uint8Array<ArrayBuffer>)
const config = JSON.stringify({ format: 'exemplar-lab-run', data: { sample: null, unlabeled: ['a.png', 'b.png'] } })

test.each([
  ['a run', { 'config.json': text(config) }, true],
  ['a run that was zipped again with its folder', { 'run/config.json': text(config) }, true],
  ['a run among other files, deeper', { 'data/run/config.json': text(config) }, false],
  ["somebody else's config.json", { 'config.json': text('{"format": "other"}') }, false],
  ['null', { 'config.json': text('null') }, false],
  ['no JSON', { 'config.json': text('{') }, false],
  ['images', { 'a.png': Uint8Array.of(1) }, false],
])('%s', async (_, content, expected) => {
  expect(await isRunArchive(zip(content))).toBe(expected)
})

test('anything that is not a zip, is cut short or cannot be read is not a run', async () => {
  expect(await isRunArchive(fromBytes('a.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47)))).toBe(false)
  const whole = zip({ 'config.json': text(config) })
  expect(await isRunArchive(fromBytes('r.zip', await whole.read(0, whole.size - 5)))).toBe(false)
  expect(await isRunArchive({ ...whole, read: () => Promise.reject(new Error('gone')) })).toBe(false)
})

test('a large zip is recognised by its list, not read', async () => {
  const noise = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 2654435761) >>> 24)
  const large = zip({ 'volume.npy': [noise, { level: 0 }], 'config.json': text('{"somebody": "else"}') })
  let bytes = 0
  const counting: GivenFile = {
    ...large,
    read: async (from, to) => {
      const part = await large.read(from, to)
      bytes += part.length
      return part
    },
  }
  expect(await isRunArchive(counting)).toBe(false)
  expect(bytes).toBeLessThan(70_000)
})

test('an exported run is opened; if its checkpoint is missing or damaged, a sentence says what to do', async () => {
  const checkpoint = Uint8Array.of(1, 2, 3)
  const run = await openRunArchive(zip({ 'config.json': text(config), 'checkpoint.safetensors': checkpoint }))
  expect(run).toEqual({ checkpoint, sample: null, images: 2 })
  await expect(openRunArchive(zip({ 'config.json': text(config) }))).rejects.toThrow('holds no checkpoint')
  const bytes = await zip({ 'config.json': text(config), 'checkpoint.safetensors': [checkpoint, { level: 0 }] }).read()
  bytes[bytes.findIndex((_, i) => bytes[i] === 1 && bytes[i + 1] === 2 && bytes[i + 2] === 3)] = 9
  await expect(openRunArchive(fromBytes('r.zip', bytes))).rejects.toThrow('damaged')
})
