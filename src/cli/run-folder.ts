import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, realpathSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runPaths, type Files } from '../export/archive'
import type { SourceOfFile } from '../export/finished-run'
import { CheckpointError, isCheckpoint, openCheckpoint, type Checkpoint } from '../session/checkpoint'
import { UsageError } from './arguments'
import { isInside } from './given-path'

const checkpointName = 'checkpoint.safetensors'
/** The checkpoint before it, as long as the run goes on. */
const previousName = 'checkpoint-previous.safetensors'
/** Where files are written before they take their places. */
const unfinished = '.unfinished'

/** What stands at the top of the folder of a run that has ended. */
const topNames = [...runPaths, 'summary.json']

/** What summary.json begins with where networks have only predicted. */
export const predictionFormat = 'exemplar-lab-prediction'

/** How many masks an export holds, and which of them are drawn, whole or in part. */
export function masksIn(files: Files): { written: number; drawn: string[] } {
  const { files: all } = JSON.parse(new TextDecoder().decode(files['labels.json'])) as { files: SourceOfFile[] }
  return {
    written: all.length,
    drawn: all.flatMap(({ file, drawn }) => (drawn === undefined ? [] : [drawn === 'all' ? file : `${file} (${drawn})`])),
  }
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
  EROFS: 'it is read-only',
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  ENOTDIR: 'it is a file, or lies in one',
  EEXIST: 'it is a file',
  ENAMETOOLONG: 'its name is too long',
}

/** Why a file could not be written, in words. */
export function reasonOf(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return reasons[code] ?? code
}

/**
 * The folder that a run writes to. It is refused before the first step if it cannot be written to, or if something in it would be lost that
 * no run wrote. Each file takes its place whole, so that a run killed at any moment leaves its last checkpoint.
 */
export class RunFolder {
  private saved = false

  /**
   * Makes the folder if it is not there.
   * @param inputs paths of all files that the run reads
   * @throws UsageError
   */
  constructor(
    readonly path: string,
    inputs: readonly string[],
    what: 'run' | 'predictions' = 'run',
  ) {
    this.attempt(() => mkdirSync(path, { recursive: true }))
    // What lies elsewhere, but is reached through the folder, counts as well.
    const roots = ['.', ...topNames].map((name) => join(path, name)).filter((root) => existsSync(root))
    for (const root of roots.map((root) => realpathSync(root)))
      for (const input of inputs) {
        const real = realpathSync(input)
        if (real === root || isInside(real, root))
          throw new UsageError(
            `"${path}" (--out) holds "${basename(input)}", which the run reads: choose a folder of its own for what comes out.`,
          )
      }
    const other = topNames.find((name) => existsSync(join(path, name)))
    const there = this.holds()
    if (what === 'predictions' && there === 'run')
      throw new UsageError(`"${path}" (--out) holds a run, whose masks and scores would be replaced: choose another folder.`)
    if (other !== undefined && there === null)
      throw new UsageError(
        `"${path}" (--out) has a "${basename(other)}" that no run wrote and that would be overwritten: choose another folder.`,
      )
    // Only writing tells whether one may.
    this.put(join(unfinished, 'probe'), new Uint8Array(1))
    this.tidy()
  }

  /** Keeps the state of the run, and the one before it. @throws UsageError if it cannot be written; what was kept stays */
  keep(checkpoint: Uint8Array): void {
    const [now, before] = [join(this.path, checkpointName), join(this.path, previousName)]
    this.put(join(unfinished, checkpointName), checkpoint)
    this.attempt(() => {
      // One of an earlier run would not be an earlier state of this one.
      if (!this.saved) rmSync(before, { force: true })
      // It may have been taken away meanwhile.
      else if (existsSync(now)) renameSync(now, before)
      renameSync(join(this.path, unfinished, checkpointName), now)
    })
    this.saved = true
    this.tidy()
  }

  /** Writes all files of a run, in the place of an earlier run's. @throws UsageError if they cannot be written; what was there stays */
  finish(files: Files): void {
    for (const [name, bytes] of Object.entries(files)) this.put(join(unfinished, name), bytes)
    const former = this.listed()
    this.attempt(() => {
      for (const name of Object.keys(files)) {
        mkdirSync(dirname(join(this.path, name)), { recursive: true })
        renameSync(join(this.path, unfinished, name), join(this.path, name))
      }
      // Masks of images that are no longer among the run's would be taken for its own.
      for (const name of former) if (!(name in files)) rmSync(join(this.path, name), { force: true })
      rmSync(join(this.path, previousName), { force: true })
    })
    this.tidy()
  }

  /** What was written here by an earlier command; null if nothing was. */
  private holds(): 'run' | 'predictions' | null {
    const { format } = this.json('config.json') as { format?: unknown }
    if (format === 'exemplar-lab-run') return 'run'
    const { format: ofSummary } = this.json('summary.json') as { format?: unknown }
    if (ofSummary === predictionFormat) return 'predictions'
    const checkpoint = join(this.path, checkpointName)
    const begun = !existsSync(join(this.path, 'config.json')) && existsSync(checkpoint) && isCheckpoint(readFileSync(checkpoint))
    return begun ? 'run' : null
  }

  /** The masks that an earlier run wrote here. */
  private listed(): string[] {
    const { files } = this.json('labels.json') as { files?: unknown }
    const names = Array.isArray(files) ? files.map((one) => (one as { file?: unknown } | null)?.file) : []
    return names.filter((name): name is string => typeof name === 'string' && isInside(join(this.path, name), join(this.path, 'masks')))
  }

  private json(name: string): object {
    try {
      return Object(JSON.parse(readFileSync(join(this.path, name), 'utf8'))) as object
    } catch {
      return {}
    }
  }

  private put(name: string, bytes: Uint8Array): void {
    const path = join(this.path, name)
    this.attempt(() => {
      mkdirSync(dirname(path), { recursive: true })
      const file = openSync(path, 'w')
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    })
  }

  private tidy(): void {
    rmSync(join(this.path, unfinished), { recursive: true, force: true })
  }

  /** @throws UsageError for an error of the file system */
  private attempt(write: () => void): void {
    try {
      write()
    } catch (error) {
      const kept = this.saved ? `; the run so far is in it, go on with --resume ${this.path}` : ''
      try {
        this.tidy()
      } catch {
        // Where nothing can be written, nothing is left behind either.
      }
      throw new UsageError(`Nothing can be written to "${this.path}" (--out): ${reasonOf(error)}${kept}.`)
    }
  }
}

/**
 * The newest checkpoint in a run's folder that is whole.
 * @param option that names the folder, for the message
 * @returns it, and why a newer one was passed over
 * @throws UsageError if there is none
 */
export async function newestCheckpoint(
  folder: string,
  option = '--resume',
): Promise<{ checkpoint: Checkpoint; passedOver: string | null }> {
  let passedOver: string | null = null
  for (const name of [checkpointName, previousName]) {
    const path = join(folder, name)
    if (!existsSync(path)) continue
    try {
      return { checkpoint: await openCheckpoint(new Uint8Array(readFileSync(path))), passedOver }
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error
      passedOver = `"${path}" is passed over: ${error.message}`
    }
  }
  throw new UsageError(passedOver ?? `There is no ${checkpointName} in "${folder}" (${option}).`)
}
