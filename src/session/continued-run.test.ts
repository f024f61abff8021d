import { unzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { makeNifti } from '../data/volumes.test-support'
import { readSafetensors } from '../lib/safetensors'
import type { Config } from '../method/config'
import { disc, exemplar, images, inRole, pngFile } from './disc-files.test-support'
import type { RoleFile } from './given-files'
import { sessionsOnWasm } from './sessions.test-support'

const tiny: Partial<Config> = { size: 16, baseWidth: 4, steps: 8, warmup: 0.25, ramp: 0, tau: 0.34, scoreEvery: 3 }

const { openSession } = sessionsOnWasm()

/** A session, as in a fresh page, with the events it sent. */
function begin() {
  const opened = openSession()
  return { ...opened, dataset: () => opened.of('dataset').at(-1)! }
}

test('the archive of a run is part of its export', async () => {
  const { session, runTo } = begin()
  await expect(session.archive()).rejects.toThrow('nothing to save')
  await session.configure(tiny)
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await runTo(5)
  const bytes = await session.archive()
  const exported = unzipSync((await session.export('run')).bytes)
  const entries = unzipSync(bytes)
  expect(Object.keys(entries)).toEqual([
    'config.json',
    'choices.json',
    'exemplars.safetensors.gz',
    'checkpoint.safetensors',
    'timeline.zip',
  ])
  for (const [name, content] of Object.entries(entries)) expect(Buffer.compare(exported[name]!, content), name).toBe(0)
  same(await session.archive(), bytes)
})

/** Two zips with the same bytes; what can be read of them is compared as text. */
function same(a: Uint8Array, b: Uint8Array) {
  const [one, other] = [unzipSync(a), unzipSync(b)]
  const texts = (files: typeof one) => ['config.json', 'choices.json'].map((name) => new TextDecoder().decode(files[name]))
  expect(texts(one)).toEqual(texts(other))
  const checkpoint = 'checkpoint.safetensors'
  const metadata = (files: typeof one) => (files[checkpoint] ? readSafetensors(files[checkpoint]).metadata : null)
  expect(metadata(one)).toEqual(metadata(other))
  for (const [name, bytes] of Object.entries(one)) expect(Buffer.compare(bytes, other[name]!), name).toBe(0)
  expect(Buffer.compare(a, b)).toBe(0)
}

/** A zip without one of its files. */
function without(name: string, zip: Uint8Array): Uint8Array {
  const files = Object.entries(unzipSync(zip)).filter(([own]) => own !== name)
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) })
}

/** Everything the page is told about a data set, but the statistics that depend on nothing chosen. */
const told = (run: ReturnType<typeof begin>) => run.dataset()

