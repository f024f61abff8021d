import { parameters, presets, type Group, type Parameter } from '../method/config'
import type { Command, Option } from './command'
import { typed } from './packaged'

/** Characters in a line: what a terminal shows unless somebody widened it. */
const lineWidth = 80

/** Words in lines of at most `width` characters, longer ones in lines of their own. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Terms to the left and what is said of each to the right, wrapped; a term that is too long has a line of its own. */
function columns(rows: readonly (readonly [term: string, text: string])[], width: number): string {
  return rows
    .map(([term, text]) => {
      const lines = wrap(text.split(' '), lineWidth - width)
      const start = `  ${term}`
      const first = start.length + 2 > width ? [start] : [start.padEnd(width) + lines.shift()!]
      return [...first, ...lines.map((line) => ' '.repeat(width) + line)].map((line) => line + '\n').join('')
    })
    .join('')
}

const paragraph = (text: string): string => wrap(text.split(' '), lineWidth).join('\n') + '\n'

function optionText({ meaning, oneOf, default: value, otherwise, needed, multiple }: Option): string {
  const remarks = [
    ...(needed ? ['required'] : []),
    ...(multiple ? ['may be repeated'] : []),
    ...(value !== undefined || otherwise ? [`default: ${value ?? otherwise}`] : []),
  ]
  return `${meaning}${oneOf ? ` [${oneOf.join(', ')}]` : ''}${remarks.length > 0 ? ` (${remarks.join('; ')})` : ''}`
}

const optionTerm = (name: string, { value }: Option): string => `--${name}${value ? ` ${value}` : ''}`

/** What `npm run NAME -- --help` prints. */
export function helpOf({ name, does, rest, options, examples, topics = {} }: Command): string {
  const all = Object.entries(options)
  const usage = [
    typed(name),
    ...(rest ? [rest.value] : []),
    ...all.filter(([, option]) => option.needed).map(([key, option]) => optionTerm(key, option)),
    '[options]',
  ].join(' ')
  const rows = [
    ...(rest ? [[rest.value, rest.meaning] as const] : []),
    ...all.map(([key, option]) => [optionTerm(key, option), optionText(option)] as const),
    ...Object.entries(topics).map(([word, { meaning }]) => [`--help ${word}`, meaning] as const),
    ['-h, --help', 'Print this text'] as const,
  ]
  // Broken between options, never inside of one.
  const shown = examples.map((example) => {
    const lines = wrap(`${typed(name)} ${example}`.split(/ (?=--\w)/), lineWidth - 6)
    return `  ${lines.join(' \\\n    ')}\n`
  })
  return [`${usage}\n`, paragraph(does), columns(rows, 22), `Examples:\n${shown.join('')}`].join('\n')
}

function parameterText(p: Parameter): string {
  const allowed =
    p.kind === 'number'
      ? `${p.min} to ${p.max}${Number.isInteger(p.step) ? ', whole' : ''}`
      : p.kind === 'switch'
        ? 'true, false'
        : p.options.join(', ')
  return `[${allowed}] ${p.hint}`
}

/** Every setting with its default, what is allowed and what it does, then what the presets change. */
export function settingsHelp(): string {
  const rows = Object.entries<Parameter>(parameters)
  const groups = [...new Set(rows.map(([, { group }]) => group))]
  const section = (group: Group) =>
    `${group}\n` +
    columns(
      rows.filter(([, p]) => p.group === group).map(([key, p]) => [`${key}=${p.default}`, parameterText(p)] as const),
      26,
    )
  const changes = Object.entries(presets).map(
    ([name, values]) =>
      [
        name,
        Object.entries(values)
          .map(([key, value]) => `${key}=${value}`)
          .join(' '),
      ] as const,
  )
  return [
    paragraph(
      'Settings for --set KEY=VALUE, each with its default and [what is allowed]. docs/method.md says where the defaults come from.',
    ),
    ...groups.map(section),
    `Presets\n${columns(changes, 26)}`,
  ].join('\n')
}
