import { decode } from 'fast-png'
import { expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { makeConfig } from '../method/config'
import { readSafetensors } from '../lib/safetensors'
import { disc, exemplar, images, inRole, pngFile } from './disc-files.test-support'
import type { Session } from './session'
import { besidesMarks, sessionsOnWasm } from './sessions.test-support'

const tiny = makeConfig({
  size: 16,
  baseWidth: 4,
  steps: 4,
  warmup: 0,
  ramp: 0,
  tau: 0.3,
  scoreEvery: 100,
  batchLabeled: 2,
  batchUnlabeled: 2,
})
const { openSession } = sessionsOnWasm()

/** Another patient, a picture of another size, and one with other grey values. */
const further = [pngFile('q1_1.png', disc(5).image), pngFile('q2_1.png', disc(0, 80).image)]
const bright = pngFile(
  'q3_1.png',
  disc(1).image.map((row) => row.map((v) => 255 - v)),
)

async function trained() {
  const opened = openSession()
  await opened.session.configure(tiny)
  await opened.session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await opened.runTo()
  return opened
}

const masksIn = async (session: Session, what: 'masks' | 'run' = 'masks') =>
  Object.fromEntries(Object.entries(await session.files(what)).filter(([path]) => path.startsWith('masks/')))
const give = async (session: Session, files: readonly GivenFile[]) => {
  await session.loadFiles(inRole('further', ...files))
  await session.settled()
}
const json = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes))

test('further images are segmented beside the others, and nothing that is learnt changes', async () => {
  const { session, of, state } = await trained()
  const before = { checkpoint: await session.checkpoint(), masks: await masksIn(session) }
  await give(session, further)
  expect(state()).toMatchObject({ state: 'finished', step: 4 })
  const { dataset } = of('dataset').at(-1)!
  expect(dataset.further.images.map(({ name }) => name)).toEqual(['q1_1.png', 'q2_1.png'])
  expect(dataset.unlabeled).toHaveLength(3)
  const { predictions } = of('predictions').at(-1)!
  expect(predictions.items.map(({ name }) => name).sort()).toEqual(['p0_1.png', 'p1_1.png', 'p2_1.png', 'q1_1.png', 'q2_1.png'])
  expect(await session.checkpoint()).toEqual(before.checkpoint)
  const masks = await masksIn(session)
  expect(masks).toMatchObject(before.masks)
  const { width, height } = decode(masks['masks/q2_1.png']!)
  expect([width, height]).toEqual([88, 80])
  const labels = json((await session.files('masks'))['labels.json'])
  expect(labels.files.filter((one: { further?: true }) => one.further).map(({ source }: { source: string }) => source)).toEqual([
    'q1_1.png',
    'q2_1.png',
  ])
  // A mask that is already there is not made again, and a mask is no image.
  await give(session, [images[0]!, pngFile('q1_1_mask.png', disc(5).mask), pngFile('q1_1.png', disc(5).image)])
  expect(
    of('problem')
      .slice(-2)
      .map(({ message }) => message),
  ).toEqual([
    '"p0_1.png" is learnt from: what comes out has a mask of it already.',
    '"q1_1_mask.png" is a mask of given images by name, and no image to segment.',
  ])
  expect(of('dataset').at(-1)!.dataset.further.images).toHaveLength(2)
  // In Export run they are not needed to continue.
  const run = await session.files('run')
  expect(json(run['choices.json']).images).toHaveLength(4)
  expect(readSafetensors(run['checkpoint.safetensors']!).metadata['pictures']).not.toContain(dataset.further.images[0]!.id)
})

test("the exemplar's own mask is written too, and marked as drawn", async () => {
  const { session } = await trained()
  const files = await session.files('run')
  expect(
    Object.keys(files)
      .filter((path) => path.startsWith('masks/'))
      .sort(),
  ).toEqual([...['masks/e_1.png', 'masks/p0_1.png', 'masks/p1_1.png', 'masks/p2_1.png']])
  expect([...decode(files['masks/e_1.png']!).data]).toEqual(disc(0).mask.flat())
  expect(json(files['labels.json']).files).toContainEqual({ file: 'masks/e_1.png', source: 'e_1.png', drawn: 'all' })
  const report = new TextDecoder().decode(files['report.html'])
  expect(report).toMatch(/<bdi>e_1\.png<\/bdi> <small>yours, not predicted<\/small>/)
  expect(report).toContain('from 1 annotated image and 3 unlabelled images')
})

