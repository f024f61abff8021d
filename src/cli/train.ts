/** npm run train: a run without a page; the same session, and the same files as the page's exports. */
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, resolve } from 'node:path'
import type { GivenFile } from '../data/given-file'
import type { ChosenNames } from '../data/pairs'
import { amount } from '../lib/amount'
import { duration } from '../lib/duration'
import { defaults, makeConfig, precisionNote, presets, takenOf, type Config } from '../method/config'
import type { Action, DatasetSummary, FileRole, Finding, SessionEvent, SourceInfo } from '../session/events'
import { usualOptions } from '../session/export-files'
import { openCheckpoint, type Checkpoint } from '../session/checkpoint'
import type { RoleFile } from '../session/given-files'
import { ProblemError } from '../session/problem'
import { isRunArchive } from '../session/run-archive'
import type { Session } from '../session/session'
import './pipelines'
import { countOf, required, runCommand, UsageError } from './arguments'
import { asUsage } from './as-usage'
import type { Values } from './command'
import { train } from './commands'
import { EventLog } from './event-log'
import { fromPath, placeAt } from './given-path'
import { filesIn, given, sayLeft, type InputFile } from './input-files'
import { openSession } from './open-session'
import { privacyNotes, tellCases } from './privacy'
import { masksIn, newestCheckpoint, RunFolder } from './run-folder'

