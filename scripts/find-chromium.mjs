// Finds a Chrome or Chromium for the browser tests, and installs one if there is none.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { argv, env, execPath, getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { giveUp, root } from './setup.mjs'

function usualPlaces() {
  if (platform === 'darwin')
    return ['Google Chrome', 'Chromium'].flatMap((app) =>
      ['/Applications', join(env.HOME ?? '', 'Applications')].map((folder) => join(folder, `${app}.app`, 'Contents/MacOS', app)),
    )
  if (platform === 'win32')
    return [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
      .filter(Boolean)
      .flatMap((folder) => ['Google/Chrome', 'Chromium'].map((app) => join(folder, app, 'Application', 'chrome.exe')))
  const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser']
  return names.flatMap((name) => (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
}

/** Whether it exists and starts. Ubuntu's `chromium-browser` may be a stub that only points to a snap. */
function works(path) {
  if (!existsSync(path)) return false
  if (platform === 'win32') return true // chrome.exe --version opens a window there
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 60_000 })
  return status === 0 && /chrom/i.test(stdout)
}

async function playwrightsOwn() {
  try {
    const { chromium } = await import('@playwright/test')
    return chromium.executablePath()
  } catch {
    return ''
  }
}

/** CHROMIUM_PATH, an installed browser, or Playwright's; null if there is none. Installs nothing. */
export async function installedChromium() {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH
  return usualPlaces().find(works) ?? [await playwrightsOwn()].find(works) ?? null
}

/**
 * The path of a browser that starts; installs one if needed.
 * @throws Error with one sentence that says what to do.
 */
export async function findChromium() {
  if (env.CHROMIUM_PATH && !works(env.CHROMIUM_PATH))
    throw new Error(`CHROMIUM_PATH is ${env.CHROMIUM_PATH}, which does not start as a browser; correct it or unset it.`)
  const found = await installedChromium()
  if (found) return found

  const show = { stdio: ['ignore', 'inherit', 'inherit'] }
  const isRoot = platform === 'linux' && getuid?.() === 0
  if (isRoot && existsSync('/etc/debian_version')) {
    console.log('Installing chromium with apt-get ...')
    const quiet = { ...show, env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } }
    spawnSync('apt-get', ['update', '-qq'], quiet)
    spawnSync('apt-get', ['install', '-y', '-qq', 'chromium'], quiet)
    const chromium = usualPlaces().find(works)
    if (chromium) return chromium
  }
  console.log("Installing Playwright's Chromium ...")
  const cli = join(root, 'node_modules', '@playwright', 'test', 'cli.js')
  spawnSync(execPath, [cli, 'install', 'chromium'], show)
  const own = await playwrightsOwn()
  if (existsSync(own) && !works(own) && isRoot) spawnSync(execPath, [cli, 'install-deps', 'chromium'], show)
  if (works(own)) return own
  throw new Error('No Chrome or Chromium was found and none could be installed; install one and set CHROMIUM_PATH to its program file.')
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(`Browser: ${await findChromium().catch((error) => giveUp(error.message))}`)
