import { runBench } from '../bench/bench'
import { OptionError, readOptions } from '../bench/options'
import { placeOf, tablesOf, textOfTable, type BenchReport } from '../bench/report'
import { fromBlob } from '../data/given-file'
import { inTime } from '../lib/in-time'
import { loadOwn, LoadError, throwLoadError } from '../lib/own-file'
import { ProblemError, problemOf } from '../session/problem'
import type { SelfTestReport } from '../selftest/report'
import { checkAdapter } from './adapter-check'
import type { Opened } from './opened'
import type { Answer, Command, Event, Found, Given, Outcome, RequestName } from './protocol'

type Tell = (event: Event) => void

type Handler<T extends RequestName> = (given: Given<T>, opened: Opened, tell: Tell) => Answer<T> | Promise<Answer<T>>

/** Milliseconds for which an export waits until the run is kept. */
const diskPatience = 5000

const handlers: { [T in RequestName]: Handler<T> } = {
  init: (_, { backend }) => backend,
  'load-sample': ({ sample }, { session }) => session.loadSample(sample),
  'load-files': async ({ files }, { keeper }) => {
    // In its turn: what is asked for next may be about these files.
    const records = await keeper.load(files.map(({ role, name, blob }) => ({ role, file: fromBlob(name, blob) })))
    return { logged: records.map(({ name }) => name) }
  },
  'choose-slices': ({ source, ...choice }, { session }) => session.chooseSlices(source, choice),
  'choose-modality': ({ modality }, { session }) => session.chooseModality(modality),
  'inspect-source': ({ source }, { session }) => session.inspect(source),
  'map-label': ({ value, target }, { session }) => session.mapLabel(value, target),
  'choose-mask': ({ image, mask }, { session }) => session.chooseMask(image, mask),
  'choose-exemplar': ({ image }, { session }) => session.chooseExemplar(image),
  'undo-mask': (_, { session }) => session.undoMask(),
  'open-picture': ({ picture, toDraw }, { session }) => session.openPicture(picture, toDraw),
  'view-picture': ({ picture }, { session }) => session.viewPicture(picture),
  'measure-masks': ({ pictures, mask }, { session }) => session.measureMasks(pictures, mask),
  annotate: async ({ drawings, classes }, { session, keeper }) => {
    if (!keeper.upToDate) await keeper.keep()
    await session.annotate(drawings, classes)
  },
  'export-drawings': ({ drawings, classes, options }, { session }) => session.exportDrawings(drawings, classes, options),
  'remove-exemplar': async ({ picture }, { session, keeper }) => {
    if (!keeper.upToDate) await keeper.keep()
    await session.removeExemplar(picture)
  },
  'remove-from-bank': ({ picture }, { session }) => session.removeFromBank(picture),
  'edit-class': ({ index, ...changes }, { session }) => session.editClass(index, changes),
  configure: ({ values }, { session }) => session.configure(values),
  start: (_, { session }) => session.start(),
  resume: (_, { session }) => session.resume(),
  pause: (_, { session }) => session.pause(),
  step: ({ only }, { session }) => session.step(only),
  stop: (_, { session }) => session.stop(),
  'train-on': ({ steps }, { session }) => session.trainOn(steps),
  reset: (_, { session }) => session.reset(),
  'mark-respawn': ({ reached }, { session }) => session.markRespawn(reached),
  watch: ({ picture }, { session }) => session.watch(picture),
  live: ({ on }, { session }) => session.followLive(on),
  export: async ({ what, options }, { session, keeper }) => {
    // It takes more memory than anything else; a disk that does not answer in time keeps nobody from it.
    if (!keeper.upToDate) await inTime(keeper.keep(), diskPatience).catch(() => undefined)
    return session.export(what, options)
  },
  'keep-in': ({ root, refused }, { keepIn }) => keepIn(root, refused),
  keep: (_, { keeper }) => keeper.keep(),
  'continue-run': ({ id, best }, { keeper }) => keeper.resume(id, best),
  'forget-run': ({ id }, { keeper }) => keeper.forget(id),
  'edit-logged': ({ id, ...changes }, { log }) => log.edit(id, changes),
  'remove-logged': ({ ids }, { log }) => log.remove(ids),
  'logged-curves': ({ id }, { log }) => log.curves(id),
  'export-logged': ({ ids }, { log }) => log.export(ids),
  'import-logged': async ({ files }, { log }) => {
    const { count, problems } = await log.import(files.map(({ name, blob }) => fromBlob(name, blob)))
    return { count, problems: problems.map((error) => problemOf(error)!) }
  },
  'logged-masks': ({ picture, ids }, { log }) => log.masks(picture, ids),
  'compare-logged': ({ ids }, { log }) => log.differing(ids),
  'case-names': (_, { session }) => session.caseNames(),
  bench: ({ options }, { backend }, tell) => bench(options, backend, tell),
  'self-test': (_, opened, tell) => selfTest(opened, tell),
  'check-adapter': async (_, opened) => ({ right: await checkAdapter(opened) }),
  'trust-adapter': (_, { session }) => session.doubt(false),
}

