import { expect, test } from 'vitest'
import { filesIn } from './dropped'

const fileEntry = (path: string, readable = true) => ({
  ...{ isFile: true, fullPath: path },
  file: (done: (file: File) => void, failed: (error: Error) => void) =>
    readable ? done(new File([], path.split('/').at(-1)!)) : failed(new Error('NotFoundError')),
})

/** A folder whose reader gives `atOnce` entries at a time, and fails after `readable` of them. */
function folderEntry(path: string, entries: object[], { readable = Infinity, atOnce = 2 } = {}) {
  return {
    ...{ isFile: false, fullPath: path },
    createReader() {
      let at = 0
      return {
        readEntries(done: (entries: object[]) => void, failed: (error: Error) => void) {
          if (at >= readable) return failed(new Error('NotReadableError'))
          done(entries.slice(at, (at += atOnce)))
        },
      }
    },
  }
}

const found = async (...entries: object[]) => {
  const { files, unread } = await filesIn(entries as FileSystemEntry[])
  return { paths: files.map(({ path }) => path), unread }
}

test('files of folders in folders are found, with their paths', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `/pile/p1/${name}.png`)
  const inner = folderEntry(
    '/pile/p1',
    names.map((name) => fileEntry(name)),
  )
  expect(await found(folderEntry('/pile', [inner, fileEntry('/pile/x.png')]), fileEntry('/y.png'))).toEqual({
    paths: [...names.map((name) => name.slice(1)), 'pile/x.png', 'y.png'],
    unread: [],
  })
})

test('what cannot be read is told and keeps nothing else out', async () => {
  const shut = folderEntry('/pile/shut', [], { readable: 0 })
  const pile = folderEntry('/pile', [fileEntry('/pile/a.png'), fileEntry('/pile/gone.png', false), shut, fileEntry('/pile/b.png')])
  expect(await found(pile)).toEqual({ paths: ['pile/a.png', 'pile/b.png'], unread: ['pile/gone.png', 'pile/shut'] })
  const half = folderEntry(
    '/half',
    ['a', 'b', 'c'].map((name) => fileEntry(`/half/${name}.png`)),
    { readable: 2 },
  )
  expect(await found(half), 'a folder that fails after its first entries').toEqual({
    paths: ['half/a.png', 'half/b.png'],
    unread: ['half'],
  })
})
