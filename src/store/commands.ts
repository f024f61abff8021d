/** What the page can do: plain functions that send commands to the worker. This file owns the worker. */
import type { Config, Key, Preset } from '../method/config'
import { Client } from '../worker/client'
import type {
  BackendName,
  Command,
  Drive,
  Event,
  ExportKind,
  ExportOptions,
  ExportedEvent,
  FileRole,
  MaskValueInfo,
  PictureEvent,
  SampleName,
  SourceInfo,
} from '../worker/protocol'
import { readAddress, threadsIn, writeAddress } from './address'
import { appendMetrics, forgetCurves } from './curves'
import { pageStore } from './page-store'
import { forgetPictures, latest } from './latest'
import { addProblem, allowed, applyPreset, differing, initial, isStale, reduce, type PicturePurpose } from './state'

let client: Client | null = null
let backend: BackendName | null = null
let threads = 1
/** Settings as the worker was last told, or said itself. */
let told: Config = initial.asked
let settling: ReturnType<typeof setTimeout> | null = null

/** Starts the worker with the settings of the address and loads the sample. Called once, before the page is drawn. */
export function begin(): void {
  const address = readAddress(location.search)
  backend = address.backend
  threads = threadsIn(location.search)
  pageStore.setState({ asked: address.config })
  for (const message of address.problems) report(message, null)
  client = new Client(receive)
  greet(address.sample)
  addEventListener('beforeunload', (event) => {
    if (pageStore.getState().status.state === 'running') event.preventDefault()
  })
}

/** A new worker after a failure. Files of the user's own have to be given again: their bytes went to the old worker. */
export function replaceWorker(): void {
  const { asked, dataset } = pageStore.getState()
  client?.restart()
  pageStore.setState({ ...initial, asked })
  forgetCurves()
  forgetPictures()
  greet(dataset?.sample ?? readAddress(location.search).sample)
}

function greet(sample: SampleName): void {
  told = initial.asked
  client?.send({ type: 'init', backend, threads })
  settle()
  loadSample(sample)
}

/** Takes an event of the worker. */
function receive(event: Event): void {
  const before = pageStore.getState()
  if (isStale(before, event)) return
  if (event.run > before.run) {
    forgetCurves()
    forgetPictures()
  }
  pageStore.setState(reduce(before, event), true)
  switch (event.type) {
    case 'dataset':
      told = event.config
      break
    case 'metrics':
      appendMetrics(event.rows, event.scores)
      break
    case 'views':
      latest.setState({ views: event.views })
      break
    case 'predictions':
      latest.setState({ predictions: event })
      break
    case 'exported':
      save(event)
      break
    case 'backend':
    case 'state':
    case 'problem':
    case 'picture':
    case 'source':
    case 'progress':
    case 'bench-progress':
    case 'bench-report':
      break
    default:
      event satisfies never
  }
}

/** Sends a command, after the settings that were asked for just before. */
function send(command: Command): void {
  settle()
  client?.send(command)
}

/** Tells the worker the settings that it does not have yet. */
function settle(): void {
  if (settling !== null) clearTimeout(settling)
  settling = null
  const { asked, status } = pageStore.getState()
  const values = differing(asked, told)
  if (Object.keys(values).length === 0 || !(status.state === 'starting' || allowed({ status }).configure)) return
  told = asked
  client?.send({ type: 'configure', values })
}

function ask(asked: Config): void {
  pageStore.setState({ asked })
  keepAddress()
  // Not for every keystroke: a new image size makes the session resample all images.
  if (settling !== null) clearTimeout(settling)
  settling = setTimeout(settle, 300)
}

function keepAddress(): void {
  const { asked, dataset } = pageStore.getState()
  history.replaceState(null, '', location.pathname + writeAddress(asked, backend, dataset?.sample ?? null))
}

