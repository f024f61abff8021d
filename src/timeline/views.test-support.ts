/** Made-up views and label maps for tests. */
import { Random } from '../lib/random'
import type { LiveViews, ModelView, SeenLabels } from './live-views'
import { snapshotOf, type Snapshot } from './snapshot'

const bytes = (random: Random, length: number, below: number) => Uint8Array.from({ length }, () => Math.floor(random.uniform(0, below)))

/** @param without what the run has not */
export function madeViews(step: number, size = 16, without: { mix?: true; feature?: true; synthetic?: true } = {}): LiveViews {
  const random = new Random(1, 'made views', step)
  const map = (below: number) => bytes(random, size * size, below)
  const model = (): ModelView => ({
    prediction: map(3),
    confidence: map(256),
    pseudoLabel: map(3),
    mask: map(2),
    feature: without.feature ? null : { prediction: map(3), dropped: [bytes(random, 4, 2), bytes(random, 8, 2)] },
  })
  const [A, B] = [model(), model()]
  return {
    ...{ step, size, image: 'abc/2/0/0', name: 'one.png', weak: map(256), strong: map(256), A, B },
    mix: without.mix ? null : { image: 'def/2/1/0', name: 'two.png', pixels: map(256), box: { x: 2, y: 3, width: 5, height: 6 } },
    disagreement: A.pseudoLabel.map((label, i) => (label === B.pseudoLabel[i] ? 0 : 1)),
    exemplar: { image: map(256), labels: map(3) },
    synthetic: without.synthetic ? null : { image: map(256), labels: map(3), known: map(2) },
  }
}

export const madeLabels = (step: number, size = 16): SeenLabels[] => {
  const random = new Random(1, 'made labels', step)
  return (['abc/2/0/0', 'ghi/2/2/0'] as const).map((image) => ({
    image,
    A: bytes(random, size * size, 3),
    B: bytes(random, size * size, 3),
  }))
}

export const madeSnapshot = (step: number, size = 16): Snapshot => snapshotOf(madeViews(step, size), madeLabels(step, size), null)
