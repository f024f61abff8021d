import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './setup.mjs'

/** Our pages: next to package.json, and anywhere in docs and src. */
const pages = [
  'README.md',
  ...['docs', 'src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  ),
]

const textOf = (path) => readFileSync(join(root, path), 'utf8').replace(/^```[^]*?^```/gm, '')

/** Valid fragments in links to a page: its headings, as GitHub writes them. */
const anchorsOf = (path) =>
  [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

const links = pages.flatMap((page) =>
  [...textOf(page).matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => [page, link]).filter(([, link]) => !/^https?:/.test(link)),
)

it.each(links)('%s links to what is there: %s', (page, link) => {
  const [path, anchor] = link.split('#')
  const target = path === '' ? page : relative(root, join(root, dirname(page), path))
  expect(existsSync(join(root, target))).toBe(true)
  if (anchor !== undefined) expect(anchorsOf(target)).toContain(anchor)
})

const paths = pages.flatMap((page) => [...textOf(page).matchAll(/`((?:src|scripts|docs)\/[\w./-]+)`/g)].map(([, path]) => [page, path]))

it.each(paths)('%s names a file or folder that is there: %s', (page, path) => {
  expect(existsSync(join(root, path))).toBe(true)
})
