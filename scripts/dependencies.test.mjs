import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './setup.mjs'

const { dependencies = {}, devDependencies, optionalDependencies, overrides } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
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

describe('docs/dependencies.md', () => {
  const rows = ['To run', 'To build and test'].flatMap(rowsBelow)
  const packages = { ...dependencies, ...devDependencies, ...optionalDependencies }

  it('names every package of package.json once, and no other', () => {
    expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(packages).sort())
  })

  it('gives each a reason', () => {
    for (const { names, reason } of rows) expect(reason.length, names.join()).toBeGreaterThan(5)
  })

  it('has exact versions in package.json', () => {
    for (const [name, version] of Object.entries(packages)) expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  })

  it('says that the package needs none but Dawn: all else is built into it', () => {
    expect(Object.keys({ ...dependencies, ...optionalDependencies })).toEqual(['webgpu'])
  })
})

describe('docs/dependencies.md, "Left out"', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const [, section] = text.split('\n## Left out\n')

  it('answers every package that runs a script when it is installed', () => {
    const names = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.split('node_modules/').at(-1)] : [],
    )
    for (const name of names) expect(section).toContain(`\`${name}\``)
  })

  it('says of which packages something is left out', () => {
    for (const name of Object.keys(overrides)) expect(section).toContain(`\`${name}\``)
  })

  it('holds for all that these would bring', () => {
    for (const [name, ones] of Object.entries(overrides))
      for (const one of Object.keys(ones)) expect(packages[`node_modules/${name}/node_modules/${one}`].name, one).toBe('empty-npm-package')
  })
})
