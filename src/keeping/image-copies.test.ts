import { expect, it } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { copyImages, imagesOf, mostImageBytes, recordOf, type Given } from './image-copies'
import type { KeptRun } from './kept-run'
import { MemoryBrowser } from './memory-storage.test-support'

const given = (file: GivenFile, batch = 0): Given => ({ role: 'unlabeled', file, batch, kept: null })
const bytesOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) % 251)
const aside = (work: () => Promise<void>) => work()

it('gives back the bytes of small and large files, in any order and however many there are', async () => {
  const { disk } = new MemoryBrowser().tab()
  const files = [17e6, 0, 3, 5e6, 4e6, 8e6, 1].map((length, i) => fromBytes(`${i}.png`, bytesOf(length, i)))
  const all = files.map((file, i) => given(file, i))
  await copyImages(all.slice(0, 4), 'run', disk, Infinity, aside)
  await copyImages(all, 'run', disk, Infinity, aside)
  const copies = await imagesOf({ id: 'run', files: recordOf(all) } as KeptRun, disk)
  expect(copies.map(({ file, batch, role }) => [file.name, batch, role])).toEqual(files.map(({ name }, i) => [name, i, 'unlabeled']))
  for (const [i, { file }] of copies.entries()) expect(Buffer.compare(await file.read(), await files[i]!.read()), file.name).toBe(0)
  const { file } = copies[3]!
  expect(await file.read(10, 13)).toEqual(await files[3]!.read(10, 13))
  expect(await file.read(5e6 - 2, 6e6)).toHaveLength(2)
})

it('leaves out what is too large, the largest first, and what has gone, and copies all others', async () => {
  const { disk } = new MemoryBrowser().tab()
  const gone = (size: number) => ({ name: 'gone', size, read: () => Promise.reject(new DOMException('gone', 'NotFoundError')) })
  const huge = { ...fromBytes('huge', new Uint8Array()), size: mostImageBytes + 1 }
  const all = [huge, fromBytes('a', bytesOf(40, 1)), gone(50), gone(9e6), fromBytes('b', bytesOf(60, 2))].map((file) => given(file))
  await copyImages(all, 'run', disk, 20e6, aside)
  expect(recordOf(all).map(({ name, at }) => [name, at])).toEqual([
    ['huge', null],
    ['a', 0],
    ['gone', null],
    ['gone', null],
    ['b', 40],
  ])
  const more = [...all, ...[30, 20].map((length) => given(fromBytes(`${length}`, bytesOf(length, 3))))]
  await copyImages(more, 'run', disk, 45, aside)
  expect(recordOf(more.slice(-2)).map(({ name, at }) => [name, at])).toEqual([
    ['30', null],
    ['20', 100],
  ])
})
