/** What the doctor finds, brought about in runs. */
import { unzipSync } from 'fflate'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromBytes } from '../data/given-file'
import { makeNifti } from '../data/volumes.test-support'
import { readSafetensors, writeSafetensors } from '../lib/safetensors'
import type { Config } from '../method/config'
import { disc, exemplar, images, inRole, pngFile } from './disc-files.test-support'
import type { RoleFile } from './given-files'
import { sessionsOnWasm } from './sessions.test-support'

const tiny: Partial<Config> = {
  size: 16,
  baseWidth: 4,
  batchLabeled: 2,
  batchUnlabeled: 2,
  steps: 60,
  warmup: 0,
  ramp: 0,
  scoreEvery: 1000,
}

const { openSession } = sessionsOnWasm()

const usual = [...exemplar, ...inRole('unlabeled', ...images)]

async function begin(values: Partial<Config> = {}, files: readonly RoleFile[] = usual) {
  // As in a worker, the page gets the masks themselves.
  const opened = openSession((event) => {
    if (event.type === 'predictions')
      for (const { labels } of event.predictions.items) structuredClone(labels, { transfer: [labels.buffer] })
  })
  const { session, of } = opened
  session.followLive(false)
  await session.configure({ ...tiny, ...values })
  await session.loadFiles(files)
  const findings = () => of('advice').at(-1)!.findings
  return { ...opened, findings, warnings: () => findings().filter(({ warns }) => warns) }
}

test('a run that learns labelled images only from nothing but each other collapses, which explains the rest', async () => {
  const { runTo, warnings, session } = await begin({ lambdaE: 0, lambdaS: 0, lambdaIp: 5, lambdaFp: 5, tau: 0, learningRate: 0.01 })
  await runTo()
  expect(warnings()).toMatchObject([{ name: 'collapse', action: { does: 'set', values: { warmup: 0.25 } } }])
  const { 'report.html': report } = unzipSync((await session.export('run')).bytes)
  expect(new TextDecoder().decode(report)).toContain(warnings()[0]!.sentence.replaceAll('"', '&quot;'))
})

test('a structure that only the exemplar has is found in almost no image', async () => {
  const without = [-3, 2, 4].map((dx, i) =>
    pngFile(
      `p${i}_1.png`,
      disc(dx).image.map((row) => row.map((v) => Math.min(v, 120))),
    ),
  )
  const { runTo, warnings } = await begin(
    { warmup: 0.9, steps: 150, learningRate: 0.01, windowCenter: 128, windowWidth: 256, exemplarIntensity: 0 },
    [...exemplar, ...inRole('unlabeled', ...without)],
  )
  await runTo()
  expect(warnings().map(({ name }) => name)).toContain('missing')
  expect(warnings().find(({ name }) => name === 'missing')!.sentence).toMatch(/^"class 2" is found in none of 3 images\.$/)
})

test('a learning rate at which nothing is learnt is a loss that does not fall', async () => {
  const { runTo, warnings } = await begin({ learningRate: 0.00001, steps: 70 })
  await runTo()
  expect(warnings().find(({ name }) => name === 'flat')?.action).toMatchObject({ does: 'set', values: { learningRate: 0.001 } })
})

