/** The folder that a study's results are in: study.json, and a file for each cell. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cellText, readCell, type CellFile } from '../study/cell-file'
import type { Cell } from '../study/study'
import { UsageError } from './arguments'
import { reasonOf } from './run-folder'

const studyName = 'study.json'

/** Milliseconds after which a file that is not finished is nobody's. */
const leftAfter = 3_600_000

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
    if (text !== before) this.write(studyName, text)
  }

  /** The text of the study whose cells are here; null where there is none. */
  study(): string | null {
    try {
      return readFileSync(join(this.path, studyName), 'utf8')
    } catch {
      return null
    }
  }

  /** All cells that have ended, failed ones included, by their keys; of several files of one cell, as after an arm was renamed, one with scores. */
  ended(): Map<string, CellFile> {
    const found = new Map<string, CellFile>()
    for (const cell of this.read(this.names())) if (cell.problem === null || !found.has(cell.key)) found.set(cell.key, cell)
    return found
  }

  /** Whether a cell has scores. */
  has({ key }: Cell): boolean {
    return this.read(this.names().filter((name) => name.endsWith(`.${key}.json`))).some(({ problem }) => problem === null)
  }

  /** Keeps how a cell has ended. Where another process had scores of the same cell meanwhile, a failure changes nothing. @throws UsageError */
  put(cell: Cell, file: CellFile): void {
    if (file.problem !== null && this.has(cell)) return
    this.write(join('cells', `${cell.name}.json`), cellText(file))
    // What a process left that was killed while it wrote the same; another may be writing it now.
    for (const other of readdirSync(this.cells).filter((one) => one.startsWith(`${cell.name}.json.`))) {
      const written = statSync(join(this.cells, other), { throwIfNoEntry: false })
      if (written && Date.now() - written.mtimeMs > leftAfter) rmSync(join(this.cells, other), { force: true })
    }
  }

  /** Writes a file so that at any moment it is there whole, or as it was. @throws UsageError */
  write(name: string, text: string): void {
    const path = join(this.path, name)
    // Processes of several machines may share the folder, and in containers their numbers too.
    const unfinished = `${path}.${randomUUID()}.unfinished`
    this.attempt(() => {
      try {
        writeFileSync(unfinished, text, { flush: true })
        renameSync(unfinished, path)
      } finally {
        rmSync(unfinished, { force: true })
      }
    })
  }

  private read(names: readonly string[]): CellFile[] {
    return names.flatMap((name) => readCell(readFileSync(join(this.cells, name), 'utf8')) ?? [])
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
