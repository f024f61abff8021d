import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { emptyCalibration } from '../study/calibration'
import type { CellFile } from '../study/cell-file'
import { readStudy, type Cell } from '../study/study'
import { StudyFolder } from './study-folder'

const root = mkdtempSync(join(tmpdir(), 'study-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

const text = (name: string) =>
  JSON.stringify({ name, seeds: [0], data: { hearts: { phantom: 'cardiac', exemplars: [1] } }, arms: { one: {} } })
const [cell] = readStudy(text('a')).cells as [Cell]

function fileOf(own: Cell, problem: string | null): CellFile {
  const { name, ...rest } = own
  const images = { unlabelled: 9, annotated: 1, scored: 1 }
  const score = { step: 600, seconds: 2, cpuSeconds: 1, dice: 0.5, perClass: [0.5], perPatient: { p: [0.5] } }
  const hd95 = { unit: 'mm' as const, perPatient: { p: [3] } }
  const result = { classes: ['heart'], images, bank: null, calibration: emptyCalibration(0.8), scores: [score], hd95 }
  const made = { version: '0', commit: 'abc', ended: '', backend: 'wasm', adapter: 'SIMD', place: {} }
  return { format: 'exemplar-lab-cell', name, ...rest, made, problem, result: problem === null ? result : null }
}

function opened(name: string): StudyFolder {
  const folder = new StudyFolder(join(root, name))
  folder.begin('a', text('a'))
  return folder
}

test('a failure does not take the place of scores that another process had meanwhile', () => {
  const folder = opened('race')
  folder.put(cell, fileOf(cell, 'The process of this run ended with SIGKILL.'))
  expect([folder.has(cell), folder.ended().get(cell.key)?.problem]).toEqual([false, 'The process of this run ended with SIGKILL.'])
  folder.put(cell, fileOf(cell, null))
  folder.put(cell, fileOf(cell, 'The process of this run ended with SIGKILL.'))
  expect([folder.has(cell), folder.ended().get(cell.key)?.problem]).toEqual([true, null])
})

test('of several files of a cell, as after an arm was renamed, scores count, whichever name comes first', () => {
  for (const [good, bad] of [
    ['arm-a', 'arm-b'],
    ['arm-b', 'arm-a'],
  ] as const) {
    const folder = opened(`renamed-${good}`)
    const named = (name: string): Cell => ({ ...cell, name: `${name}.${cell.key}` })
    folder.put(named(bad), fileOf(named(bad), 'The loss is no longer a number at step 7.'))
    folder.put(named(good), fileOf(named(good), null))
    expect([folder.has(cell), folder.ended().get(cell.key)?.problem]).toEqual([true, null])
  }
})

test('what another process is writing stays, what one left long ago goes', () => {
  const folder = opened('unfinished')
  const cells = join(folder.path, 'cells')
  const [now, old] = ['now', 'old'].map((part) => join(cells, `${cell.name}.json.${part}.unfinished`)) as [string, string]
  writeFileSync(now, '')
  writeFileSync(old, '')
  utimesSync(old, 0, 0)
  folder.put(cell, fileOf(cell, null))
  expect(readdirSync(cells).sort()).toEqual([`${cell.name}.json`, `${cell.name}.json.now.unfinished`])
})

test('a folder of the same study is gone on in, another study is refused', () => {
  const folder = opened('same')
  opened('same')
  expect(readdirSync(folder.path).sort()).toEqual(['cells', 'study.json'])
  expect(readFileSync(join(folder.path, 'study.json'), 'utf8')).toBe(text('a'))
  expect(() => folder.begin('b', text('b'))).toThrow('holds the study "a": choose another folder.')
})
