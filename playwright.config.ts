import { defineConfig } from '@playwright/test'
import { installedChromium } from './scripts/find-chromium.mjs'

const executablePath = await installedChromium()
const port = process.env.PORT ?? '4173'

export default defineConfig({
  testDir: 'e2e',
  // Each trains on all cores, but waits for as long: two files at a time take a fifth less.
  workers: 2,
  fullyParallel: false,
  // A browser on a busy machine; scripts/check.mjs names what passed at the second try.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: !!process.env.CI,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    // Requests that a service worker makes or answers pass by page.route; e2e/offline.spec.ts has it.
    serviceWorkers: 'block',
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        '--no-sandbox', // CI runs as root
        // No name but this machine's leads anywhere.
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
        // A software adapter, so that the WebGPU tests run without a GPU.
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: {
    command: 'node scripts/start.mjs',
    url: `http://127.0.0.1:${port}`,
    env: { PORT: port },
    reuseExistingServer: !process.env.CI,
    timeout: 180_000,
    stdout: 'pipe',
  },
})
