// For CI: installs the Python modules with which tests read our files. Never fails: tests that lack a module are named as skipped.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { argv, env, getuid, platform } from 'node:process'
import { fileURLToPath } from 'node:url'

/** Python modules, and the Debian packages that contain them. */
const packages = {
  numpy: 'python3-numpy',
  scipy: 'python3-scipy',
  PIL: 'python3-pil',
  nibabel: 'python3-nibabel',
  pydicom: 'python3-pydicom',
  torch: 'python3-torch',
}

/** The modules that a Python lacks: all of them if there is no such Python. */
export function missingModules(python, modules = Object.keys(packages)) {
  const check = `import importlib.util as u, json; print(json.dumps([m for m in ${JSON.stringify(modules)} if not u.find_spec(m)]))`
  const { status, stdout } = spawnSync(python, ['-c', check], { encoding: 'utf8' })
  return status === 0 ? JSON.parse(stdout) : modules
}

/** The modules missing from the Python that has the most of them. */
const stillMissing = () =>
  ['/usr/bin/python3', 'python3'].map((python) => missingModules(python)).reduce((a, b) => (b.length < a.length ? b : a))

/** Installs missing modules, if on Debian and root. @returns the modules still missing */
export function ensurePython() {
  const isDebian = platform === 'linux' && existsSync('/etc/debian_version')
  if (stillMissing().length > 0 && isDebian && getuid?.() === 0) {
    // Debian's own Python gets everything it lacks: a group of tests needs its modules in one Python.
    const lacking = missingModules('/usr/bin/python3')
    console.log(`Installing Python's ${lacking.join(', ')} with apt-get ...`)
    const apt = (...args) =>
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } })
    apt('update', '-qq')
    // One by one: if one package cannot be installed, the others still are.
    for (const module of lacking) apt('install', '-y', '-qq', '--no-install-recommends', packages[module])
  }
  return stillMissing()
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const missing = ensurePython()
  if (missing.length > 0)
    console.log(`There is no Python with ${missing.join(', ')} here, and none could be installed: tests that need it will be skipped.`)
}
