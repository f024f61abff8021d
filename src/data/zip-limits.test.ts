import { zipSync } from 'fflate'
import { expect, test, vi } from 'vitest'
import { makePng } from './files.test-support'
import { fromBytes, type GivenFile } from './given-file'
import { readFiles } from './read-files'
import { makeNpy } from './volumes.test-support'
import { listZip } from './zip-file'

// The limits as a test can reach them.
vi.mock('./image-size', async (original) => ({
  ...(await original<object>()),
  maxArchiveBytes: 2 ** 20,
  maxArchiveFiles: 100,
  maxListBytes: 2 ** 14,
  maxArchiveSamples: 250_000,
}))

const zipped = (name: string, content: Record<string, Uint8Array>, level: 0 | 6 = 6) =>
  fromBytes(name, zipSync(content, { level }) as Uint8Array<ArrayBuffer>)

const messages = async (file: GivenFile) => (await readFiles([file])).problems.map(({ message }) => message)

const zeros = (side: number) => makeNpy([side, side], new Array<number>(side * side).fill(0), 'u1')

test('a list of too many files, or too long a list, is refused before anything is unpacked', async () => {
  const name = (i: number) => `${String(i).padStart(200, 'x')}.png`
  for (const [count, nameOf] of [
    [101, String],
    [99, name],
  ] as const) {
    const many = zipped('m.zip', Object.fromEntries(Array.from({ length: count }, (_, i) => [nameOf(i), Uint8Array.of(1)])))
    expect(await messages(many)).toEqual([expect.stringMatching(/^"m\.zip" lists more than 100 files; unpack it .*\.$/)])
  }
})

test('images out of zips share one room; those beyond it are left out, the others are read', async () => {
  const arrays = Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.npy`, zeros(300)]))
  const { volumes, problems } = await readFiles([zipped('z.zip', arrays)])
  expect(volumes.map(({ name }) => name)).toEqual(['a.npy', 'b.npy'])
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^"c\.npy" is left out: with it the images out of zips .*\.$/),
  ])
  // Given as they are they need no zip, and are read.
  expect((await readFiles(Object.entries(arrays).map(([name, bytes]) => fromBytes(name, bytes)))).volumes).toHaveLength(3)
})

test('a file that is a zip itself, in a zip, has what is left of that zip', async () => {
  const inner = zipSync({ 'x.npy': zeros(800) })
  const { volumes, problems } = await readFiles([zipped('z.zip', { 'a.npz': inner, 'b.npz': inner })])
  expect(volumes).toEqual([])
  expect(problems.map(({ message }) => /over the limit|left out/.exec(message)![0])).toEqual(['left out', 'over the limit'])
})

test('one entry alone is not unpacked beyond the limit, whoever asks for it', async () => {
  const [entry] = await listZip(zipped('r.zip', { 'checkpoint.safetensors': new Uint8Array(2 ** 20 + 1) }))
  await expect(entry!.read()).rejects.toThrow('over the limit of 1 MB')
})

test('many entries of the same bytes count each time', async () => {
  const image = makePng('a.png', { rows: [[1, 2]] }).bytes as Uint8Array<ArrayBuffer>
  const bytes = zipSync({ 'a.png': image }, { level: 0 }) as Uint8Array<ArrayBuffer>
  const start = bytes.length - 22 - 46 - 5
  const entry = bytes.slice(start, bytes.length - 22)
  new DataView(entry.buffer).setUint32(24, 2 ** 18, true)
  const end = bytes.slice(-22)
  new DataView(end.buffer).setUint16(8, 5, true)
  new DataView(end.buffer).setUint16(10, 5, true)
  new DataView(end.buffer).setUint32(12, 5 * entry.length, true)
  const all = new Uint8Array([...bytes.subarray(0, start), ...Array.from({ length: 5 }, () => [...entry]).flat(), ...end])
  expect(await messages(fromBytes('f.zip', all))).toEqual([expect.stringContaining('over the limit of 1 MB')])
})

// Found by fuzzing.
test('a name that is a command to a terminal is only a name in what is said of it', async () => {
  const bytes = zipSync({ 'a\u001b[2J\n.png': new Uint8Array(100) }, { level: 0 }) as Uint8Array<ArrayBuffer>
  // Its checksum is another one then.
  bytes[60]! ^= 1
  expect(await messages(fromBytes('z.zip', bytes))).toContain(
    '"a [2J .png" in "z.zip" is damaged, encrypted or packed in an unusual way; unpack the zip and give its files.',
  )
})

test.each(['../x.png', '/x.png', 'C:\\x.png', '..\\..\\x.png', 'a/../../x.png'])('a name such as %s is only a name', async (name) => {
  const image = makePng('a.png', { rows: [[1, 2]] }).bytes
  const { volumes, problems } = await readFiles([zipped('z.zip', { [name]: image })])
  expect(problems).toEqual([])
  expect(volumes.map((volume) => volume.name)).toEqual([name.replaceAll('\\', '/')])
})
