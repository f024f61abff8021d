import { gzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fromBytes } from './given-file'
import { isMgh } from './mgh-file'
import { readFiles } from './read-files'
import { makeMgh, type TestType } from './volumes.test-support'

/** Of what `makeMgh` makes. */
const affine = [
  [-1.47009993, 0, 0.39733866, 10],
  [0.298004, 0, 1.96013319, -20],
  [0, -1, 0, 30],
]
const values = Array.from({ length: 24 }, (_, i) => 7 * i)

const made = (type: TestType, code: number, change?: (view: DataView) => void) => makeMgh(values, type, code, change)

const read = async (bytes: Uint8Array, name = 'a.mgz') => {
  const { volumes, problems } = await readFiles([fromBytes(name, bytes as Uint8Array<ArrayBuffer>)])
  return { volume: volumes[0], problems: problems.map(({ message }) => message) }
}

describe('FreeSurfer', () => {
  test.each([
    ['u1', 0],
    ['i4', 1],
    ['f4', 3],
    ['i2', 4],
    ['u2', 10],
  ] as const)('%s, plain and gzipped, lies where nibabel says', async (type, code) => {
    for (const [name, bytes] of [['a.mgh', made(type, code)] as const, ['a.mgz', gzipSync(made(type, code))] as const]) {
      const { volume, problems } = await read(bytes, name)
      expect(problems).toEqual([])
      expect(volume).toMatchObject({ name, kind: 'mgh', size: [4, 3, 2, 1], notes: [] })
      expect([...volume!.samples]).toEqual(values)
      affine.flat().forEach((value, i) => expect(volume!.affine!.flat()[i]).toBeCloseTo(value, 5))
      expect(volume!.spacing!.map((mm) => Number(mm.toFixed(5)))).toEqual([1.5, 1, 2])
    }
  })

  test('newer files state a purpose beside the version; frames; no position', async () => {
    const change = (view: DataView) => {
      view.setInt32(0, 0x0101)
      view.setInt32(8, 1)
      view.setInt32(16, 3)
      view.setInt16(28, 0)
    }
    const { volume } = await read(made('u1', 0, change))
    expect(volume).toMatchObject({ size: [4, 1, 2, 3], spacing: [1, 1, 1], notes: [expect.stringContaining('does not say how')] })
    // Columns to the left, rows to the feet, slices to the front, about the origin.
    expect(volume!.affine).toEqual([
      [-1, 0, 0, 2],
      [0, 0, 1, -1],
      [0, -1, 0, 0.5],
    ])
  })

  test('cut short or too large: one sentence; other bytes are not MGH', async () => {
    expect((await read(made('i2', 4).slice(0, -1))).problems).toEqual([expect.stringContaining('cut short')])
    const large = made('f4', 3, (view) => [4, 8, 12].forEach((at) => view.setInt32(at, 2000)))
    expect((await read(large)).problems).toEqual([expect.stringContaining('over the limit of 1 GB')])
    for (const change of [
      (view: DataView) => view.setInt32(0, 2),
      (view: DataView) => view.setInt32(12, 0),
      (view: DataView) => view.setInt32(20, 9),
      (view: DataView) => view.setInt16(28, 7),
    ])
      expect(isMgh(made('u1', 0, change))).toBe(false)
    expect(isMgh(made('i2', 4).slice(0, 100))).toBe(false)
  })
})
