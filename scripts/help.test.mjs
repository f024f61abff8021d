import { spawnSync } from 'node:child_process'
import { execPath } from 'node:process'
import { describe, expect, it } from 'vitest'

const run = (script, arg) => {
  const { status, stdout, stderr } = spawnSync(execPath, [`scripts/${script}.mjs`, arg], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe.each([
  ['start', 'npm start', ['PORT']],
  ['test', 'npm test', ['CHROMIUM_PATH', 'FIREFOX_PATH', 'PORT']],
  ['check', 'npm run check', ['CHROMIUM_PATH', 'FIREFOX_PATH', 'PORT']],
])('%s', (script, name, variables) => {
  it.each(['--help', '-h'])('prints its help for %s, and does nothing else', (arg) => {
    const { status, stdout, stderr } = run(script, arg)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')[0]).toBe(name)
    for (const variable of variables) expect(stdout).toContain(`\n  ${variable} `)
  })

  it('refuses an option in one sentence', () => {
    expect(run(script, '--port')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'There is no option --port; --help says what can be set.\n',
    })
  })
})
