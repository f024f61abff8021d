import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findPython, needs, runPython } from './python.test-support'
import { readSafetensors, writeSafetensors, type StoredTensor } from './safetensors'

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })
const tensor = shapes.chain((shape): fc.Arbitrary<StoredTensor> => {
  const size = shape.reduce((a, b) => a * b, 1)
  const length = { minLength: size, maxLength: size }
  return fc
    .oneof(
      ...[fc.float32Array(length), fc.float64Array(length), fc.int8Array(length), fc.int16Array(length), fc.int32Array(length)],
      ...[fc.uint8Array(length), fc.uint16Array(length), fc.uint32Array(length)],
    )
    .map((data) => ({ shape, data: data as StoredTensor['data'] }))
})
const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__')

/** Writes a header and a body by hand. */
function file(header: unknown, body: number[] | Uint8Array = []): Uint8Array {
  const head = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  return Uint8Array.of(head.length & 255, head.length >> 8, 0, 0, 0, 0, 0, 0, ...head, ...body)
}

test('what is written is read', () => {
  fc.assert(
    fc.property(fc.dictionary(name, tensor, { maxKeys: 5 }), fc.dictionary(fc.string(), fc.string()), (tensors, metadata) => {
      const bytes = writeSafetensors(tensors, metadata)
      const back = readSafetensors(bytes)
      expect(Object.keys(back.tensors)).toEqual(Object.keys(tensors))
      for (const [key, { shape, data }] of Object.entries(tensors)) {
        const found = Object.entries(back.tensors).find(([k]) => k === key)![1]
        expect(found.shape).toEqual(shape)
        expect(found.data.constructor).toBe(data.constructor)
        expect(found.data).toEqual(data)
      }
      expect(Object.entries(back.metadata)).toEqual(Object.entries(metadata))
      expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0)
    }),
  )
})

test('the bytes are those of the format', () => {
  const bytes = writeSafetensors(
    { b: { shape: [2], data: Float32Array.of(1, -2) }, a: { shape: [1, 1], data: Uint8Array.of(7) } },
    { k: 'v' },
  )
  const text =
    '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[1,1],"data_offsets":[8,9]}}'
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8)
  expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0])
  expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded)
  expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7])
})

test('a view into a larger buffer is read and written as that view', () => {
  const values = new Float32Array([9, 1, 2, 9]).subarray(1, 3)
  const bytes = writeSafetensors({ x: { shape: [2], data: values } })
  const shifted = new Uint8Array(bytes.length + 3)
  shifted.set(bytes, 3)
  // Node's Buffer is a Uint8Array whose slice() does not copy.
  for (const view of [shifted.subarray(3), Buffer.from(shifted.buffer, 3)])
    expect(readSafetensors(view).tensors['x']!.data).toEqual(Float32Array.of(1, 2))
})

describe('what cannot be written or read is refused', () => {
  test('writing', () => {
    expect(() => writeSafetensors({ x: { shape: [2, 2], data: new Float32Array(3) } })).toThrow('Tensor "x" has shape [2, 2] but 3 values.')
    expect(() => writeSafetensors({ __metadata__: { shape: [0], data: new Float32Array(0) } })).toThrow('cannot be named')
  })

  const f32 = (from: number, to: number, shape = [(to - from) / 4]) => ({ dtype: 'F32', shape, data_offsets: [from, to] })
  test.each([
    ['too short', new Uint8Array(3), 'only 3 bytes'],
    ['cut in the header', file({ x: f32(0, 4) }, [0, 0, 0, 0]).subarray(0, 30), 'header should have'],
    ['cut in the data', file({ x: f32(0, 4) }, [0, 0]), '"x" ends at byte 4 of 2'],
    ['a header that is not JSON', file('hello'), 'not JSON'],
    ['a header that is a list', file([1]), 'not a JSON object'],
    ['metadata that are not text', file({ __metadata__: { a: 1 } }), 'metadata'],
    ['an entry without a shape', file({ x: { dtype: 'F32', data_offsets: [0, 4] } }, [0, 0, 0, 0]), '"x" lacks a valid description'],
    ['an unknown type', file({ x: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, [0, 0, 0, 0]), 'type BF16'],
    [
      'a property name of Object as type',
      file({ x: { dtype: 'constructor', shape: [2], data_offsets: [0, 4] } }, [0, 0, 0, 0]),
      'type constructor',
    ],
    ['a shape that does not fit', file({ x: f32(0, 4, [2]) }, [0, 0, 0, 0]), '4 bytes for shape [2]'],
    ['offsets that go back', file({ x: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, [0, 0, 0, 0]), '-4 bytes'],
    ['a hole', file({ x: f32(4, 8) }, new Uint8Array(8)), 'hole at byte 0'],
    ['an overlap', file({ x: f32(0, 4), y: f32(0, 4) }, new Uint8Array(4)), 'overlap'],
    ['bytes left over', file({ x: f32(0, 4) }, new Uint8Array(6)), '2 bytes after'],
  ])('reading: %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message)
  })
})

const python = findPython('numpy')
describe.skipIf(!python)(needs('safetensors read by numpy', python, 'numpy'), () => {
  test('gives the same numbers', () => {
    const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
    try {
      const tensors = {
        flag: { shape: [3], data: Uint8Array.of(1, 2, 255) },
        'down.0.weight': { shape: [2, 1, 3], data: Float32Array.of(0.1, -2.5, 3e-20, 4, NaN, Infinity) },
        count: { shape: [], data: Int32Array.of(-7) },
        ...{ i8: { shape: [1], data: Int8Array.of(-8) }, i16: { shape: [1], data: Int16Array.of(-300) } },
        ...{ u16: { shape: [1], data: Uint16Array.of(65535) }, u32: { shape: [1], data: Uint32Array.of(4294967295) } },
        f64: { shape: [1], data: Float64Array.of(0.1) },
      }
      writeFileSync(join(folder, 'x.safetensors'), writeSafetensors(tensors, { note: 'häß' }))
      const code = `
import json, struct, sys, numpy as np
raw = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', raw[:8])
head = json.loads(raw[8:8 + n])
note = head.pop('__metadata__')['note']
kinds = {'F32': '<f4', 'F64': '<f8', 'I8': 'i1', 'I16': '<i2', 'I32': '<i4', 'U8': 'u1', 'U16': '<u2', 'U32': '<u4'}
out = {k: np.frombuffer(raw[8 + n:][v['data_offsets'][0]:v['data_offsets'][1]], kinds[v['dtype']]).reshape(v['shape']) for k, v in head.items()}
print(json.dumps([note, {k: [list(v.shape), [repr(float(x)) for x in v.ravel()]] for k, v in out.items()}]))`
      const { status, output } = runPython(python!, ['-c', code, join(folder, 'x.safetensors')])
      expect({ status, output }).toMatchObject({ status: 0 })
      const [note, found] = JSON.parse(output) as [string, Record<string, [number[], string[]]>]
      expect(note).toBe('häß')
      expect(Object.keys(found)).toEqual(Object.keys(tensors))
      for (const [key, { shape, data }] of Object.entries(tensors)) {
        expect(found[key]![0]).toEqual(shape)
        expect(found[key]![1].map((text) => (text === 'nan' ? NaN : text === 'inf' ? Infinity : Number(text)))).toEqual([...data])
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