describe('a run continued from its zip, in a fresh page, equals the uninterrupted one', () => {
  /** Continues from the zip of a run with these files, to the end of both. */
  async function compare(first: ReturnType<typeof begin>, files: (zip: GivenFile) => RoleFile[]) {
    const { session } = first
    const bytes = await session.archive()
    const { config, dataset } = told(first)
    const at = first.state().step
    const again = begin()
    await again.session.loadFiles(files(fromBytes('run.zip', bytes)))
    expect(again.of('problem')).toEqual([])
    expect(again.state()).toMatchObject({ state: 'paused', step: at })
    expect(told(again)).toEqual({ ...told(again), config, dataset })
    expect(again.of('continued').at(-1)).toMatchObject({ config })
    same(await again.session.archive(), bytes)
    await first.runTo()
    await again.runTo()
    expect(again.state()).toMatchObject({ state: 'finished', step: first.state().step })
    // When a run is looked at, the clock says.
    same(
      ...([await again.session.archive(), await session.archive()].map((zip) => without('timeline.zip', zip)) as [Uint8Array, Uint8Array]),
    )
    return again
  }

  test('with a mask from a file, mapped values, a renamed class, a drawing, a correction, references and a chosen pair', async () => {
    const first = begin()
    const { session, dataset, runTo } = first
    await session.configure(tiny)
    const masks = [pngFile('masks/p1_1.png', disc(2).mask), pngFile('elsewhere/odd.png', disc(-3).mask)]
    await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images), ...inRole('reference', ...masks)])
    await session.mapLabel('1', 'unknown')
    const { unlabeled, pairs } = dataset().dataset
    await session.chooseMask(unlabeled[0]!.source, pairs!.masks.find(({ name }) => name === 'elsewhere/odd.png')!.id)
    await session.editClass(1, { name: 'cavity', color: '#123456' })
    const drawn = await session.openPicture(unlabeled[2]!.id, true)
    await session.annotate(
      [{ picture: drawn.id, labels: Uint8Array.from(disc(4).mask.flat(), (v) => (v === 2 ? 1 : v === 1 ? 255 : 0)) }],
      drawn.classes,
    )
    await session.watch(unlabeled[1]!.id)
    await runTo(3)
    const corrected = await session.openPicture(unlabeled[1]!.id, true)
    expect(corrected.proposal).toBe(true)
    await session.annotate([{ picture: corrected.id, labels: corrected.labels.map((l, i) => (i % 48 < 4 ? 255 : l)) }], corrected.classes)
    await runTo(5)
    // The exemplar's mask is not given again: the zip holds it.
    const again = await compare(first, (zip) =>
      inRole(null, masks[1]!, zip, images[2]!, ...images.slice(0, 2), pngFile('e_1.png', disc(0).image), masks[0]!),
    )
    expect(again.dataset().dataset).toMatchObject({
      exemplars: [{ from: 'file' }, { from: 'drawing' }, { from: 'drawing' }],
      classes: [{ name: 'background' }, { name: 'cavity', color: '#123456', value: '2' }],
      references: 2,
    })
    expect(again.of('continued').at(-1)!.watched).toBe(unlabeled[1]!.id)
    // What was chosen can still be taken back, and values mapped anew.
    await again.session.undoMask()
    expect(again.dataset().dataset.references).toBe(1)
  })

  test('with chosen slices of volumes, and one modality of each case', async () => {
    const first = begin()
    const { session, dataset, runTo } = first
    await session.configure({ ...tiny, size: 32, regionX: 0.05, regionWidth: 0.9 })
    const files = [1, 2, 3].flatMap((n) => ['t1', 't2'].map((kind, k) => volume(`B_${n}/B_${n}_${kind}.nii`, n + k)))
    await session.loadFiles(inRole(null, ...files, volume('B_1/B_1_seg.nii', 1, true)))
    await session.chooseModality('t2')
    const [own, other] = dataset().dataset.sources
    await session.chooseSlices(own!.id, { axis: 2, frame: 1, every: 1 })
    await session.chooseSlices(other!.id, { axis: 1, frame: null, every: 5 })
    const { unlabeled } = dataset().dataset
    expect(unlabeled.map(({ name }) => name)).toContain('B_2/B_2_t2_y01_t1')
    await runTo(2)
    const picture = await session.openPicture(unlabeled.at(-1)!.id, true)
    await session.annotate([{ picture: picture.id, labels: picture.labels }], picture.classes)
    await runTo(4)
    const again = await compare(first, (zip) => inRole(null, ...files.reverse(), zip))
    expect(again.dataset().dataset.modality).toEqual({ known: ['t1', 't2'], used: 't2' })
  })

  test('of a sample, with a drawing on it', async () => {
    const first = begin()
    await first.session.configure(tiny)
    await first.session.loadSample('Cardiac phantom')
    const { id } = first.dataset().dataset.unlabeled[5]!
    const picture = await first.session.openPicture(id, true)
    await first.session.annotate([{ picture: id, labels: picture.labels.map((_, i) => (i % 300 < 150 ? 1 : 255)) }], picture.classes)
    await first.runTo(3)
    await compare(first, (zip) => inRole(null, zip))
  })

  test('after its end: an annotation goes on for as many steps as the run began with', async () => {
    const first = begin()
    await first.session.configure({ ...tiny, steps: 3 })
    await first.session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
    await first.runTo()
    const annotate = async ({ session, dataset }: typeof first, n: number) => {
      const { id, labels, classes } = await session.openPicture(dataset().dataset.unlabeled[n]!.id, true)
      await session.annotate([{ picture: id, labels }], classes)
    }
    await annotate(first, 0)
    expect(first.state()).toMatchObject({ state: 'paused', step: 3, steps: 6 })
    const again = await compare(first, (zip) => inRole(null, zip, ...images, pngFile('e_1.png', disc(0).image)))
    await annotate(again, 1)
    expect(again.state()).toMatchObject({ state: 'paused', step: 6, steps: 9 })
  })
})

/** The zip of a run that was paused after a step, and its images. */
async function afterOneStep() {
  const first = begin()
  await first.session.configure(tiny)
  await first.session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await first.runTo(1)
  const bytes = await first.session.archive()
  return { first, bytes, zip: fromBytes('run.zip', bytes), all: [...images, pngFile('e_1.png', disc(0).image)] }
}

