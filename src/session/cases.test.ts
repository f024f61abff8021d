import { beforeAll, describe, expect, test } from 'vitest'
import { makeDicom } from '../data/dicom.test-support'
import { makePng } from '../data/files.test-support'
import { fromBytes, type GivenFile } from '../data/given-file'
import { makeConfig } from '../method/config'
import { asWritten, caseNames, identifiersOf, personalNames, scoreNames } from './cases'
import { emptyDataset, type Dataset } from './dataset'
import type { BackendInfo, ExportKind } from './events'
import { withFiles } from './given-files'
import { Session } from './session'
import { openWasm } from './wasm.test-support'

const side = 16
const disc = (inside: number, outside: number) =>
  Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => ((x - 7) ** 2 + (y - 7) ** 2 < 25 ? inside : outside + ((x * y) % 9))),
  )
const mask = disc(1, 0).map((row) => row.map((v) => Number(v === 1)))
const png = (name: string, rows: number[][]): GivenFile => fromBytes(name, makePng(name, { rows }).bytes as Uint8Array<ArrayBuffer>)

const dicom = (name: string, n: number, patient: string, person: string) =>
  makeDicom({
    ...{ name, series: `1.2.3.${n}`, instance: `1.2.3.${n}.1`, rows: side, columns: side },
    pixels: Int16Array.from(disc(900 + n, 100).flat()),
    more: [
      ['00100010', 'PN', person],
      ['00100020', 'LO', patient],
      ['0008103e', 'LO', 'thorax of Jane'],
    ],
  })

/** Two patients of pictures, one of DICOM, with masks; and one mask that is of nobody. */
const files: GivenFile[] = [
  png('ward/smith-anna_s1.png', disc(200, 30)),
  png('ward/smith-anna_s2.png', disc(190, 40)),
  png('ward/jones_19570423.png', disc(180, 50)),
  dicom('Doe^Jane/i.dcm', 1, 'PID471199', 'Doe^Jane'),
  png('masks/smith-anna_s1_mask.png', mask),
  png('masks/jones_19570423_mask.png', mask),
  png('masks/lost-anna_mask.png', mask.slice(0, 8)),
]
/** What no file may say. */
const secret = /smith|anna|jones|19570423|doe\^|jane|PID471199|ward\/|lost-/i

async function given(): Promise<Dataset> {
  const { dataset } = await withFiles(
    emptyDataset,
    files.map((file) => ({ role: null, file })),
    () => {},
  )
  return dataset
}

const off = { keepIdentifiers: false, rename: false }

describe('names', () => {
  test('a patient has one number, in the order of the images; a mask goes with its image', async () => {
    const dataset = await given()
    expect(Object.fromEntries(caseNames(dataset).map(({ name, file }) => [file, name]))).toEqual({
      'ward/smith-anna_s1.png': 'case-001_01.png',
      'ward/smith-anna_s2.png': 'case-001_02.png',
      'ward/jones_19570423.png': 'case-002.png',
      'Doe^Jane/i.dcm': 'case-003.dcm',
    })
    const written = asWritten(dataset, { ...off, rename: true })
    expect(written.exemplarMask!.given.name).toBe('case-001_01_mask.png')
    expect(written.masks.map(({ name }) => name)).toContain('case-002_mask.png')
    expect(written.unlabeled.map(({ id }) => id)).toEqual(dataset.unlabeled.map(({ id }) => id))
    // Predictions are put together by the source that pictures share.
    expect(new Set(written.unlabeled.map(({ source }) => source)).size).toBe(new Set(dataset.unlabeled.map(({ source }) => source)).size)
    expect(written.unlabeled.map(({ patient }) => patient)).toEqual(expect.arrayContaining(['case-001', 'case-002', 'case-003']))
    expect([...scoreNames(dataset, written)].every(([, name]) => /^case-\d{3}/.test(name))).toBe(true)
    expect(caseNames(await given())).toEqual(caseNames(dataset))
  })

  test('without renaming only what DICOM says of its patient is replaced', async () => {
    const dataset = await given()
    const written = asWritten(dataset, off)
    expect(written.unlabeled.map(({ name }) => name)).toEqual(dataset.unlabeled.map(({ name }) => name))
    const patients = (of: Dataset) => of.unlabeled.filter(({ source }) => source.volume.kind === 'dicom').map(({ patient }) => patient)
    expect([patients(dataset), patients(written)]).toEqual([['PID471199'], ['case-003']])
    expect(asWritten(dataset, { keepIdentifiers: true, rename: false })).toBe(dataset)
  })
})

test('what could name a person is listed: fields with their fate, and names with the reason', async () => {
  const dataset = await given()
  const fates = Object.fromEntries(identifiersOf(dataset).map(({ name, written, values }) => [name, [written, values[0]]]))
  expect(fates).toMatchObject({
    "Patient's Name": ['asked', 'Doe^Jane'],
    'Patient ID': ['asked', 'PID471199'],
    'SOP Instance UID': ['always', '1.2.3.1.1'],
    'Series Description': ['never', 'thorax of Jane'],
  })
  expect(personalNames(dataset)).toEqual({
    count: 7,
    examples: [
      { name: 'ward/smith-anna_s1.png', why: 'has a given name' },
      { name: 'ward/smith-anna_s2.png', why: 'has a given name' },
      { name: 'ward/jones_19570423.png', why: 'has a date' },
    ],
  })
})

let backend: BackendInfo
beforeAll(async () => {
  backend = await openWasm()
})

describe('exports', () => {
  const small = makeConfig({ size: 16, baseWidth: 4, steps: 1, warmup: 0, ramp: 0, scoreEvery: 1, batchLabeled: 2, batchUnlabeled: 2 })

  async function written(kinds: readonly ExportKind[], options: typeof off): Promise<string> {
    const session = new Session(backend, () => {})
    await session.configure(small)
    await session.loadFiles(files.map((file) => ({ role: null, file })))
    await session.step()
    await session.settled()
    const all: string[] = []
    for (const kind of kinds)
      for (const [path, bytes] of Object.entries(await session.files(kind, { format: 'source', ...options })))
        // A class is called after nobody, but weights are noise in which anything may be found.
        if (!/\.onnx$|^model|^test-vector/.test(path)) all.push(path, Buffer.from(bytes).toString('latin1'))
    const { patients } = await session.patientScores({ format: 'source', ...options })
    all.push(...patients.map(({ patient }) => patient))
    await session.reset()
    return all.join('\n')
  }

  test('renamed, hold no name of a file or a person', async () => {
    const text = await written(['run', 'maps'], { ...off, rename: true })
    expect(text).toMatch(/masks\/case-001_02\.png/)
    expect(text.match(secret)).toBe(null)
  })

  test('as usual, hold names of files but nothing that DICOM says of its patient', async () => {
    const text = await written(['run'], off)
    expect(text).toContain('smith-anna_s1')
    expect(text).not.toContain('PID471199')
    expect(text).not.toContain('thorax of')
  })
})
