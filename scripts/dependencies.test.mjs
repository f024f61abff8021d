import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './setup.mjs'

const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const text = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8')

/** Packages and reason of each row of the table below a heading. */
function rowsBelow(heading) {
  const [, section] = text.split(`\n## ${heading}\n`)
  return section
    .split('\n## ')[0]
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, packages, reason]) => ({ names: [...packages.matchAll(/`([^`]+)`/g)].map(([, name]) => name), reason }))
}

describe.each([
  ['To run', dependencies],
  ['To build and test', devDependencies],
])('docs/dependencies.md, "%s"', (heading, packages) => {
  const rows = rowsBelow(heading)

  it('names every package of package.json once, and no other', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(packages).sort())
  })

  it('gives each a reason', () => {
    for (const { names, reason } of rows) expect(reason.length, names.join()).toBeGreaterThan(5)
  })

  it('has exact versions in package.json', () => {
    for (const [name, version] of Object.entries(packages)) expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  })
})