/** @throws UsageError */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`"${path}" (--pairs) cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/**
 * Rows "image,mask" of a CSV, with or without a heading; quotes where a name has a comma.
 * @throws UsageError
 */
function rowsOf(csv: string, file: string): [image: string, mask: string][] {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((line, i): [string, string][] => {
    if (line.trim() === '' || (i === 0 && /^\s*image\s*,\s*mask\s*$/i.test(line))) return []
    const [, image, mask] = /^\s*("(?:[^"]|"")*"|[^",]*?)\s*,\s*("(?:[^"]|"")*"|[^",]*?)\s*$/.exec(line) ?? []
    const bare = (cell = '') => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (!bare(image) || !bare(mask)) throw new UsageError(`Line ${i + 1} of "${file}" (--pairs) is not understood: write image,mask.`)
    return [[bare(image), bare(mask)]]
  })
}

function settings(values: Values<typeof train>): Partial<Record<string, unknown>> {
  const preset = values.preset ? presets[values.preset] : {}
  const set = (values.set ?? []).map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`--set ${pair} is not understood: write --set key=value.`)
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  return {
    ...preset,
    ...Object.fromEntries(set),
    ...(values.steps !== undefined && { steps: values.steps }),
    ...(values.seed !== undefined && { seed: values.seed }),
  }
}

/** Prints how the run goes, one line a second at most, and collects what went wrong. */
class Log {
  /** What went wrong, in sentences; emptied by whoever deals with it. */
  problems: string[] = []
  /** The modalities of cases that have several images, and which is used. */
  modality: DatasetSummary['modality'] = null
  /** The volumes that the images come from. */
  sources: SourceInfo[] = []
  /** Settings that the data suggest. */
  suggestion: DatasetSummary['suggestion'] = null
  /** How the exemplar's mask was understood. */
  maskNotes: string[] = []
  /** Settings as the session has them. */
  config = defaults
  /** What could name a person: in names of files, and in DICOM files. */
  personal: DatasetSummary['personal'] = { count: 0, examples: [] }
  identifiers: DatasetSummary['identifiers'] = []
  /** Bytes that the run takes at most. */
  memory = 0
  /** What the doctor found last. */
  findings: readonly Finding[] = []
  private last = ''
  private printed = 0
  private status = ''

  receive = (event: SessionEvent): void => {
    if (event.type === 'problem') {
      this.problems.push(event.message)
    } else if (event.type === 'recovered') {
      if (event.message) console.log(event.message)
    } else if (event.type === 'advice') {
      this.findings = event.findings
    } else if (event.type === 'memory') {
      this.memory = event.memory.bytes
    } else if (event.type === 'dataset') {
      this.config = event.config
      this.sources = event.dataset.sources
      this.modality = event.dataset.modality
      this.maskNotes = event.dataset.maskNotes
      this.suggestion = event.dataset.suggestion
      this.personal = event.dataset.personal
      this.identifiers = event.dataset.identifiers
    } else if (event.type === 'bank' && event.bank) {
      const { entries, eligible, tried, reach } = event.bank
      console.log(`bank: ${entries.length} images; in ${eligible} of ${tried} patients the exemplar's labels find their way back`)
      if (reach) console.log(`  turned by up to ${reach.rotation.toFixed(0)} degrees and scaled ${reach.scale.toFixed(2)} times`)
      for (const { name, fit, wayBack, away } of entries)
        console.log(`  ${name}  fit ${fit.toFixed(3)}  way back ${wayBack.toFixed(3)}${away > 0 ? `  ${away} along the stack` : ''}`)
    } else if (event.type === 'state') {
      const speed = event.stepsPerSecond === null ? '' : `  ${event.stepsPerSecond.toFixed(2)} steps/s`
      const left = event.secondsLeft === null || event.state !== 'running' ? '' : `  ${duration(event.secondsLeft)} left`
      this.status = `step ${event.step} of ${event.steps}${speed}${left}`
    } else if (event.type === 'metrics') {
      const row = event.rows.at(-1)
      const f = (v: number) => (Number.isNaN(v) ? '  -  ' : v.toFixed(3))
      if (row)
        this.last =
          `  loss ${f(row.totalA)} ${f(row.totalB)}  exemplar ${f(row.exemplarA)} ${f(row.exemplarB)}  synthetic ${f(row.syntheticA)} ${f(row.syntheticB)}` +
          `  image ${f(row.imageA)} ${f(row.imageB)}  feature ${f(row.featureA)} ${f(row.featureB)}  confident ${f(row.confidentA)} ${f(row.confidentB)}`
      for (const { step, fit, dice } of event.scores)
        console.log(`step ${step}  fit ${fit.toFixed(3)}${dice === null ? '' : `  Dice ${dice.toFixed(3)}`}`)
      if (row && performance.now() - this.printed > 1000) this.print()
    }
  }

  /** What a command of the session rejects with goes to the other problems; see `catch`. */
  refused = (error: unknown): void => {
    if (!(error instanceof ProblemError)) throw error
    if (error.problem) this.problems.push(error.problem.message)
  }

  /** Files that the session has loaded nothing of are told too. */
  left(loaded: { records: readonly GivenFile[] } | void): void {
    if (loaded) this.problems.push(...sayLeft(loaded.records))
  }

  print(): void {
    this.printed = performance.now()
    console.log(this.status + this.last)
  }
}

