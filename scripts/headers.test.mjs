import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { caching, headers, ownPolicy, typeOf } from './headers.mjs'
import { root } from './setup.mjs'

const read = (name) => readFileSync(join(root, 'hosting', name), 'utf8')
const pairs = (text, pattern) => Object.fromEntries([...text.matchAll(pattern)].map(([, name, value]) => [name, value]))

// e2e/hosting.spec.ts starts both, where they are installed.
it('nginx is told to send these headers, and no others', () => {
  expect(pairs(read('nginx.conf'), /^ {2}add_header ([\w-]+) "([^"]+)" always;$/gm)).toEqual(headers)
})

it('Caddy is told to send these headers, and no others', () => {
  const [, block] = /^\theader \{\n([^]*?)\n\t\}/m.exec(read('Caddyfile'))
  expect(pairs(block, /^\t\t([\w-]+) "([^"]+)"$/gm)).toEqual(headers)
})

it('the policy allows nothing inline, no eval, and nothing from elsewhere', () => {
  for (const directive of ownPolicy.split('; ')) expect(directive).toMatch(/^[a-z-]+ ('self'|'none')( 'wasm-unsafe-eval')?$/)
})

it('what has a hash in its name is kept, the rest is asked for again', () => {
  for (const path of ['/assets/index-D62FWvMS.js', '/some/path/assets/simd-CqdpS0I9.wasm']) expect(caching(path)).toContain('immutable')
  for (const path of ['/', '/index.html', '/sw.js', '/itk/nrrd-read-image.js', '/assets/under/a.js', '/licenses.txt'])
    expect(caching(path)).toBe('no-cache')
})

it('has a type for whatever a script or a page may be', () => {
  expect(['a.mjs', 'a.js', 'a.wasm', 'a.tar.gz', 'noname'].map(typeOf)).toEqual([
    'text/javascript; charset=utf-8',
    'text/javascript; charset=utf-8',
    'application/wasm',
    'application/gzip',
    'application/octet-stream',
  ])
})
