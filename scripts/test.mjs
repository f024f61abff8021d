// npm test: all the set-up, browser included, then everything that is checked.
import { env } from 'node:process'
import { findChromium } from './find-chromium.mjs'
import { helpOrNothing } from './help.mjs'
import { setUp } from './setup.mjs'

helpOrNothing(`npm test

Installs what is missing, a browser too, then runs everything that CI runs:
types, lint, format, unit tests, build, browser tests. Ends with a line
"N passed, N failed", and with 1 if anything failed.

Environment variables:
  CHROMIUM_PATH       Chrome or Chromium to test in (default: the first that is
                      found, else one is installed)
  FIREFOX_PATH        Firefox to test in as well (default: the first found)
  PORT                Port of the page under test (default: a free one)

The same without the set-up: npm run check.

Example:
  CHROMIUM_PATH=/usr/bin/chromium npm test
`)
await setUp()
try {
  env.CHROMIUM_PATH = await findChromium()
  console.log(`Browser: ${env.CHROMIUM_PATH}`)
} catch (error) {
  console.error(error.message) // the browser tests will fail; the others still say what they know
}
await import('./check.mjs')
