import type { GivenFile } from '../data/given-file'
import { InputError } from '../data/input-error'
import type { ChosenNames } from '../data/pairs'
import { ConfigError } from '../method/config'
import { CheckpointError } from './checkpoint'
import { emptyDataset, type Dataset } from './dataset'
import type { Display } from './display'
import { onlyCorrects, withoutDomain } from './domain'
import type { SampleName } from './events'
import { withFurther } from './further'
import { readFor, withModality, withRead, type RoleFile, type Several } from './given-files'
import { sayChange } from './pairs'
import { problemOf } from './problem'
import type { Reports } from './reports'
import { fixedLabels, type Run } from './run'
import { differences, openRunArchive, splitRuns, type RunArchive } from './run-archive'
import { sampleDataset } from './samples'
import { sayStrangers, WaitingRun } from './waiting-run'

/** What a run is made from: files, samples, zips of other runs, and what was chosen of them. It decides what of a run such a change leaves. */
export class Setup {
  /** Files that give several images of each case, to be read again for another of these; null where none do. */
  private several: Several | null = null

  constructor(
    private readonly run: Run,
    private readonly display: Display,
    private readonly reports: Reports,
  ) {}

  /** Takes a sample instead of what is loaded. */
  sample(sample: SampleName): void {
    this.run.refuseToForget()
    this.several = null
    this.run.waiting = null
    this.run.use(sampleDataset(sample))
  }

  /** Takes files, whatever they hold. @returns those that are no runs, and those that are left, because they are for a run log */
  async files(files: readonly RoleFile[], chosen?: ChosenNames): Promise<{ images: RoleFile[]; records: GivenFile[] }> {
    const { runs, records, others } = await splitRuns(files)
    const further = others.filter(({ role }) => role === 'further')
    const own = others.filter(({ role }) => role !== 'further')
    for (const file of runs)
      await this.openRun(file).catch((error: unknown) => {
        // One bad zip keeps no image out.
        const problem = problemOf(error)
        if (others.length === 0 || problem?.kind !== 'input') throw error
        this.reports.send('problem', problem)
      })
    if (own.length > 0) await this.openFiles(own, chosen)
    if (further.length > 0) await this.addFurther(further)
    if (own.length > 0 || runs.length > 0) this.sayWaiting()
    return { images: others, records }
  }

  /** Takes the networks of a run without its images: what is given to segment is segmented with them. */
  networks(run: RunArchive): void {
    this.run.waiting = new WaitingRun({ ...run, choices: null, checkpoint: null }, emptyDataset)
    this.run.use(emptyDataset, run.config)
  }

  /** Uses another image of each case. @param modality as files call it, such as "t1ce" */
  async modality(modality: string): Promise<void> {
    const { dataset: before } = this.run
    this.run.refuseToForget()
    if (!this.several || before.modality?.used === modality) return
    if (before.exemplars.some(({ drawn }) => drawn))
      throw new InputError('You drew on images of another modality: remove those exemplars first.', '')
    const { dataset, problems } = await withModality(this.several, modality, this.tellRead)
    this.reports.problems(problems)
    this.run.use(dataset)
    await this.continueWaiting()
  }

  /** Takes a data set of which something else is learnt; a run on the user's own images is not discarded for it. */
  replace(change: (before: Dataset) => Dataset): void {
    this.run.refuseToForget()
    this.run.use(change(this.run.dataset))
  }

  /** Takes a data set with other exemplars; a run that has begun continues with them. */
  async annotate(dataset: Dataset): Promise<void> {
    if (this.run.trainer) return this.run.continueWith(dataset)
    // A correction of what networks without their images have segmented.
    if (onlyCorrects(dataset)) this.show(dataset)
    else this.run.use(withoutDomain(dataset))
  }

  /** Takes a data set with other pairs of image and mask; a run that has begun continues if its labels stay. @returns what that changes, in sentences */
  async pair(change: (before: Dataset) => Dataset): Promise<string> {
    const { dataset: before, trainer, state } = this.run
    if (state === 'running') throw new ConfigError('Pause or stop the run before you change which mask is of which image.')
    const after = change(before)
    if (!this.scoredBy(after)) {
      const values = ({ classes }: Dataset) => classes.map(({ value }) => value).join()
      if (trainer && after.classes.length > 0 && values(after) !== values(before)) throw new ConfigError(fixedLabels)
      await this.annotate(after)
      await this.continueWaiting()
    }
    return sayChange(before, after)
  }

