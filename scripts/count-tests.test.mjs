import { describe, expect, it } from 'vitest'
import { countPlaywright, countVitest } from './count-tests.mjs'

describe('counting', () => {
  it('names skipped tests and counts a file that does not load', () => {
    const tests = ['passed', 'failed', 'skipped', 'todo'].map((status) => ({ status, fullName: status }))
    const testResults = [
      { status: 'failed', assertionResults: tests },
      { status: 'failed', assertionResults: [] },
    ]
    expect(countVitest({ testResults })).toEqual({ passed: 1, failed: 2, skipped: ['skipped', 'todo'] })
  })
  it('walks nested suites; flaky is failed, and so is an error outside the tests', () => {
    const specs = ['expected', 'unexpected', 'flaky', 'skipped'].map((status) => ({
      file: 'a.spec.ts',
      title: status,
      tests: [{ status }],
    }))
    const report = { errors: [{}], suites: [{ specs, suites: [{ specs: specs.slice(0, 1) }] }] }
    expect(countPlaywright(report)).toEqual({ passed: 2, failed: 3, skipped: ['a.spec.ts: skipped'] })
  })
})
