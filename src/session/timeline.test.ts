import { unzipSync, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { fromBytes } from '../data/given-file'
import { labelHash, viewsIn } from '../timeline/snapshot'
import { disc, inRole, pngFile } from './disc-files.test-support'
import { usualOptions } from './export-files'
import { recordRun } from './recorded-run'
import { sessionsOnWasm, trainerOf } from './sessions.test-support'
import { readTimeline } from './timeline-file'

const { openSession, wasm } = sessionsOnWasm()
const tiny = { size: 32, baseWidth: 4, steps: 6, warmup: 0, ramp: 0, tau: 0.34, scoreEvery: 100 } as const

/** A run on files that was looked at after each of its steps, as the page heard it. */
async function lookedAt() {
  const run = openSession()
  const { session, of } = run
  await session.configure(tiny)
  await session.loadFiles([
    ...inRole('exemplar-image', pngFile('e.png', disc(0).image)),
    ...inRole('exemplar-mask', pngFile('e_mask.png', disc(0).mask)),
    ...inRole('unlabeled', ...[1, 2, 3].map((n) => pngFile(`JANE_DOE_${n}.png`, disc(n).image))),
  ])
  for (let i = 0; i < 4; i++) await session.step()
  // The first step is looked at twice: as it was taken, and at rest.
  const views = [1, 2, 3, 4].map((t) =>
    of('views')
      .filter((event) => event.views.step === t)
      .at(-1)!,
  )
  return { ...run, views }
}

const zipFile = (bytes: Uint8Array) => fromBytes('run.zip', bytes as Uint8Array<ArrayBuffer>)

test('each look is kept as it was shown, with the labels of the watched image and others as they are', async () => {
  const { session, views } = await lookedAt()
  const { timeline, dataset } = trainerOf(session)
  expect(timeline.map(({ step }) => step)).toEqual([1, 2, 3, 4])
  for (const [i, { views: shown, snapshot }] of views.entries()) {
    expect(snapshot).toMatchObject({ step: i + 1, hash: labelHash(shown) })
    expect(viewsIn(timeline[i]!, 32, (id) => dataset.unlabeled.find((one) => one.id === id)!.name)).toEqual(shown)
    expect(timeline[i]!.images[0]).toBe(dataset.unlabeled[0]!.id)
    expect(new Set(timeline[i]!.images).size).toBe(3)
  }
  expect(timeline.slice(1).some(({ change }) => change > 0)).toBe(true)
})

test('an exported run is replayed without its images, and goes on with what was kept once they come', async () => {
  const { session } = await lookedAt()
  const { bytes } = await session.export('run')
  const { timeline, rows } = trainerOf(session)
  const again = openSession()
  await again.session.loadFiles(inRole(null, zipFile(bytes)))
  const { recording } = again.of('timeline')[0]!
  expect(recording.snapshots).toEqual(timeline)
  expect(recording.pictures.map(({ name }) => name)).toEqual([1, 2, 3].map((n) => `JANE_DOE_${n}.png`))
  expect(recording.classes).toHaveLength(3)
  expect(again.of('metrics').flatMap((event) => event.rows)).toEqual(rows)
  expect(again.state()).toMatchObject({ state: 'empty' })
  expect(again.of('problem').map(({ message }) => message)).toEqual([
    '"run.zip" needs 4 of 4 images: e.png, JANE_DOE_1.png, JANE_DOE_2.png and 1 more; give them, in any order, to continue at step 4. ' +
      'Until then Timeline replays it without them. Its networks can segment further images without them.',
  ])
  await again.session.loadFiles(inRole(null, ...[0, 1, 2, 3].map((n) => pngFile(`${n}.png`, disc(n).image))))
  expect(again.state()).toMatchObject({ state: 'paused', step: 4 })
  await again.session.settled()
  expect(trainerOf(again.session).timeline).toEqual(timeline)
  await again.session.step()
  expect(trainerOf(again.session).timeline.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5])
})

