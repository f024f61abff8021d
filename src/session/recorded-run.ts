/** A run on a sample that is recorded to be looked at: no clock decides what is kept of it. */
import { zip } from '../export/archive'
import { makeConfig, type Config } from '../method/config'
import type { LiveViews } from '../timeline/live-views'
import { packViews } from '../timeline/snapshot'
import { withSnapshot, type Recording } from '../timeline/timeline'
import type { BackendInfo, SampleName } from './events'
import { replayOf } from './run-archive'
import { sampleDataset } from './samples'
import { Trainer } from './trainer'
import { prepare } from './training-data'

/** Steps from one look to the next. */
const everyLook = 5

type Bytes = Uint8Array<ArrayBuffer>

/** Greys in 32 steps take half the bytes, so that a file of a few hundred kB holds twice as many pictures. Label maps stay as they are. */
const coarse = (greys: Bytes): Bytes => greys.map((v) => Math.round((Math.round((v * 31) / 255) * 255) / 31))

const coarseViews = (views: LiveViews): LiveViews => ({
  ...views,
  weak: coarse(views.weak),
  strong: coarse(views.strong),
  mix: views.mix && { ...views.mix, pixels: coarse(views.mix.pixels) },
  A: { ...views.A, confidence: coarse(views.A.confidence) },
  B: { ...views.B, confidence: coarse(views.B.confidence) },
  exemplar: { ...views.exemplar, image: coarse(views.exemplar.image) },
  synthetic: views.synthetic && { ...views.synthetic, image: coarse(views.synthetic.image) },
})

/**
 * Trains on a sample, on the active backend.
 * @param budget bytes for the pictures @param tell called now and then with the steps taken
 * @returns a zip that the page replays
 */
export async function recordRun(
  sample: SampleName,
  values: Partial<Config>,
  { backend, budget, tell }: { backend: BackendInfo; budget: number; tell: (step: number) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  const dataset = sampleDataset(sample)
  const config = makeConfig(values)
  const trainer = new Trainer(dataset, prepare(dataset, config), config)
  try {
    if (trainer.lacksBank) await trainer.makeBank(() => Promise.resolve())
    let kept: Recording['snapshots'] = []
    while (trainer.t < config.steps) {
      await trainer.steps(everyLook - (trainer.t % everyLook))
      const { t } = trainer
      if (t % config.scoreEvery === 0 || t === config.steps) await trainer.score()
      const { views, snapshot } = await trainer.look(0)
      kept = withSnapshot(kept, { ...snapshot, views: packViews(coarseViews(views)) }, budget)
      tell(t)
    }
    trainer.timeline = kept
    return zip(replayOf(trainer, backend))
  } finally {
    trainer.release()
  }
}
