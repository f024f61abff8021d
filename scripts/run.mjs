// node scripts/run.mjs FILE ARGS...: runs a TypeScript file in Node, after set-up.
import { spawn } from 'node:child_process'
import { argv, env, execPath, exit } from 'node:process'
import { adapterVariables } from './lavapipe.mjs'
import { giveUp, nodeFlags, setUp } from './setup.mjs'

const [file, ...args] = argv.slice(2)
if (!file) giveUp('Usage: node scripts/run.mjs FILE ARGS...')
let variables
try {
  variables = adapterVariables()
} catch (error) {
  giveUp(error.message)
}
await setUp()
const child = spawn(execPath, [...nodeFlags, '--import', import.meta.resolve('tsx'), file, ...args], {
  // The channel tells a command that lives long when this process has been killed.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...env, ...variables },
})
// The child gets the terminal's Ctrl+C itself; wait until it has ended.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => exit(signal ? 1 : code))
