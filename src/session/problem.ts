import { InputError } from '../data/input-error'
import { LoadError } from '../lib/own-file'
import { ConfigError } from '../method/config'
import { BackendError } from './backend'
import { CheckpointError } from './checkpoint'
import type { Problem } from './events'
import { NoRoomError } from './memory'

/** A problem as an error; null for the consequence of one already reported. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  constructor(readonly problem: Problem | null) {
    super(problem?.message ?? 'The problem has already been reported.')
  }
}

/** What was asked for would discard what was learnt from the user's own images. */
export class DiscardError extends ConfigError {
  override name = 'DiscardError'
}

/** What a user is told about an error; null if it has already been reported. An error of unknown kind is a bug. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof InputError) return { kind: 'input', message, file: error.file || null }
  if (error instanceof DiscardError) return { kind: 'input', message, file: null, discards: true }
  if (error instanceof LoadError) return { kind: 'load', message, file: null }
  if (error instanceof ConfigError || error instanceof CheckpointError) return { kind: 'input', message, file: null }
  if (error instanceof NoRoomError) return { kind: 'input', message, file: null, offers: error.offers }
  if (error instanceof BackendError) return { kind: 'backend', message, file: null }
  return { kind: 'bug', message: `Internal error: ${message}. Press Reset to start over, and please report it.`, file: null }
}

/** Whether whoever asked can do something about it, so that the run need not end. */
export const isMendable = ({ kind }: Problem): boolean => kind === 'input' || kind === 'load'
