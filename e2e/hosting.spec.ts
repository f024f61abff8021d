/** The page from every server that hosting/ has a file for, below a path: each file with its headers, and a run in an isolated page. */
import type { ChildProcess } from 'node:child_process'
import type { APIRequestContext, Browser } from '@playwright/test'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caching, headers, typeOf } from '../scripts/headers.mjs'
import { serve } from '../scripts/server.mjs'
import { button, expect, expectState, test, tiny, watchFor } from './lab'
import { confinement, webServers } from './web-servers'

const dist = join(import.meta.dirname, '..', 'dist')
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(dist, name)).isFile())

/** What is served: the page below a path, and what must not come out. */
let folder: string
let served: string

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hosting-'))
  served = join(folder, 'served')
  cpSync(dist, join(served, 'some/path'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(served, '.hidden'), 'secret')
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

async function expectServes({ browser, request }: { browser: Browser; request: APIRequestContext }, origin: string): Promise<void> {
  const base = `${origin}/some/path/`
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  expect(files.length).toBeGreaterThan(40)
  for (const name of files) {
    const path = `/some/path/${name}`
    const answer = await request.get(origin + path)
    expect({ name, code: answer.status(), headers: answer.headers() }).toEqual({
      name,
      code: 200,
      headers: expect.objectContaining({ ...sent, 'content-type': typeOf(name), 'cache-control': caching(path) }),
    })
    expect((await answer.body()).equals(readFileSync(join(dist, name))), name).toBe(true)
  }
  expect((await request.get(base)).headers()).toMatchObject({ ...sent, 'cache-control': 'no-cache' })
  for (const path of ['some/path/none.js', '.hidden', '..%2fsecret.txt', '%2e%2e/secret.txt']) {
    const answer = await request.get(`${origin}/${path}`)
    expect(answer.status(), path).toBeGreaterThanOrEqual(400)
    expect(answer.headers()).toMatchObject(sent)
    expect(await answer.text()).not.toContain('secret')
  }
  expect((await request.post(base)).status()).toBe(405)

  const context = await browser.newContext({ baseURL: base })
  const wrongs = await watchFor(context, origin)
  const page = await context.newPage()
  await page.goto(`./?${tiny}&steps=3&warmup=0&threads=2&sample=Cardiac+phantom`)
  await expectState(page, 'ready')
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  await expect(page.getByText('Backend', { exact: true }).locator('..')).toContainText('2 threads')
  // A decoder that the worker loads on demand.
  const nrrd = 'NRRD0004\ntype: uchar\ndimension: 2\nsizes: 48 40\nencoding: raw\n\n'
  const pixels = Uint8Array.from({ length: 48 * 40 }, (_, i) => i)
  await page
    .getByLabel('Unlabeled images')
    .setInputFiles({ name: 'a.nrrd', mimeType: '', buffer: Buffer.concat([Buffer.from(nrrd), pixels]) })
  await expect(page.getByText('a.nrrd').filter({ visible: true }).first()).toBeVisible()
  await expect(page.getByRole('alert')).toHaveCount(0)
  await page.reload()
  await expectState(page, 'ready')
  await button(page, 'Start').click()
  await expectState(page, 'finished')
  expect(new URL(page.url()).pathname, 'the address keeps its path').toBe('/some/path/')
  await page.goto('./?bench&backend=wasm&step=R65')
  await button(page, 'Start').click()
  await expect(page.getByRole('status')).toContainText('must be one of R64', { timeout: 60_000 })
  expect(wrongs).toEqual([])
  await context.close()
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  if (child.exitCode === null && child.kill()) await gone
}

test('npm start’s own server', async ({ browser, request }) => {
  const server = await serve(served, 0)
  try {
    await expectServes({ browser, request }, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

for (const { name, program, start } of webServers)
  test(
    program ? name : `SKIPPED, NOT CHECKED: ${name} (no such program on this machine: node scripts/web-servers.mjs gets it, on Debian)`,
    async ({ browser, request }) => {
      test.skip(!program)
      test.setTimeout(300_000)
      const work = mkdtempSync(join(folder, 'work-'))
      const port = await freePort()
      const child = start(program!, served, port, work)
      let said = ''
      child.stdout?.on('data', (text) => (said += text))
      child.stderr?.on('data', (text) => (said += text))
      try {
        const origin = `http://127.0.0.1:${port}`
        const answers = async () => {
          if (child.exitCode !== null) throw new Error(`${name} ended.`)
          return (await request.get(origin).catch(() => null)) !== null
        }
        await expect.poll(answers, { timeout: 60_000, message: `${name} starts` }).toBe(true)
        if (name === 'the container')
          expect(confinement(program!, work)).toEqual({ user: 10001, capabilities: 0, noNewPrivileges: true, root: 'ro' })
        await expectServes({ browser, request }, origin)
      } catch (error) {
        console.error(said)
        throw error
      } finally {
        await ended(child)
      }
    },
  )
