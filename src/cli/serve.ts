/** npm run serve: hands out the page that was built, on this machine. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { servePage } from '../../scripts/server.mjs'
import { runCommand, UsageError } from './arguments'
import { serve } from './commands'

await runCommand(serve, async ({ port }) => {
  const number = Number(port)
  if (!Number.isInteger(number) || number < 0 || number > 65535)
    throw new UsageError(`--port is "${port}", but must be a whole number from 0 to 65535.`)
  const folder = fileURLToPath(new URL('../../dist', import.meta.url))
  if (!existsSync(folder)) throw new UsageError('There is no page here yet: npm run build makes it, and npm start builds and serves it.')
  await servePage(folder, number)
})
