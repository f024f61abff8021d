import { unzipSync } from 'fflate'
import { expect, test } from 'vitest'
import { fromBytes, type GivenFile } from '../data/given-file'
import { zip, type Files } from '../export/archive'
import { exemplar, images, inRole } from './disc-files.test-support'
import { dataHash } from './data-hash'
import { sampleDataset } from './samples'
import { splitRuns } from './run-archive'
import { readRecords, recordFiles, type RunRecord } from './run-record'
import { sessionsOnWasm, threeSteps } from './sessions.test-support'

const { openSession } = sessionsOnWasm()

const fileOf = (files: Files, name = 'run.zip') => fromBytes(name, zip(files))

/** Whether a file goes to the run log. */
const isRecords = async (file: GivenFile) => (await splitRuns([{ role: null, file }])).records.includes(file)

/** A finished run on the user's files, and its record. */
async function finished() {
  const { session, of, runTo } = openSession()
  await session.loadFiles([...exemplar, ...inRole('unlabeled', ...images)])
  await session.configure(threeSteps)
  await runTo()
  const { predictions } = of('predictions').at(-1)!
  return { session, of, record: session.record(predictions.items)! }
}

test('a record has what a run was, its files read back as the same, and no name of an image is in them', async () => {
  const { record, of } = await finished()
  expect(record).toMatchObject({ step: 3, state: 'finished', sample: null, backend: 'wasm', data: of('dataset').at(-1)!.dataset.hash })
  expect(record.config).toMatchObject(threeSteps)
  expect(record.seconds).toBeGreaterThan(0)
  expect(record.scores.at(-1)!.step).toBe(3)
  expect(record.masks!.labels.size).toBe(images.length)
  const files = recordFiles({ ...record, name: 'First' })
  const { records, problems } = await readRecords([fileOf(files)])
  expect(problems).toEqual([])
  expect(records).toEqual([{ ...record, name: 'First' }])
  const all = Buffer.concat(Object.values(unzipSync(zip(files)))).toString('latin1')
  for (const { name } of images) expect(all).not.toContain(name)
})

test('the run as it is exported, a folder of several and loose files are read too', async () => {
  const { session, record } = await finished()
  const exported = await session.files('run')
  const own = { ...record, seconds: null, masks: expect.anything() as RunRecord['masks'] }
  const { records } = await readRecords([fileOf(exported)])
  expect(records).toEqual([own])
  // Every image of the record, and the exemplar, which is not among the unlabelled ones.
  for (const [id, labels] of record.masks!.labels) expect(records[0]!.masks!.labels.get(id)).toEqual(labels)
  const folders = Object.fromEntries(
    ['a', 'b/c'].flatMap((folder) => Object.entries(recordFiles(record)).map(([name, bytes]) => [`${folder}/${name}`, bytes])),
  )
  expect((await readRecords([fileOf(folders)])).records).toEqual([record, record])
  const loose = Object.entries(recordFiles(record)).map(([name, bytes]) => fromBytes(`out/${name}`, bytes))
  expect((await readRecords(loose)).records).toEqual([record])
})

test('a zip of records alone is for the run log; one with networks, or of anything else, is not', async () => {
  const { session, record } = await finished()
  const records = (folder: string) => Object.fromEntries(Object.entries(recordFiles(record)).map(([name, bytes]) => [folder + name, bytes]))
  const own = { ...records('run-1/'), ...records('run-2/') }
  const about = { 'README.txt': new Uint8Array(9) }
  for (const files of [own, records(''), { ...about, ...own }, recordFiles({ ...record, masks: null })])
    expect(await isRecords(fileOf(files))).toBe(true)
  const { 'config.json': config } = records('')
  const others: Files[] = [await session.files('run'), { ...own, 'run-1/a.png': new Uint8Array(9) }, { 'config.json': config! }, {}]
  for (const files of others) expect(await isRecords(fileOf(files))).toBe(false)
  for (const bytes of [config!, zip(own).slice(0, 99)]) expect(await isRecords(fromBytes('x.zip', bytes))).toBe(false)
})

test('what is no run, or damaged, is named in a sentence and keeps no other out', async () => {
  const { record } = await finished()
  const files = recordFiles(record)
  const config = JSON.parse(new TextDecoder().decode(files['config.json'])) as { config: object }
  const wrong = new TextEncoder().encode(JSON.stringify({ ...config, config: { ...config.config, tau: 7 } }))
  const { records, problems } = await readRecords([
    fileOf({ ...files, 'config.json': wrong }, 'wrong.zip'),
    fileOf({ 'notes.txt': Uint8Array.of(1) }, 'other.zip'),
    fileOf({ ...files, 'metrics.csv': Uint8Array.of(1) }, 'cut.zip'),
    fileOf({ ...files, 'predictions.safetensors.gz': Uint8Array.of(31, 139, 1) }, 'masks.zip'),
    fileOf(files),
    fromBytes('a.png', Uint8Array.of(1, 2, 3, 4)),
  ])
  expect(records).toEqual([record])
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('"wrong.zip" cannot be read (tau is 7, but must be a number from 0 to 1.01.); export it again.'),
    expect.stringContaining('"other.zip" is no run'),
    expect.stringContaining('"cut.zip" cannot be read; export it again.'),
    expect.stringContaining('"masks.zip" cannot be read; export it again.'),
    expect.stringContaining('"a.png" is no run'),
  ])
})

test('the hash of the data tells what is learnt from, not how it is called or scored', () => {
  const sample = sampleDataset('Cardiac phantom')
  const hash = dataHash(sample)
  expect(hash).toMatch(/^[\da-f]{16}$/)
  const [first] = sample.classes
  expect(
    dataHash({
      ...sample,
      unlabeled: [...sample.unlabeled].reverse(),
      partners: new Map(),
      classes: [{ ...first!, name: 'Other' }, ...sample.classes.slice(1)],
    }),
  ).toBe(hash)
  expect(dataHash({ ...sample, unlabeled: sample.unlabeled.slice(1) })).not.toBe(hash)
  const [exemplar] = sample.exemplars
  const given = { ...exemplar!.given!, labels: exemplar!.given!.labels.map((l, i) => (i === 0 ? 1 : l)) }
  expect(dataHash({ ...sample, exemplars: [{ ...exemplar!, given }] })).not.toBe(hash)
  expect(dataHash(sampleDataset('Abdominal phantom'))).not.toBe(hash)
})
