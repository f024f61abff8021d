import type { InputError } from '../data/input-error'
import type { Bank } from '../method/bank/bank'
import type { Config } from '../method/config'
import type { Mark } from '../method/history'
import type { TrainingData } from '../method/synthesis'
import type { Dataset } from './dataset'
import type { Prediction, SessionEvent, SessionEvents } from './events'
import { examination, examinationOf } from './examination'
import { sayUnlike } from './further'
import type { Networks } from './networks'
import { problemOf } from './problem'
import type { Recording } from '../timeline/timeline'
import type { RunArchive } from './run-archive'
import { copyOfRecording } from './timeline-file'
import { summarise } from './summary'
import { Thumbnails } from './thumbnails'
import { Trainer } from './trainer'

/** Least time between two reports of one kind, in milliseconds. */
const pace = { metrics: 250, views: 500, progress: 100 }

/** Least time between looks, in multiples of the cost of one: on a slow backend they are rarer. */
const timesLook = 25

type Metrics = SessionEvents['metrics']

/** What a session reports unasked, and how often. */
export class Reports {
  /** Number of the current run. */
  run = 0
  private readonly thumbnails = new Thumbnails()
  private unsent: Metrics = { rows: [], scores: [] }
  private last = { metrics: 0, views: 0, progress: 0 }
  /** The marks of the run as they were reported. */
  private marked: readonly Mark[] = []
  /** Milliseconds that the last look took. */
  private lookCost = 0

  constructor(private readonly hear: (event: SessionEvent) => void) {}

  send<T extends keyof SessionEvents>(type: T, event: SessionEvents[T]): void {
    this.hear({ type, run: this.run, ...event } as unknown as SessionEvent)
  }

  /** Reports what could not be used. */
  problems(problems: readonly InputError[]): void {
    for (const problem of problems) this.send('problem', problemOf(problem)!)
  }

  /** Starts a new run; what the last one had still to report is dropped. */
  nextRun(): void {
    this.run++
    this.unsent = { rows: [], scores: [] }
    this.marked = []
  }

  dataset(dataset: Dataset, config: Config, prepared: TrainingData | null): void {
    const fresh = this.thumbnails.fresh(dataset, config, prepared)
    if (fresh) this.send('thumbnails', fresh)
    this.send('dataset', { dataset: summarise(dataset, config), config })
    this.send('advice', { findings: examination(dataset, config, prepared) })
  }

  bank(bank: Bank | null, { unlabeled }: Dataset): void {
    const entries = bank?.entries.map(({ image, labels, fit, wayBack, away }) => {
      const { id, name } = unlabeled[image]!
      return { image: id, name, labels: labels.slice(), fit, wayBack, away }
    })
    this.send('bank', { bank: bank && { ...bank, entries: entries! } })
  }

  progress(what: SessionEvents['progress']['what'], done: number, of: number): void {
    const now = performance.now()
    if (now - this.last.progress <= pace.progress && done < of) return
    this.last.progress = now
    this.send('progress', { what, done, of })
  }

  /** Keeps rows and scores until `metrics` is called. */
  collect({ rows = [], scores = [] }: Partial<Metrics>): void {
    this.unsent.rows.push(...rows)
    this.unsent.scores.push(...scores)
  }

  /** Reports what both networks see in the pile, and what the doctor finds. */
  predicted(run: Networks, items: Prediction[]): void {
    // First: a page gets the masks themselves, not copies.
    if (run instanceof Trainer) this.send('advice', { findings: examinationOf(run, items) })
    this.send('predictions', { predictions: { step: run.t, size: run.config.size, items, unlike: sayUnlike(run) } })
  }

  /** Reports what a run that has no trainer says of itself: settings, curves, and what was kept of its looks. */
  replay({ config, checkpoint, curves, timeline, lost }: RunArchive): void {
    this.send('continued', { config, watched: null })
    if (curves) this.collect(curves)
    if (checkpoint && checkpoint.recoveries.length > 0) this.send('recovered', { message: null, recoveries: checkpoint.recoveries })
    this.recording(timeline)
    if (lost) this.problems([lost])
  }

  /** Reports what was kept of a run's looks, if anything was. */
  recording(recording: Recording | null): void {
    if (recording && recording.snapshots.length > 0) this.send('timeline', { recording: copyOfRecording(recording) })
  }

  /** Reports marks if there are others than before. */
  marks(marks: readonly Mark[]): void {
    if (marks.length === this.marked.length && marks.every((mark, i) => mark === this.marked[i])) return
    this.marked = [...marks]
    this.send('marks', { marks: this.marked })
  }

  get metricsDue(): boolean {
    return performance.now() - this.last.metrics > pace.metrics
  }

  metrics(): void {
    this.last.metrics = performance.now()
    const { unsent } = this
    this.unsent = { rows: [], scores: [] }
    if (unsent.rows.length > 0 || unsent.scores.length > 0) this.send('metrics', unsent)
  }

  get viewsDue(): boolean {
    return performance.now() - this.last.views > Math.max(pace.views, timesLook * this.lookCost)
  }

  /** Notes that a look has just ended and how many milliseconds it took. */
  looked(cost: number): void {
    this.lookCost = cost
    this.last.views = performance.now()
  }
}
