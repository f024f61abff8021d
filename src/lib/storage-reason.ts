/** Why a browser's storage failed, in a few words for the middle of a sentence. @param problem what was thrown, or words */
export function storageReason(problem: unknown): string {
  const name = problem instanceof Error || problem instanceof DOMException ? problem.name : ''
  if (name === 'QuotaExceededError') return 'its storage is full'
  if (name === 'SecurityError' || name === 'NotAllowedError') return 'it refuses to store anything, as in some private windows'
  if (name === 'TimeoutError') return 'its storage does not answer'
  const text = problem instanceof Error ? problem.message : String(problem)
  return text.replace(/\.$/, '') || 'no reason given'
}
