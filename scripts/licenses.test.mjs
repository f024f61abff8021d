import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { build } from 'vite'
import { licenceOf, licences, packageOf } from './licenses.mjs'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'licences-')))
afterAll(() => rmSync(folder, { recursive: true }))

function write(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const code = (name, license = 'MIT') => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.2.3', license, main: 'index.js', type: 'module' }),
  [`node_modules/${name}/index.js`]: `export const said = ${JSON.stringify(name)}`,
})

write({
  'index.html': '<script type="module" src="./main.js"></script>',
  'main.js': `import { said } from 'in-page'; console.log(said); import('./later.js'); new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`,
  'later.js': `import { said } from '@scope/in-chunk'; console.log(said)`,
  'worker.js': `import { said } from 'in-worker'; import address from 'in-wasm/it.wasm?url'; postMessage([said, address])`,
  ...code('in-page'),
  'node_modules/in-page/LICENSE.md': 'Terms of in-page',
  ...code('@scope/in-chunk'),
  'node_modules/@scope/in-chunk/licence.txt': 'Terms of in-chunk',
  ...code('in-worker', 'Apache-2.0'),
  ...code('in-wasm'),
  'node_modules/in-wasm/it.wasm': 'bytes',
  'node_modules/in-wasm/README.md': `# in-wasm\n\n## License\n\nTerms of in-wasm, ${'at length, '.repeat(60)}`,
  ...code('unused'),
})

const built = async () => {
  const { page, worker } = licences([])
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    plugins: [page],
    worker: { format: 'es', plugins: () => [worker()] },
    build: { assetsInlineLimit: 0 },
  })
  return readFileSync(join(folder, 'dist/licenses.txt'), 'utf8')
}

describe('the licences of a build', () => {
  it('are those of the page, its chunks, its workers and their WebAssembly, and of nothing else', async () => {
    const text = await built()
    for (const terms of [
      'in-page 1.2.3 (MIT)\n\nTerms of in-page\n',
      '@scope/in-chunk 1.2.3 (MIT)\n\nTerms of in-chunk\n',
      'Terms of in-wasm, at length',
    ])
      expect(text).toContain(terms)
    expect(text).toMatch(/in-worker 1\.2\.3 \(Apache-2\.0\)\n\nApache License/)
    expect(text).not.toContain('unused')
  })

  it('are none, and so is the build, where a package has no text', async () => {
    write({ 'later.js': `import { said } from 'unused'; console.log(said)` })
    await expect(built()).rejects.toThrow('unused 1.2.3 is in the build, but has no text of its licence (MIT).')
  })
})

it.each([
  ['/a/node_modules/react/index.js', '/a/node_modules/react'],
  ['\0/a/node_modules/@b/c/d.js?commonjs-module', '/a/node_modules/@b/c'],
  ['/a/node_modules/b/node_modules/c/d.wasm?url', '/a/node_modules/b/node_modules/c'],
  ['/a/src/b.ts', null],
  ['\0vite/preload-helper.js', null],
])('finds the package of %j', (id, found) => expect(packageOf(id)).toBe(found))

it.each(['react', '@tensorflow/tfjs-core', 'fft.js', 'seedrandom', 'lerc', 'vite'])('has the whole text of %s', (name) => {
  const { text } = licenceOf(join(import.meta.dirname, '..', 'node_modules', name))
  expect(text).toMatch(/permission is hereby granted|Apache License/i)
  expect(text.length).toBeLessThan(20_000)
})
