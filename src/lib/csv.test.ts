import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvCell, csvOf } from './csv'

/** Cells of RFC 4180, read without the code under test. */
function read(csv: string): string[][] {
  const rows: string[][] = []
  for (let at = 0; at < csv.length;) {
    const row: string[] = []
    for (let end = ','; end === ','; at++) {
      const [cell] = csv[at] === '"' ? /"(?:[^"]|"")*"/.exec(csv.slice(at))! : /[^",\r\n]*/.exec(csv.slice(at))!
      row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
      at += cell.length
      end = csv[at]!
    }
    rows.push(row)
  }
  return rows
}

describe('a cell', () => {
  test.each([
    ['=HYPERLINK("http://x/?"&A1)', `"'=HYPERLINK(""http://x/?""&A1)"`],
    ["+1+cmd|' /C calc'!A0", `"'+1+cmd|' /C calc'!A0"`],
    ['-2+3', `"'-2+3"`],
    ['@SUM(1)', `"'@SUM(1)"`],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['\n=1', `"'\n=1"`],
    ['＝1+1', `"'＝1+1"`],
    ['a=b', 'a=b'],
    ['p1, "the first"', '"p1, ""the first"""'],
  ])('%j is %s', (text, cell) => expect(csvCell(text)).toBe(cell))

  test('numbers stay numbers, negative ones too', () => {
    expect([-0.5, 1e-7, -3, 0, NaN, null, undefined].map(csvCell)).toEqual(['-0.5', '1e-7', '-3', '0', '', '', ''])
    expect(['-12.5', '-1e-7', '3'].map(csvCell)).toEqual(['-12.5', '-1e-7', '3'])
  })
})

test('whatever the texts are, no cell begins with what a spreadsheet runs, and all come back', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', "'").chain((c) => fc.string().map((s) => c + s)),
  )
  fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
      const back = read(csvOf(rows))
      expect(back.flat().filter((cell) => /^[=+@\t\r\n]/.test(cell) || /^-(?!\d+(\.\d+)?(e[+-]?\d+)?$)/i.test(cell))).toEqual([])
      expect(back.map((row, r) => row.map((cell, c) => (cell === `'${rows[r]![c]!}` ? rows[r]![c]! : cell)))).toEqual(rows)
    }),
    { numRuns: 300 },
  )
})

test('every file that is written as CSV is written here', () => {
  const folder = join(import.meta.dirname, '..')
  const code = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.tsx?$/.test(name) && !/\.test(-support)?\./.test(name),
  )
  const joining = code.filter((name) => /\.join\('[,;\t]'\)\s*\+\s*'(\\r)?\\n'/.test(readFileSync(join(folder, name), 'utf8')))
  expect(joining).toEqual(['lib/csv.ts'])
})
