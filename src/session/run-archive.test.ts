import fc from 'fast-check'
import { gunzipSync, gzipSync, unzipSync, zipSync, type Zippable } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import { makeVolume, type Volume } from '../data/volume'
import { readSafetensors, writeSafetensors } from '../lib/safetensors'
import { ConfigError, defaults, makeConfig, type Config } from '../method/config'
import { withAnnotation } from './annotations'
import { openBackend } from './backend'
import { CheckpointError } from './checkpoint'
import type { Choices } from './choices'
import { emptyDataset, makeSources, picturesOf, type Dataset } from './dataset'
import { domainOf } from './domain'
import type { FileRole } from './events'
import { readExemplars, writeExemplars } from './exemplar-file'
import { withVolumes } from './given-volumes'
import { imagesOf } from './pairs'
import { continuationOf, differences, isRunArchive, openRunArchive } from './run-archive'
import { Trainer } from './trainer'
import { prepare } from './training-data'
import { WaitingRun } from './waiting-run'
import { withoutGpu } from './wasm.test-support'

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

const backend = { backend: 'wasm', adapter: 'test', software: false } as const

/** A square on noise of 12 x 10 pixels, another for each number; as image and as mask. */
function picture(name: string, n: number, mask = false) {
  const inside = (i: number) => i % 12 > 2 && i % 12 < 8 && i > 35 && i < 90
  const samples = Uint8Array.from({ length: 120 }, (_, i) => (mask ? (inside(i) ? 200 : 0) : ((i * 7 + n) % 50) + (inside(i) ? 150 : 0)))
  return makeVolume({ name, kind: 'png', size: [12, 10, 1, 1], samples })
}
const images = [0, 1, 2, 3].map((n) => picture(`i${n}.png`, n))
const role = (is: FileRole, volumes: readonly ReturnType<typeof picture>[]) => volumes.map((volume) => ({ role: is, volume }))

/** An exemplar with its mask, and a drawing on an image of the pile. */
function drawn(): Dataset {
  const { dataset } = withVolumes(emptyDataset, [
    ...role('exemplar-image', [images[0]!]),
    ...role('exemplar-mask', [picture('m.png', 0, true)]),
    ...role('unlabeled', images.slice(1)),
  ])
  const labels = Uint8Array.from({ length: 120 }, (_, i) => (i < 30 ? 1 : i < 60 ? 255 : 0))
  return withAnnotation(dataset, dataset.unlabeled[1]!, { width: 12, height: 10, labels }, dataset.classes)
}

/** The files of a run that has not begun. */
const files = () => continuationOf({ config: makeConfig({ seed: 7 }), dataset: drawn(), t: 0, recoveries: [], marks: [] }, backend, null)
const jsonIn = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
/** The zip of a run with other JSON in one of its files. */
async function changed(name: 'config.json' | 'choices.json', change: (content: Record<string, unknown>) => unknown): Promise<GivenFile> {
  const made = await files()
  return zip({ ...made, [name]: text(JSON.stringify(change(jsonIn(made[name]!)))) })
}
const empty = { ...emptyDataset, sources: makeSources(images) }
/** The data set that a zip makes of these images. */
const opened = async (file: GivenFile, present: Dataset = empty) =>
  new WaitingRun(await openRunArchive(file), present).dataset(emptyDataset)

test('what was chosen and drawn comes back with the images, whatever they were called and however they would be sorted', async () => {
  const before = drawn()
  const after = (await opened(zip(await files())))!
  expect(after).toEqual(before)
  const elsewhere = images.map((image) => ({ ...image, name: `copy/${image.name}` }))
  const moved = (await opened(zip(await files()), { ...emptyDataset, sources: makeSources(elsewhere) }))!
  expect(moved.exemplars.map(({ drawn }) => drawn)).toEqual(before.exemplars.map(({ drawn }) => drawn))
  expect(moved.unlabeled.map(({ name }) => name)).toEqual(['copy/i1.png', 'copy/i2.png', 'copy/i3.png'])
})

test('each exemplar is in the zip as class per pixel, with unknown, and no image is', async () => {
  const made = await files()
  const { tensors } = readSafetensors(gunzipSync(made['exemplars.safetensors.gz']!))
  expect(Object.keys(tensors)).toEqual(['exemplar/0', 'exemplar/1', 'mask/0'])
  expect(tensors['exemplar/0']!.shape).toEqual([10, 12])
  expect([...tensors['exemplar/1']!.data.slice(25, 65)]).toEqual([
    ...new Array(5).fill(1),
    ...new Array(30).fill(255),
    ...new Array(5).fill(0),
  ])
  expect(tensors['mask/0']!.data).toEqual(picture('', 0, true).samples)
})

