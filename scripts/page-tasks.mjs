// The longest tasks of the page's thread while it trains; by processor time, so that it can be measured on a machine that does other things too.
import { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { openBuiltPage, trainToEnd } from './built-page.mjs'
import { traced } from './page-trace.mjs'

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    steps: { type: 'string', default: '300' },
    backend: { type: 'string', default: 'wasm' },
    samples: { type: 'string', default: 'Cardiac phantom,Abdominal phantom' },
    over: { type: 'string', default: '30' },
    set: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`node scripts/page-tasks.mjs [--steps N] [--backend wasm|webgpu] [--samples NAME,NAME] [--over MS] [--set KEY=VALUE&KEY=VALUE]

Trains on the built page in headless Chromium, N steps (300) of the default settings on each sample, with the run kept in the browser. Prints every task of the
page's thread from Start to two seconds after the end that takes more than so many milliseconds of processor time (30), with what it was made of, and the five
longest; and those of more than 50 ms by wall, of which a page that waits for a core has some. PORT is that of the page (4173).`)
  exit(0)
}
const over = Number(values.over)

/** What a task was made of: its parts of more than 2 ms that have none such within. */
function partsOf(task, events) {
  const within = events.filter(
    (event) => event !== task && event.ts >= task.ts && event.ts + event.dur <= task.ts + task.dur && event.tdur > 2000,
  )
  const leaves = within.filter(
    (event) => !within.some((other) => other !== event && other.ts >= event.ts && other.ts + other.dur <= event.ts + event.dur),
  )
  return leaves.map(({ name, tdur, args }) => {
    const { functionName = '', url = '', lineNumber } = args?.data ?? {}
    const place = url ? ` ${functionName}@${url.split('/').at(-1)}${lineNumber ? `:${lineNumber}` : ''}` : ''
    return `${name}${place} ${(tdur / 1000).toFixed(0)}`
  })
}

const { address, browser, close } = await openBuiltPage()
try {
  for (const sample of values.samples.split(',')) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${address}?sample=${encodeURIComponent(sample)}&backend=${values.backend}&steps=${values.steps}&${values.set}`)
    await page.locator('[role=status][data-state=ready]').waitFor({ timeout: 120_000 })
    // The page has loaded what it loads when it is idle.
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(2000)
    const events = await traced(await context.newCDPSession(page), () => page.evaluate(trainToEnd, 2000))
    const { pid, tid, ts: begun } = events.find(({ name, cat }) => cat === 'blink.user_timing' && name === 'start')
    const own = events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && event.tdur !== undefined)
    const tasks = own.filter(({ name, ts }) => name === 'RunTask' && ts >= begun).toSorted((a, b) => b.tdur - a.tdur)
    const ms = ({ tdur }) => `${(tdur / 1000).toFixed(1)} ms`
    console.log(`${sample}: the longest of ${tasks.length} tasks ${tasks.slice(0, 5).map(ms).join(', ')}`)
    for (const task of tasks.filter(({ tdur }) => tdur > over * 1000).toSorted((a, b) => a.ts - b.ts))
      console.log(`  ${ms(task)} at ${((task.ts - begun) / 1e6).toFixed(2)} s: ${partsOf(task, own).join(', ')}`)
    for (const task of tasks.filter(({ dur }) => dur > 50_000).toSorted((a, b) => a.ts - b.ts))
      console.log(`  by wall ${(task.dur / 1000).toFixed(0)} ms at ${((task.ts - begun) / 1e6).toFixed(2)} s, ${ms(task)} of them at work`)
    await context.close()
  }
} finally {
  await close()
}
