// npm run soak: a run in the browser, for half an hour, with faults at random intervals; kept out of `npm test`.
import { chromium } from '@playwright/test'
import { unzipSync } from 'fflate'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process, { argv, env, execPath, exit } from 'node:process'
import { parseArgs } from 'node:util'
import { installedChromium } from './find-chromium.mjs'
import { root } from './setup.mjs'

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

Trains on the built page in headless Chromium, one run after another for so many minutes (30), and causes faults at random from a seed (1): worker ended,
worker hung, error in the worker, GPU device destroyed, loss not a number, storage refused, page reloaded, tab crashed, page frozen. Each run
must end finished, with every step once and weights that are numbers. PORT is that of the page (4173).`)
  exit(0)
}
const [minutes, steps] = [Number(values.minutes), Number(values.steps)]
const port = env.PORT ?? '4173'
const address = `http://127.0.0.1:${port}/?backend=${values.backend}&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&steps=${steps}`

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

/** What an exported run shows of itself. @throws Error if something in it is not as it should be */
function check(zip) {
  const files = unzipSync(zip)
  const bytes = files['checkpoint.safetensors']
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
  const counted = JSON.parse(metadata.rows).map(({ step }) => step)
  if (counted.length !== steps || counted.some((step, i) => step !== i + 1))
    throw new Error(`The steps counted are not 1 to ${steps}, each once: ${counted.length} of them.`)
  for (const [
    name,
    {
      dtype,
      data_offsets: [from, to],
    },
  ] of Object.entries(tensors)) {
    if (dtype !== 'F32') continue
    const numbers = new Float32Array(bytes.slice(8 + length + from, 8 + length + to).buffer)
    if (!numbers.every(Number.isFinite)) throw new Error(`${name} has values that are no numbers.`)
  }
  return JSON.parse(metadata.recoveries ?? '[]')
}

const server = spawn(execPath, [join(root, 'scripts/start.mjs')], { env: { ...env, PORT: port }, stdio: ['ignore', 'pipe', 'inherit'] })
process.on('exit', () => server.kill())
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => exit(1))
await new Promise((resolve, failed) => {
  server.stdout.on('data', (text) => String(text).includes(' is at ') && resolve())
  server.on('exit', (code) => failed(new Error(`The page could not be served (${code}).`)))
})
const browser = await chromium.launch({
  executablePath: (await installedChromium()) ?? undefined,
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
})
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
const found = { runs: 0, steps: 0, recoveries: 0, repeated: 0 }
const begun = Date.now()
let page = null
let crashed = true
let nans = 0
let nextFault = 0
let last = { step: -1, at: Date.now() }

/** A user who wants the run to end: continues what is offered, starts or resumes what waits. @returns whether it is finished */
async function attend() {
  if (crashed) {
    await page?.close().catch(() => undefined)
    page = await context.newPage()
    page.on('crash', () => (crashed = true))
    crashed = false
    await page.goto(address)
  }
  const status = page.locator('[role=status][data-state]')
  const [now, step] = await status.evaluate((element) => [element.dataset.state, Number(element.dataset.step)], null, { timeout: 30_000 })
  if (step !== last.step) last = { step, at: Date.now() }
  if (Date.now() - last.at > 240_000) throw new Error(`Nothing has moved for four minutes: ${now} at step ${step}.`)
  if (now === 'failed') throw new Error(`The run failed at step ${step}: ${await page.getByRole('alert').allInnerTexts()}`)
  if (now === 'finished') return true
  const press = (name) => page.getByRole('button', name).first().click({ timeout: 2000 })
  const offered = { name: /^Continue your run of / }
  if (now === 'ready' && step === 0) {
    // What is kept is known a moment after the page.
    await sleep(1500)
    await ((await page.getByRole('button', offered).count()) > 0 ? press(offered) : press({ name: 'Start', exact: true }))
  }
  if (now === 'paused') await press({ name: 'Resume', exact: true })
  return false
}

async function endRun() {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 120_000 }),
    page.getByRole('button', { name: 'Export run', exact: true }).click(),
  ])
  const recoveries = check(new Uint8Array(readFileSync(await download.path())))
  found.runs++
  found.steps += steps
  found.recoveries += recoveries.length
  found.repeated += recoveries.reduce((sum, { step, reached }) => sum + reached - step, 0)
  console.log(`${Math.round((Date.now() - begun) / 1000)} s: run ${found.runs} is whole; ${recoveries.length} recoveries are marked in it`)
  await page.getByRole('button', { name: 'Reset', exact: true }).click()
  nans = 0
}

try {
  for (;;) {
    if (!browser.isConnected()) throw new Error('The browser is gone.')
    const over = Date.now() - begun > minutes * 60_000
    // What a fault interrupts is tried again.
    const finished = await attend().catch((error) => {
      if (/failed at step|Nothing has moved/.test(error.message)) throw error
      return false
    })
    if (finished) {
      await endRun()
      if (over) break
    } else if (!over && last.step > 0 && Date.now() > nextFault) {
      nextFault = Date.now() + 5000 + 25_000 * random()
      const names = Object.keys(faults)
      const name = names[Math.floor(names.length * random())]
      // A third one would rightly end the run.
      if (name === 'loss not a number' && ++nans > 2) continue
      caused[name]++
      console.log(`${Math.round((Date.now() - begun) / 1000)} s: ${name} at step ${last.step}`)
      const causing = Promise.resolve(faults[name](page)).catch((error) => console.log(`  not caused: ${error.message.split('\n')[0]}`))
      // A worker or tab that is gone meanwhile answers the debugger never.
      await Promise.race([causing, sleep(20_000)])
    }
    await sleep(300)
  }
  console.log(JSON.stringify({ minutes, seed: values.seed, backend: values.backend, ...found, caused }, null, 2))
} catch (error) {
  console.error(`The soak failed after ${Math.round((Date.now() - begun) / 1000)} s: ${error.message}`)
  console.error(JSON.stringify({ ...found, caused }))
  process.exitCode = 1
} finally {
  await browser.close().catch(() => undefined)
  server.kill()
}