  private readonly tellRead = (done: number, of: number) => this.reports.progress('read', done, of)

  /** Takes a data set of which the same is learnt. @param scored whether scores stay */
  private show(dataset: Dataset, scored = true): void {
    this.run.show(dataset)
    this.display.restSoon(scored)
  }

  /** Takes a data set in which only reference masks are others: nothing learnt depends on them. @returns whether it is one */
  private scoredBy(dataset: Dataset): boolean {
    const { exemplars, unlabeled } = this.run.dataset
    if (!this.run.prepared || dataset.exemplars !== exemplars || dataset.unlabeled !== unlabeled) return false
    this.show(dataset, false)
    return true
  }

  private async addFurther(files: RoleFile[]): Promise<void> {
    const { dataset: before, trainer, waiting } = this.run
    const { dataset, problems } = await withFurther(before, files, trainer ?? waiting?.networks ?? null, this.tellRead)
    this.reports.problems(problems)
    if (dataset !== before) this.show(dataset)
  }

  private async openFiles(files: RoleFile[], chosen?: ChosenNames): Promise<void> {
    const before = withoutDomain(this.run.dataset)
    const read = await readFor(before, files, this.tellRead)
    const strangers = this.run.waiting?.take(
      read.given.map(({ volume }) => volume),
      files,
    )
    if (strangers) {
      this.reports.problems([...read.problems, ...sayStrangers(strangers)])
      await this.continueWaiting()
      return
    }
    const { dataset, problems } = withRead(before, read, chosen)
    this.reports.problems(problems)
    if (dataset === before) return
    if (!before.modality) this.several = dataset.modality && { before, given: [] }
    this.several?.given.push({ files, chosen })
    if (this.scoredBy(dataset)) return
    this.run.refuseToForget()
    this.run.use(dataset)
    await this.continueWaiting()
  }

  /** Shows a run from a zip, and continues it if its images are loaded. */
  private async openRun(file: GivenFile): Promise<void> {
    this.run.refuseToForget()
    const run = await openRunArchive(file)
    const { dataset } = this.run
    // Networks alone need no sample to go on with.
    const sample = (run.curves ?? run.choices) ? run.sample : null
    const own = sample ? sampleDataset(sample) : dataset.sample ? emptyDataset : withoutDomain(dataset)
    const known = { ...own, further: dataset.further }
    const message = differences(run)
    if (message) this.reports.send('problem', { kind: 'input', message, file: file.name })
    this.run.waiting = new WaitingRun(run, known)
    // A zip without choices is continued on the data set at hand.
    if (sample && !run.choices) this.run.use(known)
    if (await this.continueWaiting()) return
    // Its curves and settings can be seen without its images.
    this.run.use(known, run.config)
    this.run.follow(null)
    this.reports.replay(run)
    this.run.flush()
  }

  /** Continues the waiting run, if all its images are loaded. */
  private async continueWaiting(): Promise<boolean> {
    const { run } = this
    const { waiting } = run
    if (!waiting) return false
    const { choices, checkpoint, config } = waiting.run
    try {
      const dataset = waiting.dataset(run.dataset)
      if (!dataset) return false
      if (checkpoint) await run.continueFrom(checkpoint, dataset)
      else run.use(dataset, config)
    } catch (error) {
      // Without choices, only the attempt tells whether these are its images.
      if (!choices && (error instanceof CheckpointError || error instanceof InputError)) return false
      run.waiting = null
      throw error
    }
    run.waiting = null
    if (run.dataset.modality && waiting.files.length > 0)
      this.several = { before: emptyDataset, given: [{ files: waiting.files, chosen: undefined }] }
    run.follow(choices?.watched ?? null)
    this.reports.send('continued', { config, watched: run.watched })
    this.display.restSoon(true)
    return true
  }

  private sayWaiting(): void {
    const { waiting } = this.run
    const message = waiting?.wants()
    if (message) this.reports.send('problem', { kind: 'input', message, file: waiting!.run.file, waits: true })
  }
}
