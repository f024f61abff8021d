/** Trains in Firefox, which Playwright drives only in a build of its own: Puppeteer drives the installed one, and Chromium for comparison. */
// Playwright's own: the fixture of ./lab watches a browser that this spec does not use.
// eslint-disable-next-line no-restricted-imports
import { expect, test } from '@playwright/test'
import { decode } from 'fast-png'
import { strFromU8, unzipSync } from 'fflate'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type ElementHandle, type LaunchOptions, type Page } from 'puppeteer-core'
import { installedChromium } from '../scripts/find-chromium.mjs'
import { installedFirefox } from '../scripts/find-firefox.mjs'
import { lavapipeVariables } from '../scripts/lavapipe.mjs'
import { height, image, mask, unlabeled, width, type UploadedFile } from './phantom'

const folder = mkdtempSync(join(tmpdir(), 'firefox-'))
test.afterAll(() => rmSync(folder, { recursive: true }))

const firefox = installedFirefox()
const lavapipe = lavapipeVariables()
const steps = 5

/** A step may compile every shader first. */
const patience = { timeout: 400_000 }

const press = (page: Page, name: string): Promise<void> =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).setTimeout(patience.timeout).setWaitForStableBoundingBox(false).click()

/** Waits until the run is in this state, at this step or later. @returns the step */
async function reached(page: Page, state: string, least = 0): Promise<number> {
  const found = await page.waitForFunction(
    (state: string, least: number) => {
      const { dataset } = document.querySelector<HTMLElement>('[role=status][data-state]') ?? {}
      return dataset?.['state'] === state && Number(dataset['step']) >= least && dataset['step']
    },
    patience,
    state,
    least,
  )
  return Number(await found.jsonValue())
}

/** Gives files to the input with this label. */
async function choose(page: Page, label: string, ...files: UploadedFile[]): Promise<void> {
  const paths = files.map(({ name }) => join(folder, name))
  files.forEach(({ buffer }, i) => writeFileSync(paths[i]!, buffer))
  // In a part of the page that is folded up, and so not in the accessibility tree.
  const input = await page.evaluateHandle(
    (label: string) => [...document.querySelectorAll('input')].find((one) => one.labels?.[0]?.textContent === label),
    label,
  )
  await (input as ElementHandle<HTMLInputElement>).uploadFile(...paths)
}

/** Presses an export's button and unpacks what is saved. */
async function exported(page: Page, what: 'masks' | 'run'): Promise<Record<string, Uint8Array>> {
  await press(page, `Export ${what}`)
  const saved = await page.waitForFunction(
    (what: string) => new RegExp(`Saved (exemplar-lab-${what}\\S*\\.zip)`).exec(document.body.textContent)?.[1],
    patience,
    what,
  )
  const name = (await saved.jsonValue())!
  // The page has handed it over; the browser renames it when it has written it.
  await expect.poll(() => readdirSync(folder), patience).toContain(name)
  await expect.poll(() => readdirSync(folder).filter((file) => /\.(part|crdownload)$/.test(file)), patience).toEqual([])
  const zip = unzipSync(readFileSync(join(folder, name)))
  rmSync(join(folder, name))
  return zip
}

const losses = /^(total|exemplar|synthetic|image|feature)[AB]$/i

/** A row for each step: its losses by column. */
function lossesOf(csv: string): Record<string, number>[] {
  const [header, ...rows] = csv
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  return rows.map((row) =>
    Object.fromEntries(row.flatMap((cell, i) => (losses.test(header![i]!) ? [[header![i]!, Number(cell)] as const] : []))),
  )
}

/**
 * Uses the page as a person does: loads files, starts, pauses, steps, exports. What must never happen fails: a request to elsewhere, an
 * error on the console.
 * @returns the losses of every step
 */
