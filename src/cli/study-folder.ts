/** The folder that a study's results are in: study.json, and a file for each cell. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellText, readCell, type CellFile } from '../study/cell-file'
import type { Cell } from '../study/study'
import { UsageError } from './arguments'
import { reasonOf } from './run-folder'

const studyName = 'study.json'

export class StudyFolder {
  private readonly cells: string

  constructor(readonly path: string) {
    this.cells = join(path, 'cells')
  }

  /**
   * Makes the folder for the study in a text, or goes on in it.
   * @throws UsageError if it holds another study, or cannot be written to
   */
  begin(name: string, text: string): void {
    const before = this.study()
    if (before !== null && nameIn(before) !== name)
      throw new UsageError(
        `"${this.path}" (--out) holds ${nameIn(before) === null ? 'a study.json of something else' : `the study "${nameIn(before)}"`}: choose another folder.`,
      )
    this.attempt(() => mkdirSync(this.cells, { recursive: true }))
    this.write(studyName, text)
  }

  /** The text of the study whose cells are here; null where there is none. */
  study(): string | null {
    try {
      return readFileSync(join(this.path, studyName), 'utf8')
    } catch {
      return null
    }
  }

  /** All cells that have ended, failed ones included, by their keys. */
  ended(): Map<string, CellFile> {
    return new Map(
      this.names().flatMap((name) => {
        const cell = readCell(readFileSync(join(this.cells, name), 'utf8'))
        return cell ? [[cell.key, cell] as const] : []
      }),
    )
  }

  /** Whether a cell has scores. */
  has({ key }: Cell): boolean {
    const name = this.names().find((one) => one.endsWith(`.${key}.json`))
    return name !== undefined && readCell(readFileSync(join(this.cells, name), 'utf8'))?.problem === null
  }

  put({ name }: Cell, file: CellFile): void {
    this.write(join('cells', `${name}.json`), cellText(file))
    // What a process left that was killed while it wrote the same.
    for (const other of readdirSync(this.cells)) if (other.startsWith(`${name}.json.`)) rmSync(join(this.cells, other), { force: true })
  }

  /** Writes a file so that at any moment it is there whole, or as it was. @throws UsageError */
  write(name: string, text: string): void {
    const path = join(this.path, name)
    const unfinished = `${path}.${process.pid}.unfinished`
    this.attempt(() => {
      try {
        writeFileSync(unfinished, text, { flush: true })
        renameSync(unfinished, path)
      } finally {
        rmSync(unfinished, { force: true })
      }
    })
  }

  private names(): string[] {
    try {
      return readdirSync(this.cells)
        .filter((name) => name.endsWith('.json'))
        .sort()
    } catch {
      return []
    }
  }

  private attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      throw new UsageError(`Nothing can be written to "${this.path}" (--out): ${reasonOf(error)}.`)
    }
  }
}

/** The name of a study, whatever else its text is worth. */
function nameIn(text: string): string | null {
  try {
    const { name } = JSON.parse(text) as { name?: unknown }
    return typeof name === 'string' ? name : null
  } catch {
    return null
  }
}
