// npm test: all the set-up, browser included, then everything that is checked.
import { env } from 'node:process'
import { findChromium } from './find-chromium.mjs'
import { setUp } from './setup.mjs'

await setUp()
try {
  env.CHROMIUM_PATH = await findChromium()
  console.log(`Browser: ${env.CHROMIUM_PATH}`)
} catch (error) {
  console.error(error.message) // the browser tests will fail; the others still say what they know
}
await import('./check.mjs')
