/** npm run study -- --report: what the runs in a folder say, as HTML and as Markdown. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gather } from '../study/gather'
import { reportOf } from '../study/report'
import { readStudy } from '../study/study'
import { markdownOf, tablesOf } from '../study/tables'
import { UsageError } from './arguments'
import { reasonOf } from './run-folder'
import { StudyFolder } from './study-folder'

/**
 * Writes report.html and tables.md into the folder of a study, and its tables into a Markdown file between two marks.
 * @param more pairs of arms to compare, each "A,B" @throws UsageError, InputError
 */
export function writeReport(path: string, more: readonly string[], into: string | undefined): void {
  const folder = new StudyFolder(path)
  const text = folder.study()
  if (text === null) throw new UsageError(`There is no study in "${path}" (--report): give the folder that was --out.`)
  const study = readStudy(text)
  const asked = more.map((pair): [string, string] => {
    const [first = '', second = '', ...rest] = pair.split(',').map((name) => name.trim())
    const strange = [first, second].find((name) => !study.arms.has(name))
    if (rest.length > 0 || strange !== undefined)
      throw new UsageError(`--compare is "${pair}", but must be two arms with a comma between, of ${[...study.arms.keys()].join(', ')}.`)
    return [first, second]
  })
  const gathered = gather(study, folder.ended(), [...study.compare, ...asked])
  const { cells, missing } = gathered
  const tables = tablesOf(gathered).map((table) => markdownOf(table))
  const state = `${cells.length} of ${cells.length + missing.length} runs have scores.\n`
  const markdown = [state, ...tables].join('\n')
  folder.write('report.html', reportOf(study, gathered))
  folder.write('tables.md', markdown)
  if (into !== undefined) putBetween(into, study.name, markdown)
  console.log(markdown)
  console.log(`Written: ${join(path, 'report.html')}, ${join(path, 'tables.md')}${into === undefined ? '' : `, ${into}`}`)
}

/** Replaces what stands between the marks of a study. @throws UsageError if they are not there */
function putBetween(file: string, name: string, markdown: string): void {
  const [first, last] = [`<!-- study ${name} -->\n`, `<!-- end ${name} -->`]
  try {
    const text = readFileSync(file, 'utf8')
    const [start, end] = [text.indexOf(first), text.indexOf(last)]
    if (start < 0 || end < start)
      throw new UsageError(`"${file}" (--into) has no line ${first.trim()} with a line ${last} after it: add both.`)
    writeFileSync(file, `${text.slice(0, start + first.length)}\n${markdown}\n${text.slice(end)}`)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`"${file}" (--into) cannot be read or written: ${reasonOf(error)}.`)
  }
}
