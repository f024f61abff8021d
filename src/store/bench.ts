/** State and commands of the benchmark page, which has its own worker. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { Client, RequestError } from '../worker/client'
import type { BackendInfo, BenchFound, Given } from '../worker/protocol'
import { readAddress, threadsIn } from './address'
import { save } from './commands'

export interface BenchState {
  state: 'ready' | 'running' | 'finished' | 'failed'
  backend: BackendInfo | null
  /** The worker's latest line. */
  message: string
  found: BenchFound | null
}

const initial: BenchState = { state: 'ready', backend: null, message: 'Nothing measured yet.', found: null }

export const bench = createStore<BenchState>(() => initial)
export const useBench = <T>(select: (state: BenchState) => T): T => useStore(bench, select)

let client: Client | null = null

function end(last: Partial<BenchState>): void {
  client?.dispose()
  client = null
  bench.setState(last)
}

/** Options in the address, named as on the command line: `?bench&backend=webgpu&engine=ours&only=steps&step=R64&steps=20`. */
function optionsOf(search: string): Given<'bench'>['options'] {
  const query = new URLSearchParams(search)
  const names = ['engine', 'steps', 'only', 'step', 'precision'] as const
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name)!]] : [])))
}

/** Measures everything the address asks for, in a new worker. */
export async function startBench(): Promise<void> {
  bench.setState({ ...initial, state: 'running', message: 'Loading the engine' }, true)
  const own = (client = new Client((event) => {
    if (event.type === 'bench-progress') bench.setState({ message: event.message })
    if (event.type === 'problem') end({ state: 'failed', message: event.message })
  }))
  try {
    bench.setState({
      backend: await own.ask('init', { backend: readAddress(location.search).backend, threads: threadsIn(location.search) }),
    })
    const found = await own.ask('bench', { options: optionsOf(location.search) })
    end({ state: 'finished', message: 'Done.', found })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    // Otherwise it was already reported, or the user stopped it.
    if (error.problem) end({ state: 'failed', message: error.problem.message })
  }
}

export const stopBench = () => end({ state: 'ready', message: 'Stopped.' })

export function saveReport(): void {
  const { found } = bench.getState()
  if (found) save({ name: 'bench.json', bytes: new TextEncoder().encode(JSON.stringify(found.report, null, 2) + '\n') })
}
