// The built page in headless Chromium, for scripts that look at it for longer than a test.
import { chromium } from '@playwright/test'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process, { env, execPath, exit } from 'node:process'
import { installedChromium } from './find-chromium.mjs'
import { root } from './setup.mjs'

/**
 * Serves the page on PORT (4173), building it first if it is not fresh, and starts a browser.
 * @returns the page's address, the browser, and what ends both
 */
export async function openBuiltPage() {
  const port = env.PORT ?? '4173'
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
  const close = async () => {
    await browser.close().catch(() => undefined)
    server.kill()
  }
  return { address: `http://127.0.0.1:${port}/`, browser, close }
}

/**
 * Runs in the page: presses Start, waits for the end of the run and so many milliseconds more, for what is painted after the last step is part of it. Its
 * beginning and end are marked as "start" and "end". @throws if the run fails
 */
export async function trainToEnd(after) {
  const status = document.querySelector('[role=status][data-state]')
  const start = [...document.querySelectorAll('button')].find(({ textContent }) => textContent.trim() === 'Start')
  const ended = new Promise((resolve, failed) => {
    new MutationObserver(() => {
      const { state } = status.dataset
      if (state === 'finished') resolve(performance.mark('end'))
      else if (state === 'failed') failed(new Error('The run failed.'))
    }).observe(status, { attributes: true })
  })
  performance.mark('start')
  start.click()
  await ended
  await new Promise((resolve) => setTimeout(resolve, after))
}
