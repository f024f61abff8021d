import { afterEach, expect, it, vi } from 'vitest'
import { defaults } from '../method/config'
import { FakeWorker } from '../worker/fake-worker.test-support'
import type { Event } from '../worker/protocol'

const problem = { kind: 'input', message: 'No.', file: null } as const
const options = { format: 'source', keepIdentifiers: false, rename: false } as const

/** The store as the page opens. */
async function open() {
  vi.resetModules()
  vi.stubGlobal('Worker', FakeWorker)
  const connection = await import('./connection')
  const { pageStore } = await import('./page-store')
  const { exporting, loading } = await import('./state')
  connection.connect()
  const now = () => ({ exporting: exporting(pageStore.getState()), loading: loading(pageStore.getState()) })
  const problems = () => pageStore.getState().problems.map(({ message }) => message)
  return { ...connection, pageStore, worker: FakeWorker.newest, now, problems }
}

afterEach(() => vi.unstubAllGlobals())

it('keeps an export busy until its own answer, while another command fails and problems come', async () => {
  const { ask, worker, now, problems } = await open()
  const exported = ask('export', { what: 'masks', options })
  const configured = ask('configure', { values: {} })
  expect(now()).toEqual({ exporting: 'masks', loading: false })
  worker.say({ type: 'failed', id: worker.idOf('configure'), problem })
  expect(await configured).toBeUndefined()
  worker.say({ type: 'problem', run: 0, kind: 'input', message: 'Another.', file: null })
  worker.say({ type: 'state', run: 1, state: 'ready', step: 0, steps: 1, stepsPerSecond: null, secondsLeft: null })
  expect(problems()).toEqual(['No.', 'Another.'])
  expect(now().exporting).toBe('masks')
  const file = { name: 'masks.zip', bytes: new Uint8Array(3) }
  worker.say({ type: 'done', id: worker.idOf('export'), answer: file })
  expect(await exported).toBe(file)
  expect(now().exporting).toBeNull()
})

it('is loading until each of several loads has been answered, whatever data sets come', async () => {
  const { ask, worker, now } = await open()
  const files = ask('load-files', { files: [] })
  const first = worker.idOf('load-files')
  const sample = ask('load-sample', { sample: 'Cardiac phantom' })
  const dataset = { unlabeled: [] } as unknown as Event<'dataset'>['dataset']
  worker.say({ type: 'dataset', run: 1, dataset, config: defaults })
  worker.say({ type: 'failed', id: first, problem })
  await files
  expect(now().loading).toBe(true)
  worker.say({ type: 'done', id: worker.idOf('load-sample'), answer: undefined })
  await sample
  expect(now().loading).toBe(false)
})

it('a refusal goes by itself once the same is granted, and no other problem does', async () => {
  const { ask, worker, problems } = await open()
  const refuse = async (type: 'configure' | 'export', message: string) => {
    const asked = type === 'export' ? ask(type, { what: 'masks', options }) : ask(type, { values: {} })
    worker.say({ type: 'failed', id: worker.idOf(type), problem: { ...problem, message } })
    await asked
  }
  await refuse('configure', 'Too small.')
  await refuse('export', 'Too large.')
  worker.say({ type: 'problem', run: 0, kind: 'input', message: 'No image.', file: 'notes.txt' })
  const granted = ask('configure', { values: {} })
  worker.say({ type: 'done', id: worker.idOf('configure'), answer: undefined })
  await granted
  expect(problems()).toEqual(['Too large.', 'No image.'])
})

it('shows an error once, and nothing already reported', async () => {
  const { ask, worker, problems } = await open()
  const [one, two, told] = [ask('step', {}), ask('start', {}), ask('stop', {})]
  worker.say({ type: 'failed', id: worker.idOf('step'), problem })
  worker.say({ type: 'failed', id: worker.idOf('start'), problem })
  worker.say({ type: 'failed', id: worker.idOf('stop'), problem: null })
  await Promise.all([one, two, told])
  expect(problems()).toEqual(['No.'])
})

it('waits for nothing once the worker has died, and a new one starts afresh', async () => {
  const { ask, reconnect, worker, now, problems, pageStore } = await open()
  const exported = ask('export', { what: 'run', options })
  worker.die('boom')
  expect(await exported).toBeUndefined()
  expect(now().exporting).toBeNull()
  expect(problems()).toEqual(['The worker stopped: boom'])
  const other = ask('export', { what: 'run', options })
  const asked = { ...options, rename: true }
  pageStore.setState({ exportOptions: asked })
  reconnect()
  const loaded = ask('load-sample', { sample: 'Cardiac phantom' })
  await other
  expect(now()).toEqual({ exporting: null, loading: true })
  expect(pageStore.getState()).toMatchObject({ dataset: null, status: { state: 'starting' }, exportOptions: asked })
  FakeWorker.newest.say({ type: 'done', id: FakeWorker.newest.idOf('load-sample'), answer: undefined })
  await loaded
  expect(now().loading).toBe(false)
})

it('keeps a request whose files did not come until the user asks again, and then gives its answer', async () => {
  const { ask, settleFailed, worker, now, problems } = await open()
  const load = { kind: 'load', message: 'The writer could not be loaded.', file: null } as const
  const fail = () => worker.say({ type: 'failed', id: worker.idOf('export'), problem: load })
  const exported = ask('export', { what: 'masks', options })
  fail()
  await vi.waitFor(() => expect(problems()).toEqual([load.message]))
  expect(now().exporting).toBeNull()
  expect(settleFailed(load.message, true)).toBe(true)
  await vi.waitFor(() => expect(now().exporting).toBe('masks'))
  const file = { name: 'masks.zip', bytes: new Uint8Array(3) }
  worker.say({ type: 'done', id: worker.idOf('export'), answer: file })
  expect(await exported).toBe(file)

  // One that is given up is not asked for when the same is missing again.
  const given = ask('export', { what: 'masks', options })
  fail()
  await vi.waitFor(() => expect(now().exporting).toBeNull())
  expect(settleFailed(load.message, false)).toBe(true)
  expect(await given).toBeUndefined()
  expect(settleFailed(load.message, true)).toBe(false)
})

it('asks again with all that was given, though the first try took it away', async () => {
  const { ask, settleFailed, worker, problems } = await open()
  // From its first word on a worker is given typed arrays, not copies.
  worker.say({ type: 'state', run: 0, state: 'ready', step: 0, steps: 1, stepsPerSecond: null, secondsLeft: null })
  const load = { kind: 'load', message: 'The writer could not be loaded.', file: null } as const
  const drawn = () => [{ picture: 's/2/0/0' as const, labels: Uint8Array.of(1, 2, 3) }]
  const exported = ask('export-drawings', { drawings: drawn(), classes: [], options })
  // As a browser does when it posts.
  structuredClone(null, { transfer: worker.posted[0]!.transfer })
  worker.say({ type: 'failed', id: worker.idOf('export-drawings'), problem: load })
  await vi.waitFor(() => expect(problems()).toEqual([load.message]))
  settleFailed(load.message, true)
  await vi.waitFor(() => expect(worker.posted).toHaveLength(2))
  expect(worker.posted[1]!.command.given).toEqual({ drawings: drawn(), classes: [], options })
  const file = { name: 'drawing.dcm', bytes: new Uint8Array(3) }
  worker.say({ type: 'done', id: worker.idOf('export-drawings'), answer: file })
  expect(await exported).toBe(file)
})
