// A Vite plugin that writes dist/licenses.txt: the licence of every package whose code, or whose WebAssembly, is in a build. A package without
// one fails the build.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

const own = join(root, 'LICENSE')

/** What was compiled into a package's WebAssembly, from the sources of those libraries. */
const compiledIn = {
  '@tensorflow/tfjs-backend-wasm': 'tfjs-backend-wasm.txt',
  '@itk-wasm/dicom': 'itk-wasm.txt',
  '@itk-wasm/image-io': 'itk-wasm.txt',
}

/** In every build, though no module says so: what puts modules together, what loads them, and the library of our own kernels. */
const always = ['vite', 'rolldown', 'assemblyscript', '@itk-wasm/dicom', '@itk-wasm/image-io', 'itk-wasm'].map((name) =>
  join(root, 'node_modules', name),
)

/** Folder of the package that a module is of; null for our own code and what the bundler makes. */
export const packageOf = (id) => /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)/.exec(id)?.[1] ?? null

/**
 * A package's name, version and licence: the texts that lie in it, else what its README says below that heading, else the text of the licence that it names.
 * @throws Error if it has none
 */
export function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const read = (file) => readFileSync(join(folder, file), 'utf8').trim()
  const names = readdirSync(folder)
  // Vite and others append those of what is in their own programs, which is in no build.
  const texts = names
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) =>
      read(file)
        .split(/^# Licenses of bundled/m)[0]
        .trim(),
    )
  const readme = names.find((file) => /^readme\.md$/i.test(file))
  const section = readme && /^(?:#+ *licen[cs]e.*|licen[cs]e.*\n-+)$([^]+)/im.exec(read(readme))?.[1].trim()
  if (texts.length === 0 && section && section.length > 500) texts.push(section)
  if (texts.length === 0 && license === 'Apache-2.0') texts.push(readFileSync(own, 'utf8').trim())
  if (texts.length === 0)
    throw new Error(`${name} ${version} is in the build, but has no text of its licence (${license ?? 'none named'}).`)
  return { name, version, license, text: texts.join('\n\n') }
}

/** The whole text, from the folders of packages. */
function licencesText(folders) {
  const rule = '='.repeat(80)
  const packages = [...new Set(folders)].map(licenceOf).sort((a, b) => (a.name < b.name ? -1 : 1))
  const sections = packages.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`)
  const compiled = [...new Set(packages.map(({ name }) => compiledIn[name]).filter(Boolean))].map(
    (file) =>
      `Compiled into the WebAssembly of ${file.replace('.txt', '')}\n\n${readFileSync(join(root, 'licenses', file), 'utf8').trim()}`,
  )
  return [`Exemplar Lab\n\n${readFileSync(own, 'utf8').trim()}`, ...sections, ...compiled].join(`\n\n${rule}\n\n`) + '\n'
}

/**
 * The plugins for the page, and for its workers, whose builds are over before the page's is written.
 * @returns {{ page: import('vite').Plugin, worker: () => import('vite').Plugin }}
 */
export function licences(others = always) {
  const folders = new Set(others.filter(existsSync))
  const collect = (bundle) => {
    for (const { moduleIds = [] } of Object.values(bundle)) for (const id of moduleIds) if (packageOf(id)) folders.add(packageOf(id))
  }
  return {
    worker: () => ({ name: 'licences-of-a-worker', generateBundle: (_, bundle) => collect(bundle) }),
    page: {
      name: 'licences',
      apply: 'build',
      generateBundle(_, bundle) {
        collect(bundle)
        this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: licencesText([...folders]) })
      },
    },
  }
}