async function main(values: Values<typeof train>): Promise<void> {
  const { out } = values
  if (values.resume && (values.preset || values.set || values.seed))
    throw new UsageError('--resume goes on with the settings of the checkpoint: leave out --preset, --set and --seed.')
  const further = values.resume && values.steps ? countOf(values.steps, '--steps') : null
  const set = settings(values)
  const config: Config = makeConfig(set)
  const every = Number(values['checkpoint-every'])
  if (!(every > 0)) throw new UsageError(`--checkpoint-every is "${values['checkpoint-every']}", but must be a number of seconds above 0.`)
  const until = values.until === undefined ? Infinity : Number(values.until)
  if (!(until >= 1)) throw new UsageError(`--until is "${values.until}", but must be a number of steps, at least 1.`)

  const zip = values.resume === undefined ? null : await zipAt(values.resume)
  const files: { role: FileRole; file: InputFile }[] = []
  const chosen = new Map<string, string[]>()
  if (!values.sample) {
    const images = required(values.images, '--images', 'give the folder with your images, or --sample "Cardiac phantom"')
    const add = (role: FileRole, found: InputFile[]) => files.push(...found.map((file) => ({ role, file })))
    // The zip of a run holds its exemplar.
    if (!zip || values.exemplar)
      add('exemplar-image', given(required(values.exemplar, '--exemplar', 'name the annotated image'), images, '--exemplar'))
    for (const mask of zip ? (values.mask ?? []) : required(values.mask, '--mask', 'name its mask'))
      add('exemplar-mask', given(mask, values.reference, '--mask'))
    add('unlabeled', filesIn(images, '--images'))
    if (values.unlabeled && resolve(values.unlabeled) !== resolve(images)) add('unlabeled', filesIn(values.unlabeled, '--unlabeled'))
    if (values.reference) add('reference', filesIn(values.reference, '--reference'))
    for (const [image, mask] of values.pairs ? rowsOf(textOf(values.pairs), values.pairs) : []) {
      const [source] = given(image, images, '--pairs')
      const [own] = given(mask, values.reference, '--pairs')
      const known = (role: FileRole, name: string) => files.some((one) => one.role === role && one.file.name === name)
      if (!known('unlabeled', source!.name)) throw new UsageError(`"${image}" (--pairs) is none of the images.`)
      // Masks from elsewhere are often named alike: each is called by its path.
      const file = known('reference', own!.name) ? own! : { ...own!, name: mask }
      if (!known('reference', file.name)) add('reference', [file])
      chosen.set(source!.name, [...(chosen.get(source!.name) ?? []), file.name])
    }
  }
  const folder = new RunFolder(
    out,
    files.map(({ file }) => file.path),
  )
  const checkpoint = values.resume && !zip ? await checkpointAt(values.resume) : null

  const log = new Log()
  const events = values.tensorboard === undefined ? null : new EventLog(values.tensorboard)
  const session = await openSession(values, (event) => {
    log.receive(event)
    events?.receive(event)
  })
  const stopIfRefused = () => {
    if (log.problems.length > 0) throw new UsageError(log.problems.join('\n'))
  }

  if (zip) {
    // It says what the run is made of; what it says of another version is told.
    log.left(await session.loadFiles([...files, { role: null, file: zip }]).catch(log.refused))
    if (session.state !== 'empty') for (const problem of log.problems.splice(0)) console.log(problem)
  } else await load(session, log, values, { files, chosen, set, config, checkpoint })
  const note = precisionNote(log.config, session.backend.backend)
  if (note) console.log(note)
  const options = { ...usualOptions, keepIdentifiers: values['keep-identifiers'] === true, rename: values.rename !== undefined }
  for (const note of privacyNotes(log, options)) console.log(note)
  if (values.rename !== undefined) tellCases(await session.caseNames(), values.rename, folder)
  stopIfRefused()

  if (further !== null && further <= session.stepsTaken)
    throw new UsageError(`--steps is ${further}, but this run has taken ${session.stepsTaken} already: give the number of steps in all.`)

  const keep = async () => folder.keep(await session.checkpoint())
  const keeper = keepSafe(session, folder, keep, every)
  events?.begin(session.stepsTaken)
  const begun = performance.now()
  console.log(`Takes about ${amount(log.memory)} of memory`)
  await run(session, until, further).catch(log.refused)
  // Refused before the first step: there is nothing to write.
  if (session.state === 'ready') stopIfRefused()
  clearInterval(keeper)
  const unwritten = events?.close()
  if (unwritten) log.problems.push(unwritten)
  const seconds = (performance.now() - begun) / 1000
  log.print()

  // What follows reads every image again, and may fail.
  await keep()
  const { row, patients } = await session.patientScores(options)
  const dice =
    row.dice === null
      ? undefined
      : { mean: row.dice, perClass: row.perClass, perPatient: Object.fromEntries(patients.map(({ patient, dice }) => [patient, dice])) }
  const written = await session.files('run', options)
  const masks = masksIn(written)
  const summary = {
    steps: row.step,
    seconds,
    backend: session.backend.backend,
    adapter: session.backend.adapter,
    fit: row.fit,
    ...(dice && { dice }),
    advice: (await session.advice(options)).map(adviceOf),
    masks,
  }
  const text = JSON.stringify(summary, (_, v: unknown) => (Number.isNaN(v) ? null : v), 2) + '\n'
  folder.finish({ ...written, 'summary.json': new TextEncoder().encode(text) })
  console.log(
    `${row.step} steps in ${duration(seconds)}; fit ${row.fit.toFixed(3)}${row.dice === null ? '' : `, Dice ${row.dice.toFixed(3)} (${row.perClass.map((v) => v?.toFixed(3) ?? 'n/a').join(', ')})`}; files are in ${out}`,
  )
  for (const { sentence, cause, action } of log.findings) console.log(`Advice: ${sentence} ${cause} To try: ${inTerminal(action)}.`)
  stopIfRefused()
}

