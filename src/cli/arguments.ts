import { parseArgs, type ParseArgsConfig } from 'node:util'
import { InputError } from '../data/input-error'
import { ConfigError } from '../method/config'

/** Something wrong with the command as it was typed; the message is one sentence that says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}

type Options = NonNullable<ParseArgsConfig['options']>
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O; strict: true; allowPositionals: false }>>['values']

/**
 * Reads `--name value` and `--switch`; only the given options are allowed, and nothing without a name.
 * @param options as for node:util parseArgs, without dashes
 * @throws UsageError
 */
export function readArguments<const O extends Options>(args: readonly string[], options: O): Values<O> {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
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

/** The value of an option that must be there. @throws UsageError */
export function required<T>(value: T | undefined, option: string, what: string): T {
  if (value === undefined) throw new UsageError(`${option} is missing: ${what}.`)
  return value
}

/** Runs a command to its end: what a user can mend is one sentence on stderr and exit code 1; anything else is our bug and shows its stack. */
export async function runCommand(main: () => void | Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    const mendable = error instanceof UsageError || error instanceof InputError || error instanceof ConfigError
    // Not thrown again: tfjs hooks uncaught exceptions and would change the exit code.
    console.error(mendable ? error.message : error)
    process.exitCode = 1
  }
}
