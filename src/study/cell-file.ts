/** What is kept of a run that has ended: one small JSON file. */
import type { CellScores } from './run-cell'
import type { Cell } from './study'

export interface CellFile extends Cell {
  format: 'exemplar-lab-cell'
  made: {
    version: string
    /** Of the repository, where there is one. */
    commit: string | null
    /** ISO 8601. */
    ended: string
    backend: string
    adapter: string
    /** Processor and versions. */
    place: Record<string, string>
  }
  /** Why there are no scores, in a sentence; null if there are. */
  problem: string | null
  result: CellScores | null
}

/** A line for each field, so that a repository shows what changed. */
export const cellText = (file: CellFile): string =>
  `{\n${Object.entries(file)
    .map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
    .join(',\n')}\n}\n`

/** The cell in a text; null if it is none. */
export function readCell(text: string): CellFile | null {
  try {
    const json = JSON.parse(text) as Partial<CellFile> | null
    return json?.format === 'exemplar-lab-cell' && typeof json.key === 'string' && json.made ? (json as CellFile) : null
  } catch {
    return null
  }
}
