import { spawnSync } from 'node:child_process'

/** A Python with these modules, or null. Debian's first: `apt-get install python3-torch` installs into that one. */
export function findPython(...modules: string[]): string | null {
  const check = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in ${JSON.stringify(modules)}))`
  return ['/usr/bin/python3', 'python3'].find((python) => spawnSync(python, ['-c', check]).status === 0) ?? null
}

/** Runs Python code; standard input is `input`. @returns exit status and output */
export function runPython(python: string, args: string[], input = ''): { status: number | null; output: string } {
  // One thread: tests share few cores.
  const { status, stdout, stderr } = spawnSync(python, args, { input, encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } })
  return { status, output: stdout + stderr }
}

/** The name of a group of tests: without Python they are skipped, and it says why. */
export const needs = (name: string, python: string | null, what: string): string =>
  python ? name : `SKIPPED, NOT CHECKED: ${name} (no /usr/bin/python3 or python3 with ${what} on this machine)`
