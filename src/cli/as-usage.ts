import { problemOf, ProblemError } from '../session/problem'
import { UsageError } from './arguments'

/** An error of a session or backend that the user can mend, as one of usage; any other as it is. */
export function asUsage(error: unknown): never {
  const problem = problemOf(error)
  throw problem && (problem.kind !== 'bug' || error instanceof ProblemError) ? new UsageError(problem.message) : error
}
