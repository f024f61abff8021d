// Makes the icons of an installed page, public/icon-*.png, from public/favicon.svg: run it after a change of that, node scripts/icons.mjs.
import { chromium } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installedChromium } from './find-chromium.mjs'
import { root } from './setup.mjs'

const svg = readFileSync(join(root, 'public/favicon.svg'), 'utf8')
const executablePath = await installedChromium()
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })
/** A maskable icon may be cut to a circle of 80 % of its size, so it is smaller, on its own colour. */
for (const [name, size, scale] of [
  ['icon-192', 192, 1],
  ['icon-512', 512, 1],
  ['icon-maskable', 512, 0.75],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  const background = scale < 1 ? /rect[^>]*fill="([^"]+)"/.exec(svg)[1] : 'transparent'
  const box = `display: block; width: ${size * scale}px; margin: ${(size * (1 - scale)) / 2}px`
  await page.setContent(`<body style="margin: 0; background: ${background}">${svg.replace('<svg', `<svg style="${box}"`)}</body>`)
  await page.screenshot({ path: join(root, `public/${name}.png`), omitBackground: true })
}
await browser.close()
