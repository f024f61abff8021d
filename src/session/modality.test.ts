/** Cases with images of several modalities: one asks which is used, and the others stay out until they are chosen. */
import { expect, test } from 'vitest'
import { fromBytes } from '../data/given-file'
import { makeNifti } from '../data/volumes.test-support'
import type { FileRole, SessionEvent } from './events'
import { Session } from './session'

const cells = Array.from({ length: 8 * 8 * 2 }, (_, i) => i)
const scan = (n: number) =>
  makeNifti(
    [8, 8, 2],
    cells.map((i) => (i * n) % 97),
    'i2',
  )
const labels = makeNifti(
  [8, 8, 2],
  cells.map((i) => Number(i % 8 < 4)),
  'u1',
)
const kinds = ['flair', 't1', 't1ce', 't2']
const file = (role: FileRole | null, name: string, bytes: Uint8Array<ArrayBuffer>) => ({ role, file: fromBytes(name, bytes) })
const sequences = (role: FileRole | null, n: number, of = kinds) =>
  of.map((kind, k) => file(role, `B_${n}/B_${n}_${kind}.nii`, scan(7 * n + k)))
const seg = (role: FileRole | null, n: number) => file(role, `B_${n}/B_${n}_seg.nii`, labels)

function begin() {
  const events: SessionEvent[] = []
  const session = new Session({ backend: 'cpu', adapter: '', software: false }, (event) => events.push(event))
  const dataset = () => events.flatMap((event) => (event.type === 'dataset' ? [event.dataset] : [])).at(-1)!
  const told = () => ({
    modality: dataset().modality,
    exemplars: [...new Set(dataset().exemplars.map(({ name }) => name.replace(/_z\d$/, '')))],
    sources: dataset().sources.map(({ name }) => name),
    references: dataset().references,
  })
  const said = () => events.splice(0).flatMap((event) => (event.type === 'problem' ? [event.message] : []))
  return { session, told, said }
}

test('of what is dropped one asks, and another can be chosen later; later files follow the choice', async () => {
  const { session, told, said } = begin()
  await session.loadFiles([...sequences(null, 1), ...sequences(null, 2), ...sequences(null, 3), seg(null, 1), seg(null, 2)])
  expect(told()).toEqual({ modality: { known: kinds, used: null }, exemplars: [], sources: [], references: 0 })
  expect(said()).toEqual([
    'One case has 4 images, "B_1/B_1_flair.nii", "B_1/B_1_t1.nii", "B_1/B_1_t1ce.nii" and "B_1/B_1_t2.nii", and so do 2 other cases; choose which modality is used: flair, t1, t1ce, t2.',
  ])
  const of = (kind: string, ...cases: number[]) => cases.map((n) => `B_${n}/B_${n}_${kind}.nii`)
  for (const used of ['t1ce', 'flair']) {
    await session.chooseModality(used)
    expect(told()).toEqual({
      modality: { known: kinds, used },
      exemplars: [`B_1/B_1_${used}`],
      sources: of(used, 1, 2, 3).sort(),
      references: 2,
    })
    expect(said()).toEqual([])
  }
  await session.loadFiles([...sequences(null, 4), ...sequences(null, 5, ['t1', 't2']), ...sequences(null, 6, ['t1', 't2'])])
  expect(told().sources.sort()).toEqual(of('flair', 1, 2, 3, 4))
  expect(said()).toEqual(['2 cases without flair are left out, such as that of "B_5/B_5_t1.nii".'])
  await session.chooseModality('t2')
  expect(told().sources.sort()).toEqual(of('t2', 1, 2, 3, 4, 5, 6))
})

test('an exemplar that is given as such says which modality is used, of channels too', async () => {
  const { session, told, said } = begin()
  const given = [1, 2].flatMap((n) => [0, 1].map((c) => file('unlabeled', `case_0${n}_000${c}.nii`, scan(5 * n + c))))
  const exemplar = [file('exemplar-image', 'case_01_0001.nii', scan(6)), file('exemplar-mask', 'case_01.nii', labels)]
  await session.loadFiles([...exemplar, ...given, file('reference', 'case_02.nii', labels)])
  expect(told()).toMatchObject({ modality: { known: ['0000', '0001'], used: '0001' }, references: 2 })
  expect(told().sources.sort()).toEqual(['case_01_0001.nii', 'case_02_0001.nii'])
  expect(said()).toEqual([])
  await session.chooseModality('0000')
  expect(said()).toEqual(['The exemplar "case_01_0001.nii" is of another modality than 0000, which is used of the other images.'])
})

test('images of one modality, times and slices raise no question', async () => {
  const { session, told, said } = begin()
  await session.loadFiles([...sequences(null, 1, ['flair']), ...sequences(null, 2, ['flair']), seg(null, 1)])
  expect(told()).toMatchObject({ modality: null, sources: ['B_1/B_1_flair.nii', 'B_2/B_2_flair.nii'] })
  await session.loadFiles([1, 2, 3].map((n) => file('unlabeled', `p1_000${n}.nii`, scan(n))))
  expect(told()).toMatchObject({ modality: null })
  expect(told().sources).toHaveLength(5)
  expect(said()).toEqual([])
})
