/** What the page can do: plain functions that ask the worker. */
import type { LabelClass } from '../image/raster'
import { csvOf } from '../lib/csv'
import { fetchOwn, LoadError } from '../lib/own-file'
import { recordedName } from '../lib/recorded-name'
import { yieldTask } from '../lib/yield-task'
import { applyPreset, dataKeys, differing, type Config, type Key, type Preset } from '../method/config'
import type {
  Answer,
  BackendName,
  ClassChanges,
  Drawn,
  ExportedFile,
  ExportKind,
  ExportOptions,
  FileRole,
  Given,
  MaskValueInfo,
  Network,
  Offer,
  OpenedPicture,
  PictureId,
  RequestName,
  SampleName,
  SliceChoice,
} from '../worker/protocol'
import { readAddress, threadsIn, writeAddress } from './address'
import { hasUnwritten, listDrafts } from './stored-drawings'
import { isChecked, rememberChecked } from './checked-adapters'
import { ask, connect, reconnect, settleFailed } from './connection'
import { diagnosticsOf, machineOf } from './diagnostics'
import { askToPersist, keepNow, openKeeping } from './kept-runs'
import { pageStore } from './page-store'
import { countFromImages } from './requests'
import { isToReplace, respawn } from './respawn'
import { expectData } from './share'
import {
  addProblem,
  allowed,
  give,
  loading,
  pick,
  unpicked,
  wouldForget,
  withoutFiles,
  wouldLose,
  type ListedProblem,
  type PicturePurpose,
} from './state'
import { makeDraft, storeAgain, usedUp } from './used-drawings'

let backend: BackendName | null = null
let threads = 1
let settling: ReturnType<typeof setTimeout> | null = null

/** Starts the worker with the settings of the address and loads the sample. Called once, before the page is drawn. */
export function begin(): void {
  const address = readAddress(location.search)
  backend = address.backend
  threads = threadsIn(location.search)
  pageStore.setState({ asked: address.config, given: new Set(address.given) })
  for (const message of address.problems) tellProblem(message, null)
  expectData(address)
  pageStore.subscribe(({ asked }, before) => {
    if (asked === before.asked) return
    keepAddress()
    settleSoon()
  })
  connect((how) => isToReplace(how) && replaceWorker(how))
  void greet().then((came) => {
    // Asked for with an engine that came only at a second try.
    const { dataset, pending } = pageStore.getState()
    if (came && !dataset && !loading({ pending })) loadSample(address.sample)
  })
  loadSample(address.sample)
  // Without storage there are none.
  void listDrafts().catch(() => undefined)
  addEventListener('beforeunload', (event) => {
    if (wouldLose(pageStore.getState()) || hasUnwritten()) event.preventDefault()
  })
  addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && keepNow())
}

/** Replaces the worker by one that has what it had. */
export function replaceWorker(why: 'dead' | 'silent' | 'asked' = 'asked'): void {
  next = null
  const start = () => {
    reconnect()
    void greet()
    settle()
  }
  void respawn(why, { start, loadSample: (name) => loadSample(name ?? readAddress(location.search).sample), drive })
}

/** Opens the engine. @returns whether it came */
async function greet(): Promise<boolean> {
  const opening = ask('init', { backend, threads })
  openKeeping()
  const opened = await opening
  if (!opened) return false
  pageStore.setState({ backend: opened })
  if (isChecked(opened.adapter)) void ask('trust-adapter', {})
  return true
}

/** Asks the worker, after sending it any pending settings. */
function send<T extends RequestName>(type: T, given: Given<T>) {
  settle()
  return ask(type, given)
}

