/** Healthy runs raise nothing. Their numbers were measured on wasm, 600 steps at 64 pixels, from step 25 on; of every pile a dozen images. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeConfig } from '../method/config'
import type { ScoreRow, StepMetrics } from '../method/history'
import { examine } from './doctor'
import type { Facts } from './facts'

const quick = makeConfig({ steps: 600 })

type Pixels = number[]
type Lately = Pick<StepMetrics, 'exemplarA' | 'exemplarB' | 'confidentA' | 'confidentB' | 'agreement'>

interface Run {
  name: string
  seed: number
  crop: number
  /** Pixels of each class in the exemplar. */
  exemplar: Pixels
  /** Mean loss of A and of B on the exemplar in the first 20 steps. */
  first: [number, number]
  /** `lately`: means of the last 20 steps; `seen`: what A, B and the mask have of each class, and how far A and B differ. */
  looks: { step: number; fit: number; lately: Lately; seen: [A: Pixels, B: Pixels, mask: Pixels, disagreement: number][] }[]
}

const { runs } = JSON.parse(readFileSync(new URL('healthy.json', import.meta.url), 'utf8')) as { runs: Run[] }

const cases = runs.flatMap((run) => run.looks.map((look) => ({ ...run, ...look })))

test('there are runs of both phantoms and of hearts', () => {
  expect(new Set(runs.map(({ name }) => name))).toEqual(new Set(['Cardiac phantom', 'Abdominal phantom', 'Sunnybrook']))
})

test.each(cases)('$name, seed $seed, step $step', ({ crop, exemplar, first, step, fit, lately, seen }) => {
  const [exemplarA, exemplarB] = first
  const rows = Array.from({ length: step }, (_, i) =>
    i < 20 ? { ...lately, exemplarA, exemplarB, step: i + 1 } : { ...lately, step: i + 1 },
  ) as StepMetrics[]
  const picture = { coarse: new Float32Array(64), width: 128, height: 128, spacing: null, plane: null }
  const facts: Facts = {
    config: { ...quick, crop },
    classes: exemplar.map((_, c) => `class ${c}`),
    exemplars: [{ id: 'e', name: 'e.png', ...picture, pixels: exemplar }],
    pile: [],
    rows,
    scores: [{ step, fit } as ScoreRow],
    seen: seen.map(([A, B, mask, disagreement], i) => ({ id: `i${i}`, name: `i${i}.png`, annotated: false, A, B, mask, disagreement })),
  }
  expect(examine(facts).filter(({ warns }) => warns)).toEqual([])
})