test('what is missing is named, and two images of one content are two', async () => {
  const twice = [...images, { ...images[3]!, name: 'blank.png' }]
  const { dataset } = withVolumes(emptyDataset, [
    ...role('exemplar-image', [twice[0]!]),
    ...role('exemplar-mask', [picture('m.png', 0, true)]),
    ...role('unlabeled', twice.slice(1)),
  ])
  const run = await openRunArchive(zip(await continuationOf({ config: defaults, dataset, t: 0, recoveries: [], marks: [] }, backend, null)))
  const waiting = new WaitingRun(run, { ...emptyDataset, sources: makeSources(images.slice(2)) })
  expect(waiting.wants()).toBe('"r.zip" needs 3 of 5 images: i0.png, i1.png, blank.png; give them, in any order, to go on.')
  expect(waiting.wants()).toBeNull()
  expect(waiting.take([picture('other.png', 9)], [])).toBeNull()
  expect(waiting.take([twice[4]!, picture('other.png', 9), twice[1]!], [])!.map(({ name }) => name)).toEqual(['other.png'])
  expect(waiting.wants()).toBe('"r.zip" needs 1 of 5 images: i0.png; give them, in any order, to go on.')
  expect(waiting.dataset(emptyDataset)).toBeNull()
  waiting.take([twice[0]!], [])
  expect(waiting.dataset(emptyDataset)!.sources.map(({ id }) => id)).toEqual(dataset.sources.map(({ id }) => id))
  const none = new WaitingRun(run, emptyDataset)
  expect(none.wants()).toMatch('needs 5 of 5 images: i0.png, i1.png, i2.png and 2 more; give')
})

test('what networks were trained on is what their checkpoint says, beside the config.json of another run', async () => {
  const cpu = await openBackend('cpu', { ...withoutGpu, simdKernels: () => Promise.reject(new Error('not on cpu')) }, () => undefined)
  const settings = makeConfig({ size: 16, baseWidth: 4, batchLabeled: 2, batchUnlabeled: 2 })
  const dataset = drawn()
  const trainer = new Trainer(dataset, prepare(dataset, settings), settings)
  await trainer.steps()
  const made = await continuationOf(trainer, cpu, null)
  trainer.release()
  const before = jsonIn(made['config.json']!)
  const classes = (before['classes'] as object[]).map((one, i) => ({ ...one, name: `other ${i}`, value: `${i * 7}` }))
  const other = { ...before, classes, domain: { looks: null, single: [], solid: [] } }
  const { networks } = await openRunArchive(zip({ ...made, 'config.json': text(JSON.stringify(other)) }))
  expect(networks!.domain).toEqual(domainOf(dataset, settings, trainer.prepared))
})

test('another version: settings that either lacks are said, and newer forms are for newer versions', async () => {
  const other = makeConfig({ seed: 7 }) as Partial<Config>
  delete other.tau
  const run = await openRunArchive(
    await changed('config.json', (all) => ({ ...all, version: '0.0.9', config: { ...other, momentum3: 'x' } })),
  )
  expect(run.config).toEqual(makeConfig({ seed: 7 }))
  expect(differences(run)).toMatch(
    /^"r\.zip" was saved by version 0\.0\.9 of Exemplar Lab, and this is \S+: settings that are unknown here are left out: momentum3 = "x"; settings that it lacks are as they were without: tau = 0\.\d+\.$/,
  )
  expect(differences(await openRunArchive(zip(await files())))).toBeNull()
  await expect(openRunArchive(await changed('choices.json', (all) => ({ ...all, format: 'exemplar-lab-choices-2' })))).rejects.toThrow(
    '"r.zip" was saved by a newer version of Exemplar Lab than this one',
  )
  await expect(openRunArchive(await changed('config.json', (all) => ({ ...all, config: { size: 17 } })))).rejects.toThrow('multiple of 16')
  const newer = writeSafetensors({}, { format: 'exemplar-lab-checkpoint-12' })
  await expect(openRunArchive(zip({ ...(await files()), 'checkpoint.safetensors': newer }))).rejects.toThrow(
    'newer version of Exemplar Lab',
  )
})