/** Sends the worker the settings that it does not have yet. */
function settle(): void {
  if (settling !== null) clearTimeout(settling)
  settling = null
  const { asked, told, status } = pageStore.getState()
  const values = differing(asked, told)
  if (Object.keys(values).length === 0 || !(status.state === 'starting' || allowed({ status }).configure)) return
  pageStore.setState({ told: asked })
  void ask('configure', { values }).then(() => {
    // If they are refused, the session keeps its own.
    const { running, told } = pageStore.getState()
    if (told === asked && running) pageStore.setState({ told: running })
  })
}

function settleSoon(): void {
  // Not on every keystroke: a new image size makes the session resample all images.
  if (settling !== null) clearTimeout(settling)
  settling = setTimeout(settle, 300)
}

function keepAddress(sample = pageStore.getState().dataset?.sample ?? null): void {
  const state = pageStore.getState()
  // What the data suggest is picked again from the same data, unless the address says otherwise.
  const named = [...state.given].filter((key) => state.dataset?.suggestion?.values[key] !== undefined)
  history.replaceState(null, '', location.pathname + writeAddress(unpicked(state), backend, sample, named))
}

/** Asks for one setting; the value has been checked with parseValue. */
export const setValue = <K extends Key>(key: K, value: Config[K]) => setValues({ [key]: value })

/** Asks for several settings at once. */
export const setValues = (values: Partial<Config>) => pageStore.setState((state) => give(state, values))

/** Takes what the data suggest, whatever was set. */
export const pickFromData = () =>
  pageStore.setState((state) => {
    const suggestion = state.dataset?.suggestion ?? null
    const given = new Set([...state.given].filter((key) => suggestion?.values[key] === undefined))
    return { given, ...pick({ ...state, given }, suggestion) }
  })

/** Takes the settings of a preset; those of the data, and what was picked from them, stay. */
export const choosePreset = (preset: Preset) =>
  pageStore.setState((state) => {
    const given = new Set(dataKeys.filter((key) => state.given.has(key)))
    const next = { asked: applyPreset(preset, unpicked(state)), picked: { values: {}, replaced: {} }, given }
    return { ...next, ...pick(next, state.dataset?.suggestion ?? null) }
  })

/** Whether this has been asked for and not been answered: asked for twice, by a double click, it would be done again later. */
const isAsked = (type: RequestName): boolean => pageStore.getState().pending.some((request) => request.type === type)

/** Drives the run. A reset that would lose something is asked about first. @returns when that has been done, asked or refused */
export async function drive(type: 'start' | 'pause' | 'resume' | 'step' | 'stop' | 'reset'): Promise<void> {
  if (type === 'step') return takeStep()
  const state = pageStore.getState()
  if (isAsked(type)) return
  if (type === 'reset' && wouldForget(state)) return pageStore.setState({ question: { type, given: {} } })
  if (type === 'start' && state.dataset?.sample === null) askToPersist()
  if (type === 'start') closePicker()
  const driven = send(type, {})
  if (type === 'start' || type === 'resume') void driven.then(checkAdapter)
  if (type === 'reset') void driven.then(begun)
  await driven
}

/** What is to be done once the run at hand is reset; null once something else is decided. */
let next: (() => void) | null = null

async function begun(): Promise<void> {
  await storeAgain(
    (picture) => ask('open-picture', { picture, toDraw: false }),
    (problem) => tellProblem(problem, null),
  )
  next?.()
  next = null
}

/** Does what only a run that has not begun can take, for which the one at hand is discarded; if it would be lost, the user is asked. */
export function anew(work: () => void): void {
  if (allowed(pageStore.getState()).configure) return work()
  next = work
  void drive('reset')
}

/** A run at rest trains so many steps further. */
export function trainOn(steps: number): void {
  if (!isAsked('train-on')) void send('train-on', { steps })
}

/** Takes one step. @param only updates this network alone @returns when all that follows it at rest is done */
export async function takeStep(only?: Network): Promise<void> {
  await send('step', only ? { only } : {})
  void checkAdapter()
}

/** @returns when the run is at rest */
export const pauseRun = async (): Promise<void> => void (await send('pause', {}))

