// --help of the commands that take no options, only environment variables.
import { argv, exit, stdout } from 'node:process'
import { giveUp } from './setup.mjs'

/** Prints the help and exits, if asked to; refuses any other argument. */
export function helpOrNothing(help, [given] = argv.slice(2)) {
  if (given === undefined) return
  if (given !== '--help' && given !== '-h') giveUp(`There is no option ${given}; --help says what can be set.`)
  stdout.write(help)
  exit(0)
}
