// What the charts cost the page's thread on a long run; by processor time, so that it can be measured on a machine that does other things too.
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { openBuiltPage } from './built-page.mjs'
import { traced } from './page-trace.mjs'

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    steps: { type: 'string', default: '30000' },
    updates: { type: 'string', default: '40' },
    pinned: { type: 'string', default: '0' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`node scripts/chart-cost.mjs [--steps N] [--updates N] [--pinned N]

Gives the built page in headless Chromium the curves of a run of N steps (30000) at once, in the place of its worker, with every series and scores of three
classes and ten patients at every 50th step; with N pinned runs of as many steps overlaid (0). Then ten steps more at a time, N times (40); at every fifth time
1,000 more, and at every tenth higher values than ever, so that axes change too. Prints, for each chart, the milliseconds of processor time that the
page's thread takes until it is drawn first, and for each update after that: of all tasks up to the next, and of the longest of them. At the end the memory
of the page. PORT is that of the page (4173).`)
  exit(0)
}
const [steps, updates, pinned] = [Number(values.steps), Number(values.updates), Number(values.pinned)]

/** Runs in the page: holds its worker, and the number of its run; answers in its place what is asked about curves of pinned runs. */
function holdWorker() {
  window.Worker = class extends window.Worker {
    constructor(...given) {
      super(...given)
      this.addEventListener('message', ({ data }) => {
        if (typeof data?.run === 'number') window.held = { worker: this, run: Math.max(data.run, window.held?.run ?? 0) }
      })
    }

    postMessage(message, ...more) {
      if (message?.type !== 'logged-curves') return super.postMessage(message, ...more)
      const data = { type: 'done', id: message.id, answer: window.pinned[message.given.id] }
      setTimeout(() => this.dispatchEvent(new MessageEvent('message', { data })))
    }
  }

  /** Rows of a run from one step to another, and its scores. */
  window.rowsOf = ({ from, to, phase = 0, height = 1 }) => {
    const wave = (step, i) => 0.5 + 0.3 * Math.sin(phase + step / (900 + 70 * i)) + 0.2 * Math.sin(step * (1.7 + i))
    const names = ['total', 'exemplar', 'synthetic', 'image', 'feature', 'confident', 'foreground'].flatMap((name) => [
      `${name}A`,
      `${name}B`,
    ])
    const rowOf = (step) => {
      const numbers = names.map((name, i) => [name, height * wave(step, i)])
      return { step, learningRate: 0.01, ramp: Math.min(1, step / 9000), agreement: wave(step, 20), ...Object.fromEntries(numbers) }
    }
    const scoreOf = (step) => {
      const lists = () => [0, 1, 2].map((i) => wave(step, i))
      const perPatient = Array.from({ length: 10 }, (_, i) => ({ picture: `p${i}`, dice: lists(), hd95: lists() }))
      const one = { fit: wave(step, 1), dice: wave(step, 2), diceA: wave(step, 3), diceB: wave(step, 4), hd95: 9 * wave(step, 5) }
      return { step, ...one, perClass: lists(), hd95PerClass: lists(), perPatient, confidentRight: wave(step, 6), calibrationError: 0.1 }
    }
    const all = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    return { rows: all.map(rowOf), scores: all.filter((step) => step % 50 === 0).map(scoreOf) }
  }
}

/** Runs in the page: a mark in the trace whenever lines of a chart are drawn anew, or its axes. */
function markCharts() {
  for (const figure of document.querySelectorAll('figure.chart')) {
    const seen = { line: '', axes: '' }
    const look = () => ({
      line: [...figure.querySelectorAll('path.bold')].map((path) => path.getAttribute('d')).join(),
      axes: [...figure.querySelectorAll('.tick')]
        .map((tick) => [tick.getAttribute('x'), tick.getAttribute('y'), tick.textContent].join(' '))
        .join(),
    })
    new MutationObserver(() => {
      const now = look()
      const name = figure.querySelector('h3').textContent
      if (now.axes !== seen.axes) performance.mark(`axes ${name}`)
      if (now.line !== seen.line) performance.mark(`chart ${name}`)
      Object.assign(seen, now)
    }).observe(figure, { subtree: true, childList: true, attributes: true })
  }
  // Told in the same turns as the charts are drawn.
  const numbers = new MutationObserver(() => performance.mark('chart Numbers of the diagram'))
  for (const number of document.querySelectorAll('.term .numbers')) numbers.observe(number, { subtree: true, characterData: true })
}

/**
 * Runs in the page: gives it parts of a run, one after another, as its worker would send them. Waits after each until the charts are drawn, which they are one
 * after another, by a timer: to look would itself cost the page.
 */
