import { describe, expect, test } from 'vitest'
import { attack } from './runner'
import { expectSentence } from './target'
import { targetNames } from './targets'

/** Those that train are slower. */
const runs: Partial<Record<(typeof targetNames)[number], number>> = { 'run archive': 4, checkpoint: 20, protocol: 4 }

test.each(targetNames)('%s survives what it is given', async (target) => {
  const { runs: tried, finding } = await attack({ target, seed: 20, runs: runs[target] ?? 60, time: 60_000 })
  expect(finding).toBe(null)
  expect(tried).toBeGreaterThan(0)
})

describe('a fault is found', () => {
  const campaign = { target: 'png', seed: 1, runs: 1e9, time: 1e9 }

  test('that is not said in a sentence', () => {
    for (const words of [
      '"a.png" cannot be read (TypeError: x is undefined); give it again.',
      'Internal error: no. Press Reset.',
      'no',
      'a\nb.',
      '"\u001b[2J" is damaged.',
    ])
      expect(() => expectSentence(words)).toThrow()
    expect(() => expectSentence('"a.png" marks nothing inside "b.png"; is it the mask of another image?')).not.toThrow()
    expect(() => expectSentence('"a.png" is a damaged PNG; save it again.')).not.toThrow()
  })

  test('that does not end', async () => {
    expect((await attack(campaign, { milliseconds: 0, bytes: Infinity })).finding?.message).toContain('No answer within')
  })

  test('that takes too much memory', async () => {
    expect((await attack(campaign, { milliseconds: Infinity, bytes: 1 })).finding?.message).toContain('of memory')
  })

  test('that ends its thread', async () => {
    expect((await attack({ ...campaign, target: 'none' })).finding?.message).toContain('There is no target "none"')
  })
})
