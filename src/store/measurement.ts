/** State and commands of the pages `?bench` and `?selftest`, which have a worker of their own. */
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { Client, RequestError } from '../worker/client'
import type { BackendInfo, Found, Given } from '../worker/protocol'
import { readAddress, threadsIn, type Measurement } from './address'
import { save } from './commands'

export interface MeasurementState {
  state: 'ready' | 'running' | 'finished' | 'failed'
  backend: BackendInfo | null
  /** The worker's latest line. */
  message: string
  found: Found | null
}

const initial: MeasurementState = { state: 'ready', backend: null, message: 'Nothing measured yet.', found: null }

export const measurement = createStore<MeasurementState>(() => initial)
export const useMeasurement = <T>(select: (state: MeasurementState) => T): T => useStore(measurement, select)

let client: Client | null = null

function end(last: Partial<MeasurementState>): void {
  client?.dispose()
  client = null
  measurement.setState(last)
}

/** Options in the address, named as on the command line: `?bench&backend=webgpu&engine=ours&only=steps&step=R64&steps=20`. */
function optionsOf(search: string): Given<'bench'>['options'] {
  const query = new URLSearchParams(search)
  const names = ['engine', 'steps', 'only', 'step', 'precision'] as const
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name)!]] : [])))
}

/** Measures everything the address asks for, in a new worker. */
export async function startMeasurement(what: Measurement): Promise<void> {
  measurement.setState({ ...initial, state: 'running', message: 'Loading the engine' }, true)
  const own = (client = new Client(
    (event) => {
      if (event.type === 'began') measurement.setState({ message: event.message })
      if (event.type === 'problem') end({ state: 'failed', message: event.message })
    },
    // One that is silent only measures something long.
    (how) => how === 'dead' && end({ state: 'failed', message: 'The worker died, perhaps for lack of memory; reload the page.' }),
  ))
  try {
    measurement.setState({
      backend: await own.ask('init', { backend: readAddress(location.search).backend, threads: threadsIn(location.search) }),
    })
    const found = await (what === 'bench' ? own.ask('bench', { options: optionsOf(location.search) }) : own.ask('self-test', {}))
    end({ state: 'finished', message: 'Done.', found })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    // Otherwise it was already reported, or the user stopped it.
    if (error.problem) end({ state: 'failed', message: error.problem.message })
  }
}

export const stopMeasurement = () => end({ state: 'ready', message: 'Stopped.' })

/** Saves what was found as JSON. */
export function saveReport(what: Measurement): void {
  const { found } = measurement.getState()
  if (found) save({ name: `${what}.json`, bytes: new TextEncoder().encode(JSON.stringify(found.report, null, 2) + '\n') })
}

/** Puts what was found on the clipboard as text. */
export async function copyReport(): Promise<void> {
  const { found } = measurement.getState()
  if (!found) return
  const message = await navigator.clipboard.writeText(found.text).then(
    () => 'Copied.',
    () => 'The browser refused to copy; use Save JSON.',
  )
  measurement.setState({ message })
}