/** Whether the worker is testing its adapter. */
let checking = false

/** Tests the GPU beside the first run: once for each adapter and version. */
async function checkAdapter(): Promise<void> {
  const { backend } = pageStore.getState()
  if (checking || backend?.backend !== 'webgpu' || isChecked(backend.adapter)) return
  checking = true
  const found = await ask('check-adapter', {})
  checking = false
  // If nothing could be found out, the next run tries again.
  if (found?.right) rememberChecked(backend.adapter)
}

/** Discards the run at hand and does what was asked for. @returns as `loadFiles` */
export async function discard(): Promise<File[]> {
  const { question } = pageStore.getState()
  if (question?.type !== 'reset') next = null
  pageStore.setState({ question: null })
  await ask('reset', {})
  await begun()
  if (question?.type === 'load-files') return leftOf(question.given.files, await ask('load-files', question.given))
  if (question && question.type !== 'reset') await ask(question.type, question.given)
  return []
}

/** Leaves everything as it is. */
export function keepRun(): void {
  next = null
  pageStore.setState({ question: null })
}

export function loadSample(sample: SampleName): void {
  void send('load-sample', { sample })
  keepAddress(sample)
}

/** Loads the recorded run of the sample, to be looked at instead of training. */
export async function replaySample(): Promise<void> {
  const sample = pageStore.getState().dataset?.sample
  if (!sample) return
  const name = recordedName(sample)
  try {
    const bytes = await fetchOwn('The recorded run', new URL(name, document.baseURI).href)
    await send('load-files', { files: [{ role: null, name, blob: new Blob([bytes]) }] })
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    tellProblem(error.message, null)
  }
}

/** The names of the files that were last given through an input that takes the place of what it gave before. */
const inPlace = new Map<FileRole, readonly string[]>()

/**
 * Hands files to the session, unread.
 * @param role the input they came through, or null for a drop; `pathOf` names them with their folders
 * @returns those that are not loaded, because they are for the run log
 */
export async function loadFiles(
  files: readonly File[],
  role: FileRole | null,
  pathOf = (file: File) => file.webkitRelativePath || file.name,
): Promise<File[]> {
  if (files.length === 0) return []
  if (!allowed(pageStore.getState()).load) {
    tellProblem('Pause or stop the run before loading other files.', files[0]!.name)
    return []
  }
  countFromImages()
  const names = files.map(pathOf)
  const mended = [...names, ...(role === null ? [] : (inPlace.get(role) ?? []))]
  if (role === 'exemplar-image' || role === 'exemplar-mask') inPlace.set(role, names)
  pageStore.setState(({ progress, problems }) => ({ progress: { ...progress, read: null }, problems: withoutFiles(problems, mended) }))
  if (role !== 'further') keepAddress(null)
  if (files.length > filesAtOnce) await lookAhead(files)
  const given = files.map((file) => ({ role, name: pathOf(file), blob: file }))
  const left = leftOf(given, await send('load-files', { files: given }))
  // The sample is still there.
  if (left.length === files.length) keepAddress()
  return left
}

/** Names files and folders of a drop that the browser may not read. */
export function tellUnread(paths: readonly string[]): void {
  for (const path of paths) tellProblem(`"${path}" was dropped, but the browser may not read it; it is left out.`, path)
}

/** Files that are sent in one task without being looked at ahead. */
const filesAtOnce = 256

/** When a file is first copied the browser looks it up on the disk, while the page waits: of thousands, some in each task. */
async function lookAhead(files: readonly File[]): Promise<void> {
  for (let at = 0; at < files.length; at += filesAtOnce) {
    structuredClone(files.slice(at, at + filesAtOnce))
    await yieldTask()
  }
}

/** Gives a run at rest those settings that it takes although it has begun. */
export function configureRun(values: Partial<Config>): void {
  pageStore.setState(({ asked, told }) => ({ asked: { ...asked, ...values }, told: { ...told, ...values } }))
  void send('configure', { values })
}

