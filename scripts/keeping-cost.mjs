// What keeping a run costs it, and the page's longest tasks meanwhile; for a machine that does nothing else.
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { openBuiltPage, trainToEnd } from './built-page.mjs'

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    turns: { type: 'string', default: '4' },
    steps: { type: 'string', default: '2000' },
    backend: { type: 'string', default: 'wasm' },
    set: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`node scripts/keeping-cost.mjs [--turns N] [--steps N] [--backend wasm|webgpu] [--set KEY=VALUE&KEY=VALUE]

Trains on the built page in headless Chromium, N steps (2000) of the default settings, in turn with its run kept in the browser and with nothing kept, so
many times each (4). Prints the seconds of every run, how much longer it takes with keeping, and the longest tasks of the page's main thread
from Start to the end. PORT is that of the page (4173).`)
  exit(0)
}
const turns = Number(values.turns)

/** Runs in the page: collects its long tasks, and without keeping never tells the worker where to keep runs. */
function watch(kept) {
  const tasks = (window.tasks = [])
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ startTime, duration }) => [startTime, duration]))).observe({
    type: 'longtask',
    buffered: true,
  })
  if (kept) return
  const { postMessage } = Worker.prototype
  Worker.prototype.postMessage = function (message, ...more) {
    if (message?.type !== 'keep-in') postMessage.call(this, message, ...more)
  }
}

/** Runs in the page, after a run: how long it took, and the tasks of more than 50 ms since its start. */
function found() {
  const [begun, end] = ['start', 'end'].map((name) => performance.getEntriesByName(name)[0].startTime)
  const tasks = window.tasks.filter(([at]) => at >= begun - 1).map(([at, duration]) => ({ at: (at - begun) / 1000, duration }))
  return { seconds: (end - begun) / 1000, tasks }
}

const { address, browser, close } = await openBuiltPage()

async function run(kept) {
  const context = await browser.newContext()
  await context.addInitScript(watch, kept)
  const page = await context.newPage()
  await page.goto(`${address}?backend=${values.backend}&steps=${values.steps}&${values.set}`)
  await page.locator('[role=status][data-state=ready]').waitFor({ timeout: 120_000 })
  // The page has loaded what it loads when it is idle.
  await page.waitForLoadState('networkidle')
  await page.evaluate(trainToEnd, 3000)
  const { seconds, tasks } = await page.evaluate(found)
  const states = await page.evaluate(async () => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs').catch(() => null)
    let last = 0
    for await (const folder of runs?.values() ?? [])
      for await (const name of folder.keys()) last = Math.max(last, 1 + Number(/^state-(\d+)/.exec(name)?.[1] ?? -1))
    return last
  })
  if (kept !== states > 0) throw new Error(`With keeping ${kept ? 'on' : 'off'}, ${states} states were written.`)
  await context.close()
  const longest = tasks.toSorted((a, b) => b.duration - a.duration).slice(0, 5)
  const words = longest.map(({ at, duration }) => `${Math.round(duration)} ms at ${at.toFixed(1)} s`).join(', ')
  console.log(
    `${kept ? 'kept    ' : 'not kept'}  ${seconds.toFixed(2)} s, ${states} states; ` +
      `${tasks.length} tasks over 50 ms on the page${words && `: ${words}`}`,
  )
  return seconds
}

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

try {
  console.log('Warming up:')
  await run(true)
  const times = { true: [], false: [] }
  // Each order as often as the other: a machine grows warm.
  for (let turn = 0; turn < turns; turn++) for (const kept of turn % 2 ? [true, false] : [false, true]) times[kept].push(await run(kept))
  const [kept, free] = [median(times.true), median(times.false)]
  const share = (a, b) => `${((100 * (a - b)) / b).toFixed(2)} %`
  console.log(`Median ${kept.toFixed(2)} s kept, ${free.toFixed(2)} s not kept: keeping costs ${share(kept, free)}`)
  console.log(
    `Fastest ${Math.min(...times.true).toFixed(2)} s and ${Math.min(...times.false).toFixed(2)} s: ${share(Math.min(...times.true), Math.min(...times.false))}`,
  )
} finally {
  await close()
}
