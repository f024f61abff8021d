// Reads the test runners' JSON reports as {passed, failed, skipped: names, flaky: names}. A skipped test is never a passed one.

/** Vitest's report, in Jest's shape. */
export function countVitest(report) {
  const counts = { passed: 0, failed: 0, skipped: [], flaky: [] }
  for (const file of report.testResults) {
    const tests = file.assertionResults
    for (const test of tests) {
      if (test.status === 'passed') counts.passed++
      else if (test.status === 'failed') counts.failed++
      else counts.skipped.push(test.fullName)
    }
    // A file that does not load has no tests to fail.
    if (file.status === 'failed' && !tests.some((test) => test.status === 'failed')) counts.failed++
  }
  return counts
}

/** Playwright's report: suites within suites, specs with one test per project. A test that passed on a retry is passed, and named. */
export function countPlaywright(report) {
  const counts = { passed: 0, failed: report.errors.length, skipped: [], flaky: [] }
  const visit = (suite) => {
    for (const inner of suite.suites ?? []) visit(inner)
    for (const spec of suite.specs ?? [])
      for (const test of spec.tests) {
        const name = `${spec.file}: ${spec.title}`
        if (test.status === 'flaky') counts.flaky.push(name)
        if (test.status === 'expected' || test.status === 'flaky') counts.passed++
        else if (test.status === 'skipped') counts.skipped.push(name)
        else counts.failed++
      }
  }
  for (const suite of report.suites) visit(suite)
  return counts
}
