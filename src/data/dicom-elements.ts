/** Writes DICOM elements; dicom-parser only reads. Explicit little-endian, PS3.5 section 7. */
import { concat } from '../lib/concat'

/** Tag as "ggggeeee", value representation, value: text (UTF-8), numbers, bytes as they are, items of a sequence, or fragments of compressed pixels. */
export type Element = readonly [
  tag: string,
  vr: string,
  value: string | readonly number[] | Uint8Array | readonly (readonly Element[])[] | Fragments,
]

/** Compressed frames, one fragment each. */
export interface Fragments {
  fragments: readonly Uint8Array[]
}

const explicitLittleEndian = '1.2.840.10008.1.2.1'
/** Value representations whose length takes four bytes, after two of padding. */
const long = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'UC', 'UN', 'UR', 'UT', 'SV', 'UV'])
const undefinedLength = 0xffffffff

const u16 = (...values: number[]) => {
  const view = new DataView(new ArrayBuffer(2 * values.length))
  values.forEach((value, i) => view.setUint16(2 * i, value, true))
  return new Uint8Array(view.buffer)
}
const u32 = (...values: number[]) => {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  values.forEach((value, i) => view.setUint32(4 * i, value, true))
  return new Uint8Array(view.buffer)
}

const tagBytes = (tag: string) => u16(parseInt(tag.slice(0, 4), 16), parseInt(tag.slice(4), 16))

/** Values have an even length: text is filled with a space, UIDs and bytes with a zero. */
function even(bytes: Uint8Array, vr: string): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : concat([bytes, Uint8Array.of(vr === 'UI' || long.has(vr) ? 0 : 32)])
}

function valueBytes(vr: string, value: Exclude<Element[2], Fragments>): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return new TextEncoder().encode(value)
  if (vr === 'SQ')
    return concat(
      (value as readonly (readonly Element[])[]).flatMap((item) => {
        const bytes = encode(item)
        return [tagBytes('fffee000'), u32(bytes.length), bytes]
      }),
    )
  return vr === 'UL' ? u32(...(value as readonly number[])) : u16(...(value as readonly number[]))
}

function encode(elements: readonly Element[]): Uint8Array {
  return concat(
    elements.flatMap(([tag, vr, value]) => {
      const head = [tagBytes(tag), Uint8Array.from(vr, (letter) => letter.charCodeAt(0))]
      if (typeof value === 'object' && 'fragments' in value) {
        // The offset table: where each frame's item starts, from the end of the table.
        const frames = value.fragments.map((fragment) => even(fragment, vr))
        let at = 0
        const offsets = frames.map((frame) => (at += 8 + frame.length) - 8 - frame.length)
        const items = [u32(...offsets), ...frames].flatMap((item) => [tagBytes('fffee000'), u32(item.length), item])
        return [...head, u16(0), u32(undefinedLength), ...items, tagBytes('fffee0dd'), u32(0)]
      }
      const bytes = even(valueBytes(vr, value), vr)
      return [...head, ...(long.has(vr) ? [u16(0), u32(bytes.length)] : [u16(bytes.length)]), bytes]
    }),
  )
}

/**
 * A DICOM file.
 * @param elements in the order of their tags, without group 0002, with SOP class (00080016) and instance (00080018)
 * @param syntax of the pixel data, if not explicit little-endian; everything else must be explicit little-endian
 */
export function writeDicom(elements: readonly Element[], syntax = explicitLittleEndian): Uint8Array<ArrayBuffer> {
  const find = (tag: string) => elements.find(([own]) => own === tag)![2]
  const meta = encode([
    ['00020001', 'OB', Uint8Array.of(0, 1)],
    ['00020002', 'UI', find('00080016')],
    ['00020003', 'UI', find('00080018')],
    ['00020010', 'UI', syntax],
    ['00020012', 'UI', '2.25.103905418530137436213014337229214829104'],
  ])
  const length = encode([['00020000', 'UL', [meta.length]]])
  return concat([new Uint8Array(128), new TextEncoder().encode('DICM'), length, meta, encode(elements)])
}
