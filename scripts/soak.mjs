// npm run soak: a run in the browser, for half an hour, with faults at random intervals; kept out of `npm test`.
import { unzipSync } from 'fflate'
import { readFileSync } from 'node:fs'
import process, { argv, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { openBuiltPage } from './built-page.mjs'

/** Milliseconds in which something has to move, on a machine that does other things too. */
const patience = 600_000
/** Faults in each run but the first. */
const faultsOfRun = 5
/** Weights on WebGPU may differ by so much from those of a run that was left alone, on wasm not at all. */
const tolerance = { wasm: 0, webgpu: 1e-5 }

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    backend: { type: 'string', default: 'wasm' },
    steps: { type: 'string', default: '300' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(`npm run soak -- [--minutes N] [--seed N] [--backend wasm|webgpu] [--steps N]

Trains on the built page in headless Chromium, one run of N steps (300) after another for so many minutes (30). The first is left alone; in each of
the others a fault is caused at ${faultsOfRun} steps chosen at random from a seed (1): worker ended, worker hung, error in the worker, GPU device destroyed, loss
not a number, storage refused, page reloaded, tab crashed, page frozen. Each run must end finished, with every step once and weights that are
numbers: those of the first, unless half the learning rate was taken because of a loss. PORT is that of the page (4173).`)
  exit(0)
}
const [minutes, steps] = [Number(values.minutes), Number(values.steps)]
const settings = `?backend=${values.backend}&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&steps=${steps}`

/** Numbers in [0, 1) from a seed: mulberry32. */
let state = Number(values.seed) >>> 0
function random() {
  state = (state + 0x6d2b79f5) >>> 0
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
/** The newest: the browser's debugger may still list one that has ended. */
const worker = (page) => page.workers().at(-1)

/** Each causes one fault; what runs in the worker uses nothing of the page's own but the names of its messages. */
const faults = {
  'worker ended': (page) => page.evaluate(() => window.soaked.at(-1).terminate()),
  'worker hung': (page) => {
    worker(page)
      ?.evaluate(() => {
        for (;;);
      })
      .catch(() => undefined)
    return sleep(12_000)
  },
  'error in the worker': (page) =>
    worker(page)?.evaluate(
      () =>
        void setTimeout(() => {
          throw new Error('of the soak')
        }),
    ),
  'loss not a number': (page) =>
    worker(page)?.evaluate(() => {
      const { findIndex } = Array.prototype
      Array.prototype.findIndex = function (...given) {
        if (this[0]?.totalA !== undefined) {
          this[0].totalA = NaN
          Array.prototype.findIndex = findIndex
        }
        return findIndex.apply(this, given)
      }
    }),
  'storage refused': (page) =>
    worker(page)?.evaluate(() => {
      const full = () => {
        throw new DOMException('', 'QuotaExceededError')
      }
      const own = FileSystemFileHandle.prototype
      const { createWritable, createSyncAccessHandle } = own
      Object.assign(own, { createWritable: full, createSyncAccessHandle: full })
      setTimeout(() => Object.assign(own, { createWritable, createSyncAccessHandle }), 20_000)
    }),
  'page reloaded': (page) => page.reload(),
  'tab crashed': async (page) => {
    const debug = await page.context().newCDPSession(page)
    void debug.send('Page.crash').catch(() => undefined)
    await sleep(1000)
  },
  'page frozen': async (page) => {
    const debug = await page.context().newCDPSession(page)
    await debug.send('Page.setWebLifecycleState', { state: 'frozen' })
    await sleep(15_000)
    await debug.send('Page.setWebLifecycleState', { state: 'active' })
  },
  ...(values.backend === 'webgpu' && {
    'device destroyed': (page) =>
      worker(page)?.evaluate(() => {
        const { createCommandEncoder } = GPUDevice.prototype
        GPUDevice.prototype.createCommandEncoder = function (...given) {
          GPUDevice.prototype.createCommandEncoder = createCommandEncoder
          const encoder = createCommandEncoder.apply(this, given)
          this.destroy()
          return encoder
        }
      }),
  }),
}

/** The weights of an exported run by name, and the recoveries marked in it. @throws Error if something in it is not as it should be */
function readRun(zip) {
  const files = unzipSync(zip)
  const bytes = files['checkpoint.safetensors']
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  const counted = JSON.parse(metadata.rows).map(({ step }) => step)
  if (counted.length !== steps || counted.some((step, i) => step !== i + 1))
    throw new Error(`The steps counted are not 1 to ${steps}, each once: ${counted.length} of them.`)
  const weights = new Map()
  for (const [name, { dtype, data_offsets: offsets }] of Object.entries(tensors)) {
    if (dtype !== 'F32') continue
    const [from, to] = offsets.map((at) => 8 + length + at)
    const numbers = new Float32Array(bytes.slice(from, to).buffer)
    if (!numbers.every(Number.isFinite)) throw new Error(`${name} has values that are no numbers.`)
    if (/^[AB]\/parameters\//.test(name)) weights.set(name, numbers)
  }
  return { weights, recoveries: JSON.parse(metadata.recoveries ?? '[]') }
}

/** The most by which weights of one name differ. */
function farthest(a, b) {
  let most = 0
  for (const [name, numbers] of a) numbers.forEach((v, i) => (most = Math.max(most, Math.abs(v - b.get(name)[i]))))
  return most
}

const { address, browser, close } = await openBuiltPage()
const context = await browser.newContext({ acceptDownloads: true })
await context.addInitScript(() => {
  const Plain = Worker
  window.soaked = []
  window.Worker = class extends Plain {
    constructor(...given) {
      super(...given)
      window.soaked.push(this)
    }
  }
})

const caused = Object.fromEntries(Object.keys(faults).map((name) => [name, 0]))
/** Runs that ended whole, their steps, how many were compared with the first and the most that weights differed, and what the page fell back. */
const found = { runs: 0, steps: 0, compared: 0, farthest: 0, fellBack: 0, repeated: 0 }
const begun = Date.now()
const elapsed = () => `${Math.round((Date.now() - begun) / 1000)} s`
let page = null
let crashed = true
let alone = null
/** Steps of this run at which faults are still to be caused, and how many bad losses it has had. */
let due = []
let nans = 0
let last = { step: -1, at: Date.now() }
let reached = 0

/** A user who wants the run to end: continues what is offered, starts or resumes what waits. @returns what the page shows */
async function attend() {
  if (crashed) {
    await page?.close().catch(() => undefined)
    page = await context.newPage()
    page.on('crash', () => (crashed = true))
    crashed = false
    await page.goto(address + settings)
  }
  const status = page.locator('[role=status][data-state]')
  const [now, step] = await status.evaluate((element) => [element.dataset.state, Number(element.dataset.step)], null, { timeout: 30_000 })
  if (step !== last.step) last = { step, at: Date.now() }
  if (now === 'running' || now === 'finished') {
    if (step < reached) {
      found.fellBack++
      found.repeated += reached - step
    }
    reached = step
  }
  if (Date.now() - last.at > patience) throw new Error(`Nothing has moved for ten minutes: ${now} at step ${step}.`)
  if (now === 'failed') throw new Error(`The run failed at step ${step}: ${await page.getByRole('alert').allInnerTexts()}`)
  const press = (name) => page.getByRole('button', name).first().click({ timeout: 2000 })
  const offered = { name: /^Continue your run of / }
  if (now === 'ready' && step === 0) {
    // What is kept is known a moment after the page.
    await sleep(1500)
    await ((await page.getByRole('button', offered).count()) > 0 ? press(offered) : press({ name: 'Start', exact: true }))
  }
  if (now === 'paused') await press({ name: 'Resume', exact: true })
  return { now, step }
}

async function endRun() {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: patience }),
    page.getByRole('button', { name: 'Export run', exact: true }).click({ timeout: patience }),
  ])
  const { weights, recoveries } = readRun(new Uint8Array(readFileSync(await download.path())))
  found.runs++
  found.steps += steps
  let words = 'left alone'
  if (alone === null) alone = weights
  else if (recoveries.some(({ why }) => why === 'loss')) words = 'with a lower learning rate'
  else {
    const difference = farthest(alone, weights)
    if (!(difference <= tolerance[values.backend]))
      throw new Error(`The weights differ by ${difference} from those of the run that was left alone.`)
    found.compared++
    found.farthest = Math.max(found.farthest, difference)
    words = `its weights differ by ${difference}`
  }
  console.log(`${elapsed()}: run ${found.runs} is whole, ${words}; ${recoveries.length} recoveries are marked in it`)
  await page.getByRole('button', { name: 'Reset', exact: true }).click({ timeout: patience })
  due = Array.from({ length: faultsOfRun }, () => 1 + Math.floor((steps - 1) * random())).sort((a, b) => a - b)
  nans = reached = 0
}

