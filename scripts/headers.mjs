// The headers of the page, written once: our own servers send them, and tests hold the files in hosting/ to them.

/** With both, the page is cross-origin isolated, which WASM threads need. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** Nothing but our own files may run, and nothing may be sent anywhere. Applies to the worker's script as well. */
const directives = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
]

/** The policy as a page can state it by itself, in a meta element, where a host sends no headers; a browser takes frame-ancestors as a header only. */
export const ownPolicy = directives.join('; ')

/** Sent with every file. */
export const headers = {
  ...isolation,
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': `${ownPolicy}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), bluetooth=(), payment=(), display-capture=()',
}

/** Names in assets/ have a hash of what is in the file; what has a lasting name is asked for again, and answered by 304 if it is the same. */
export const caching = (path) => (/\/assets\/[^/]+$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache')

/** Types of what a build holds, by the ending of the name. A browser runs a script or a worker, and streams WebAssembly, of the right type only. */
const types = {
  css: 'text/css; charset=utf-8',
  gz: 'application/gzip',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  mjs: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
  zip: 'application/zip',
}

/** Content-Type of a file. */
export const typeOf = (path) => types[/\.(\w+)$/.exec(path)?.[1]] ?? 'application/octet-stream'