describe('a zip that is no run of ours is refused in one sentence', () => {
  test('without what a run is continued from, or damaged', async () => {
    await expect(openRunArchive(zip({ 'config.json': text(config) }))).rejects.toThrow(
      'holds neither networks nor a state to continue from',
    )
    const whole = await files()
    const bytes = zipSync({ ...whole, 'choices.json': [whole['choices.json']!, { level: 0 }] }) as Uint8Array<ArrayBuffer>
    bytes[Buffer.from(bytes).indexOf('exemplar-lab-choices') + 5]! ^= 1
    await expect(openRunArchive(fromBytes('r.zip', bytes))).rejects.toThrow('damaged')
    for (const [name, content] of [
      ['config.json', '{}'],
      ['choices.json', '{"format": NaN}'],
      ['choices.json', 'null'],
    ] as const)
      await expect(openRunArchive(zip({ ...whole, [name]: text(content) })), content).rejects.toThrow('damaged')
    await expect(openRunArchive(zip({ ...whole, 'config.json': text('[') }))).rejects.toThrow('"r.zip" has a damaged config.json')
  })

  test('that unpacks to more than any run', async () => {
    const zeros = new Uint8Array(40_000_000)
    const whole = await files()
    for (const name of ['choices.json', 'checkpoint.safetensors'])
      await expect(openRunArchive(zip({ ...whole, [name]: zeros })), name).rejects.toThrow(`its ${name} would take 38.1 MB`)
    const bomb = gzipSync(zeros)
    // It claims to hold 3.9 GB.
    bomb.set([0xff, 0xff, 0xff, 0xef], bomb.length - 4)
    await expect(openRunArchive(zip({ ...whole, 'exemplars.safetensors.gz': bomb }))).rejects.toThrow('exemplars in "r.zip" are damaged')
  })

  /** The zip with other exemplars. */
  async function withExemplars(change: (file: ReturnType<typeof readSafetensors>) => void): Promise<GivenFile> {
    const whole = await files()
    const file = readSafetensors(gunzipSync(whole['exemplars.safetensors.gz']!))
    change(file)
    return zip({ ...whole, 'exemplars.safetensors.gz': gzipSync(writeSafetensors(file.tensors, file.metadata)) })
  }

  test.each([
    [
      'a drawing of another size',
      (file) => (file.tensors['exemplar/1'] = { shape: [12, 10], data: new Uint8Array(120) }),
      '10 x 12 pixels, but the image is 12 x 10',
    ],
    ['a class that is not there', (file) => file.tensors['exemplar/1']!.data.fill(9), 'do not fit its images'],
    ['a drawing that is missing', (file) => delete file.tensors['exemplar/1'], 'do not fit its images'],
    ['a drawing of numbers', (file) => (file.tensors['exemplar/1'] = { shape: [10, 12], data: new Float32Array(120) }), 'are damaged'],
    ['a mask of another size', (file) => (file.tensors['mask/0'] = { shape: [6], data: new Uint8Array(6) }), 'are damaged'],
    ['a mask of an odd kind', (file) => (file.metadata['masks'] = file.metadata['masks']!.replace('"png"', '"exe"')), 'are damaged'],
    [
      'a mask that lies elsewhere',
      (file) => {
        file.metadata['masks'] = file.metadata['masks']!.replace('[12,10,1,1]', '[10,12,1,1]')
      },
      'is 10 x 12 pixels, but its image',
    ],
    ['no list of masks', (file) => delete file.metadata['masks'], 'are damaged'],
  ] as [string, (file: ReturnType<typeof readSafetensors>) => unknown, string][])('%s', async (_, change, message) => {
    await expect(withExemplars(change).then((file) => opened(file))).rejects.toThrow(message)
  })

  test.each([
    ['a frame that an image lacks', (all) => (all.images[1]!.frame = 3)],
    ['an image without its id', (all) => Reflect.deleteProperty(all.images[1]!, 'id')],
    ['a pile of strangers', (all) => (all.used.pile = ['nobody'])],
    ['a mask that is not there', (all) => (all.used.mask = 4)],
    ['an exemplar on no slice', (all) => Object.assign(all.exemplars[1]!, { picture: all.exemplars[1]!.picture.replace(/0$/, '7') })],
    ['a thousand classes', (all) => (all.classes = new Array(1000).fill(all.classes[0]))],
    ['every second slice of less than one', (all) => (all.images[0]!.every = 0)],
    ['a path for a picture', (all) => Object.assign(all, { watched: '../../etc/passwd' })],
  ] as [string, (all: Choices) => unknown][])('%s', async (_, change) => {
    const file = await changed('choices.json', (all) => (change(all as unknown as Choices), all))
    await expect(openRunArchive(file).then(() => opened(file))).rejects.toThrow(/"r\.zip".*export the run again/)
  })
})

