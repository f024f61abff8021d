/** The package that npm packs, installed into an empty folder without a network, and run from another one. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commands } from '../src/cli/commands'
import { button, expect, expectState, test, tiny, watchFor } from './lab'
import { image, mask, unlabeled } from './phantom'

const root = join(import.meta.dirname, '..')
let folder: string
let program: string

test.beforeAll(() => {
  test.setTimeout(300_000)
  folder = mkdtempSync(join(tmpdir(), 'package-'))
  const npm = (cwd: string, ...args: string[]) => execFileSync('npm', args, { cwd, stdio: 'pipe', shell: process.platform === 'win32' })
  // The page is built already: what prepack does besides.
  execFileSync(process.execPath, ['scripts/node-build.mjs'], { cwd: root, stdio: 'pipe' })
  npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder)
  const [tarball] = readdirSync(folder)
  mkdirSync(join(folder, 'installed'))
  writeFileSync(join(folder, 'installed/package.json'), '{}')
  npm(join(folder, 'installed'), 'install', '--offline', '--omit=optional', '--no-audit', '--no-fund', join(folder, tarball!))
  program = join(folder, 'installed/node_modules/.bin/exemplar-lab')

  for (const { name, buffer } of [image(0), ...unlabeled()]) write('images', name, buffer)
  for (let patient = 0; patient < 7; patient++) write('masks', `p${patient}_1.png`, mask(patient).buffer)
  write('more', 'a.nrrd', Buffer.from('NRRD0004\ntype: uchar\ndimension: 2\nsizes: 4 4\nencoding: raw\n\n0123456789abcdef'))
})
test.afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(where: string, name: string, bytes: Buffer): void {
  mkdirSync(join(folder, 'elsewhere', where), { recursive: true })
  writeFileSync(join(folder, 'elsewhere', where, name), bytes)
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: join(folder, 'elsewhere'),
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: '' },
  })
  return { status, stdout, stderr }
}

test('has no tests, no sources and no other packages in it', () => {
  const installed = join(folder, 'installed/node_modules')
  expect(readdirSync(installed).filter((name) => !name.startsWith('.'))).toEqual(['exemplar-lab'])
  const files = readdirSync(join(installed, 'exemplar-lab'), { recursive: true, encoding: 'utf8' })
  expect(files).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.html', 'dist/licenses.txt', 'dist-node/cli/licenses.txt']),
  )
  expect(files.filter((name) => /\.(test|spec|test-support)\.|\.tsx?$|^(e2e|src|scripts|node_modules)\b/.test(name))).toEqual([])
})

test('says what it can do, and refuses what it cannot', () => {
  const { status, stdout } = run('--help')
  expect(status).toBe(0)
  for (const { name } of commands) {
    expect(stdout).toContain(`exemplar-lab ${name} `)
    expect(run(name, '--help').stdout).toMatch(new RegExp(`^exemplar-lab ${name} [^]*Examples:\n  exemplar-lab ${name} `))
  }
  expect(run('fly')).toEqual({ status: 1, stdout: '', stderr: expect.stringMatching(/^There is no command fly; known are train, .*\.\n$/) })
  const onGpu = run('train', '--sample', 'Cardiac phantom', '--backend', 'webgpu', '--out', 'none')
  expect(onGpu).toMatchObject({ status: 1, stderr: expect.stringMatching(/^The package webgpu, .* is not installed: [^\n]*\n$/) })
  expect(run('bench', '--peers')).toMatchObject({ status: 1, stderr: expect.stringContaining('only a clone of the repository has') })
})

test('inspects, trains on threads, evaluates, measures and tests itself', () => {
  test.setTimeout(300_000)
  // Of two formats, one of which needs a decoder in WebAssembly.
  const { stdout } = run('inspect', '--json', 'images/p0_1.png', 'more/a.nrrd')
  expect(JSON.parse(stdout)).toMatchObject([
    { kind: 'png', width: 48, height: 40 },
    { kind: 'nrrd', width: 4, mean: expect.any(Number) },
  ])

  const given = ['--images', 'images', '--exemplar', 'p0_1.png', '--mask', 'p0_1.png', '--reference', 'masks']
  const small = ['size=32', 'baseWidth=4', 'batchLabeled=2', 'batchUnlabeled=2', 'warmup=0'].flatMap((setting) => ['--set', setting])
  const trained = run('train', ...given, ...small, '--steps', '3', '--backend', 'wasm', '--threads', '2', '--out', 'out')
  expect(trained).toMatchObject({ status: 0, stderr: expect.not.stringContaining('Error') })
  expect(trained.stdout + trained.stderr).toContain('relaxed SIMD, 2 threads')
  expect(JSON.parse(readFileSync(join(folder, 'elsewhere/out/summary.json'), 'utf8'))).toMatchObject({ steps: 3, backend: 'wasm' })
  expect(existsSync(join(folder, 'elsewhere/out/model-a.onnx'))).toBe(true)

  const scored = run('evaluate', '--pred', 'out/masks', '--reference', 'masks', '--json')
  expect(JSON.parse(scored.stdout)).toMatchObject({ images: expect.any(Array) })
  expect(run('bench', '--only', 'steps', '--step', 'T16', '--steps', '1', '--json', '-').stdout).toContain('"secondsPerStep"')
  expect(run('selftest', '--backend', 'wasm').stdout).toContain('computes rightly here')
})

test('serves the page', async ({ browser }) => {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0'], { cwd: join(folder, 'elsewhere') })
  try {
    let said = ''
    child.stdout.on('data', (text) => (said += text))
    await expect.poll(() => said).toMatch(/at http:\S+:\d+ /)
    const origin = /http:\S+:\d+/.exec(said)![0]
    const context = await browser.newContext({ baseURL: origin })
    const wrongs = await watchFor(context, origin)
    const page = await context.newPage()
    await page.goto(`/?${tiny}&steps=2&warmup=0`)
    await expectState(page, 'ready')
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    await button(page, 'Start').click()
    await expectState(page, 'finished')
    expect(wrongs).toEqual([])
    await context.close()
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await gone
  }
})
