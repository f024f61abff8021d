import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ESLint } from 'eslint'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './setup.mjs'

const eslint = new ESLint({ cwd: root })

/** The linter's messages for a nonexistent file, whose name matters only by its folder. */
async function complaints(filePath, code) {
  const [result] = await eslint.lintText(code, { filePath: `${root}/${filePath}` })
  return result.messages.filter((message) => message.ruleId?.startsWith('no-restricted')).map((message) => message.message)
}

describe('an import points only to a folder earlier in the list', () => {
  it.each([
    ['src/lib/x.ts', '../data/named-file'],
    ['src/lib/x.ts', '../image/raster'],
    ['src/image/x.ts', '../drawing/patch'],
    ['src/drawing/x.ts', '../store/autosave'],
    ['src/timeline/x.ts', '../session/events'],
    ['src/data/x.ts', '../method/config'],
    ['src/method/x.ts', '../data/named-file'],
    ['src/nn/x.ts', '../method/config'],
    ['src/kernels/webgpu/x.ts', '../../nn/x'],
    ['src/method/x.ts', '../session/session'],
    ['src/session/x.ts', '../worker/protocol'],
    ['src/session/x.ts', '../bench/report'],
    ['src/bench/x.ts', '../selftest/report'],
    ['src/selftest/x.ts', '../worker/protocol'],
    ['src/ui/x.tsx', '../bench/report'],
    ['src/worker/x.ts', '../store/store'],
    ['src/store/x.ts', '../ui/app'],
    ['src/store/x.ts', '../session/events'],
    ['src/store/x.ts', '../worker/entry'],
    ['src/store/x.ts', '../method/config-more'],
    ['src/store/x.ts', '../method/step'],
    ['src/ui/x.tsx', '../session/session'],
    ['src/ui/x.tsx', '../cli/train'],
    ['src/ui/charts/x.tsx', '../../nn/network'],
    ['src/ui/x.tsx', '@tensorflow/tfjs-core'],
    ['src/session/x.ts', 'node:fs'],
    ['src/session/x.ts', '../cli/train'],
    ['src/method/x.test.ts', '../data/phantom'],
  ])('%s may not import %s', async (file, target) => {
    expect(await complaints(file, `import { x } from '${target}'\nexport const y = x\n`)).toHaveLength(1)
    expect(await complaints(file, `import type { x } from '${target}'\nexport type y = x\n`)).toHaveLength(1)
    expect(await complaints(file, `export { x } from '${target}'\n`)).toHaveLength(1)
    expect(await complaints(file, `export const y = () => import('${target}')\n`)).toHaveLength(1)
  })

  it.each([
    ['src/image/x.ts', '../lib/statistics'],
    ['src/drawing/x.ts', '../image/raster'],
    ['src/data/x.ts', '../image/raster'],
    ['src/data/x.ts', './named-file'],
    ['src/kernels/webgpu/x.ts', '../conv'],
    ['src/session/x.ts', '../method/step'],
    ['src/bench/x.ts', '../session/backend'],
    ['src/selftest/x.ts', '../bench/report'],
    ['src/worker/x.ts', '../bench/report'],
    ['src/session/x.ts', '../data/named-file'],
    ['src/store/x.ts', '../worker/client'],
    ['src/store/x.ts', '../method/config'],
    ['src/ui/charts/x.tsx', '../../store/store'],
    ['src/ui/x.tsx', '../lib/random'],
    ['src/ui/x.tsx', '../image/palette'],
    ['src/store/x.ts', '../drawing/editor'],
    ['src/store/x.ts', '../timeline/timeline'],
    ['src/ui/charts/x.tsx', '../palette'],
    ['src/cli/x.ts', 'node:fs'],
    ['src/cli/x.ts', '../session/session'],
    ['src/method/x.test.ts', 'node:fs'],
    ['src/kernels/x.test-support.ts', 'node:fs'],
    ['src/kernels/webgpu/node-adapter.ts', 'node:module'],
  ])('%s may import %s', async (file, target) => {
    expect(await complaints(file, `import { x } from '${target}'\nexport const y = x\n`)).toEqual([])
  })
})

describe('code that must be repeatable uses no clock and no chance', () => {
  const ways = ['Math.random()', 'Date.now()', 'performance.now()', 'new Date()', 'Date()']
  it.each(['lib', 'image', 'drawing', 'timeline', 'data', 'nn', 'method'].flatMap((folder) => ways.map((way) => [folder, way])))(
    'src/%s may not use %s',
    async (folder, way) => {
      expect(await complaints(`src/${folder}/x.ts`, `export const y = ${way}\n`)).toHaveLength(1)
    },
  )
  it('the session may', async () => {
    expect(await complaints('src/session/x.ts', 'export const y = performance.now()\n')).toEqual([])
  })
})

/** The files that each file below `folder` imports from there, types and `import()` included. */
function importsBelow(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.tsx?$/.test(name))
  const known = new Set(files)
  const resolved = (from, target) => {
    const path = join(dirname(from), target)
    return [path, `${path}.ts`, `${path}.tsx`, join(path, 'index.ts')].find((name) => known.has(name))
  }
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, file), 'utf8'), true, true)
      return [file, importedFiles.map(({ fileName }) => resolved(file, fileName)).filter(Boolean)]
    }),
  )
}

/** Every circle, as a list of files that begins and ends with the same one; one per import that closes a circle. */
function circlesIn(imports) {
  const circles = []
  const done = new Set()
  const visit = (file, path) => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file])
    if (done.has(file)) return
    for (const next of imports.get(file)) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return circles
}

describe('files do not import each other in a circle', () => {
  it('in src', () => {
    const imports = importsBelow(join(root, 'src'))
    expect(imports.size).toBeGreaterThan(200)
    expect(circlesIn(imports).map((circle) => circle.join(' -> '))).toEqual([])
  })
  it('a circle would be found', () => {
    const imports = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', ['d', 'b']],
      ['d', []],
    ])
    expect(circlesIn(imports)).toEqual([['b', 'c', 'b']])
  })
})
