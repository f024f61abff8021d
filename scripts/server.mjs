// The page's server for this machine: hands out the files of one folder, and nothing else.
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join, sep } from 'node:path'
import { exit } from 'node:process'
import { pipeline } from 'node:stream'
import { caching, headers, typeOf } from './headers.mjs'

/** Only these names: one that somebody else's name server leads here would make us an origin of theirs. */
const names = ['127.0.0.1', 'localhost']

/** The path below the folder that a request asks for; null if it is none. */
function pathOf(url) {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0])
    const parts = path.split('/')
    // A colon is a drive or a stream of Windows.
    if (!path.startsWith('/') || /[\\:\0]/.test(path) || parts.some((part) => part.startsWith('.'))) return null
    return path.endsWith('/') ? `${path}index.html` : path
  } catch {
    return null
  }
}

/** The file at a path and its tag; null if there is none, or if a link leads out of the folder. */
async function find(folder, path) {
  try {
    const [inside, file] = await Promise.all([realpath(folder), realpath(join(folder, path))])
    if (!file.startsWith(inside + sep)) return null
    const about = await stat(file)
    return about.isFile() ? { file, size: about.size, tag: `"${about.size.toString(36)}-${about.mtimeMs.toString(36)}"` } : null
  } catch {
    return null
  }
}

/**
 * Serves a folder on 127.0.0.1.
 * @param {string} folder
 * @param {number} port 0 for a free one
 * @returns {Promise<import('node:http').Server>} once it listens; rejects if the port is taken
 */
export function serve(folder, port) {
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const say = (code, text) =>
      response.writeHead(code, { 'Content-Type': typeOf('.txt') }).end(request.method === 'HEAD' ? undefined : `${text}\n`)
    if (!names.includes((request.headers.host ?? '').replace(/:\d+$/, '')))
      return say(421, 'This server answers only to localhost and 127.0.0.1.')
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      return say(405, 'Nothing can be sent here.')
    }
    const path = pathOf(request.url)
    const found = path && (await find(folder, path))
    if (!found) return say(404, 'There is no such file.')
    response.setHeader('ETag', found.tag).setHeader('Cache-Control', caching(path))
    if (request.headers['if-none-match'] === found.tag) return response.writeHead(304).end()
    response.writeHead(200, { 'Content-Type': typeOf(path), 'Content-Length': found.size })
    if (request.method === 'HEAD') return response.end()
    // A reader who left, or a file that a new build has just replaced, ends this answer and no other.
    pipeline(createReadStream(found.file), response, () => undefined)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

/** Serves the page and says where, until the process is asked to end. What keeps it from starting is one sentence. */
export async function servePage(folder, port) {
  const server = await serve(folder, port).catch((error) => {
    console.error(
      error.code === 'EADDRINUSE'
        ? `Port ${port} is taken; stop what runs there, or choose another one, such as ${port + 1}.`
        : `The server did not start: ${error.message}`,
    )
    exit(1)
  })
  console.log(`Exemplar Lab is at http://127.0.0.1:${server.address().port} (Ctrl+C ends it).`)
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      server.close(() => exit(0))
      server.closeAllConnections()
    })
}
