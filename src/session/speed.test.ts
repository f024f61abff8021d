import { expect, it, test } from 'vitest'
import { Random } from '../lib/random'
import { makeConfig, type Config } from '../method/config'
import { teachingFrom } from '../method/work'
import { Speed } from './speed'

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
  speed.passed(2, 4)
  expect(speed.perStep).toBe(0.5)
  speed.passed(1.5, 0)
  expect(speed.perStep).toBeCloseTo(0.9 * 0.5 + 0.1 * 1.5)
})
