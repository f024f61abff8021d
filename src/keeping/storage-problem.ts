import { InputError } from '../data/input-error'
import { storageReason } from '../lib/storage-reason'

/**
 * For a `catch`: what the browser's storage refused is told as that, and not as a fault of ours.
 * @param what the beginning of the sentence @throws InputError, or what was thrown if it is nothing of the storage's
 */
export const tellStorage =
  (what: string) =>
  (error: unknown): never => {
    if (!(error instanceof DOMException)) throw error
    const help = error.name === 'QuotaExceededError' ? ': delete runs that are kept, or in the run log, to make room' : ''
    throw new InputError(`${what} (${storageReason(error)})${help}.`, '')
  }
