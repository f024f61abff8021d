/**
 * Keeps the page's own files, so that it works without a server. Each build has a cache of its own, complete before it is used; a newer build
 * waits until the page asks for it. Imports nothing: a service worker is one script.
 */
import type { FromServiceWorker, ToServiceWorker } from './messages'

const scope = self as unknown as ServiceWorkerGlobalScope

/** What scripts/offline.mjs puts in place of this name, once the build is written. */
declare const BUILD: {
  version: string
  /** SHA-256 in base64 by path below the page's address; the page itself is ''. */
  files: Record<string, string>
  bytes: number
  /** Headers that the page needs, by name. */
  headers: Record<string, string>
}
const { version, files, bytes, headers } = BUILD

/** An origin may hold several pages, each with its own caches. */
const ours = `exemplar-lab ${scope.registration.scope} `
const own = ours + version

const addressOf = (path: string): string => new URL(path, scope.registration.scope).href

/** Fetches what is not there yet. If a file does not come, the browser tries again at the next visit. */
async function fill(): Promise<void> {
  const cache = await caches.open(own)
  await Promise.all(
    Object.entries(files).map(async ([path, hash]) => {
      const address = addressOf(path)
      if (await cache.match(address)) return
      // A name in assets/ has a hash of the content in it, so an older build's will do.
      const known = path.startsWith('assets/') ? await kept(address) : undefined
      await cache.put(address, known ?? (await fetched(address, path, hash)))
    }),
  )
}

async function fetched(address: string, path: string, hash: string): Promise<Response> {
  // Some servers unpack .gz on the way.
  const integrity = path.endsWith('.gz') ? '' : `sha256-${hash}`
  const response = await fetch(address, { integrity, cache: path.startsWith('assets/') ? 'default' : 'no-cache' })
  if (!response.ok) throw new Error(`${address} was answered with ${response.status}.`)
  // Anew, because a page may not be answered with a response that was redirected.
  return new Response(response.body, { headers: response.headers })
}

/** A kept file, of this build if it has it; pages of an older one may still be open. */
async function kept(address: string): Promise<Response | undefined> {
  const names = (await caches.keys()).filter((name) => name.startsWith(ours))
  for (const name of [own, ...names.filter((name) => name !== own)]) {
    const response = await (await caches.open(name)).match(address.replace(/\/index\.html(?=$|[?#])/, '/'), { ignoreSearch: true })
    if (response) return response
  }
  return undefined
}

/** Deletes the caches of older builds, but for those whose pages are open: they hold a lock of the same name. */
async function clean(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(ours) && name !== own)
  // One of them may be a newer build's.
  if (scope.registration.installing || scope.registration.waiting) return
  const { held = [] } = await navigator.locks.query()
  for (const name of names) if (!held.some((lock) => lock.name === name)) await caches.delete(name)
}

/** With the headers that the host does not send: with them the page is isolated, which threads need, and its policy holds. */
function withHeaders(response: Response): Response {
  const missing = Object.entries(headers).filter(([name]) => !response.headers.has(name))
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.status === 0 || missing.length === 0) return response
  const all = new Headers(response.headers)
  for (const [name, value] of missing) all.set(name, value)
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers: all })
}

async function answer(request: Request): Promise<Response> {
  const found = request.method === 'GET' ? await kept(request.url).catch(() => undefined) : undefined
  if (found) return withHeaders(found)
  void tell(request.clone())
  return withHeaders(await fetch(request))
}

/** Tells every page of a request that leaves the browser. */
async function tell(request: Request): Promise<void> {
  const { url, method } = request
  const sent = (await request.arrayBuffer()).byteLength
  const path = url.startsWith(scope.registration.scope) ? url.slice(scope.registration.scope.length) : null
  const ownFile = method === 'GET' && path !== null && Object.hasOwn(files, path)
  await post({ type: 'request', url, method, bytes: sent, ownFile })
}

async function post(message: FromServiceWorker): Promise<void> {
  for (const client of await scope.clients.matchAll({ type: 'window', includeUncontrolled: true })) client.postMessage(message)
}

scope.addEventListener('install', (event) => event.waitUntil(fill()))

scope.addEventListener('activate', (event) => event.waitUntil(Promise.all([scope.clients.claim(), clean()])))

scope.addEventListener('fetch', (event) => event.respondWith(answer(event.request)))

scope.addEventListener('message', (event) => {
  const message = event.data as ToServiceWorker
  if (message.type === 'take-over') return event.waitUntil(scope.skipWaiting())
  event.source?.postMessage({ type: 'kept', cache: own, bytes } satisfies FromServiceWorker)
  // A page asks when it is opened; the one before it may have been the last of its build.
  event.waitUntil(clean())
})
