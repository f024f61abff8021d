import { InputError } from '../data/input-error'
import { ConfigError } from '../method/config'
import { BackendError } from './backend'
import { CheckpointError } from './checkpoint'
import type { Problem } from './events'

/** A problem as an error; null for the consequence of one that was told already. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  constructor(readonly problem: Problem | null) {
    super(problem?.message ?? 'What went wrong was told already.')
  }
}

/** What a user is told of an error; null where nothing is left to tell. An error of no known kind is a fault of ours. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof InputError) return { kind: 'input', message, file: error.file || null }
  if (error instanceof ConfigError || error instanceof CheckpointError) return { kind: 'input', message, file: null }
  if (error instanceof BackendError) return { kind: 'backend', message, file: null }
  return { kind: 'bug', message: `Something went wrong inside: ${message}. Reset starts over; please report it.`, file: null }
}
