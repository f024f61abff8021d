import fc from 'fast-check'
import { gunzipSync, unzipSync, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { InputError } from '../data/input-error'
import { readSafetensors } from '../lib/safetensors'
import { madeSnapshot } from '../timeline/views.test-support'
import type { Recording } from '../timeline/timeline'
import { copyOfRecording, readTimeline, writeTimeline } from './timeline-file'

const size = 16
const grey = (v: number) => new Uint8Array(size * size).fill(v)
const recording: Recording = {
  size,
  classes: [
    { name: 'background', color: '#000000' },
    { name: 'wall', color: '#c02060' },
  ],
  pictures: [
    { id: 'abc/2/0/0', name: 'one.png', grey: grey(1) },
    { id: 'def/2/1/0', name: 'two.png', grey: grey(2) },
    { id: 'ghi/2/2/0', name: 'three.png', grey: grey(3) },
  ],
  snapshots: [madeSnapshot(1, size), madeSnapshot(4, size), madeSnapshot(9, size)],
}
const bytes = writeTimeline(recording)
const damaged = 'The timeline.zip in "run.zip" is damaged, so the pictures of its steps cannot be shown; export the run again.'

test('what is written is read, and the same gives the same bytes', async () => {
  expect(await readTimeline(bytes, 'run.zip')).toEqual(recording)
  expect(writeTimeline(copyOfRecording(recording))).toEqual(bytes)
})

test('each step is a gzip of a safetensors file', () => {
  const files = unzipSync(bytes)
  const { tensors, metadata } = readSafetensors(gunzipSync(files['step-4-views.safetensors.gz']!))
  expect(Object.keys(tensors)).toContain('A/pseudo-label')
  expect(tensors['weak']!.shape).toEqual([size, size])
  expect(metadata['image']).toBe('abc/2/0/0')
  expect(Object.keys(readSafetensors(gunzipSync(files['step-4-labels.safetensors.gz']!)).tensors)).toEqual([
    'abc/2/0/0/A',
    'abc/2/0/0/B',
    'ghi/2/2/0/A',
    'ghi/2/2/0/B',
  ])
})

/** The same zip with a change in one of its files. */
function changed(name: string, change: (content: Uint8Array) => Uint8Array | null): Uint8Array<ArrayBuffer> {
  const files: Record<string, Uint8Array> = unzipSync(bytes)
  const next = change(files[name]!)
  if (next) files[name] = next
  else delete files[name]
  return new Uint8Array(zipSync(files))
}
const index = (change: (about: Record<string, unknown> & { snapshots: Record<string, unknown>[] }) => void) =>
  changed('timeline.json', (content) => {
    const about = JSON.parse(new TextDecoder().decode(content)) as Parameters<typeof change>[0]
    change(about)
    return new TextEncoder().encode(JSON.stringify(about))
  })

test.each<[string, Uint8Array<ArrayBuffer>]>([
  ['no zip', new Uint8Array(10)],
  ['a zip that is cut short', bytes.slice(0, -30)],
  ['no list', changed('timeline.json', () => null)],
  ['a list that is no JSON', changed('timeline.json', (content) => content.slice(5))],
  ['another format', index((about) => (about['format'] = 'exemplar-lab-timeline-2'))],
  ['no snapshots', index((about) => (about.snapshots = []))],
  ['steps out of order', index((about) => about.snapshots.reverse())],
  ['a picture of another size', index((about) => (about['size'] = 32))],
  ['a huge size', index((about) => (about['size'] = 100_000))],
  ['a colour that is none', index((about) => (about['classes'] = [{ name: 'x', color: 'red' }]))],
  ['another hash', index((about) => (about.snapshots[1]!['hash'] = 'f'.repeat(16)))],
  ['a step that is missing', changed('step-4-views.safetensors.gz', () => null)],
  ['labels that are missing', changed('step-9-labels.safetensors.gz', () => null)],
  ['a step that is cut', changed('step-4-views.safetensors.gz', (content) => content.slice(0, 90))],
  ['a step that is another', changed('step-4-views.safetensors.gz', () => unzipSync(bytes)['step-9-views.safetensors.gz']!)],
  ['a grey that is cut', changed('image-1.u8', (content) => content.slice(1))],
])('%s is refused in one sentence', async (_, broken) => {
  await expect(readTimeline(broken, 'run.zip')).rejects.toThrow(new InputError(damaged, 'run.zip'))
})

test('any damage is refused or harmless', async () => {
  const byte = fc.record({ at: fc.nat({ max: bytes.length - 1 }), to: fc.nat({ max: 255 }) })
  await fc.assert(
    fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 8 }), async (changes) => {
      const broken = bytes.slice()
      for (const { at, to } of changes) broken[at] = to
      const read = await readTimeline(broken, 'run.zip').catch((error: unknown) => error)
      if (read instanceof Error) expect(read).toEqual(new InputError(damaged, 'run.zip'))
      else expect((read as Recording).snapshots).toHaveLength(3)
    }),
    { numRuns: 60 },
  )
})
