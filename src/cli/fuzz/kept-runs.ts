/** Runs that come back from a file: the zip of an exported run, and the checkpoint in it. */
import fc from 'fast-check'
import { unzipSync, zipSync } from 'fflate'
import { fromBytes } from '../../data/given-file'
import { ProblemError } from '../../session/problem'
import type { Session } from '../../session/session'
import { edit, edited, type Edit } from './mutation'
import { asGiven, smallFiles, smallSession } from './small-session'
import { expectSentence, Fault, type Target } from './target'

type Bytes = Uint8Array<ArrayBuffer>

/** A checkpoint with the seal that its bytes should have: damage behind it is what is tried. */
async function sealed(bytes: Bytes): Promise<Bytes> {
  if (bytes.length < 32) return bytes
  const out = bytes.slice()
  out.set(new Uint8Array(await crypto.subtle.digest('SHA-256', out.subarray(0, -32))), out.length - 32)
  return out
}

/** Runs a command; what it may reject with is told, and the session goes on. */
async function answered(session: Session, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
    await session.settled()
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    if (error.problem) expectProblem(error.problem)
  }
}

function expectProblem({ kind, message }: { kind: string; message: string }): void {
  if (kind === 'bug') throw new Fault(message)
  expectSentence(message)
}

/** What comes back is stepped once, so that what was wrongly believed shows. */
async function back(session: Session, work: () => Promise<unknown>): Promise<void> {
  await answered(session, work)
  await answered(session, () => session.step())
  await answered(session, () => session.reset())
}

export async function keptRuns(): Promise<Target[]> {
  const problems: Parameters<typeof expectProblem>[0][] = []
  const listen = (event: { type: string }) => {
    if (event.type === 'problem') problems.push(event as never)
  }
  const session = await smallSession(listen)
  await session.step()
  await session.settled()
  const zip = new Uint8Array((await session.export('run')).bytes)
  const files = unzipSync(zip) as Record<string, Bytes>
  const checkpoint = files['checkpoint.safetensors']!
  const text = ['config.json', 'labels.json'].filter((name) => files[name])
  await session.reset()
  const edits = fc.array(edit, { minLength: 1, maxLength: 6 })
  const damaged = (bytes: Bytes, all: Edit[]) => all.reduce((now, one) => edited(now, one, [bytes, zip, checkpoint]), bytes)
  const told = () => problems.splice(0).forEach(expectProblem)
  const end = async () => {
    await session.reset()
    await session.settled()
  }

  interface DamagedRun {
    inside: number
    edits: Edit[]
  }
  const run = async ({ inside, edits }: DamagedRun): Promise<Bytes> => {
    if (inside === 0) return damaged(zip, edits)
    const name = ['checkpoint.safetensors', ...text][inside % (1 + text.length)]!
    const bytes = damaged(files[name]!, edits)
    const own = name === 'checkpoint.safetensors' ? await sealed(bytes) : bytes
    return zipSync({ ...files, [name]: own }, { level: 0, mtime: new Date(1980, 0, 1) }) as Bytes
  }
  const archive: Target<DamagedRun> = {
    name: 'run archive',
    cases: fc.record({ inside: fc.nat(8), edits }),
    run: async (one) => {
      await back(session, async () => session.loadFiles([{ role: null, file: fromBytes('run.zip', await run(one)) }]))
      told()
      if (session.missing.length > 0) await session.loadFiles(asGiven(smallFiles))
    },
    end,
  }
  const point: Target<{ reseal: boolean; edits: Edit[] }> = {
    name: 'checkpoint',
    cases: fc.record({ reseal: fc.boolean(), edits }),
    run: async ({ reseal, edits }) => {
      const bytes = damaged(checkpoint, edits)
      const whole = reseal ? await sealed(bytes) : bytes
      await back(session, () => session.restore(whole))
      told()
    },
    end,
  }
  return [archive, point] as Target[]
}
