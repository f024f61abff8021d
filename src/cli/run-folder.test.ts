import fc from 'fast-check'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writeSafetensors } from '../lib/safetensors'
import { RunFolder } from './run-folder'

const root = mkdtempSync(join(tmpdir(), 'run-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

const text = (content: string) => new TextEncoder().encode(content)
function write(path: string, content = path): string {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  return join(root, path)
}
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
    .sort()
const open = (folder: string, ...inputs: string[]) => new RunFolder(join(root, folder), inputs)
/** The files of a run with these masks. */
const run = (...masks: string[]) => ({
  'config.json': text('{"format":"exemplar-lab-run"}'),
  'labels.json': text(JSON.stringify({ files: masks.map((name) => ({ file: `masks/${name}`, source: name })) })),
  ...Object.fromEntries(masks.map((name) => [`masks/${name}`, text(`mask of ${name}`)])),
})

describe('a folder is refused, and nothing in it is touched', () => {
  test('if it holds an input, also through a link, or is one', () => {
    const image = write('hearts/images/a.png')
    const mask = write('hearts/masks/a.png')
    expect(() => open('hearts', image, mask)).toThrow(/"a\.png", which the run reads: choose a folder of its own/)
    expect(() => open('hearts/images', image)).toThrow(/which the run reads/)
    mkdirSync(join(root, 'linked'))
    symlinkSync(join(root, 'hearts/masks'), join(root, 'linked/masks'))
    expect(() => open('linked', mask)).toThrow(/which the run reads/)
    mkdirSync(join(root, 'pile'))
    symlinkSync(image, join(root, 'pile/b.png'))
    expect(() => open('hearts', join(root, 'pile/b.png'))).toThrow(/which the run reads/)
    expect([filesIn('hearts'), read('hearts/masks/a.png')]).toEqual([['images/a.png', 'masks/a.png'], 'hearts/masks/a.png'])
    // Beside its inputs, and in a folder of its own among them, a run may write.
    open('hearts-out', image)
    open('hearts/out', image, mask)
  })

  test.each(['masks/a.png', 'report.html', 'config.json', 'summary.json', 'README.txt'])('if it has a %s of something else', (name) => {
    write(`other-${name}/${name}`)
    expect(() => open(`other-${name}`)).toThrow(/that no run wrote/)
    expect(filesIn(`other-${name}`)).toEqual([name])
  })

  test('if it cannot be written to', () => {
    write('file')
    expect(() => open('file')).toThrow(/^Nothing can be written to ".*file" \(--out\): it is a file/)
    expect(() => open('file/inner')).toThrow(/it is a file, or lies in one/)
    expect(() => open('n'.repeat(300))).toThrow(/its name is too long/)
  })
})

test('an earlier run’s files are replaced, its masks of other images go, and what the user put there stays', () => {
  open('again').finish(run('a.png', 'P1/b.png'))
  write('again/notes.txt')
  write('again/masks/mine.png')
  open('again').finish(run('a.png'))
  expect(filesIn('again')).toEqual(['config.json', 'labels.json', 'masks/a.png', 'masks/mine.png', 'notes.txt'])
})

test('names in an earlier run’s list cannot lead out of its masks', () => {
  write('victim.txt')
  write('listed/config.json', '{"format":"exemplar-lab-run"}')
  write('listed/labels.json', JSON.stringify({ files: [{ file: '../victim.txt' }, { file: 'masks/../../victim.txt' }, { file: 7 }, null] }))
  open('listed').finish(run('a.png'))
  expect(existsSync(join(root, 'victim.txt'))).toBe(true)
})

test('a checkpoint takes its place whole, and the one before it is kept until the run ends', () => {
  const checkpoint = (step: number) => writeSafetensors({}, { format: 'exemplar-lab-checkpoint-2', step: String(step) })
  const folder = open('kept')
  folder.keep(checkpoint(1))
  expect(filesIn('kept')).toEqual(['checkpoint.safetensors'])
  folder.keep(checkpoint(2))
  expect(readFileSync(join(root, 'kept/checkpoint-previous.safetensors'))).toEqual(Buffer.from(checkpoint(1)))
  // What a killed run left is a run's.
  const next = open('kept')
  next.keep(checkpoint(3))
  expect(filesIn('kept')).toEqual(['checkpoint.safetensors'])
  next.keep(checkpoint(4))
  next.finish(run('a.png'))
  expect(filesIn('kept')).toEqual(['checkpoint.safetensors', 'config.json', 'labels.json', 'masks/a.png'])
})

test('a checkpoint that was taken away hinders no later one, and the one before it stays', () => {
  const folder = open('taken')
  folder.keep(text('1'))
  folder.keep(text('2'))
  rmSync(join(root, 'taken/checkpoint.safetensors'))
  folder.keep(text('3'))
  expect([read('taken/checkpoint.safetensors'), read('taken/checkpoint-previous.safetensors')]).toEqual(['3', '1'])
  folder.finish(run('a.png'))
  expect(filesIn('taken')).toEqual(['checkpoint.safetensors', 'config.json', 'labels.json', 'masks/a.png'])
})

test('when a file cannot be written, all of an earlier run is still there', () => {
  open('full').finish(run('a.png'))
  const folder = open('full')
  expect(() => folder.finish({ ...run('b.png'), [`masks/${'n'.repeat(256)}`]: text('') })).toThrow(/its name is too long/)
  expect(filesIn('full')).toEqual(['config.json', 'labels.json', 'masks/a.png'])
})

test('whatever the names, what was read is as it was', () => {
  const part = fc.constantFrom('a', 'masks', 'maps', 'out', '..', '.')
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => join('x/y/z', ...parts))
  fc.assert(
    fc.property(
      fc.array(path, { minLength: 1, maxLength: 4 }),
      path,
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      (images, out, ours) => {
        rmSync(join(root, 'x'), { recursive: true, force: true })
        const inputs = images.map((image, i) => write(join(image, ours[i] ? 'masks/a.png' : `${i}.png`), 'read'))
        try {
          open(out, ...inputs).finish(run('a.png', '0.png'))
        } catch (error) {
          expect((error as Error).name).toBe('UsageError')
        }
        for (const input of inputs) expect(readFileSync(input, 'utf8')).toBe('read')
      },
    ),
  )
})