const handle = <T extends RequestName>({ type, given }: Command<T>, opened: Opened, tell: Tell) => handlers[type](given, opened, tell)

/**
 * The worker's end of the protocol: each command is answered by exactly one outcome, whatever happens to the others.
 * @param open called once, by the first `init` @param post sends to the page
 */
export function answering(
  open: (given: Given<'init'>) => Promise<Opened>,
  post: (message: Event | Outcome) => void,
): (command: Command) => Promise<void> {
  let opening: Promise<Opened> | null = null
  return async (command) => {
    const { id, type } = command
    try {
      if (command.type === 'init') {
        opening ??= open(command.given)
        // A file that did not come may come when it is asked for again.
        opening.catch((error: unknown) => error instanceof LoadError && (opening = null))
      }
      // The reason for a failed `init` is reported once, to whoever asked for it.
      const opened = await opening?.catch((error: unknown) => Promise.reject(type === 'init' ? error : new ProblemError(null)))
      if (!opened) throw new Error(`${type} was asked for before init.`)
      post({ type: 'done', id, answer: await handle(command, opened, post) })
    } catch (error) {
      post({ type: 'failed', id, problem: problemOf(error) })
    }
  }
}

const place = () => ({ browser: navigator.userAgent })

const telling = (tell: Tell) => (message: string) => tell({ type: 'began', run: 0, message })

async function bench(options: Given<'bench'>['options'], backend: Opened['backend'], tell: Tell): Promise<Found<BenchReport>> {
  try {
    const report = await runBench(backend, readOptions(options), place(), telling(tell))
    const tables = tablesOf(report)
    return { report, place: placeOf(report), tables, text: [placeOf(report), ...tables.map(textOfTable)].join('\n') }
  } catch (error) {
    const known = error instanceof OptionError
    const message = known ? `In the address, ${error.message}` : `The benchmark stopped: ${String(error)}`
    throw new ProblemError({ kind: known ? 'input' : 'bug', message, file: null })
  }
}

async function selfTest({ backend, openHost }: Opened, tell: Tell): Promise<Found<SelfTestReport>> {
  try {
    // Seldom asked for, so not among what every page loads.
    const [{ runSelfTest }, { sentenceOf, tableOf, textOf }] = await loadOwn('The self-test', () =>
      Promise.all([import('../selftest/self-test'), import('../selftest/report')]),
    )
    const report = await runSelfTest(backend, { place: place(), openWasm: openHost, tell: telling(tell) })
    return { report, place: sentenceOf(report), tables: [tableOf(report)], text: textOf(report) }
  } catch (error) {
    throwLoadError(error)
    throw new ProblemError({ kind: 'bug', message: `The self-test stopped: ${String(error)}`, file: null })
  }
}