async function send(parts) {
  const { worker, run } = window.held
  for (const part of parts) {
    worker.dispatchEvent(new MessageEvent('message', { data: { type: 'metrics', run, ...window.rowsOf(part) } }))
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
}

/** Runs in the page: makes so many runs of so many steps, that can be pinned. */
function makePinned({ count, steps }) {
  window.pinned = Array.from({ length: count }, (_, phase) => {
    const { rows, scores } = window.rowsOf({ from: 1, to: steps, phase })
    return { steps: Object.fromEntries(Object.keys(rows[0]).map((key) => [key, Float64Array.from(rows, (row) => row[key])])), scores }
  })
}

/** Runs in the page: pins them. */
async function pin() {
  const { worker, run } = window.held
  const runs = window.pinned.map((_, i) => ({ id: String(i), name: `pinned ${i + 1}`, pinned: true, ended: i, config: {} }))
  worker.dispatchEvent(new MessageEvent('message', { data: { type: 'log', run, runs, present: null, kept: true } }))
  await new Promise((resolve) => setTimeout(resolve, 2000))
}

/**
 * Milliseconds of the processor that the page's thread took for each drawing of each chart: the task that drew it, and all tasks after it, its frame among
 * them, up to the next that drew one; and the longest of these. And what it took before the first, and the longest task of all.
 */
function costs(events) {
  const marks = events.filter(({ name, cat }) => cat === 'blink.user_timing' && /^(chart|axes) /.test(name)).toSorted((a, b) => a.ts - b.ts)
  if (marks.length === 0) throw new Error('No chart was drawn.')
  const [{ pid, tid }] = marks
  const tasks = events.filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === tid).toSorted((a, b) => a.ts - b.ts)
  const byChart = new Map()
  let before = 0
  let own = null
  for (const { ts, dur, tdur = 0 } of tasks) {
    const within = marks.filter((mark) => mark.ts >= ts && mark.ts <= ts + dur).map(({ name }) => name)
    const charts = [...new Set(within.map((name) => name.replace(/^\w+ /, '')))].join(' and ')
    if (charts) {
      own = { time: 0, longest: 0, axes: within.some((name) => name.startsWith('axes ')) }
      byChart.set(charts, [...(byChart.get(charts) ?? []), own])
    }
    if (own) {
      own.time += tdur / 1000
      own.longest = Math.max(own.longest, tdur / 1000)
    } else before += tdur / 1000
  }
  return { before, byChart, longest: Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000)) }
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
  const during = async (parts) => costs(await traced(session, () => page.evaluate(send, parts)))
  const ms = (v) => `${v.toFixed(1)} ms`
  if (pinned > 0) {
    await page.evaluate(makePinned, { count: pinned, steps })
    const { longest } = costs(await traced(session, () => page.evaluate(pin)))
    console.log(`${pinned} runs of ${steps} steps pinned: the longest task ${ms(longest)}`)
  }
  const first = await during([{ from: 1, to: steps }])
  console.log(`${steps} steps taken in: ${ms(first.before)}`)
  // Its axes and its lines may come in different frames.
  for (const [chart, all] of first.byChart)
    console.log(
      `${chart}: first drawn in ${ms(all.reduce((sum, { time }) => sum + time, 0))}, the longest task ${ms(Math.max(...all.map(({ longest }) => longest)))}`,
    )
  let last = steps
  const later = await during(
    Array.from({ length: updates }, (_, i) => {
      const from = last + 1
      last += 100
      return { from, to: last, height: i % 10 === 9 ? 2 + i : 1 }
    }),
  )
  const share = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  const told = (times) => {
    const sorted = times.toSorted((a, b) => a - b)
    return `median ${ms(share(sorted, 0.5))}, 90 % below ${ms(share(sorted, 0.9))}, longest ${ms(sorted.at(-1))}`
  }
  for (const [chart, all] of later.byChart)
    for (const [which, some] of [
      ['of its lines', all.filter(({ axes }) => !axes)],
      ['of its axes too', all.filter(({ axes }) => axes)],
    ]) {
      if (some.length === 0) continue
      console.log(`${chart}: ${some.length} updates ${which}, all tasks ${told(some.map(({ time }) => time))};`)
      console.log(`  the longest task of each ${told(some.map(({ longest }) => longest))}`)
    }
  console.log(`Memory of the page without its worker: ${empty.toFixed(0)} MB before, ${(await memory()).toFixed(0)} MB with ${steps} steps`)
} finally {
  await close()
}