test('the zip of weights alone, and that of a run without its images, segment as the run does', async () => {
  const first = await trained()
  await give(first.session, further)
  const expected = Object.entries(await masksIn(first.session)).filter(([path]) => path.includes('q'))
  const unlike = first.of('predictions').at(-1)!.predictions.unlike
  for (const what of ['weights', 'run'] as const) {
    const { name, bytes } = await first.session.export(what)
    const { session, of, state } = openSession()
    await session.loadFiles(inRole(null, fromBytes(name, bytes)))
    expect(of('loaded').at(-1)).toMatchObject({ file: name })
    await give(session, further)
    expect(state().state).toBe('empty')
    expect(of('predictions').at(-1)!.predictions).toMatchObject({ step: 4, unlike })
    expect(Object.entries(await masksIn(session))).toEqual(expected)
    await expect(session.export('run')).rejects.toThrow('come from a file')
    await expect(session.configure({ size: 32 })).rejects.toThrow('settings of the networks')
    // A file that cannot be used changes nothing.
    await session.loadFiles(inRole('unlabeled', fromBytes('notes.png', new Uint8Array(9))))
    expect(Object.entries(await masksIn(session))).toEqual(expected)
    // A correction takes the place of the prediction, and is marked.
    const { id } = of('dataset').at(-1)!.dataset.further.images[0]!
    const opened = await session.openPicture(id, true)
    expect(opened).toMatchObject({ proposal: true, fixed: 3 })
    await session.annotate([{ picture: id, labels: opened.labels.map(() => 1) }], opened.classes)
    await session.settled()
    const files = await session.files('masks')
    expect(new Set(decode(files['masks/q1_1.png']!).data)).toEqual(new Set([1]))
    expect(json(files['labels.json']).files[0]).toEqual({ file: 'masks/q1_1.png', source: 'q1_1.png', drawn: 'all', further: true })
  }
})

test('the weights of a run on a sample segment further images, too', async () => {
  const first = openSession()
  await first.session.configure(tiny)
  await first.session.loadSample('Cardiac phantom')
  await first.runTo()
  await give(first.session, further)
  const expected = Object.entries(await masksIn(first.session)).filter(([path]) => path.includes('q'))
  expect(expected).toHaveLength(2)
  const { name, bytes } = await first.session.export('weights')
  const { session, state } = openSession()
  await session.loadSample('Cardiac phantom')
  await session.loadFiles(inRole(null, fromBytes(name, bytes)))
  expect(state().state).toBe('empty')
  await give(session, further)
  expect(Object.entries(await masksIn(session))).toEqual(expected)
  // What takes the place of its networks frees them, as is looked at after each test.
  await session.loadSample('Cardiac phantom')
})

test('a run that waits for its images has segmented others, and goes on when they come', async () => {
  const first = await trained()
  const { name, bytes } = await first.session.export('run')
  const { session, of, state } = openSession()
  await session.loadFiles(inRole(null, fromBytes(name, bytes)))
  await give(session, further)
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await session.settled()
  expect(state()).toMatchObject({ state: 'finished', step: 4 })
  expect(of('predictions').at(-1)!.predictions.items).toHaveLength(5)
  expect(await session.checkpoint()).toEqual(await first.session.checkpoint())
})

test('without networks images wait, and with those of other classes they are refused', async () => {
  const { session, of } = openSession()
  await give(session, further)
  expect(of('predictions')).toEqual([])
  await session.configure(tiny)
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  expect(of('dataset').at(-1)!.dataset.further.images).toHaveLength(2)
  const { name, bytes } = await (await trained()).session.export('weights')
  await session.loadFiles(inRole(null, fromBytes(name, bytes)))
  await expect(session.loadFiles(inRole('further', bright))).rejects.toThrow(`reload the page and give "${name}" alone`)
})

test('images unlike those learnt from are said to be, one sentence for each way, and the others are not', async () => {
  const { session, of } = await trained()
  const unlike = () => of('predictions').at(-1)!.predictions.unlike
  await give(session, [further[0]!])
  expect(unlike()).toEqual([])
  await give(session, [bright])
  expect(unlike()).toEqual([
    expect.stringMatching(
      /^In grey values unlike the images learnt from: "q3_1\.png" is \d+ % of the range from black to white away from their mean, they are \d+ % at most\. Look at its mask first\.$/,
    ),
  ])
  await give(session, [further[1]!, pngFile('q4_1.png', disc(0, 90).image)])
  expect(unlike()).toContain(
    'In size unlike the images learnt from: "q2_1.png" is 88 x 80 pixels, they are 48 x 40; one more is unlike them. Look at their masks first.',
  )
})

test('of a class in one piece only the largest is left, and holes are filled, in gallery, exports and scores; and back', async () => {
  const { session, of } = await trained()
  const raw = { masks: await masksIn(session), seen: of('predictions').at(-1)!.predictions.items }
  // Setting something, and setting it back, is told among the marks.
  const state = async () => ({ ...(await besidesMarks(await session.checkpoint())), marks: null })
  const before = await state()
  await session.configure({ largest: true, holes: true })
  await session.settled()
  const tidy = await masksIn(session)
  const seen = of('predictions').at(-1)!.predictions.items
  // After four steps masks are speckled.
  expect(tidy['masks/p0_1.png']).not.toEqual(raw.masks['masks/p0_1.png'])
  expect(seen.map(({ labels }) => labels)).not.toEqual(raw.seen.map(({ labels }) => labels))
  expect(tidy['masks/e_1.png']).toEqual(raw.masks['masks/e_1.png'])
  await session.configure({ largest: false, holes: false })
  await session.settled()
  expect(await masksIn(session)).toEqual(raw.masks)
  expect(await state()).toEqual(before)
})

test('masks are tidied where that is asked for after the networks were made, and before the first step', async () => {
  const { session, runTo } = openSession()
  await session.configure(tiny)
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await session.patientScores()
  await session.configure({ largest: true, holes: true })
  await runTo()
  expect(json((await session.files('weights'))['config.json'])).toMatchObject({ config: { largest: true, holes: true } })
})