test('images may come in parts, before the zip and after it; strangers are named, and one may turn to something else', async () => {
  const { first, zip, all } = await afterOneStep()
  const { session, of, state, dataset } = begin()
  const said = () => of('problem').map(({ message }) => message)
  await session.loadFiles(inRole('unlabeled', ...all.slice(0, 1)))
  await session.loadFiles(inRole(null, zip))
  const able = 'Until then Timeline replays it without them. Its networks can segment further images without them.'
  expect(said()).toEqual([
    '"run.zip" needs 3 of 4 images: e_1.png, p1_1.png, p2_1.png; give them, in any order, to continue at step 1. ' + able,
  ])
  expect(state()).toMatchObject({ state: 'empty', steps: 8 })
  expect(of('metrics').flatMap(({ rows }) => rows)).toHaveLength(1)
  await session.loadFiles(inRole(null, pngFile('x.png', disc(9).image), ...all.slice(2)))
  expect(said().slice(1)).toEqual([
    '"x.png" is not of this run, and left out.',
    '"run.zip" needs 1 of 4 images: p1_1.png; give them, in any order, to continue at step 1. ' + able,
  ])
  await session.loadFiles(inRole(null, ...all.slice(1, 2)))
  expect(state()).toMatchObject({ state: 'paused', step: 1 })
  expect(
    of('loaded').filter(({ run }) => run >= dataset().run),
    'its networks are no longer without images',
  ).toEqual([])
  expect(dataset()).toMatchObject({ dataset: first.dataset().dataset, config: first.dataset().config })
  // References may still come.
  await session.loadFiles(inRole('reference', pngFile('p1_1_mask.png', disc(2).mask)))
  expect(state()).toMatchObject({ state: 'paused', step: 1 })
  expect(dataset().dataset.references).toBe(1)

  const other = begin()
  await other.session.loadFiles(inRole(null, zip))
  await other.session.loadFiles(inRole('unlabeled', pngFile('x.png', disc(9).image)))
  expect(other.dataset().dataset.unlabeled.map(({ name }) => name)).toEqual(['x.png'])
  // Whoever turns to something else is not taken back.
  await other.session.loadSample('Cardiac phantom')
  await other.session.loadFiles(inRole('unlabeled', ...all))
  expect(other.state()).toMatchObject({ state: 'empty', step: 0 })
})

test('a bad zip loses nothing and keeps no image out', async () => {
  const { first, bytes } = await afterOneStep()
  const { 'checkpoint.safetensors': checkpoint, ...others } = unzipSync(bytes)
  const damaged = checkpoint!.slice()
  damaged[damaged.length - 100]! ^= 1
  const bad = fromBytes('bad.zip', zipSync({ ...others, 'checkpoint.safetensors': damaged }) as Uint8Array<ArrayBuffer>)
  const { session, of, state, dataset } = begin()
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images.slice(0, 2))])
  const before = [state(), dataset()]
  await expect(session.loadFiles(inRole(null, bad))).rejects.toThrow('The checkpoint is damaged')
  expect([state(), dataset()]).toEqual(before)
  await session.loadFiles([...inRole(null, bad), ...inRole('unlabeled', ...images.slice(2))])
  expect(of('problem')).toMatchObject([{ message: expect.stringContaining('damaged') }])
  expect(dataset().dataset.unlabeled).toHaveLength(3)
  // Nor does a run lose to a zip.
  await expect(first.session.loadFiles(inRole(null, bad))).rejects.toThrow('would discard this run')
  expect(first.state()).toMatchObject({ state: 'paused', step: 1 })
})

test('what was chosen and drawn goes on before the first step, too', async () => {
  const { session, dataset } = begin()
  await session.configure({ ...tiny, seed: 3 })
  await session.loadFiles(inRole('unlabeled', ...images))
  const empty = await session.archive()
  const { id, classes } = await session.openPicture(dataset().dataset.unlabeled[1]!.id, true)
  await session.annotate([{ picture: id, labels: Uint8Array.from(disc(2).mask.flat(), (v) => Number(v > 0)) }], classes)
  for (const [bytes, ends] of [
    [empty, 'empty'],
    [await session.archive(), 'ready'],
  ] as const) {
    const again = begin()
    await again.session.loadFiles(inRole(null, ...images, fromBytes('run.zip', bytes)))
    expect(again.of('problem')).toEqual([])
    expect(again.state().state).toBe(ends)
    expect(again.dataset().config).toMatchObject({ ...tiny, seed: 3 })
    expect(again.dataset().dataset.exemplars.map(({ from }) => from)).toEqual(ends === 'ready' ? ['drawing'] : [])
    same(await again.session.archive(), bytes)
  }
})

/** A time series of 40 x 24 pixels on four slices, two frames; or the mask of its first frame. */
function volume(name: string, shift: number, mask = false): GivenFile {
  const values: number[] = []
  for (let t = 0; t < 2; t++)
    for (let k = 0; k < 4; k++)
      for (let y = 0; y < 24; y++)
        for (let x = 0; x < 40; x++) {
          const r = Math.hypot(x - 18 - shift - t, 1.5 * (y - 12))
          if (mask) values.push(t === 0 && k < 2 ? (r < 5 ? 2 : r < 9 ? 1 : 0) : 0)
          else values.push((r < 5 ? 220 : r < 9 ? 120 : 30) + ((x * 7 + y * 13 + k + shift) % 11))
        }
  return fromBytes(name, makeNifti([40, 24, 4, 2], values, mask ? 'u1' : 'i2'))
}
