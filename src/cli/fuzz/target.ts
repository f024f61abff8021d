import type fc from 'fast-check'

/** A fault that fuzzing found: what a user would have been told, or what would have happened. */
export class Fault extends Error {
  override name = 'Fault'
}

/** Something that takes what others made, and has to survive it. */
export interface Target<Case = unknown> {
  name: string
  /** What is tried; it shrinks to a small case. */
  cases: fc.Arbitrary<Case>
  /** @throws anything but what a user can be told */
  run(one: Case): Promise<void>
  /** The files of a case, to be kept. */
  filesOf?(one: Case): { name: string; bytes: Uint8Array<ArrayBuffer> }[]
  /** Called once, after the last case. @throws Fault for what was left behind */
  end?(): Promise<void>
}

/** @throws Fault unless a message is one sentence in our own words */
export function expectSentence(message: string): void {
  const inside = /cannot be read \(|undefined|\[object|Internal error|This failed:|is not a function|TypeError|RangeError/.exec(message)
  if (inside) throw new Fault(`A fault of ours in the words "${inside[0]}": ${message}`)
  if (!/^\P{Cc}+[.?]$/u.test(message)) throw new Fault(`Not a sentence: ${message}`)
}
