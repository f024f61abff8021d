/** npm run study: many runs, and the report on them. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { duration } from '../lib/duration'
import { version } from '../lib/version'
import type { CellFile } from '../study/cell-file'
import { cellsOf, costOf, shardOf } from '../study/shards'
import { readStudy, type Cell, type Study } from '../study/study'
import { countOf, required, runCommand, UsageError } from './arguments'
import type { Values } from './command'
import { study as command } from './commands'
import { reasonOf } from './run-folder'
import { StudyFolder } from './study-folder'
import { writeReport } from './study-report'
import type { FromRunner, Task, ToRunner } from './study-runner'

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(code === 'ENOENT' ? `There is no file "${path}".` : `"${path}" cannot be read: ${reasonOf(error)}.`)
  }
}

/** The commit that this is, short; null outside of a repository. */
function commitHere(): string | null {
  const here = fileURLToPath(new URL('../..', import.meta.url))
  const { status, stdout } = spawnSync('git', ['-C', here, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}

const titleOf = ({ data, arm, exemplar, seed }: Cell) => `${data} · ${arm} · ${exemplar} · seed ${seed}`

function told({ result, problem }: CellFile): string {
  const last = result?.scores.at(-1)
  if (!last) return `failed: ${problem}`
  return `Dice ${last.dice?.toFixed(3) ?? 'n/a'} after ${last.step} steps in ${duration(last.seconds)}`
}

/** Runs cells, `jobs` at once, in their order. @returns how many failed */
async function runAll(study: Study, cells: readonly Cell[], folder: StudyFolder, task: Task, jobs: number): Promise<number> {
  const waiting = cells.filter((cell) => !folder.has(cell))
  const finished = cells.length - waiting.length
  if (finished > 0) console.log(`${finished} of ${cells.length} runs have ended before.`)
  const begun = performance.now()
  let left = waiting.reduce((sum, cell) => sum + costOf(cell), 0)
  const all = left
  let ended = finished
  let failed = 0
  const next = () => {
    // Another machine may have made it meanwhile, or another arm with the same settings.
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      if (!folder.has(cell)) return cell
      ended++
      left -= costOf(cell)
    }
    return null
  }
  const tell = (cell: Cell, file: CellFile) => {
    ended++
    left -= costOf(cell)
    if (file.problem !== null) failed++
    const seconds = ((performance.now() - begun) / 1000) * (left / (all - left))
    console.log(`${ended} of ${cells.length}  ${titleOf(cell)}: ${told(file)}${left > 0 ? `; about ${duration(seconds)} left` : ''}`)
  }

  const runners = new Set<ChildProcess>()
  const leave = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => {
    for (const runner of runners) runner.kill('SIGKILL')
    console.log(`Left by ${signal}; the same command goes on.`)
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave)
  // Whoever started it was killed, as by a batch system that knows no other process of it.
  if (process.connected) process.on('disconnect', () => leave('SIGHUP'))

  /** One process, for as many cells as it lives. @returns whether there may be more to do */
  const work = () =>
    new Promise<boolean>((done, fail) => {
      let cell = next()
      if (!cell) return done(false)
      const runner = fork(fileURLToPath(new URL('./study-runner.ts', import.meta.url)), [])
      runners.add(runner)
      let gone = false
      // That it is gone is told by its exit.
      const send = (message: ToRunner) => void runner.send(message, () => undefined)
      send(task)
      runner.on('message', (message: FromRunner) => {
        if ('refused' in message) fail(new UsageError(message.refused))
        else {
          if ('ended' in message) {
            tell(cell!, message.ended)
            gone = message.gone
            cell = gone ? null : next()
          }
          if (cell) send({ cell: study.cells.indexOf(cell) })
          else if (!gone) runner.disconnect()
        }
      })
      runner.on('exit', (code, signal) => {
        runners.delete(runner)
        if (!cell) return done(gone)
        if (code === 0) return fail(new Error('A process of the study ended too early.'))
        const problem = `The process of this run ended with ${signal ?? `code ${code}`}${signal === 'SIGKILL' ? ', as when memory is short' : ''}.`
        const made = { version, commit: task.commit, ended: new Date().toISOString(), backend: task.backend ?? '', adapter: '', place: {} }
        const file: CellFile = { format: 'exemplar-lab-cell', ...cell, made, problem, result: null }
        folder.put(cell, file)
        tell(cell, file)
        done(true)
      })
    })
  const worker = async () => {
    while (await work());
  }
  try {
    await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, worker))
  } finally {
    for (const runner of runners) runner.kill('SIGKILL')
  }
  return failed
}

async function main(values: Values<typeof command>, rest: readonly string[]): Promise<void> {
  if (values.report !== undefined) {
    const strange = rest[0] ?? (['out', 'data', 'shard', 'backend'] as const).find((name) => values[name] !== undefined)
    if (strange !== undefined) throw new UsageError(`--report runs nothing: leave out ${rest[0] === undefined ? '--' : ''}${strange}.`)
    writeReport(values.report, values.compare ?? [], values.into)
    return
  }
  if (values.compare || values.into) throw new UsageError('--compare and --into belong to --report DIR.')
  if (rest.length > 1) throw new UsageError(`"${rest[1]}" is one file too many: a study is one file.`)
  const path = required(rest[0], 'STUDY.json', 'give the file of a study, as in studies/smoke.json')
  const out = required(values.out, '--out', 'give the folder for the results')
  const jobs = countOf(values.jobs, '--jobs')
  const text = textAt(path)
  const study = readStudy(text)
  const shard = shardOf(values.shard, process.env)
  const folder = new StudyFolder(out)
  folder.begin(study.name, text)
  const cells = cellsOf(study.cells, shard)
  const part = shard.count > 1 ? `, part ${shard.index + 1} of ${shard.count}: ${cells.length}` : ''
  console.log(`Study ${study.name}: ${study.cells.length} runs${part}`)
  const task: Task = {
    study: text,
    folder: resolve(values.data ?? resolve(dirname(path), study.folder)),
    out: resolve(out),
    backend: values.backend ?? null,
    commit: commitHere(),
  }
  const failed = await runAll(study, cells, folder, task, jobs)
  if (failed > 0) throw new UsageError(`${failed} of ${cells.length} runs failed; the same command tries them again.`)
}

await runCommand(command, main)
process.exit()
