import { expect, it } from 'vitest'
import { announcement, lastPart, percent, runsOf, score, size, speedWords, statusLine, value } from './format'

it('writes numbers with their runs', () => {
  expect([[], [4], [1, 2], [1, 3, 4, 5, 9], [2, 3, 7, 8, 9]].map(runsOf)).toEqual(['', '4', '1, 2', '1, 3 – 5, 9', '2, 3, 7 – 9'])
})

it('writes shares, values and sizes, and a dash for what is not there', () => {
  expect([percent(0.1234), percent(null), percent(NaN)]).toEqual(['12.3 %', '–', '–'])
  expect([value(0.41234), value(0.0512), value(0.000123), value(0), value(undefined), score(0.876), score(null)]).toEqual([
    '0.412',
    '0.0512',
    '1.23e-4',
    '0.000',
    '–',
    '0.88',
    '–',
  ])
  expect([size(812), size(12_345), size(4_560_000)]).toEqual(['812 B', '12.3 kB', '4.56 MB'])
  expect([size(999_499), size(999_500)]).toEqual(['999 kB', '1.00 MB'])
})

it('leaves out folders', () => {
  expect(['p1/series 2/IM-7.dcm', 'a\\b.png', 'c.nii.gz · slice 4'].map(lastPart)).toEqual(['IM-7.dcm', 'b.png', 'c.nii.gz · slice 4'])
})

it('says how the run stands', () => {
  const running = { state: 'running', step: 120, steps: 600, stepsPerSecond: 3.1, secondsLeft: 154 } as const
  expect(statusLine(running, [])).toBe('running · step 120 of 600 · 3.1 steps/s · 2 min 34 s left')
  expect(statusLine({ ...running, state: 'paused' }, [])).toBe('paused · step 120 of 600')
  expect(statusLine({ ...running, stepsPerSecond: null, secondsLeft: null }, [])).toBe('running · step 120 of 600')
  expect(statusLine({ ...running, state: 'empty' }, ['an exemplar mask'])).toBe('empty · needs an exemplar mask')
})

it('speaks of a change of state, but of no step while running', () => {
  const run = { state: 'running', step: 120, steps: 600, stepsPerSecond: 3.1, secondsLeft: 154 } as const
  expect(announcement(run)).toBe('running, 600 steps in all')
  expect(announcement({ ...run, step: 121 })).toBe(announcement(run))
  expect(announcement({ ...run, state: 'paused' })).toBe('paused · step 120 of 600')
})

it('says in one sentence why training is slow, and nothing on a GPU', () => {
  const [wasm, gpu] = [
    { backend: 'wasm', adapter: 'SIMD', software: false },
    { backend: 'webgpu', adapter: 'a GPU', software: false },
  ] as const
  const all = { webgpu: true, isolated: true }
  expect(speedWords(gpu, all)).toBeNull()
  expect(speedWords({ ...gpu, software: true }, all)).toContain('slower than the backend wasm')
  expect(speedWords(wasm, all)).toBe('Training runs on the processor, which is usually slower than a GPU.')
  expect(speedWords(wasm, { webgpu: false, isolated: false })).toBe(
    'This browser offers no WebGPU: training runs on the processor (on one core of it, because the page is not isolated from others), which is usually slower than a GPU.',
  )
})