/** Asks for one setting; the value has been checked with parseValue. */
export const setValue = <K extends Key>(key: K, value: Config[K]) => ask({ ...pageStore.getState().asked, [key]: value })

/** Asks for several settings at once. */
export const setValues = (values: Partial<Config>) => ask({ ...pageStore.getState().asked, ...values })

export const choosePreset = (preset: Preset) => ask(applyPreset(preset, pageStore.getState().asked))

export const drive = (type: Drive['type']) => send({ type })

export function loadSample(sample: SampleName): void {
  pageStore.setState({ loading: true })
  send({ type: 'load-sample', sample })
  const { asked } = pageStore.getState()
  history.replaceState(null, '', location.pathname + writeAddress(asked, backend, sample))
}

/** Hands files to the session, unread. @param role the input they came through, or null for a drop; `pathOf` names them with their folders */
export function loadFiles(
  files: readonly File[],
  role: FileRole | null,
  pathOf = (file: File) => file.webkitRelativePath || file.name,
): void {
  if (files.length === 0) return
  if (!allowed(pageStore.getState()).load) return report('Pause or stop the run before you load other files.', files[0]!.name)
  pageStore.setState({ loading: true })
  send({ type: 'load-files', files: files.map((file) => ({ role, name: pathOf(file), blob: file })) })
  const { asked } = pageStore.getState()
  history.replaceState(null, '', location.pathname + writeAddress(asked, backend, null))
}

export const editClass = (index: number, name: string, color: string) => send({ type: 'edit-class', index, name, color })

export function watch(image: number): void {
  pageStore.setState({ watched: image })
  send({ type: 'watch', image })
}

export function followLive(on: boolean): void {
  pageStore.setState({ live: on })
  send({ type: 'live', on })
}

/** Which slices of a volume are images. */
export const chooseSlices = (source: string, choice: Pick<SourceInfo, 'axis' | 'frame' | 'every'>) => {
  pageStore.setState({ loading: true })
  send({ type: 'choose-slices', source, ...choice })
}

/** Asks for a volume's numbers; they come into `details`. */
export const inspectSource = (source: string) => send({ type: 'inspect-source', source })

export const mapLabel = (value: string, target: MaskValueInfo['target']) => send({ type: 'map-label', value, target })

/** Asks for an image in full; it comes into `opened`. */
export function openPicture(purpose: PicturePurpose, of: PictureEvent['of'], index: number): void {
  pageStore.setState({ opening: { purpose, of, index }, opened: null })
  send({ type: 'open-picture', of, index, toDraw: purpose === 'annotate' })
}

export const closePicture = () => pageStore.setState({ opening: null, opened: null })

/** Makes what was drawn on the opened image an exemplar. */
export function annotate(labels: Uint8Array<ArrayBuffer>, classes: { name: string; color: string }[]): void {
  const { opening, opened } = pageStore.getState()
  if (opening && opened) send({ type: 'annotate', of: opening.of, index: opening.index, key: opened.key, labels, classes })
  closePicture()
}

export const removeExemplar = (index: number) => send({ type: 'remove-exemplar', index })

export const chooseExport = (options: Partial<ExportOptions>) =>
  pageStore.setState(({ exportOptions }) => ({ exportOptions: { ...exportOptions, ...options } }))

export function exportFile(what: ExportKind): void {
  pageStore.setState({ exporting: what, saved: null })
  send({ type: 'export', what, options: pageStore.getState().exportOptions })
}

/** Gives a file to the browser's downloads. */
export function save({ name, bytes }: Pick<ExportedEvent, 'name' | 'bytes'>): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes]))
  link.download = name
  link.click()
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

function report(message: string, file: string | null): void {
  pageStore.setState((state) => addProblem(state, { kind: 'input', message, file }))
}

export function dismiss(id: number): void {
  pageStore.setState((state) => ({ problems: state.problems.filter((problem) => problem.id !== id) }))
}

export const dismissAll = () => pageStore.setState({ problems: [] })
