// What the page loads besides its worker: small, and without TensorFlow.js.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Most bytes after gzip: of what the first view needs, and with all parts that are loaded when they are opened. */
const limits = { first: 150_000, all: 300_000 }

/** Strings of tfjs-core's code that survive minification; prose about TensorFlow.js is allowed. */
const marks = ['Conv2DBackpropFilter', 'FusedBatchNorm', 'tfjsflags', '@tensorflow/']

const marksIn = (text) => marks.filter((mark) => text.includes(mark))

const imports = /(?:\bfrom|\bimport)\s*\(?\s*(["'`])\.\/([^"'`]+\.js)\1/g
const staticImports = /(?:\bfrom|\bimport)\s*(["'`])\.\/([^"'`]+\.js)\1/g

/** Chunks reachable from the page's entry by imports of these forms; a worker is referred to by address and so is not among them. */
function pageChunks(dist, forms) {
  const reached = new Set()
  const visit = (name) => {
    if (reached.has(name)) return
    reached.add(name)
    const text = readFileSync(join(dist, 'assets', name), 'utf8')
    for (const [, , next] of text.matchAll(forms)) visit(next)
  }
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const entries = [...html.matchAll(/(?:src|href)="[^"]*\/assets\/([^"]+\.js)"/g)].map(([, name]) => name)
  if (entries.length === 0) throw new Error('dist/index.html loads no script.')
  entries.forEach(visit)
  return [...reached]
}

/** Checks a build. Resolves to {code, output}, with code 0 if it passes. */
export async function checkBundle(dist) {
  const chunks = pageChunks(dist, imports)
  const problems = []
  const sizes = new Map()
  for (const name of chunks) {
    const bytes = readFileSync(join(dist, 'assets', name))
    sizes.set(name, gzipSync(bytes).length)
    const found = marksIn(bytes.toString())
    if (found.length) problems.push(`assets/${name} is loaded by the page and holds TensorFlow.js (${found.join(', ')}).`)
  }
  const sum = (names) => names.reduce((size, name) => size + sizes.get(name), 0)
  const [first, all] = [sum(pageChunks(dist, staticImports)), sum(chunks)]
  if (first >= limits.first) problems.push(`The first view's JavaScript is ${first} bytes after gzip; the limit is ${limits.first}.`)
  if (all >= limits.all) problems.push(`The page's JavaScript is ${all} bytes after gzip; the limit is ${limits.all}.`)
  // The marks must still find TensorFlow.js where it belongs, or their absence proves nothing.
  const others = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js') && !chunks.includes(basename(name)))
  const inWorker = new Set(others.flatMap((name) => marksIn(readFileSync(join(dist, 'assets', name), 'utf8'))))
  if (inWorker.size === 0)
    problems.push('No mark of TensorFlow.js was found in the worker either; the marks in scripts/bundle.mjs are out of date.')
  return { code: problems.length ? 1 : 0, output: problems.join('\n') }
}
