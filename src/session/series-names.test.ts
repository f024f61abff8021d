import { expect, it } from 'vitest'
import { makeDicom } from '../data/dicom.test-support'
import type { GivenFile } from '../data/given-file'
import { emptyDataset, type Dataset } from './dataset'
import { withFurther } from './further'
import { withFiles } from './given-files'

/** Two slices in a folder, of this patient and with these values. */
const series = (folder: string, patient: string, value: number): GivenFile[] =>
  [0, 1].map((z) =>
    makeDicom({
      name: `${folder}/IM${z}`,
      series: `1.2.${patient}.${value}`,
      position: [0, 0, 3 * z],
      pixels: Int16Array.from({ length: 6 }, (_, i) => value + i * i + z),
      more: [['00100020', 'LO', patient]],
    }),
  )

const give = async (before: Dataset, files: GivenFile[]): Promise<Dataset> => {
  const { dataset, problems } = await withFiles(
    before,
    files.map((file) => ({ role: 'unlabeled', file })),
    () => undefined,
  )
  expect(problems).toEqual([])
  return dataset
}
const names = ({ sources }: Dataset) => sources.map(({ volume: { name } }) => name)

it('tells series apart whose folders have the same name, and replaces one that is given again', async () => {
  const one = await give(emptyDataset, series('P1/DICOM', '1', 100))
  const both = await give(one, series('P2/DICOM', '2', 200))
  expect(names(both)).toEqual(['DICOM', 'DICOM (2)'])
  expect(both.unlabeled.map(({ patient }) => patient)).toEqual(['1', '1', '2', '2'])
  // Another study of the first patient.
  const three = await give(both, series('P1/later/DICOM', '1', 300))
  expect(names(three)).toEqual(['DICOM', 'DICOM (2)', 'DICOM (3)'])

  expect(names(await give(three, series('P2/DICOM', '2', 200))).sort()).toEqual(['DICOM', 'DICOM (2)', 'DICOM (3)'])
  // Exported anew into its folder.
  const anew = await give(one, series('P1/DICOM', '1', 150))
  expect(names(anew)).toEqual(['DICOM'])
  expect(anew.sources[0]!.volume.samples[0]).toBe(150)
})

it('tells further series apart from those that are there', async () => {
  const one = await give(emptyDataset, series('P1/DICOM', '1', 100))
  let dataset = one
  for (const [folder, patient, value] of [
    ['P2/DICOM', '2', 200],
    ['P3/DICOM', '3', 300],
  ] as const) {
    const files = series(folder, patient, value).map((file) => ({ role: 'further' as const, file }))
    ;({ dataset } = await withFurther(dataset, files, { looks: null }, () => undefined))
  }
  expect(dataset.further.map(({ volume: { name } }) => name)).toEqual(['DICOM (2)', 'DICOM (3)'])
})
