/** What of people is in what a command writes, and which new name is of which file. */
import { csvOf } from '../lib/csv'
import type { CaseName, DatasetSummary, ExportOptions } from '../session/events'
import { UsageError } from './arguments'
import { isInside } from './given-path'
import { writeFile } from './write-file'

/** What of people is in what will be written, in sentences. */
export function privacyNotes(
  { personal, identifiers }: Pick<DatasetSummary, 'personal' | 'identifiers'>,
  { keepIdentifiers, rename }: ExportOptions,
): string[] {
  const { count, examples } = personal
  const fields = identifiers.filter(({ written }) => written === 'asked').map(({ name }) => name)
  return [
    ...(count > 0 && !rename
      ? [
          `${count === 1 ? 'The name of a file looks' : `The names of ${count} files look`} like a person's: ` +
            `${examples.map(({ name, why }) => `"${name}" ${why}`).join('; ')}. What is written holds them; --rename calls them case-001 and so on.`,
        ]
      : []),
    ...(fields.length > 0
      ? [
          `The DICOM files say of people, among ${identifiers.length} fields: ${fields.join(', ')}. ` +
            (keepIdentifiers ? 'A DICOM SEG keeps these.' : 'A DICOM SEG has a case number instead; --keep-identifiers keeps these.'),
        ]
      : []),
  ]
}

/** Says which new name is of which image, apart from the folder that the rest goes to. @throws UsageError */
export function tellCases(names: readonly CaseName[], file: string, { path }: { path: string }): void {
  const csv = csvOf([['case', 'file'], ...names.map(({ name, file: own }) => [name, own])])
  if (file === '-') return void process.stdout.write(csv)
  if (isInside(file, path))
    throw new UsageError(`"${file}" (--rename) lies in "${path}" (--out): choose a place outside, which stays with you.`)
  writeFile(file, csv, '--rename')
}