/** Segments the files that would have replaced the run, with its networks. @returns as `loadFiles` */
export async function segmentInstead(): Promise<File[]> {
  const { question } = pageStore.getState()
  next = null
  pageStore.setState({ question: null })
  if (question?.type !== 'load-files') return []
  const files = question.given.files.map((file) => ({ ...file, role: 'further' as const }))
  return leftOf(files, await send('load-files', { files }))
}

/** Those that were not loaded, because they are for the run log. */
const leftOf = (given: Given<'load-files'>['files'], done: Answer<'load-files'> | undefined): File[] =>
  given.filter(({ name }) => done?.logged.includes(name)).map(({ name, blob }) => new File([blob], name))

/** What is not given stays: what the page knows of it may be older than what was asked for last. */
export const editClass = (index: number, changes: ClassChanges) => void send('edit-class', { index, ...changes })

export function watch(picture: PictureId): void {
  pageStore.setState({ watched: picture })
  void send('watch', { picture })
}

export function followLive(on: boolean): void {
  pageStore.setState({ live: on })
  void send('live', { on })
}

/** Chooses which slices of a volume are images. What is not given stays, as for `editClass`. */
export const chooseSlices = (source: string, choice: SliceChoice) => void send('choose-slices', { source, ...choice })

/** Chooses which image of each case is used, where cases have several. */
export const chooseModality = (modality: string) => void send('choose-modality', { modality })

/** Asks for a volume's statistics; they arrive in `details`. */
export async function inspectSource(source: string): Promise<void> {
  const numbers = await send('inspect-source', { source })
  if (numbers) pageStore.setState(({ details }) => ({ details: { ...details, [source]: numbers } }))
}

/** Gives an image another mask, or none. @returns what that changed, in words; undefined if it was refused, which is shown */
export const chooseMask = (image: string, mask: string | null): Promise<string | undefined> => send('choose-mask', { image, mask })

/** Takes back the last choice of a mask, likewise. */
export const undoMask = (): Promise<string | undefined> => send('undo-mask', {})

/** Makes an image with its own mask the exemplar. */
export async function chooseExemplar(image: string): Promise<void> {
  if ((await send('choose-exemplar', { image })) !== undefined) closePicker()
}

/** Shows all images, to choose an exemplar among. */
export const openPicker = () => pageStore.setState({ picking: true })

export const closePicker = () => pageStore.setState({ picking: false })

export const mapLabel = (value: string, target: MaskValueInfo['target']) => void send('map-label', { value, target })

/** Asks for an image at full size; it arrives in `opened`. */
export async function openPicture(purpose: PicturePurpose, picture: PictureId): Promise<void> {
  const opening = { purpose, picture }
  pageStore.setState({ opening, opened: null })
  const opened = await send('open-picture', { picture, toDraw: purpose === 'annotate' })
  // It may have been closed, or another one opened, before it arrived.
  if (pageStore.getState().opening === opening) pageStore.setState(opened ? { opened } : { opening: null })
}

export const closePicture = () => pageStore.setState({ opening: null, opened: null })

/** Opens the drawing tools on an image. @returns once they are closed, however: the image that was shown last, which may be another slice */
export function openEditor(picture: PictureId): Promise<PictureId> {
  void openPicture('annotate', picture)
  let shown = picture
  return new Promise((resolve) => {
    const stop = pageStore.subscribe(({ opening }) => {
      if (opening?.purpose === 'annotate') return void (shown = opening.picture)
      stop()
      resolve(shown)
    })
  })
}

/** Another slice is shown in the drawing tools. */
export const turnedTo = (picture: PictureId) => pageStore.setState({ opening: { purpose: 'annotate', picture } })

/** An image at full size, to draw on or for what is drawn on it already; undefined if it cannot be had, which is shown. */
export const fetchPicture = (picture: PictureId, toDraw: boolean): Promise<OpenedPicture | undefined> =>
  send('open-picture', { picture, toDraw })

