// What the charts cost the page's thread on a long run; by processor time, so that it can be measured on a machine that does other things too.
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { openBuiltPage } from './built-page.mjs'

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    steps: { type: 'string', default: '30000' },
    updates: { type: 'string', default: '40' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`node scripts/chart-cost.mjs [--steps N] [--updates N]

Gives the built page in headless Chromium the curves of a run of N steps (30000) at once, in the place of its worker, with every series and scores of three
classes and ten patients at every 50th step; then one step more at a time, N times (40). Prints, for each chart, the milliseconds of processor time that the
page's thread takes until it is drawn first, and for each update after that; and the memory of the page. PORT is that of the page (4173).`)
  exit(0)
}
const [steps, updates] = [Number(values.steps), Number(values.updates)]

/** Runs in the page: holds its worker, and the number of its run. */
function holdWorker() {
  window.Worker = class extends window.Worker {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', ({ data }) => {
        if (typeof data?.run === 'number') window.held = { worker: this, run: Math.max(data.run, window.held?.run ?? 0) }
      })
    }
  }
}

/** Runs in the page: a mark in the trace whenever lines of a chart are drawn anew. */
function markCharts() {
  for (const figure of document.querySelectorAll('figure.chart')) {
    let before = ''
    new MutationObserver(() => {
      const now = [...figure.querySelectorAll('path.bold')].map((path) => path.getAttribute('d')).join()
      if (now === before) return
      before = now
      performance.mark(`chart ${figure.querySelector('h3').textContent}`)
    }).observe(figure, { subtree: true, childList: true, attributes: true })
  }
}

/**
 * Runs in the page: gives it rows of a run from one step to another, and its scores, as its worker would send them; all at once or one after another. Waits
 * until the charts are drawn, which they are one after another, by a timer: to look would itself cost the page.
 */
async function send({ from, to, atOnce }) {
  const { worker, run } = window.held
  const wave = (step, i) => 0.5 + 0.3 * Math.sin(step / (900 + 70 * i)) + 0.2 * Math.sin(step * (1.7 + i))
  const names = ['total', 'exemplar', 'synthetic', 'image', 'feature', 'confident', 'foreground'].flatMap((name) => [
    `${name}A`,
    `${name}B`,
  ])
  const rowOf = (step) => {
    const numbers = names.map((name, i) => [name, wave(step, i)])
    return { step, learningRate: 0.01, ramp: Math.min(1, step / 9000), agreement: wave(step, 20), ...Object.fromEntries(numbers) }
  }
  const scoreOf = (step) => {
    const lists = () => [0, 1, 2].map((i) => wave(step, i))
    const perPatient = Array.from({ length: 10 }, (_, i) => ({ picture: `p${i}`, dice: lists(), hd95: lists() }))
    const one = { fit: wave(step, 1), dice: wave(step, 2), diceA: wave(step, 3), diceB: wave(step, 4), hd95: 9 * wave(step, 5) }
    return { step, ...one, perClass: lists(), hd95PerClass: lists(), perPatient, confidentRight: wave(step, 6), calibrationError: 0.1 }
  }
  const steps = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  for (const some of atOnce ? [steps] : steps.map((step) => [step])) {
    const scores = some.filter((step) => step % 50 === 0).map(scoreOf)
    const data = { type: 'metrics', run, rows: some.map(rowOf), scores }
    worker.dispatchEvent(new MessageEvent('message', { data }))
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}

/** Collects a trace while something happens. @returns its events */
async function traced(session, work) {
  const events = []
  const take = ({ value }) => events.push(...value)
  session.on('Tracing.dataCollected', take)
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['blink.user_timing', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'] },
  })
  await work()
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  session.off('Tracing.dataCollected', take)
  return events
}

/**
 * Milliseconds of the processor that the page's thread took for each drawing of each chart: the task that drew it, and all tasks after it, its frame among
 * them, up to the next that drew one; and what it took before the first.
 */
function costs(events) {
  const marks = events.filter(({ name, cat }) => cat === 'blink.user_timing' && name.startsWith('chart ')).toSorted((a, b) => a.ts - b.ts)
  if (marks.length === 0) throw new Error('No chart was drawn.')
  const [{ pid, tid }] = marks
  const tasks = events.filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === tid).toSorted((a, b) => a.ts - b.ts)
  const byChart = new Map()
  let before = 0
  let own = null
  for (const { ts, dur, tdur = 0 } of tasks) {
    const drawn = marks.filter((mark) => mark.ts >= ts && mark.ts <= ts + dur).map(({ name }) => name.slice('chart '.length))
    if (drawn.length > 0) {
      own = { time: 0 }
      const chart = [...new Set(drawn)].join(' and ')
      byChart.set(chart, [...(byChart.get(chart) ?? []), own])
    }
    if (own) own.time += tdur / 1000
    else before += tdur / 1000
  }
  return { before, byChart: new Map([...byChart].map(([chart, all]) => [chart, all.map(({ time }) => time)])) }
}

const { address, browser, close } = await openBuiltPage()
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  await context.addInitScript(holdWorker)
  const page = await context.newPage()
  await page.goto(address)
  await page.locator('[role=status][data-state=ready]').waitFor({ timeout: 120_000 })
  await page.waitForLoadState('networkidle')
  await page.evaluate(markCharts)
  const session = await context.newCDPSession(page)
  const memory = async () => {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage')
    return (usedSize + embedderHeapUsedSize + backingStorageSize) / 1e6
  }
  const empty = await memory()
  const during = async (given) => costs(await traced(session, () => page.evaluate(send, given)))
  const first = await during({ from: 1, to: steps, atOnce: true })
  const ms = (v) => `${v.toFixed(1)} ms`
  console.log(`${steps} steps taken in: ${ms(first.before)}`)
  for (const [chart, times] of first.byChart) console.log(`${chart}: first drawn in ${ms(times[0])}`)
  const later = await during({ from: steps + 1, to: steps + updates, atOnce: false })
  const share = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  for (const [chart, times] of later.byChart) {
    const sorted = times.toSorted((a, b) => a - b)
    console.log(
      `${chart}: ${times.length} updates, median ${ms(share(sorted, 0.5))}, 90 % below ${ms(share(sorted, 0.9))}, longest ${ms(sorted.at(-1))}`,
    )
  }
  console.log(`Memory of the page without its worker: ${empty.toFixed(0)} MB before, ${(await memory()).toFixed(0)} MB with ${steps} steps`)
} finally {
  await close()
}