try {
  for (;;) {
    if (!browser.isConnected()) throw new Error('The browser is gone.')
    const over = Date.now() - begun > minutes * 60_000
    // What a fault interrupts is tried again.
    const seen = await attend().catch((error) => {
      if (/failed at step|Nothing has moved/.test(error.message)) throw error
      if (Date.now() - last.at > patience) throw new Error(`The page does not answer, at step ${last.step}: ${error.message}`)
      return null
    })
    if (seen?.now === 'finished') {
      await endRun()
      if (over) break
    } else if (!over && seen?.now === 'running' && seen.step >= due[0]) {
      due.shift()
      // A third bad loss would rightly end the run.
      const names = Object.keys(faults).filter((name) => name !== 'loss not a number' || nans < 2)
      const name = names[Math.floor(names.length * random())]
      if (name === 'loss not a number') nans++
      caused[name]++
      console.log(`${elapsed()}: ${name} at step ${seen.step}`)
      const causing = Promise.resolve(faults[name](page)).catch((error) => console.log(`  not caused: ${error.message.split('\n')[0]}`))
      // A worker or tab that is gone meanwhile answers the debugger never.
      await Promise.race([causing, sleep(20_000)])
    }
    await sleep(300)
  }
  console.log(JSON.stringify({ minutes, seed: values.seed, backend: values.backend, ...found, caused }, null, 2))
} catch (error) {
  console.error(`The soak failed after ${elapsed()}: ${error.message}`)
  console.error(JSON.stringify({ ...found, caused }))
  process.exitCode = 1
} finally {
  await close()
}
