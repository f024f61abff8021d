// Before each file of tests: Vitest compares typed arrays number by number, half a megabyte in a second. Equal bytes are told at once; where
// they differ it looks for what does.
import { Buffer } from 'node:buffer'
import { expect } from 'vitest'

const bytesOf = (view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength)

/** True for two views of one kind with the same bytes, else undefined: no answer. */
export const equalBytes = (a, b) =>
  ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b)) ? true : undefined

expect.addEqualityTesters([equalBytes])
