import { afterEach, expect, it, test, vi } from 'vitest'
import { Random } from '../lib/random'
import { makeConfig, type Config } from '../method/config'
import { teachingFrom } from '../method/work'
import { Speed } from './speed'

afterEach(() => void vi.useRealTimers())

it('queues one step until it knows how long they take, then as many as a command may wait for, and always one', () => {
  const speed = new Speed()
  expect(speed.stepsAtOnce).toBe(1)
  speed.stepped(0.08, 8)
  expect(speed.stepsAtOnce).toBe(5)
  speed.stepped(2, 1)
  expect(speed.stepsAtOnce).toBe(1)
})

it('smooths the time of a step, even for a call that made none', () => {
  const speed = new Speed()
  expect(speed.perStep).toBeNull()
  expect(speed.status(0, makeConfig(), 0)).toEqual({ stepsPerSecond: null, secondsLeft: null })
  speed.passed(2, 4, false)
  expect(speed.perStep).toBe(0.5)
  speed.passed(1.5, 0, false)
  expect(speed.perStep).toBeCloseTo(0.9 * 0.5 + 0.1 * 1.5)
})

/** Seconds of a step before and after teaching begins, of a score, and of the first step, which compiles. */
interface Machine {
  warm: number
  taught: number
  score: number
  first: number
}

/** Takes a whole run on a machine, with noise. @returns seconds left by step, as they were and as they were told */
function run(config: Config, { warm, taught, score, first }: Machine, images: number) {
  const { steps, scoreEvery } = config
  const [speed, random, from] = [new Speed(), new Random(1, 'speed', 0), teachingFrom(config)]
  const told: number[] = []
  const spent = [0]
  for (let t = 0; t < steps;) {
    const count = Math.min(speed.stepsAtOnce, 1 + Math.floor(random.uniform() * 3), steps - t, scoreEvery - (t % scoreEvery))
    let alone = t === 0 ? first : 0
    for (let i = t; i < t + count; i++) alone += (i < from ? warm : taught) * (0.85 + 0.3 * random.uniform())
    // Now and then something else takes its time.
    const beside = random.uniform() < 0.02 ? 3 * warm : 0.03 * warm
    t += count
    const scored = t % scoreEvery === 0 ? score : 0
    speed.stepped(alone, count)
    if (scored > 0) speed.scored(scored)
    const whole = alone + beside + scored
    speed.passed(whole, count, t > from)
    for (let i = 1; i <= count; i++) spent.push(spent.at(-1)! + whole / count)
    while (told.length < t) told.push(speed.left(t, config, images)!)
  }
  return { told, left: spent.slice(1).map((seconds) => spent.at(-1)! - seconds) }
}

// Processor seconds of steps, the least of twelve, one thread of wasm on an EPYC.
test.each<[string, Partial<Config>, Machine, number]>([
  ['Quick on one thread of wasm', {}, { warm: 0.0615, taught: 0.1069, score: 0.3, first: 0.4 }, 48],
  ['Quick with few unlabelled images', { batchUnlabeled: 2 }, { warm: 0.0568, taught: 0.0811, score: 0.3, first: 0.4 }, 48],
  ['Quick with few labelled images', { batchLabeled: 2 }, { warm: 0.0504, taught: 0.1032, score: 0.3, first: 0.4 }, 48],
  ['without the feature term', { featureTerm: false }, { warm: 0.062, taught: 0.0928, score: 0.3, first: 0.4 }, 48],
  ['without the image term', { imageTerm: false }, { warm: 0.0613, taught: 0.0793, score: 0.3, first: 0.4 }, 48],
  ['wider networks', { baseWidth: 16, steps: 2000 }, { warm: 0.1777, taught: 0.3182, score: 0.6, first: 3 }, 48],
  ['larger batches', { batchLabeled: 8, batchUnlabeled: 8 }, { warm: 0.1003, taught: 0.1996, score: 0.3, first: 1 }, 48],
  ['small images', { size: 32 }, { warm: 0.0261, taught: 0.0443, score: 0.1, first: 0.2 }, 48],
  ['a GPU that compiles first, and scores of many images', { steps: 1000 }, { warm: 0.004, taught: 0.0068, score: 0.2, first: 12 }, 300],
  ['a run that scores late', { steps: 800, scoreEvery: 200 }, { warm: 0.0615, taught: 0.1069, score: 1.2, first: 0.4 }, 300],
  ['a run that teaches from the start', { warmup: 0 }, { warm: 0.0615, taught: 0.1069, score: 0.3, first: 0.4 }, 48],
])('the time left is within 15 % of the truth from a tenth of the run on: %s', (_, values, machine, images) => {
  const config = makeConfig(values)
  const { told, left } = run(config, machine, images)
  for (let t = Math.ceil(config.steps / 10); t < 0.97 * config.steps; t++)
    expect(told[t]! / left[t]!, `after step ${t + 1}`).toSatisfy((ratio: number) => ratio > 0.85 && ratio < 1.15)
})

it('counts steps that no longer teach, and runs that teach from the start', () => {
  const after = (config: Config) => {
    const speed = new Speed()
    for (let t = 0; t < 20; t++) {
      speed.stepped(1, 1)
      speed.passed(1, 1, false)
    }
    return speed.left(20, config, 0)!
  }
  expect(after(makeConfig({ steps: 120, tau: 0.8, imageTerm: false, featureTerm: false, scoreEvery: 1000 }))).toBeCloseTo(100)
  expect(after(makeConfig({ steps: 120, scoreEvery: 1000 }))).toBeGreaterThan(150)
})

it('adds up what steps and scores took', () => {
  const speed = new Speed(40)
  speed.stepped(2, 8)
  speed.scored(0.5)
  speed.passed(3, 8, false)
  expect([speed.spent, speed.from]).toEqual([2.5, 40])
})

it('lets a state be kept every ten seconds, and not for more than a hundredth of the time', () => {
  vi.useFakeTimers()
  const speed = new Speed()
  const dueAfter = (milliseconds: number) => {
    vi.advanceTimersByTime(milliseconds - 1)
    expect(speed.keepDue).toBe(false)
    vi.advanceTimersByTime(1)
    expect(speed.keepDue).toBe(true)
  }
  dueAfter(10_000)
  speed.stands(300)
  dueAfter(30_000)
  // It went back, which says nothing of what keeping costs.
  speed.stands()
  dueAfter(30_000)
})