const adviceOf = ({ name, warns, sentence, cause, action }: Finding) => ({ name, warns, sentence, cause, try: inTerminal(action) })

/** What an advice's button does, as it is done here. */
function inTerminal(action: Action): string {
  if (action.does === 'train') return `--resume with --steps, ${action.steps} more than now`
  if (action.does === 'set')
    return Object.entries(action.values)
      .map(([key, value]) => `--set ${key}=${value}`)
      .join(' ')
  if (action.does === 'region') return '--set regionX, regionY, regionWidth and regionHeight'
  return 'a mask of that image, drawn on the page'
}

/** Loads images and masks, and goes on from a checkpoint if there is one. @throws UsageError */
async function load(
  session: Session,
  log: Log,
  values: Values<typeof train>,
  given: { files: RoleFile[]; chosen: ChosenNames; set: object; config: Config; checkpoint: Checkpoint | null },
): Promise<void> {
  const { files, chosen, checkpoint } = given
  await session.configure(checkpoint?.config ?? given.config).catch(log.refused)
  if (values.sample) await session.loadSample(values.sample).catch(log.refused)
  else log.left(await session.loadFiles(files, chosen).catch(log.refused))
  await chooseModality(session, log, values.modality)
  await chooseChannel(session, log.sources, values.channel)
  if (!checkpoint) await pick(session, log, given.set)
  // One bad file among a hundred does not stop a run.
  if (session.state === 'ready') for (const problem of log.problems.splice(0)) console.log(`Left out: ${problem}`)
  for (const note of log.maskNotes) console.log(note)
  if (session.state === 'empty') log.problems.push(`Nothing can be trained yet; still needed: ${session.missing.join(', ')}.`)
  if (log.problems.length === 0 && checkpoint) await session.restore(checkpoint).catch(log.refused)
}

/** Takes the settings that the data suggest, unless they are set. */
async function pick(session: Session, { suggestion, config, refused }: Log, set: object): Promise<void> {
  const values = takenOf(suggestion?.values ?? {}, config, (key) => Object.hasOwn(set, key))
  const said = Object.entries(values).map(([key, value]) => `${key}=${value}`)
  if (!suggestion || said.length === 0) return
  await session.configure(values).catch(refused)
  console.log(`Picked from the data (${suggestion.what}): ${said.join(' ')}; --set takes other values.`)
}

/** The zip of a run at a path; null if something else lies there. */
async function zipAt(path: string): Promise<InputFile | null> {
  const place = placeAt(path)
  if (!place || place.folder) return null
  const file = fromPath(place.path, basename(place.path))
  return (await isRunArchive(file)) ? file : null
}

/** A checkpoint: the file at a path, or the newest good one in the folder of a run. @throws UsageError; CheckpointError, ConfigError as `openCheckpoint` */
async function checkpointAt(path: string): Promise<Checkpoint> {
  if (!placeAt(path)?.folder) return openCheckpoint(await given(path, undefined, '--resume')[0]!.read())
  const newest = await newestCheckpoint(path)
  if (newest.passedOver) console.log(newest.passedOver)
  return newest.checkpoint
}

