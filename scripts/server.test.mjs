import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { headers } from './headers.mjs'
import { serve } from './server.mjs'

const folder = mkdtempSync(join(tmpdir(), 'server-'))
const served = join(folder, 'dist')
let server
let port

beforeAll(async () => {
  for (const name of ['dist/assets', 'dist/under', 'dist-secret']) mkdirSync(join(folder, name), { recursive: true })
  const files = [
    'dist/index.html',
    'dist/under/index.html',
    'dist/assets/a-1f.js',
    'dist/assets/k.wasm',
    'dist/.hidden',
    'secret.txt',
    'dist-secret/a.txt',
  ]
  for (const name of files) writeFileSync(join(folder, name), name)
  symlinkSync(join(folder, 'secret.txt'), join(served, 'link.txt'))
  symlinkSync(join(folder, 'dist-secret'), join(served, 'linked'))
  symlinkSync(join(served, 'index.html'), join(served, 'inside.html'))
  server = await serve(served, 0)
  port = server.address().port
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** A request as it is written, which fetch would tidy up. */
const ask = (path, { method = 'GET', host = `127.0.0.1:${port}`, ...more } = {}) =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers: { host, ...more } }, (response) => {
      let body = ''
      response.on('data', (text) => (body += text))
      response.on('end', () => resolve({ code: response.statusCode, headers: response.headers, body }))
    })
      .on('error', reject)
      .end()
  })

const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

it.each([
  ['/', 'dist/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/?bench&backend=wasm', 'dist/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/under/', 'dist/under/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/inside.html', 'dist/index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/assets/a-1f.js', 'dist/assets/a-1f.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/assets/k%2Ewasm', 'dist/assets/k.wasm', 'application/wasm', 'public, max-age=31536000, immutable'],
])('hands out %s with the headers, its type and how long it keeps', async (path, body, type, cache) => {
  const answer = await ask(path)
  expect(answer).toMatchObject({ code: 200, body, headers: { ...sent, 'content-type': type, 'cache-control': cache } })
})

it.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e%2fsecret.txt',
  '/%252e%252e/secret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/../dist-secret/a.txt',
  '/link.txt',
  '/linked/a.txt',
  '/.hidden',
  '/assets',
  '/assets/',
  '/index.html/',
  '/index.html%00.js',
  '/%00',
  '/%',
  '/%ff',
  '//etc/passwd',
  '/C:/windows/win.ini',
  'http://127.0.0.1/../secret.txt',
  '*',
  `/${'a'.repeat(5000)}`,
])('has nothing at %s', async (path) => {
  const { code, body, headers } = await ask(path)
  expect({ code, body }).toEqual({ code: 404, body: 'There is no such file.\n' })
  expect(headers).toMatchObject(sent)
})

describe('the name by which it is called', () => {
  it.each(['127.0.0.1', 'localhost', 'localhost:80'])('may be %s', async (host) => expect((await ask('/', { host })).code).toBe(200))

  it.each(['attacker.example', 'localhost.attacker.example', '127.0.0.1.nip.io:4173', '0.0.0.0', '[::1]', 'localhost@attacker.example'])(
    'may not be "%s"',
    async (host) => {
      const { code, body } = await ask('/', { host })
      expect({ code, body }).toEqual({ code: 421, body: 'This server answers only to localhost and 127.0.0.1.\n' })
    },
  )
})

it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])('refuses %s', async (method) => {
  const { code, headers } = await ask('/', { method })
  expect({ code, allow: headers['allow'] }).toEqual({ code: 405, allow: 'GET, HEAD' })
})

it('gives the headers alone for HEAD, and 304 where the reader has the file', async () => {
  const head = await ask('/', { method: 'HEAD' })
  expect(head).toMatchObject({ code: 200, body: '', headers: { 'content-length': String('dist/index.html'.length) } })
  const tag = head.headers['etag']
  expect(await ask('/', { 'if-none-match': tag })).toMatchObject({ code: 304, body: '' })
  writeFileSync(join(served, 'index.html'), 'another')
  expect(await ask('/', { 'if-none-match': tag })).toMatchObject({ code: 200, body: 'another' })
})

it('listens to this machine alone, and survives what is no request', async () => {
  expect(server.address().address).toBe('127.0.0.1')
  const answer = await new Promise((resolve) => {
    let said = ''
    connect(port, '127.0.0.1', function () {
      this.end('GET secret.txt HTTP/1.1\r\n\0\r\n\r\n')
    })
      .on('data', (bytes) => (said += bytes))
      .on('close', () => resolve(said))
  })
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
  expect((await ask('/')).code).toBe(200)
})
