/** A host that only gives out files, as GitHub Pages does: no headers of ours, the page below a path. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'
import { typeOf } from '../scripts/headers.mjs'

/**
 * @param path where the page lies, with a slash at both ends
 * @param options `headers` to send after all; `before` is awaited before a path is answered
 */
export async function serve(
  folder: string,
  path: string,
  { headers = {}, before = async () => {} }: { headers?: Record<string, string>; before?: (pathname: string) => Promise<void> } = {},
) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://host')
    const name = pathname.startsWith(path) ? normalize(pathname.slice(path.length) || 'index.html') : '..'
    const none = () => void response.writeHead(404).end()
    if (name.startsWith('..')) return none()
    before(pathname)
      .then(() => readFile(join(folder, name)))
      .then((bytes) => response.writeHead(200, { 'Content-Type': typeOf(name), ...headers }).end(bytes), none)
  })
  let port = 0
  /** Also after `stop`, at the same port. */
  const start = async () => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  await start()
  const origin = `http://127.0.0.1:${port}`
  return { url: origin + path, start, stop }
}
