// A Vite plugin: the service worker of a build, src/offline/service-worker.ts, with the list of all files that it keeps.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { headers } from './headers.mjs'

const name = 'sw.js'

/**
 * @returns {{ version: string, files: Record<string, string>, bytes: number }} what the service worker knows of a build: its files with their
 * hashes, the page itself as '', and how many bytes they have
 */
export function filesIn(folder) {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const files = {}
  let bytes = 0
  for (const path of paths.sort()) {
    const below = path.slice(join(folder, sep).length).split(sep).join('/')
    if (below === name) continue
    const content = readFileSync(path)
    bytes += content.length
    files[below === 'index.html' ? '' : below] = createHash('sha256').update(content).digest('base64')
  }
  const version = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12)
  return { version, files, bytes }
}

/** Writes sw.js at the root of a build, from where it may serve the page. It adds our headers where a host sends none. */
export const offline = () => {
  let config
  return {
    name: 'offline',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    buildStart() {
      const id = fileURLToPath(new URL('../src/offline/service-worker.ts', import.meta.url))
      this.emitFile({ type: 'chunk', id, fileName: name })
    },
    // After everything else is written, whoever writes it.
    writeBundle: {
      order: 'post',
      sequential: true,
      handler({ dir }) {
        const build = { ...filesIn(dir), headers }
        const path = join(dir, name)
        const code = readFileSync(path, 'utf8')
        if (/\bimport\b/.test(code)) this.error('The service worker imports something; it has to be one script.')
        if (!/\bBUILD\b/.test(code)) this.error('The service worker does not ask for BUILD.')
        writeFileSync(
          path,
          code.replace(/\bBUILD\b/, () => JSON.stringify(build)),
        )
        const megabytes = (build.bytes / 1e6).toFixed(1)
        config.logger.info(`${name}: keeps ${Object.keys(build.files).length} files, ${megabytes} MB, as version ${build.version}`)
      },
    },
  }
}