test('the zip of a run does not depend on what it was unpacked and zipped with', async () => {
  const again = unzipSync(zipSync(await files()))
  const inFolder = Object.fromEntries(Object.entries(again).map(([name, bytes]) => [`my run/${name}`, bytes]))
  expect(imagesOf((await opened(zip(inFolder)))!)).toHaveLength(4)
  expect(picturesOf((await opened(zip(inFolder)))!.sources[0]!)).toHaveLength(1)
})

test.each([2, undefined])('a mask of frame %s comes back; earlier versions did not say it', async (firstFrame) => {
  const mask = { ...makeVolume({ name: 'm.png', kind: 'png', size: [2, 1, 1, 1], samples: new Uint8Array(2) }), firstFrame } as Volume
  const { masks } = await readExemplars(writeExemplars({ ...emptyDataset, given: { ...emptyDataset.given, mask } }), 'r.zip')
  expect(masks.map((own) => own.firstFrame)).toEqual([firstFrame ?? 0])
})

test('whatever is changed in a zip, it opens or is refused in a sentence', async () => {
  const made = await files()
  const names = Object.keys(made)
  const parts: Record<string, unknown> = {
    ...Object.fromEntries(['config.json', 'choices.json'].map((name) => [name, jsonIn(made[name]!)])),
    masks: JSON.parse(readSafetensors(gunzipSync(made['exemplars.safetensors.gz']!)).metadata['masks']!),
  }
  /** One value somewhere in JSON replaced, or left out. */
  const elsewhere = (json: unknown, path: number[], by: unknown): unknown => {
    if (typeof json !== 'object' || json === null || path.length === 0) return by
    const keys = Object.keys(json)
    const key = keys[path[0]! % Math.max(1, keys.length)]
    const changed = keys.map((one) => [one, one === key ? elsewhere(json[one as never], path.slice(1), by) : json[one as never]])
    return Array.isArray(json) ? changed.map(([, value]) => value as unknown) : Object.fromEntries(changed as [string, unknown][])
  }
  const odd = fc.oneof(
    fc.constantFrom(undefined, null, '', NaN, -1, 0.5, 2 ** 40, [], {}, true, '__proto__', [[]], 'x'.repeat(1000)),
    fc.jsonValue(),
  )
  const change = fc.record({ part: fc.constantFrom(...Object.keys(parts)), path: fc.array(fc.nat(30), { maxLength: 5 }), by: odd })
  const flip = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), bit: fc.nat(7), cut: fc.boolean() })
  const expectSentence = async (file: GivenFile) => {
    try {
      await opened(file)
    } catch (error) {
      expect(error instanceof InputError || error instanceof ConfigError || error instanceof CheckpointError, String(error)).toBe(true)
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const all = { ...parts }
      for (const { part, path, by } of changes) all[part] = elsewhere(all[part], path, by)
      const { tensors, metadata } = readSafetensors(gunzipSync(made['exemplars.safetensors.gz']!))
      const exemplars = gzipSync(writeSafetensors(tensors, { ...metadata, masks: JSON.stringify(all['masks']) ?? '' }))
      const json = (name: string) => text(JSON.stringify(all[name]) ?? '')
      const file = zip({
        'config.json': json('config.json'),
        'choices.json': json('choices.json'),
        'exemplars.safetensors.gz': exemplars,
      })
      await expectSentence(file)
    }),
    { numRuns: 200 },
  )
  await fc.assert(
    fc.asyncProperty(flip, async ({ name, at, bit, cut }) => {
      const bytes = made[name]!.slice()
      bytes[at % bytes.length]! ^= 1 << bit
      await expectSentence(zip({ ...made, [name]: cut ? bytes.subarray(0, at % bytes.length) : bytes }))
    }),
    { numRuns: 200 },
  )
})
