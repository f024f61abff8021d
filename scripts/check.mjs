// npm run check: what CI runs after set-up. Every stage runs, so that one failure does not hide another.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath, exit } from 'node:process'
import { checkBundle } from './bundle.mjs'
import { countPlaywright, countVitest } from './count-tests.mjs'
import { helpOrNothing } from './help.mjs'
import { lavapipeVariables } from './lavapipe.mjs'
import { root } from './setup.mjs'

helpOrNothing(`npm run check

Runs what npm test runs, without installing anything first.

Environment variables:
  CHROMIUM_PATH       Chrome or Chromium to test in (default: the first found)
  FIREFOX_PATH        Firefox to test in as well (default: the first found)
  PORT                Port of the page under test (default: a free one)

Example:
  CHROMIUM_PATH=/usr/bin/chromium npm run check
`)

const reports = mkdtempSync(join(tmpdir(), 'exemplar-lab-'))
const total = { passed: 0, failed: 0, skipped: [], flaky: [] }

/** Runs a package's program under this Node. Resolves to its exit code and output. */
function program(path, args, more = {}) {
  return new Promise((resolve) => {
    const child = spawn(execPath, [join(root, 'node_modules', path), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, CI: 'true', FORCE_COLOR: '0', ...more },
    })
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    child.on('close', (code) => resolve({ code, output }))
  })
}

/**
 * Runs one stage. `work` gives {code, output}; `count`, for stages made of tests, gives {passed, failed, skipped, flaky}. Resolves to what `tell` prints.
 */
async function outcome(name, work, count) {
  const start = performance.now()
  const { code, output } = await work().catch((error) => ({ code: 1, output: error.stack }))
  let result = { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], flaky: [] }
  let said = ''
  if (count) {
    try {
      result = count()
      // A runner can fail without a failed test, and a run without tests proves nothing: both count as one failure.
      if (result.failed === 0 && (code !== 0 || result.passed === 0)) result.failed = 1
    } catch (error) {
      said = `No report: ${error.message}\n`
      result = { passed: 0, failed: 1, skipped: [], flaky: [] }
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const numbers = count ? `, ${result.passed} passed, ${result.failed} failed` : ''
  return { ...result, line: `${name} (${seconds} s${numbers})`, said: (said + output).trimEnd() }
}

/** Prints the line of a stage that ended and what it said if it failed, and adds its numbers to the total. */
function tell({ passed, failed, skipped, flaky, line, said }) {
  console.log(`${failed ? 'FAILED' : 'ok    '} ${line}`)
  if (failed) console.log(said)
  for (const one of skipped) console.log(`       skipped: ${one}`)
  for (const one of flaky) console.log(`       passed at the second try: ${one}`)
  total.passed += passed
  total.failed += failed
  total.skipped.push(...skipped)
  total.flaky.push(...flaky)
}

const stage = async (...of) => tell(await outcome(...of))

/** Runs stages that use one core each two at a time, and prints them in the order that is given. */
async function inPairs(stages) {
  const busy = new Set()
  const outcomes = []
  for (const [name, work] of stages) {
    if (busy.size === 2) await Promise.race(busy)
    const running = outcome(name, work)
    outcomes.push(running)
    busy.add(running)
    void running.then(() => busy.delete(running))
  }
  for (const one of outcomes) tell(await one)
}

/** A free port, so that the browser tests can run beside an `npm start`. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Says that something could not be checked here, and why. */
function leaveOut(name, why) {
  const text = `SKIPPED, NOT CHECKED: ${name} (${why})`
  console.log(`       ${text}`)
  total.skipped.push(text)
}

/** The test files that use WebGPU, of the kernels and of a whole step. */
const webgpuTests = () =>
  ['src/kernels', 'src/method/oracle']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.test.ts') && readFileSync(join(root, path), 'utf8').includes('useSoftwareWebgpu()'))

const vitest = (name, args, more) => () =>
  program('vitest/vitest.mjs', ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report(name)}`], more)

const report = (name) => join(reports, name)
const read = (name) => JSON.parse(readFileSync(report(name), 'utf8'))
const tsc = (config) => () => program('typescript/bin/tsc', ['-p', config])

await inPairs([
  ['lint', () => program('eslint/bin/eslint.js', ['.', '--max-warnings', '0'])],
  ['format', () => program('prettier/bin/prettier.cjs', ['--check', '.'])],
  ['types of Node and tests', tsc('tsconfig.node.json')],
  ['types of the page', tsc('tsconfig.json')],
  ['types of the worker', tsc('tsconfig.worker.json')],
])
await stage('unit and kernels', vitest('vitest.json', []), () => countVitest(read('vitest.json')))
const lavapipe = lavapipeVariables()
if (lavapipe) await stage('kernels on lavapipe', vitest('lavapipe.json', webgpuTests(), lavapipe), () => countVitest(read('lavapipe.json')))
else leaveOut('kernels on lavapipe', 'node scripts/lavapipe.mjs gets it, on Debian')
await stage('build', () => program('vite/bin/vite.js', ['build']))
await stage('bundle', () => checkBundle(join(root, 'dist')))
const port = env.PORT ?? String(await freePort())
await stage(
  'browser',
  () =>
    program('@playwright/test/cli.js', ['test', '--reporter=list,json'], {
      PORT: port,
      PLAYWRIGHT_JSON_OUTPUT_FILE: report('playwright.json'),
    }),
  () => countPlaywright(read('playwright.json')),
)

rmSync(reports, { recursive: true, force: true })
if (total.skipped.length) console.log(`${total.skipped.length} skipped, each named above`)
if (total.flaky.length) console.log(`${total.flaky.length} passed at the second try, each named above`)
// The last line is read by machines.
console.log(`${total.passed} passed, ${total.failed} failed`)
exit(total.failed ? 1 : 0)