/** Writes a checkpoint every so many seconds and at every signal that can be caught; the first Ctrl+C ends the run instead. */
function keepSafe(session: Session, { path }: RunFolder, keep: () => Promise<void>, seconds: number): NodeJS.Timeout {
  const leave = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') =>
    void keep().then(
      () => {
        console.log(`Left by ${signal}; go on with --resume ${path}`)
        process.exit(128 + constants.signals[signal])
      },
      (error: Error) => {
        console.error(error.message)
        process.exit(1)
      },
    )
  process.once('SIGINT', () => {
    process.on('SIGINT', () => leave('SIGINT'))
    session.stop().catch(() => undefined)
  })
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => leave(signal))
  let told = ''
  // Node takes a longer time for none.
  const pause = Math.min(seconds * 1000, 2 ** 31 - 1)
  return setInterval(() => {
    if (session.state !== 'running') return
    keep().catch(({ message }: Error) => {
      if (message !== told) console.log(`No checkpoint: ${message}`)
      told = message
    })
  }, pause)
}

/** Takes one image of each case, where they have several. @throws UsageError */
async function chooseModality(session: Session, log: Log, name: string | undefined): Promise<void> {
  const { modality } = log
  if (!modality) {
    if (name !== undefined) throw new UsageError('--modality is given, but no case has images of several modalities: leave it out.')
    return
  }
  const list = modality.known.join(', ')
  if (name === undefined) {
    if (modality.used === null) throw new UsageError([...log.problems, `Which one is said with --modality: ${list}.`].join('\n'))
    console.log(`Of the modalities ${list} of each case ${modality.used} is used, as of the exemplar; --modality chooses another.`)
    return
  }
  const chosen = modality.known.find((known) => known.toLowerCase() === name.toLowerCase())
  if (chosen === undefined) throw new UsageError(`--modality is "${name}", but must be one of ${list}.`)
  // What was left out for lack of a choice is said anew.
  if (chosen !== modality.used) log.problems = []
  await session.chooseModality(chosen).catch(log.refused)
}

/** Takes one channel of all images that have several. @throws UsageError */
async function chooseChannel(session: Session, sources: readonly SourceInfo[], channel: string | undefined): Promise<void> {
  const several = sources.filter(({ frameMeans }) => frameMeans === 'channel')
  if (several.length === 0 && channel !== undefined)
    throw new UsageError('--channel is given, but no image has several channels that are no colours: leave it out.')
  for (const channels of new Set(several.map(({ size }) => size[3]))) {
    const { id, name } = several.find(({ size }) => size[3] === channels)!
    const number = Number(channel ?? 1)
    if (!(Number.isInteger(number) && number >= 1 && number <= channels))
      throw new UsageError(`--channel is "${channel}", but must be a whole number from 1 to ${channels}: "${name}" has so many.`)
    if (channel !== undefined) await session.chooseSlices(id, { frame: number - 1 })
    else console.log(`Of the ${channels} channels of "${name}" and others like it the first is used; --channel chooses another.`)
  }
}

/** Runs to the end, which may be moved to the step `further`, or pauses after step `until`. */
async function run(session: Session, until: number, further: number | null): Promise<void> {
  session.pauseAfter = until
  if (session.stepsTaken >= until) {
    if (further === null) return console.log(`This run has taken ${session.stepsTaken} steps already: it is written as it is.`)
    throw new UsageError(`--until is ${until}, but this run has taken ${session.stepsTaken} steps already.`)
  }
  if (further !== null) await session.trainOn(further - session.stepsTaken)
  else await (session.state === 'ready' ? session.start() : session.resume())
  await session.settled()
}

await runCommand(train, (values) => main(values).catch(asUsage))
// Dawn keeps Node alive.
process.exit()
