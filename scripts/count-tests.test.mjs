import { describe, expect, it } from 'vitest'
import { countPlaywright, countVitest } from './count-tests.mjs'

describe('counting', () => {
  it('names skipped tests and counts a file that does not load', () => {
    const tests = ['passed', 'failed', 'skipped', 'todo'].map((status) => ({ status, fullName: status }))
    const testResults = [
      { status: 'failed', assertionResults: tests },
      { status: 'failed', assertionResults: [] },
    ]
    expect(countVitest({ testResults })).toEqual({ passed: 1, failed: 2, skipped: ['skipped', 'todo'], flaky: [] })
  })
  it('walks nested suites; flaky is passed and named, and an error outside the tests is failed', () => {
    const specs = ['expected', 'unexpected', 'flaky', 'skipped'].map((status) => ({
      file: 'a.spec.ts',
      title: status,
      tests: [{ status }],
    }))
    const report = { errors: [{}], suites: [{ specs, suites: [{ specs: specs.slice(0, 1) }] }] }
    expect(countPlaywright(report)).toEqual({ passed: 3, failed: 2, skipped: ['a.spec.ts: skipped'], flaky: ['a.spec.ts: flaky'] })
  })
})
