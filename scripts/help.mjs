// --help of the commands that take no options, only environment variables.
import { argv, exit, stdout } from 'node:process'
import { giveUp } from './setup.mjs'

/** Prints the help and ends, if it is asked for; refuses anything else that was typed after the command. */
export function helpOrNothing(help, [given] = argv.slice(2)) {
  if (given === undefined) return
  if (given !== '--help' && given !== '-h') giveUp(`There is no option ${given}; --help says what can be set.`)
  stdout.write(help)
  exit(0)
}