test('names in it are those of the export', async () => {
  const { session } = await lookedAt()
  const files = await session.files('run', { ...usualOptions, rename: true })
  const { pictures } = await readTimeline(files['timeline.zip']!, '')
  expect(pictures.map(({ name }) => name)).toEqual(['case-002_01.png', 'case-002_02.png', 'case-002_03.png'])
  expect(new TextDecoder('latin1').decode(files['timeline.zip'])).not.toContain('JANE')
})

test('a timeline that is damaged is told, and takes nothing else from the run', async () => {
  const { session } = await lookedAt()
  const files = unzipSync((await session.export('run')).bytes)
  files['timeline.zip']!.fill(7, 300, 4000)
  const again = openSession()
  await again.session.loadFiles(inRole(null, zipFile(zipSync(files))))
  expect(again.of('timeline')).toEqual([])
  expect(again.of('problem').map(({ message }) => message)).toEqual([
    'The timeline.zip in "run.zip" is damaged, so the pictures of its steps cannot be shown; export the run again.',
    expect.stringMatching(/^"run.zip" needs 4 of 4 images: .* to continue at step 4\. Its networks/),
  ])
  await again.session.loadFiles(inRole(null, ...[0, 1, 2, 3].map((n) => pngFile(`${n}.png`, disc(n).image))))
  expect(again.state()).toMatchObject({ state: 'paused', step: 4 })
})

test('a run that goes back has nothing of the steps that it left', async () => {
  const { session } = await lookedAt()
  const trainer = trainerOf(session)
  await trainer.keep()
  await trainer.steps(1)
  await trainer.look(0)
  expect(trainer.timeline.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5])
  trainer.goBack(null)
  expect(trainer.timeline.map(({ step }) => step)).toEqual([1, 2, 3, 4])
})

test('a recorded run of a sample is small, shown beside its images, and left by a run of one’s own', async () => {
  const told: number[] = []
  const budget = 30_000
  const bytes = await recordRun(
    'Cardiac phantom',
    { ...tiny, steps: 40, warmup: 0.5, scoreEvery: 20 },
    { backend: wasm(), budget, tell: (t) => told.push(t) },
  )
  expect(told).toEqual([5, 10, 15, 20, 25, 30, 35, 40])
  expect(bytes.length).toBeLessThan(2 * budget)
  const { session, of, state } = openSession()
  const files = unzipSync(bytes)
  const curves = JSON.parse(new TextDecoder().decode(files['curves.json'])) as { rows: object[]; scores: object[] }
  const [score] = curves.scores
  for (const wrong of [
    { rows: 1 },
    { rows: [{ step: 1, totalA: 'x' }] },
    { scores: [{ step: 1 }] },
    { scores: [{ ...score, perPatient: [{}] }] },
    { marks: [{}] },
  ]) {
    const content = new TextEncoder().encode(JSON.stringify({ ...curves, ...wrong }))
    await expect(session.loadFiles(inRole(null, zipFile(zipSync({ ...files, 'curves.json': content }))))).rejects.toThrow(
      '"run.zip" has a damaged curves.json; export the run again.',
    )
  }
  await session.loadFiles(inRole(null, zipFile(bytes)))
  expect(of('problem')).toEqual([])
  const { snapshots } = of('timeline').at(-1)!.recording
  expect([snapshots[0]!.step, snapshots.at(-1)!.step]).toEqual([5, 40])
  expect(
    of('metrics')
      .flatMap(({ rows }) => rows)
      .map(({ step }) => step),
  ).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
  expect(
    of('metrics')
      .flatMap(({ scores }) => scores)
      .map(({ step }) => step),
  ).toEqual([20, 40])
  expect(of('marks').at(-1)!.marks).toEqual([{ step: 20, what: 'teaching' }])
  expect(state()).toMatchObject({ state: 'ready', steps: 40 })
  expect(of('dataset').at(-1)!.dataset.sample).toBe('Cardiac phantom')
  await session.step()
  expect(of('views').at(-1)!.run).toBeGreaterThan(of('timeline').at(-1)!.run)
  expect(of('views').at(-1)!.run).toBeGreaterThan(of('marks').at(-1)!.run)
})