async function train(origin: string, backend: string, launch: LaunchOptions): Promise<Record<string, number>[]> {
  const browser = await puppeteer.launch(launch)
  try {
    const context = await browser.createBrowserContext({ downloadBehavior: { policy: 'allow', downloadPath: folder } })
    const page = await context.newPage()
    const wrongs: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !/^(blob|data):/.test(request.url())) wrongs.push(`request to ${request.url()}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error') wrongs.push(`console error: ${message.text()}`)
    })
    page.on('pageerror', (error) => wrongs.push(`uncaught: ${String(error)}`))

    await page.goto(`${origin}/?backend=${backend}&size=32&baseWidth=4&batchLabeled=2&batchUnlabeled=2&warmup=0&seed=3&steps=5000`)
    await reached(page, 'ready')
    await choose(page, 'Exemplar image', image(0, 'mine_1.png'))
    await choose(page, 'Exemplar mask', mask(0, 'mine_1_mask.png'))
    await choose(page, 'Unlabeled images', ...unlabeled())
    await page.waitForFunction(() => document.body.textContent.includes('6 images of 6 patients'), patience)
    await reached(page, 'ready')
    // A run that fell back to another backend would prove nothing.
    const chip = await page.evaluate(
      () => [...document.querySelectorAll('p')].find((p) => p.textContent.startsWith('Backend'))?.textContent,
    )
    expect(chip).toContain(backend)

    await press(page, 'Start')
    await reached(page, 'running', steps)
    await press(page, 'Pause')
    const paused = await reached(page, 'paused', steps)
    await press(page, 'Step')
    expect(await reached(page, 'paused', paused + 1)).toBe(paused + 1)

    const masks = await exported(page, 'masks')
    const names = Object.keys(masks).filter((name) => name.endsWith('.png'))
    expect(names.map((name) => name.split('/').at(-1)).sort(), 'the exemplar’s among them').toEqual([
      'mine_1.png',
      ...unlabeled().map(({ name }) => name),
    ])
    for (const name of names) {
      const picture = decode(masks[name]!)
      expect([picture.width, picture.height, picture.palette !== undefined]).toEqual([width, height, true])
    }
    const rows = lossesOf(strFromU8((await exported(page, 'run'))['metrics.csv']!))
    expect(rows).toHaveLength(paused + 1)
    expect(wrongs).toEqual([])
    return rows
  } finally {
    await browser.close()
  }
}

/** The losses of the first steps in Firefox are within 1 % of those on wasm in Chromium. */
async function compare(origin: string, backend: string, launch: LaunchOptions): Promise<void> {
  const chromium = { executablePath: (await installedChromium())!, args: ['--no-sandbox', '--disable-background-networking'] }
  const reference = await train(origin, 'wasm', chromium)
  const got = await train(origin, backend, { browser: 'firefox', executablePath: firefox!, ...launch })
  for (let t = 0; t < steps; t++) {
    expect(Object.keys(reference[t]!)).toHaveLength(10)
    for (const [name, want] of Object.entries(reference[t]!)) {
      const where = `${name} of step ${t + 1}: ${got[t]![name]} in Firefox, ${want} in Chromium`
      expect(Math.abs(got[t]![name]! - want), where).toBeLessThanOrEqual(0.01 * Math.abs(want))
    }
  }
}

const unchecked = (what: string, why: string | null | false) => (why ? `SKIPPED, NOT CHECKED: ${what} (${why})` : what)
const noFirefox = !firefox && 'no Firefox on this machine, and no FIREFOX_PATH'
const noLavapipe = noFirefox || (!lavapipe && 'no lavapipe on this machine: node scripts/lavapipe.mjs gets it')

test(unchecked('Firefox trains on wasm as Chromium does', noFirefox), async ({ baseURL }) => {
  test.skip(!!noFirefox)
  test.setTimeout(300_000)
  await compare(baseURL!, 'wasm', {})
})

test(unchecked('Firefox trains on WebGPU, on lavapipe, as Chromium does on wasm', noLavapipe), async ({ baseURL }) => {
  test.skip(!!noLavapipe)
  test.setTimeout(900_000)
  await compare(baseURL!, 'webgpu', {
    env: { ...process.env, ...lavapipe },
    extraPrefsFirefox: {
      'dom.webgpu.enabled': true,
      'dom.webgpu.workers.enabled': true,
      'gfx.webgpu.ignore-blocklist': true,
      'gfx.webgpu.force-enabled': true,
    },
  })
})
