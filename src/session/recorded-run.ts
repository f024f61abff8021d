/** A run on a sample that is recorded to be looked at: no clock decides what is kept of it. */
import { zip } from '../export/archive'
import { makeConfig, type Config } from '../method/config'
import { withSnapshot, type Recording } from '../timeline/timeline'
import type { BackendInfo, SampleName } from './events'
import { replayOf } from './run-archive'
import { sampleDataset } from './samples'
import { Trainer } from './trainer'
import { prepare } from './training-data'

/** Steps from one look to the next. */
const everyLook = 5

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
      kept = withSnapshot(kept, (await trainer.look(0)).snapshot, budget)
      tell(t)
    }
    trainer.timeline = kept
    return zip(replayOf(trainer, backend))
  } finally {
    trainer.release()
  }
}
