import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, test } from 'vitest'
import { concat } from '../lib/concat'
import { crc32, crc32c } from '../lib/crc32'
import { fileBegins, lastStepIn, pictures, runGoesOn, scalars } from './event-file'
import {
  needsPython,
  needsTensorBoard,
  plainPython,
  pythonWithTensorBoard,
  readByTensorBoard,
  readEvents,
  type Read,
} from './event-file.test-support'
import { writePalettePng } from './palette-png'

const folder = mkdtempSync(join(tmpdir(), 'events-'))
afterAll(() => rmSync(folder, { recursive: true }))

const time = 1_700_000_000.25
const png = writePalettePng({ width: 3, height: 2, labels: Uint8Array.of(0, 1, 1, 0, 0, 1) }, ['#000000', '#ff8000'])
const first = concat([
  fileBegins(time),
  ...[1, 2, 3, 4].map((step) =>
    scalars({ step, time: time + step }, [
      ['loss/totalA', 1 / step],
      ['share/agreement', 0.5],
    ]),
  ),
  pictures({ step: 4, time: time + 4 }, [{ tag: 'A/prediction', width: 3, height: 2, png }]),
])
const second = concat([
  fileBegins(time + 9),
  runGoesOn({ step: 3, time: time + 9 }),
  ...[3, 300].map((step) => scalars({ step, time: time + 10 }, [['loss/totalA', -step]])),
])

test('checksums are those of the standards', () => {
  const digits = new TextEncoder().encode('123456789')
  expect(crc32(digits)).toBe(0xcbf43926)
  expect(crc32c(digits)).toBe(0xe3069283)
  expect(crc32c(digits.subarray(4), crc32c(digits.subarray(0, 4)))).toBe(0xe3069283)
  // RFC 3720, B.4: 32 bytes of ones.
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
})

test('the last step of a file is found, also where it is cut off or goes on', () => {
  expect(lastStepIn(first)).toBe(4)
  expect(lastStepIn(second)).toBe(300)
  expect(lastStepIn(first.subarray(0, -1))).toBe(4)
  const numbers = concat([fileBegins(time), scalars({ step: 7, time }, []), scalars({ step: 8, time }, [])])
  for (let cut = 1; cut < 20; cut++) expect(lastStepIn(numbers.subarray(0, -cut)), String(cut)).toBe(7)
  expect(lastStepIn(concat([fileBegins(time), runGoesOn({ step: 5, time })]))).toBe(0)
  expect(lastStepIn(new Uint8Array(40).fill(1))).toBe(0)
  expect(lastStepIn(new Uint8Array(0))).toBe(0)
})

/** A part of a record, as a killed run leaves it, hides nothing in the next file. */
const check = (read: (folder: string) => Read) => {
  writeFileSync(join(folder, 'events.out.tfevents.1700000000.x'), first.subarray(0, -5))
  writeFileSync(join(folder, 'events.out.tfevents.1700000009.x'), second)
  const cut = read(folder)
  expect(cut.images).toEqual({})
  expect(Object.fromEntries(cut.scalars['loss/totalA']!)).toEqual({ 1: 1, 2: 0.5, 3: -3, 300: -300 })
  expect(cut.scalars['share/agreement']).toEqual([1, 2].map((step) => [step, 0.5]))
  writeFileSync(join(folder, 'events.out.tfevents.1700000000.x'), first)
  rmSync(join(folder, 'events.out.tfevents.1700000009.x'))
  const { images, scalars } = read(folder)
  expect(images).toEqual({ 'A/prediction': [[4, 3, 2, Buffer.from(png).toString('base64')]] })
  expect(scalars['loss/totalA']!.map(([step, value]) => [step, Math.fround(value)])).toEqual(
    [1, 2, 3, 4].map((s) => [s, Math.fround(1 / s)]),
  )
}

describe.skipIf(!plainPython)(needsPython('an independent reader'), () => {
  it('finds every number and picture, and no step that was taken back', () => check(readEvents))
})

describe.skipIf(!pythonWithTensorBoard)(needsTensorBoard('TensorBoard'), () => {
  it('finds every number and picture, and no step that was taken back', () => check(readByTensorBoard))
})