test('networks with the same weights are found to be', async () => {
  const { session, runTo, warnings } = await begin({ learningRate: 0.01, steps: 60 })
  await runTo(59)
  const { tensors, metadata } = readSafetensors(await session.checkpoint())
  delete tensors['seal']
  const twins = Object.fromEntries(Object.keys(tensors).map((key) => [key, tensors[key.replace(/^B\//, 'A/')]!]))
  await session.restore(writeSafetensors(twins, { ...metadata, format: 'exemplar-lab-checkpoint-1' }))
  await session.stop()
  expect(warnings().map(({ name }) => name)).toContain('same')
})

test('of the data before the first step: a class that no exemplar shows, small structures, an enlarged region, an exemplar unlike the pile', async () => {
  const { session, of, warnings } = await begin({ size: 32 })
  expect(warnings()).toEqual([])
  const { id } = of('dataset').at(-1)!.dataset.exemplars[0]!
  const { labels, classes } = await session.openPicture(id, true)
  await session.annotate([{ picture: id, labels }], [...classes, { name: 'valve', color: '#123456' }])
  expect(warnings()).toMatchObject([{ name: 'lacking', sentence: 'No exemplar shows "valve", so it is never found.' }])

  const small = disc(0).mask.map((row, y) => row.map((v, x) => (v === 2 ? 1 : v === 0 && y < 4 && x < 4 ? 2 : v)))
  const tinyPart = await begin({}, [...exemplar.slice(0, 1), ...inRole('exemplar-mask', pngFile('e_1_mask.png', small)), ...usual.slice(2)])
  expect(tinyPart.warnings()).toMatchObject([{ name: 'small', action: { does: 'region' } }])

  const enlarged = await begin({ size: 96 })
  expect(enlarged.warnings()).toMatchObject([{ name: 'enlarged', action: { does: 'set', values: { size: 48 } } }])

  // Square, so that nothing is black beside them.
  const square = (rows: number[][], value: (v: number) => number = (v) => v) => rows.map((row) => row.slice(0, 40).map(value))
  const inverted = [-3, 2, 4].map((dx, i) =>
    pngFile(
      `p${i}_1.png`,
      square(disc(dx).image, (v) => 250 - v),
    ),
  )
  const other = await begin({}, [
    ...inRole('exemplar-image', pngFile('e_1.png', square(disc(0).image))),
    ...inRole('exemplar-mask', pngFile('e_1_mask.png', square(disc(0).mask))),
    ...inRole('unlabeled', ...inverted),
  ])
  expect(other.warnings()).toMatchObject([{ name: 'stranger', sentence: expect.stringMatching(/its contrast seems inverted/) }])

  const placed = (spacing: number) => ({
    sform: [
      [-spacing, 0, 0, 0],
      [0, -spacing, 0, 0],
      [0, 0, 5, 0],
    ],
  })
  const volume = (name: string, spacing: number) => fromBytes(name, makeNifti([48, 40, 1], disc(1).image.flat(), 'i2', placed(spacing)))
  const spaced = await begin({}, [
    ...inRole('exemplar-image', volume('e.nii', 3)),
    ...inRole('exemplar-mask', fromBytes('m.nii', makeNifti([48, 40, 1], disc(1).mask.flat(), 'u1', placed(3)))),
    ...inRole('unlabeled', volume('a.nii', 1), volume('b.nii', 1)),
  ])
  expect(spaced.warnings()).toMatchObject([{ name: 'stranger', sentence: expect.stringMatching(/its pixels are 3 times as large/) }])
})

test('what a run finds goes with it when it is reset', async () => {
  const { session, runTo, warnings } = await begin({ learningRate: 0.00001, steps: 70 })
  await runTo()
  expect(warnings()).not.toEqual([])
  await session.reset()
  expect(warnings()).toEqual([])
})

const real = join(process.cwd(), '../shared/data/sunnybrook')
const filesIn = (folder: string) => readdirSync(join(real, folder)).map((name) => fromBytes(name, readFileSync(join(real, folder, name))))

describe('healthy data have none', () => {
  test.each(['Cardiac phantom', 'Abdominal phantom'] as const)('%s', async (sample) => {
    for (const size of [64, 128]) {
      const { session, warnings } = await begin({ size })
      await session.loadSample(sample)
      expect(warnings()).toEqual([])
    }
  })

  test.skipIf(!existsSync(real))('Sunnybrook, where patients lie in all directions: needs ../shared/data', async () => {
    for (const name of ['SCD0000101_im0079.png', 'SCD0000201_im0120.png', 'SCD0000301_im0100.png']) {
      const of = (folder: string) => filesIn(folder).filter((file) => file.name === name)
      const { warnings } = await begin({ size: 64, crop: 0.7 }, [
        ...inRole('exemplar-image', ...of('images')),
        ...inRole('exemplar-mask', ...of('masks')),
        ...inRole('unlabeled', ...filesIn('images'), ...filesIn('unlabeled')),
      ])
      expect(warnings(), name).toEqual([])
    }
  })
})
