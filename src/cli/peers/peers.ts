/** The same training step in other libraries, on the same machine, in turn. */
import { useEngine } from '../../kernels/overrides/overrides'
import { median, stepSizes, type Engine, type PeerResult, type StepName } from '../../bench/report'
import { configOf, makeStepper, noiseData } from '../../bench/step-bench'
import type { BackendInfo } from '../../session/events'
import { makeFixture, type Fixture } from './fixture'

/** Seconds of `count` steps of one library. */
interface Runner {
  run: (count: number) => Promise<number>
  dispose: () => void
}

interface Peer {
  name: string
  /** @throws Error that says why it cannot run here */
  open: () => Promise<Runner & { name?: string }>
}

const ownName = 'Exemplar Lab'

const now = (): number => performance.now() / 1000

/** A turn takes about this long, if a step is shorter. */
const turnSeconds = 0.5
const mostTurns = 10
/** No further turn is begun after this many seconds. */
const patience = 120

const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const begun = now()
  await run()
  return now() - begun
}

/** Steps in the queue before ours reads: several on a real GPU, as in a run. PyTorch waits once in a turn, jax-js for each step. */
const queued = ({ backend, software }: BackendInfo): number => (backend === 'webgpu' && !software ? 4 : 1)

function ownStep(name: StepName, engine: Engine, info: BackendInfo): Runner {
  const config = configOf(stepSizes[name])
  const stepper = makeStepper(config, noiseData(config), engine)
  let t = 0
  return {
    run: (count) => {
      useEngine(engine)
      return timed(async () => {
        for (let i = 1; i <= count; i++) {
          stepper.submit(t++)
          if (i === count || i % queued(info) === 0) await stepper.read()
        }
      })
    },
    dispose: () => stepper.dispose(),
  }
}

/** @throws Error if a library computes nonsense, whose time would mean nothing */
function checked(losses: number[]): void {
  if (!losses.every(Number.isFinite)) throw new Error('its losses are not finite numbers')
}

const cannot = (why: string) => (): never => {
  throw new Error(why)
}

function peersOf(name: StepName, info: BackendInfo, threads: number, fixture: Fixture): Peer[] {
  const wasm = info.backend === 'wasm'
  return [
    { name: ownName, open: async () => ownStep(name, 'ours', info) },
    wasm
      ? { name: 'TensorFlow.js', open: cannot('it cannot train on wasm, where it has no gradient for the filters of convolutions') }
      : { name: 'TensorFlow.js', open: async () => ownStep(name, 'stock', info) },
    ...(wasm ? [{ name: 'TensorFlow.js, our filter gradient', open: async () => ownStep(name, 'stock', info) }] : []),
    {
      name: 'jax-js',
      open: async () => {
        if (info.backend === 'cpu') cannot('its cpu device is meant for debugging only')()
        const { openJax } = await import('./jax-step')
        const jax = await openJax(fixture, info.backend)
        return { run: (count) => timed(async () => checked(await jax.run(count))), dispose: jax.dispose }
      },
    },
    {
      name: 'PyTorch',
      open: async () => {
        const { openTorch } = await import('./torch-step')
        const torch = await openTorch(fixture, info.backend === 'webgpu' && !info.software, threads)
        return {
          name: `PyTorch ${torch.version}, ${torch.device}${torch.device === 'cpu' ? `, ${threads} thread${threads > 1 ? 's' : ''}` : ''}`,
          run: async (count) => {
            const { seconds, losses } = await torch.run(count)
            checked(losses)
            return seconds
          },
          dispose: torch.dispose,
        }
      },
    },
  ]
}

/**
 * Times one reference step in every library that can make it here, in turn, after two steps of each that are not counted. Ratios are those of
 * two times of the same turn, so that what slows the machine down slows both.
 * @param threads of wasm and of PyTorch; jax-js has one in Node
 * @param turns how many, or null for as many as fit
 */
export async function measurePeers(
  name: StepName,
  info: BackendInfo,
  threads: number,
  turns: number | null,
  tell: (message: string) => void,
): Promise<PeerResult[]> {
  const config = configOf(stepSizes[name])
  const fixture = await makeFixture(config, noiseData(config))
  let running: { name: string; runner: Runner; count: number; times: number[] }[] = []
  const opened: Runner[] = []
  const failed: PeerResult[] = []
  /** Without ours there is nothing to compare with; any other says why it cannot go on. */
  const orReason = async (library: string, run: () => Promise<void>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      if (library === ownName) throw error
      failed.push({ step: name, name: library, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  for (const peer of peersOf(name, info, threads, fixture)) {
    tell(`Step ${name}, ${peer.name}`)
    await orReason(peer.name, async () => {
      const runner = await peer.open()
      opened.push(runner)
      await runner.run(1) // compiles
      const once = await runner.run(1)
      running.push({ name: runner.name ?? peer.name, runner, count: Math.max(1, Math.round(turnSeconds / once)), times: [] })
    })
  }
  const until = now() + patience
  for (let turn = 0; turn < (turns ?? mostTurns) && (turns !== null || turn === 0 || now() < until); turn++) {
    tell(`Step ${name}, all in turn, ${turn + 1}`)
    for (const { name: library, runner, count, times } of running)
      await orReason(library, async () => void times.push((await runner.run(count)) / count))
    running = running.filter(({ times }) => times.length === turn + 1)
  }
  for (const runner of opened) runner.dispose()
  useEngine('ours')

  const ours = running[0]!.times
  const measured = running.map(({ name: library, times }): PeerResult => {
    const ratios = times.map((time, i) => time / ours[i]!)
    return {
      step: name,
      name: library,
      secondsPerStep: median(times),
      turns: times.length,
      ratio: { lowest: Math.min(...ratios), median: median(ratios), highest: Math.max(...ratios) },
    }
  })
  return [...measured, ...failed]
}