/** Makes what was drawn exemplars. */
export async function annotate(drawings: Drawn[], classes: LabelClass[]): Promise<void> {
  const pictures = drawings.map(({ picture }) => picture)
  const before = pageStore.getState().dataset
  const taking = drawings.length > 0 ? send('annotate', { drawings, classes }) : null
  closePicture()
  if (!taking) return
  await taking
  // A drawing that is refused changes nothing, and the reason is shown.
  const { dataset, status } = pageStore.getState()
  if (dataset === before) return
  usedUp(pictures, status.step)
  pageStore.setState({ drawn: { pictures, step: status.step } })
}

/** Saves what is drawn on the volume of the first of these images, in its format. @returns the file's name; undefined if it failed, which is shown */
export async function exportDrawings(drawings: Drawn[], classes: LabelClass[]): Promise<string | undefined> {
  const file = await send('export-drawings', { drawings, classes, options: pageStore.getState().exportOptions })
  if (file) save(file)
  return file?.name
}

export async function removeExemplar(picture: PictureId): Promise<void> {
  await send('remove-exemplar', { picture })
  if (!pageStore.getState().dataset?.exemplars.some(({ id }) => id === picture)) makeDraft(picture)
}

export const removeFromBank = (picture: PictureId) => void send('remove-from-bank', { picture })

export const chooseExport = (options: Partial<ExportOptions>) =>
  pageStore.setState(({ exportOptions }) => ({ exportOptions: { ...exportOptions, ...options } }))

export async function exportFile(what: ExportKind): Promise<void> {
  pageStore.setState(({ progress }) => ({ saved: null, progress: { ...progress, export: null } }))
  const { step } = pageStore.getState().status
  const file = await send('export', { what, options: pageStore.getState().exportOptions })
  if (!file) return
  pageStore.setState({ saved: { name: file.name, bytes: file.bytes.length, what, step } })
  save(file)
}

/** Saves the table that says which image has which new name: by itself, never in an export. */
export async function saveCaseNames(): Promise<void> {
  const names = await send('case-names', {})
  if (!names) return
  const csv = csvOf([['case', 'file'], ...names.map(({ name, file }) => [name, file])])
  save({ name: 'exemplar-lab-names.csv', bytes: new TextEncoder().encode(csv) })
}

/** Downloads a file. */
export function save({ name, bytes }: ExportedFile): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes]))
  link.download = name
  link.click()
  // Once the browser has begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** What to send with a report of a fault, as text. */
export const diagnostics = async (): Promise<string> => diagnosticsOf(pageStore.getState(), await machineOf(threads))

function tellProblem(message: string, file: string | null): void {
  pageStore.setState((state) => addProblem(state, { kind: 'input', message, file }))
}

export function dismiss(id: number): void {
  settleFailed(take(id)?.message ?? '', false)
}

/** Takes a problem off the list. */
function take(id: number): ListedProblem | undefined {
  const { problems } = pageStore.getState()
  pageStore.setState({ problems: problems.filter((problem) => problem.id !== id) })
  return problems.find((problem) => problem.id === id)
}

/** Asks again for a file of ours that did not come. What nobody asked for is the worker's own script. */
export function retry(id: number): void {
  const problem = take(id)
  if (problem && !settleFailed(problem.message, true)) replaceWorker()
}

/** Takes the settings that were offered against a problem. */
export function accept(id: number, { values }: Offer): void {
  dismiss(id)
  if (!allowed(pageStore.getState()).resume) return setValues(values)
  // A run that waits for memory goes on with them.
  configureRun(values)
  void drive('resume')
}

export function dismissAll(): void {
  for (const { message } of pageStore.getState().problems) settleFailed(message, false)
  pageStore.setState({ problems: [], unlisted: 0 })
}
