/** A process of `npm run study` that runs one cell after another, as its parent asks. */
import { InputError } from '../data/input-error'
import { LostError } from '../kernels/lost-error'
import { MemoryError } from '../kernels/memory-error'
import { version } from '../lib/version'
import { ConfigError } from '../method/config'
import { openBackend } from '../session/backend'
import type { BackendName } from '../session/events'
import { DivergedError } from '../session/trainer'
import type { CellFile } from '../study/cell-file'
import { runCell } from '../study/run-cell'
import { readStudy, type Cell } from '../study/study'
import type { StudyImages } from '../study/study-images'
import './pipelines'
import { UsageError } from './arguments'
import { nodePlatform, placeOf } from './platform'
import { imagesFor } from './study-data'
import { StudyFolder } from './study-folder'

/** What a runner needs to know before its first cell. */
export interface Task {
  /** The text of the study's file, and the folder where its paths start. */
  study: string
  folder: string
  out: string
  backend: BackendName | null
  commit: string | null
}

/** What a runner is asked: its task first, then numbers of cells in the study. */
export type ToRunner = Task | { cell: number }
/** What it answers: it is ready, or a cell has ended, and with it perhaps the process. */
export type FromRunner = { ready: true } | { refused: string } | { ended: CellFile; gone: boolean }

const answer = (message: FromRunner) => process.send!(message)

const clock = {
  wall: () => performance.now() / 1000,
  processor: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
}

/** What a user can mend, or what a run may come to; anything else is our bug, and shows its stack too. */
const expected = [InputError, UsageError, ConfigError, DivergedError, MemoryError, LostError]

async function begin(task: Task): Promise<(number: number) => Promise<void>> {
  const study = readStudy(task.study)
  const out = new StudyFolder(task.out)
  let fault: Error | null = null
  const info = await openBackend(task.backend, nodePlatform, (found) => (fault = found))
  // Cells of one data set and exemplar follow each other.
  let last: { of: string; images: StudyImages } | null = null
  const images = async (cell: Cell) => {
    const of = JSON.stringify([cell.data, cell.exemplar, cell.labels])
    if (last?.of !== of) last = { of, images: await imagesFor(study, cell, task.folder, (sentence) => console.error(sentence)) }
    return last.images
  }
  return async (number) => {
    const cell = study.cells[number]!
    let result: CellFile['result'] = null
    let problem: string | null = null
    try {
      result = await runCell(cell, await images(cell), clock)
      if (fault) throw fault as Error
    } catch (error) {
      result = null
      // The messages of faults are beginnings of sentences.
      problem = (error instanceof Error ? error.message : String(error)).replace(/[^.]$/, '$&.')
      if (!expected.some((kind) => error instanceof kind)) console.error(error)
    }
    // Results are shown to others: no more of the machine than decides how fast it is.
    const place = { ...placeOf(info.backend), os: `${process.platform} ${process.arch}` }
    const made = { version, commit: task.commit, ended: new Date().toISOString(), backend: info.backend, adapter: info.adapter, place }
    const file: CellFile = { format: 'exemplar-lab-cell', ...cell, made, problem, result }
    out.put(cell, file)
    // Nothing computes on a lost GPU: the next cell gets another process.
    const gone = fault !== null
    process.send!({ ended: file, gone } satisfies FromRunner, () => void (gone && process.exit(1)))
  }
}

let run: ((number: number) => Promise<void>) | null = null
process.on('message', (message: ToRunner) => {
  if ('cell' in message) {
    void run!(message.cell).catch((error: unknown) => {
      console.error(error instanceof UsageError ? error.message : error)
      process.exit(1)
    })
    return
  }
  begin(message).then(
    (made) => {
      run = made
      answer({ ready: true })
    },
    (error: unknown) => answer({ refused: error instanceof Error ? error.message : String(error) }),
  )
})
// The parent ends it; without a parent there is nobody to work for.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit())
