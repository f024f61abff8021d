// Finds a Firefox for the test that trains in one. In CI: installs Debian's, never failing; without one the test is named as not checked.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { argv, env, getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'

function usualPlaces() {
  if (platform === 'darwin')
    return ['/Applications', join(env.HOME ?? '', 'Applications')].map((folder) => join(folder, 'Firefox.app', 'Contents/MacOS/firefox'))
  if (platform === 'win32')
    return [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
      .filter(Boolean)
      .map((folder) => join(folder, 'Mozilla Firefox', 'firefox.exe'))
  return ['firefox-esr', 'firefox'].flatMap((name) => (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
}

/** Whether it exists and starts. Ubuntu's `firefox` may be a stub that only points to a snap. */
function works(path) {
  if (!existsSync(path)) return false
  if (platform === 'win32') return true // firefox.exe --version prints nothing there
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 60_000 })
  return status === 0 && /firefox/i.test(stdout)
}

/** FIREFOX_PATH or an installed Firefox; null if there is none. Installs nothing. */
export const installedFirefox = () => env.FIREFOX_PATH ?? usualPlaces().find(works) ?? null

if (argv[1] === fileURLToPath(import.meta.url)) {
  if (!installedFirefox() && platform === 'linux' && existsSync('/etc/debian_version') && getuid?.() === 0) {
    console.log('Installing firefox-esr with apt-get ...')
    const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } }
    spawnSync('apt-get', ['update', '-qq'], quiet)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'firefox-esr'], quiet)
  }
  console.log(
    `Firefox: ${installedFirefox() ?? 'there is none here, and none could be installed: what needs it will be named as not checked'}`,
  )
}
