import { expect, test } from 'vitest'
import { BackendError } from '../session/backend'
import { ProblemError } from '../session/problem'
import { UsageError } from './arguments'
import { asUsage } from './as-usage'

const thrown = (error: unknown): unknown => {
  try {
    return asUsage(error)
  } catch (found) {
    return found
  }
}

test('what a user can mend becomes a sentence; a bug keeps its stack', () => {
  expect(thrown(new BackendError('No WebGPU here.'))).toEqual(new UsageError('No WebGPU here.'))
  expect(thrown(new ProblemError({ kind: 'input', message: 'Not an image.', file: null }))).toEqual(new UsageError('Not an image.'))
  const bug = new TypeError('x is undefined')
  expect(thrown(bug)).toBe(bug)
  const usage = new UsageError('--json needs a value after it.')
  expect(thrown(usage)).toBe(usage)
})
