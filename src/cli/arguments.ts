import { parseArgs } from 'node:util'
import { InputError } from '../data/input-error'
import { ConfigError } from '../method/config'
import type { Command, Option, Values } from './command'
import { helpOf } from './help'

/** Something wrong with the command as it was typed; the message is one sentence that says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/**
 * Reads `--name value` and `--switch` as the command declares them, and what stands alone where the command takes that.
 * @throws UsageError
 */
export function readArguments<const C extends Command>(command: C, args: readonly string[]): { values: Values<C>; rest: string[] } {
  const options = Object.entries<Option>(command.options)
  const { values, positionals } = parsed(command, args)
  for (const [name, { oneOf, needed }] of options) {
    const value = values[name]
    if (value === undefined && needed) throw missing(`--${name}`, needed)
    if (typeof value === 'string' && oneOf) values[name] = found(oneOf, value, `--${name}`)
  }
  return { values: values as Values<C>, rest: positionals }
}

function parsed({ options, rest }: Command, args: readonly string[]) {
  const forNode = Object.entries(options).map(([name, { value, multiple = false, default: given }]) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const)
    return [name, { type, multiple, ...(given !== undefined && { default: given }) }] as const
  })
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(forNode), strict: true, allowPositionals: rest !== undefined })
  } catch (error) {
    throw asUsageError(error, Object.keys(options))
  }
}

/** Node's messages run over several sentences and speak to the programmer. */
function asUsageError(error: unknown, known: string[]): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  // 'x' in "Unknown option 'x'.", and '--x' in "Option '-s, --x <value>' argument missing".
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  const option = /--[^ ]+/.exec(quoted)?.[0] ?? quoted
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return new UsageError(`There is no option ${option}; known are ${known.map((name) => `--${name}`).join(', ')}.`)
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return new UsageError(
        error.message.includes('does not take') ? `${option} is a switch and takes no value.` : `${option} needs a value after it.`,
      )
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return new UsageError(`"${quoted}" stands alone: a value comes after the option it belongs to, as in --${known[0]} VALUE.`)
    default:
      return error
  }
}

/** The one of a list that is meant, capitals aside. @throws UsageError */
function found(list: readonly string[], value: string, option: string): string {
  const one = list.find((item) => item.toLowerCase() === value.toLowerCase())
  if (one === undefined) throw new UsageError(`${option} is "${value}", but must be one of ${list.join(', ')}.`)
  return one
}

const missing = (option: string, what: string) => new UsageError(`${option} is missing: ${what}.`)

/** The value of an option that other options make necessary. @throws UsageError */
export function required<T>(value: T | undefined, option: string, what: string): T {
  if (value === undefined) throw missing(option, what)
  return value
}

/** The value of an option that says how many. @throws UsageError */
export function countOf(value: string, option: string): number {
  const count = Number(value)
  if (!(Number.isInteger(count) && count >= 1)) throw new UsageError(`${option} is "${value}", but must be a whole number, at least 1.`)
  return count
}

/** The help that is asked for by `--help` or `-h`, wherever it stands, or by `--help TOPIC`; null where none is. */
function helpIn(command: Command, args: readonly string[]): string | null {
  const at = args.findIndex((arg) => arg === '--help' || arg === '-h')
  if (at < 0) return null
  const topic = args[at + 1] ?? ''
  return Object.hasOwn(command.topics ?? {}, topic) ? command.topics![topic]!.text() : helpOf(command)
}

/**
 * Runs a command to its end, or prints its help. What a user can mend is one sentence on stderr and exit code 1; anything else is our bug
 * and shows its stack.
 */
export async function runCommand<const C extends Command>(
  command: C,
  main: (values: Values<C>, rest: string[]) => void | Promise<void>,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  // Whoever read the output may be gone, as after `| head`; the work is done all the same.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  try {
    const help = helpIn(command, args)
    if (help !== null) {
      process.stdout.write(help)
      return
    }
    const { values, rest } = readArguments(command, args)
    await main(values, rest)
  } catch (error) {
    const mendable = error instanceof UsageError || error instanceof InputError || error instanceof ConfigError
    // Not thrown again: tfjs hooks uncaught exceptions and would change the exit code.
    console.error(mendable ? error.message : error)
    process.exitCode = 1
  }
}
