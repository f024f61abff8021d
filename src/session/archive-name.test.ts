import { expect, test } from 'vitest'
import { makeConfig } from '../method/config'
import { archiveName } from './archive-name'
import { emptyDataset, type Dataset, type Picture } from './dataset'
import { sampleDataset } from './samples'

const made = new Date(2026, 0, 5, 3, 7)
const of = (dataset: Dataset, values = {}, t = 600) => archiveName('run', { t, dataset, config: makeConfig(values) }, made)

/** Pictures of patients whose names are in those of their files. */
const own = (...ids: number[]): Dataset => ({
  ...emptyDataset,
  unlabeled: ids.map((id) => ({ ...({} as Picture), id: `${id}/2/0/0`, name: 'mueller_hans/scan.nii', patient: 'mueller_hans' })),
})

test('names a sample, the preset, the seed and the time', () => {
  expect(of(sampleDataset('Cardiac phantom'))).toBe('exemplar-lab-run-step-600-cardiac-phantom-quick-seed-0-2026-01-05-0307')
  expect(archiveName('weights', { t: 4, dataset: emptyDataset, config: makeConfig({ size: 128, baseWidth: 16, steps: 1600 }) }, made)).toBe(
    'exemplar-lab-weights-step-4-balanced-seed-0-2026-01-05-0307',
  )
})

test('tells data, settings and seeds apart, whatever the order of the images, and never by names of the user’s own', () => {
  const names = [
    ...[of(own(1, 2)), of(own(1, 3)), of(own(1)), of(own(1, 2), { tau: 0.7 }), of(own(1, 2), { tau: 0.6 }), of(own(1, 2), { seed: 2 })],
    of(own(1, 2), {}, 601),
  ]
  expect(new Set(names).size).toBe(names.length)
  expect(of(own(2, 1))).toBe(names[0])
  // A run that was made longer has other steps, not another kind of settings.
  expect(of(own(1, 2), { steps: 900 })).toBe(names[0])
  expect(names[0]).toMatch(/^exemplar-lab-run-step-600-2-images-[0-9a-f]{4}-quick-seed-0-2026-01-05-0307$/)
  expect(names[2]).toMatch(/-1-image-[0-9a-f]{4}-quick-/)
  expect(names[3]).toMatch(/-quick-[0-9a-f]{4}-seed-/)
  for (const name of names) expect(name).not.toMatch(/mueller|hans|scan/)
})
