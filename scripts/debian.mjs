// Programs of Debian for tests, unpacked into a folder of their own: apt's state and the system stay as they are.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'

/** Debian's name for this release of it; null on another system. */
export function debianCodename() {
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return (/^ID=debian$/m.test(system) && /^VERSION_CODENAME=(\w+)/m.exec(system)?.[1]) || null
}

/** Runs a program and returns its output. @throws Error with what it said if it fails */
export function output(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env: { ...env, LC_ALL: 'C' } })
  if (status !== 0) throw new Error(`${program} failed: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`)
  return stdout
}

/** Names of the packages in `apt-get --simulate`. */
export const installed = (text) => [...text.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name)

/**
 * Empties a folder, and unpacks packages into its `root`, with those of their libraries that this machine lacks or has in too old a version.
 * @param {string[]} suites the last one comes first
 * @throws Error
 */
export function unpackDebian(folder, suites, packages) {
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg'
  rmSync(folder, { recursive: true, force: true })
  for (const name of ['lists/partial', 'archives/partial', 'root']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(
    join(folder, 'sources.list'),
    suites.map((suite) => `deb [signed-by=${keys}] http://deb.debian.org/debian ${suite} main\n`).join(''),
  )
  writeFileSync(join(folder, 'nothing'), '')
  const own = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': folder,
    'APT::Sandbox::User': '', // its own user cannot write here
    'Debug::NoLocking': '1', // nothing of the system is written
    'APT::Update::Error-Mode': 'any', // else an update without a network succeeds
  }
  const settings = Object.entries(own).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  const apt = (...args) => output('env', '-C', folder, 'apt-get', '-qq', ...settings, ...args)
  apt('update')
  const wanted = (...more) => installed(apt(...more, '--simulate', '--no-install-recommends', '-t', suites.at(-1), 'install', ...packages))
  // All that they need on an empty machine; of these, what this one would have to install. It alone would also upgrade what uses their libraries.
  const needed = new Set(wanted('-o', `Dir::State::status=${join(folder, 'nothing')}`))
  const lacking = wanted('--reinstall').filter((name) => needed.has(name))
  apt('-t', suites.at(-1), 'download', ...lacking)
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    output('dpkg', '-x', join(folder, name), join(folder, 'root'))
  for (const name of readdirSync(folder)) if (name !== 'root') rmSync(join(folder, name), { recursive: true })
}
