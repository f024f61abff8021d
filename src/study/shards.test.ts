import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellsOf, costOf, shardOf } from './shards'
import { readStudy } from './study'

const { cells } = readStudy(
  JSON.stringify({
    name: 'x',
    seeds: [0, 1, 2],
    data: { p: { phantom: 'cardiac', exemplars: [1, 2, 3] } },
    arms: {
      short: { settings: { steps: 100 } },
      long: { settings: { steps: 2000 } },
      large: { settings: { size: 128 } },
      alone: { settings: { imageTerm: false, featureTerm: false } },
    },
  }),
)

test('all shards together have each cell once, in order, and about the same to do', () => {
  const most = Math.max(...cells.map(costOf))
  const property = fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
    const parts = Array.from({ length: count }, (_, index) => cellsOf(cells, { index, count }))
    expect(parts.flat().sort((a, b) => cells.indexOf(a) - cells.indexOf(b))).toEqual(cells)
    for (const part of parts)
      expect(part.map((cell) => cells.indexOf(cell))).toEqual(part.map((cell) => cells.indexOf(cell)).sort((a, b) => a - b))
    const loads = parts.map((part) => part.reduce((sum, cell) => sum + costOf(cell), 0))
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(most)
  })
  fc.assert(property)
})

test.each<[string, string | undefined, Record<string, string>, { index: number; count: number }]>([
  ['nothing', undefined, {}, { index: 0, count: 1 }],
  ['--shard', '3/16', { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_COUNT: '2' }, { index: 2, count: 16 }],
  [
    'a Slurm array',
    undefined,
    { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '0' },
    { index: 3, count: 4 },
  ],
  [
    'a Slurm array from 1 by 2',
    undefined,
    { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_COUNT: '4', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_STEP: '2' },
    { index: 2, count: 4 },
  ],
  ['an Indexed Job', undefined, { JOB_COMPLETION_INDEX: '7', JOB_COMPLETIONS: '8' }, { index: 7, count: 8 }],
])('the shard is told by %s', (_, asked, env, shard) => {
  expect(shardOf(asked, env)).toEqual(shard)
})

test.each<[string | undefined, Record<string, string>, string]>([
  ['0/4', {}, '--shard is "0/4", but must be I/N, part I of N, as in 3/16.'],
  ['5/4', {}, '--shard is "5/4", but must be I/N, part I of N, as in 3/16.'],
  ['half', {}, '--shard is "half", but must be I/N, part I of N, as in 3/16.'],
  [
    undefined,
    { JOB_COMPLETION_INDEX: '0' },
    "JOB_COMPLETION_INDEX is 0, but JOB_COMPLETIONS is missing: set it to the job's completions, or give --shard I/N.",
  ],
  [
    undefined,
    { SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_COUNT: '2', SLURM_ARRAY_TASK_MIN: '1' },
    'The Slurm array task 9 of 2 is no part of an even array, such as 0-15: give --shard I/N.',
  ],
])('%s %j is refused in a sentence', (asked, env, sentence) => {
  expect(() => shardOf(asked, env)).toThrow(sentence)
})
