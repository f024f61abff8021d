import { spawnSync } from 'node:child_process'

/** A Python that has these modules, or null. Debian's first: it is the one that `apt-get install python3-torch` fills. */
export function findPython(...modules: string[]): string | null {
  const check = `import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in ${JSON.stringify(modules)}))`
  return ['/usr/bin/python3', 'python3'].find((python) => spawnSync(python, ['-c', check]).status === 0) ?? null
}

/** Runs Python code; standard input is `input`. @returns exit status, and all that was printed */
export function runPython(python: string, args: string[], input = ''): { status: number | null; output: string } {
  // One thread: tests share few cores.
  const { status, stdout, stderr } = spawnSync(python, args, { input, encoding: 'utf8', env: { ...process.env, OMP_NUM_THREADS: '1' } })
  return { status, output: stdout + stderr }
}

/** What a group of tests is called: without Python they are skipped, and the name says why. */
export const needs = (name: string, python: string | null, what: string): string =>
  python ? name : `SKIPPED, NOT CHECKED: ${name} (no /usr/bin/python3 or python3 with ${what} on this machine)`
