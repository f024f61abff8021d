import { chromium } from '@playwright/test'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installedChromium } from '../scripts/find-chromium.mjs'
import { spyOnWorker, untilDone } from './worker-spy'
import { button, column, expect, expectState, expectStep, expectStepAbove, open, status, step, test, tiny, watchFor } from './lab'

test('Start, Pause, Step, Resume, Stop and Reset', async ({ page }) => {
  await spyOnWorker(page)
  await open(page, `${tiny}&steps=5000`)
  await expectStep(page, 0)

  await button(page, 'Start').click()
  await expectState(page, 'running')
  await expectStepAbove(page, 2)
  await expect(status(page)).toHaveText(/running · step [\d,]+ of 5,?000/)

  await button(page, 'Pause').click()
  await expectState(page, 'paused')
  const paused = await step(page)
  await untilDone(page)
  await expectStep(page, paused)

  for (const next of [paused + 1, paused + 2]) {
    await button(page, 'Step').click()
    await expectStep(page, next)
    await untilDone(page)
    await expectState(page, 'paused')
    await expectStep(page, next)
  }

  await button(page, 'Resume').click()
  await expectState(page, 'running')
  await expectStepAbove(page, paused + 3)

  await button(page, 'Stop').click()
  await expectState(page, 'stopped')
  const stopped = await step(page)
  await untilDone(page)
  await expectStep(page, stopped)

  await button(page, 'Reset').click()
  await expectState(page, 'ready')
  await expectStep(page, 0)
})

test('a run ends by itself after its steps, and stepping by hand gives the same losses', async ({ page }) => {
  await open(page, `${tiny}&steps=3&warmup=0`)
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  await expectStep(page, 3)
  await expect.poll(() => column(page, 'Loss', /total.*A|A.*total/i)).toHaveLength(3)
  const running = await column(page, 'Loss', /total.*A|A.*total/i)

  await button(page, 'Reset').click()
  await expectState(page, 'ready')
  for (const next of [1, 2, 3]) {
    await button(page, 'Step').click()
    await expectStep(page, next)
  }
  await expectState(page, 'finished')
  await expect.poll(() => column(page, 'Loss', /total.*A|A.*total/i)).toEqual(running)
})

test('a hidden page keeps stepping', async ({ baseURL }) => {
  // Playwright makes every page believe it is visible, so this browser is started without it and connected to without its defaults.
  const profile = mkdtempSync(join(tmpdir(), 'exemplar-lab-profile-'))
  const args = [
    '--headless=new',
    '--no-sandbox',
    '--no-first-run',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    'about:blank',
  ]
  const program = spawn((await installedChromium()) ?? chromium.executablePath(), args, { stdio: 'ignore' })
  const ended = new Promise((resolve) => program.on('close', resolve))
  try {
    const note = join(profile, 'DevToolsActivePort')
    await expect.poll(() => existsSync(note) && readFileSync(note, 'utf8').includes('\n'), { timeout: 30_000 }).toBe(true)
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${readFileSync(note, 'utf8').split('\n')[0]}`, { noDefaults: true })
    const context = browser.contexts()[0]!
    const wrongs = await watchFor(context, new URL(baseURL!).origin)
    const lab = await context.newPage()
    await lab.goto(`${baseURL}/?${tiny}&steps=100000`)
    await expectState(lab, 'ready')
    await button(lab, 'Start').click()
    await expectStepAbove(lab, 1)

    const other = await context.newPage()
    await other.bringToFront()
    await expect.poll(() => lab.evaluate(() => document.visibilityState)).toBe('hidden')
    // At the pace of a timer in a hidden tab, one a second or a minute, these would take longer than the test allows.
    await expectStepAbove(lab, (await step(lab)) + 100, 90_000)
    expect(await lab.evaluate(() => document.visibilityState)).toBe('hidden')
    expect(wrongs).toEqual([])
    await browser.close()
  } finally {
    program.kill()
    await ended
    // The browser's helper processes outlive it for a moment and still write here; a retry of Node's own does not look for new files.
    await expect(() => rmSync(profile, { recursive: true, force: true })).toPass({ timeout: 20_000 })
  }
})
